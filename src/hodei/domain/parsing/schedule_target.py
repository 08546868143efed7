"""Reads what a schedule submits: a spec of its own, or a template with its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hodei.domain.errors import InvalidRequest
from hodei.domain.parsing.limits import Whole
from hodei.domain.parsing.reader import ABSENT, Report, Section, open_section
from hodei.domain.parsing.spec import DEFAULTS, parse_spec
from hodei.domain.schedules.schedule import Parameter
from hodei.domain.spec import JobSpec, SecretText

MOST_PARAMETERS = 50
PARAMETER_CHARS = 32_768
_VERSION = Whole(least=1, most=2**31 - 1)
_FIELDS = ("template", "version", "parameters", "spec")
_NOWHERE: Mapping[str, str] = {}
_KINDS = "must be {template, version, parameters} or {spec}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDraft:
    """A template by its id or name."""

    key: str
    version: int | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


TargetDraft = JobSpec | TemplateDraft


def read_target(report: Report, raw: object, *, project: str, name: str) -> TargetDraft:
    """The target; a spec belongs to the schedule's project, and has its name unless it has one."""
    if raw is ABSENT:
        report.add("target", f"is required and {_KINDS}")
        return DEFAULTS
    section = open_section(report, "target", raw, _FIELDS, _NOWHERE)
    if section.has("spec") == section.has("template"):
        if isinstance(raw, Mapping):
            report.add("target", f"{_KINDS}, and not both", raw)
        return DEFAULTS
    if section.has("template"):
        return _template(report, section)
    for stray in ("version", "parameters"):
        if section.has(stray):
            report.add(section.at(stray), "belongs to a template; leave it out with a spec")
    return _spec(report, section.get("spec"), project, name)


def _spec(report: Report, raw: object, project: str, name: str) -> JobSpec:
    if isinstance(raw, Mapping):
        raw = {"name": name, "project": project, **raw}
    try:
        spec = parse_spec(raw)
    except InvalidRequest as error:
        for fault in error.under("target.spec").violations:
            report.add(fault.field, fault.message, fault.value or ABSENT)
        return DEFAULTS
    if spec.project != project:
        report.add("target.spec.project", f"must be the schedule's own, {project}", spec.project)
    for variable, value in spec.env.items():
        if isinstance(value, SecretText):
            message = "a schedule keeps no secret text; set a secret, and write {secret: NAME}"
            report.add(f"target.spec.env.{variable}", message)
    return spec


def _template(report: Report, section: Section) -> TemplateDraft:
    key = section.get("template")
    if not isinstance(key, str) or not 1 <= len(key) <= 100:
        report.add("target.template", "must be the id or the name of a template", key)
        key = ""
    return TemplateDraft(
        key=key,
        version=section.whole_or_none("version", _VERSION),
        parameters=_parameters(report, section.get("parameters")),
    )


def _parameters(report: Report, raw: object) -> Mapping[str, Parameter]:
    if raw is ABSENT or raw is None:
        return {}
    if not isinstance(raw, Mapping) or len(raw) > MOST_PARAMETERS:
        message = f"must be an object of at most {MOST_PARAMETERS} parameters"
        report.add("target.parameters", message, raw)
        return {}
    read: dict[str, Parameter] = {}
    for name, value in raw.items():
        if not isinstance(name, str) or not _fits(value):
            message = "must be text, a number, true, false, or {secret: NAME}"
            report.add(f"target.parameters.{str(name)[:64]}", message)
            continue
        read[name] = value
    return read


def _fits(value: object) -> bool:
    if isinstance(value, Mapping):
        return set(value) == {"secret"} and isinstance(value["secret"], str)
    if isinstance(value, str):
        return len(value) <= PARAMETER_CHARS
    return isinstance(value, bool | int | float)
