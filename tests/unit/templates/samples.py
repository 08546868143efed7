"""Templates for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from hodei.domain.errors import InvalidRequest
from hodei.domain.spec import JobSpec
from hodei.domain.templates.drafting import parse_draft
from hodei.domain.templates.rendering import NO_CHANGES, Changes, render
from hodei.domain.templates.template import Template

NOW = datetime(2026, 1, 5, tzinfo=UTC)
TEXT: Mapping[str, Any] = {"name": "x", "type": "string"}


def template_of(spec: object, parameters: Sequence[object] = ()) -> Template:
    """A template that nobody has stored. Raises InvalidRequest."""
    raw = {"name": "made", "spec": spec, "parameters": parameters}
    return Template(
        id=UUID(int=7),
        draft=parse_draft(raw, "default"),
        version=3,
        created_at=NOW,
        created_by="ana",
        updated_at=NOW,
        updated_by="ana",
    )


def rendered(
    spec: object, parameters: Sequence[object], changes: Changes = NO_CHANGES, **given: object
) -> JobSpec:
    """The job of such a template."""
    return render(template_of(spec, parameters), given, changes).spec


def faults(spec: object, *parameters: object) -> dict[str, str]:
    """What is wrong with a template, by field."""
    with pytest.raises(InvalidRequest) as caught:
        template_of(spec, parameters)
    return {violation.field: violation.message for violation in caught.value.violations}
