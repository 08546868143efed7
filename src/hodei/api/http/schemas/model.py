"""What all models share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A frozen answer; nothing that is not declared gets out."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_serialization_defaults_required=True,
    )


class ProviderRef(Model):
    """A provider by id, and by name while it exists."""

    id: str
    name: str | None = None
