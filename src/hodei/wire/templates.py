"""Templates and how their jobs went, as messages; parameters and specs as REST has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

from hodei.domain.job import JobState
from hodei.domain.templates.parameter import Parameter, parameter_to_dict
from hodei.domain.templates.template import Template, TemplateRow, VersionRow
from hodei.wire.gen import templates_pb2 as pb
from hodei.wire.jobs import STATES
from hodei.wire.times import to_timestamp


def to_struct(data: Mapping[str, Any]) -> Struct:
    """Plain data as a message."""
    struct = Struct()
    struct.update(dict(data))
    return struct


def from_struct(struct: Struct) -> dict[str, Any]:
    """The plain data of a message; all its numbers are floats."""
    return dict(MessageToDict(struct))


def template_to_pb(template: Template) -> pb.Template:
    """One version, without how its jobs went."""
    draft = template.draft
    return pb.Template(
        id=str(template.id),
        project=template.project,
        name=draft.name,
        description=draft.description,
        tags=draft.tags,
        version=template.version,
        parameters=_parameters(draft.parameters),
        spec=to_struct(draft.spec),
        created_at=to_timestamp(template.created_at),
        created_by=template.created_by,
        updated_at=to_timestamp(template.updated_at),
        updated_by=template.updated_by,
    )


def row_to_pb(row: TemplateRow) -> pb.Template:
    """A template as lists show it."""
    return pb.Template(
        id=str(row.id),
        project=row.project,
        name=row.name,
        description=row.description,
        tags=row.tags,
        version=row.version,
        parameters=_parameters(row.parameters),
        created_at=to_timestamp(row.created_at),
        created_by=row.created_by,
        updated_at=to_timestamp(row.updated_at),
        updated_by=row.updated_by,
    )


def run_to_pb(job_id: object, state: JobState, at: Any) -> pb.TemplateRun:
    """The newest job of a template."""
    return pb.TemplateRun(job_id=str(job_id), state=STATES[state], at=to_timestamp(at))


def version_to_pb(row: VersionRow) -> pb.TemplateVersion:
    """A version as lists show it."""
    return pb.TemplateVersion(
        version=row.version,
        name=row.name,
        description=row.description,
        created_at=to_timestamp(row.created_at),
        created_by=row.created_by,
    )


def _parameters(parameters: Sequence[Parameter]) -> list[Struct]:
    return [to_struct(parameter_to_dict(each)) for each in parameters]
