"""The template: what is stored of it, version by version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from hodei.domain.parsing.spec import SPEC_FIELDS
from hodei.domain.spec import DEFAULT_PROJECT
from hodei.domain.templates.parameter import Parameter, parameter_to_dict

Spec = Mapping[str, Any]
"""A job spec as plain data, in whose texts placeholders may stand; without a project."""


def in_usual_order(spec: Spec) -> dict[str, Any]:
    """The same spec, its fields in the order in which people write them."""
    return {key: spec[key] for key in dict.fromkeys([*SPEC_FIELDS, *spec]) if key in spec}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a person says about a template; checked."""

    name: str
    description: str = ""
    tags: tuple[str, ...] = ()
    spec: Spec
    parameters: tuple[Parameter, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data as it is exported, and taken back by an import."""
        data: dict[str, Any] = {"name": self.name}
        if self.description:
            data["description"] = self.description
        if self.tags:
            data["tags"] = list(self.tags)
        if self.parameters:
            data["parameters"] = [parameter_to_dict(one) for one in self.parameters]
        return {**data, "spec": self.spec}


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One version of a template: the newest one, or an older one that was asked for."""

    id: UUID
    project: str = DEFAULT_PROJECT
    draft: Draft
    version: int
    """From 1; every change makes the next one."""
    created_at: datetime
    created_by: str
    updated_at: datetime
    """When this version was made."""
    updated_by: str

    @property
    def name(self) -> str:
        """Unique within its project."""
        return self.draft.name


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRow:
    """A template as lists show it, by its newest version."""

    id: UUID
    project: str
    name: str
    description: str
    tags: tuple[str, ...]
    parameters: tuple[Parameter, ...] = field(default=())
    version: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str

    @classmethod
    def of(cls, template: Template) -> TemplateRow:
        """What a list shows of it."""
        draft = template.draft
        return cls(
            id=template.id,
            project=template.project,
            name=draft.name,
            description=draft.description,
            tags=draft.tags,
            parameters=draft.parameters,
            version=template.version,
            created_at=template.created_at,
            created_by=template.created_by,
            updated_at=template.updated_at,
            updated_by=template.updated_by,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """A version as the list of versions shows it."""

    version: int
    name: str
    description: str
    created_at: datetime
    created_by: str
