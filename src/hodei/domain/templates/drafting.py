"""Reads what a person says about a template, or the list of everything that is wrong with it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hodei.domain.errors import InvalidRequest
from hodei.domain.parsing.limits import Text
from hodei.domain.parsing.reader import (
    ABSENT,
    Report,
    Section,
    check_text,
    open_section,
    size,
    text_fault,
)
from hodei.domain.serial import canonical_json
from hodei.domain.spec import SecretRef
from hodei.domain.templates.checking import spec_faults
from hodei.domain.templates.parameter import Parameter, read_parameters
from hodei.domain.templates.template import Draft
from hodei.domain.templates.values import checked

FIELDS = ("name", "description", "tags", "parameters", "spec")
DESCRIPTION_CHARS = 2_000
MOST_TAGS = 20
SPEC_BYTES = 512 * 1024
DEEPEST = 16

TEMPLATE_NAME = Text(
    most=100,
    pattern=re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*"),
    expected="1 to 100 letters, digits and '.', '_', '-', beginning with a letter or digit",
)
TAG = Text(
    most=50,
    pattern=re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*"),
    expected="1 to 50 letters, digits and '.', '_', '/', '-', beginning with a letter or digit",
)


class _Unfit(ValueError):
    """Something in a spec that JSON cannot say, or that lies too deep."""


def parse_draft(raw: object, project: str) -> Draft:
    """The template that `raw` describes. Raises InvalidRequest with every violation."""
    report = Report()
    if not isinstance(raw, Mapping):
        report.add("", f"must be an object with the fields {', '.join(FIELDS)}", raw)
        report.close()
    draft = read_draft(report, open_section(report, "", raw, FIELDS, {}), project)
    report.close()
    return draft


def read_draft(report: Report, body: Section, project: str) -> Draft:
    """The same of an object that has other fields as well."""
    if not body.has("name"):
        report.add(body.at("name"), f"is required: {TEMPLATE_NAME.expected}")
    name = body.text("name", TEMPLATE_NAME, "")
    description, tags = _description(report, body), _tags(report, body)
    found = Report()
    parameters = read_parameters(found, body.at("parameters"), body.get("parameters"))
    parameters = tuple(
        _with_default(found, f"{body.at('parameters')}[{index}].default", parameter)
        for index, parameter in enumerate(parameters)
    )
    spec = _spec(report, body, project)
    try:
        found.close()
    except InvalidRequest as error:
        for violation in error.violations:
            report.note(violation)
    else:
        faults = () if spec is None else spec_faults(name or "job", project, spec, parameters)
        for violation in faults:
            report.note(violation)
    return Draft(
        name=name, description=description, tags=tags, spec=spec or {}, parameters=parameters
    )


def _description(report: Report, body: Section) -> str:
    value = body.get("description")
    if value is ABSENT or value is None:
        return ""
    if isinstance(value, str) and len(value) <= DESCRIPTION_CHARS and text_fault(value) is None:
        return value
    message = f"must be text of at most {DESCRIPTION_CHARS} characters"
    report.add(body.at("description"), message, value)
    return ""


def _tags(report: Report, body: Section) -> tuple[str, ...]:
    value = body.get("tags")
    if value is ABSENT or value is None:
        return ()
    if not isinstance(value, list | tuple) or len(value) > MOST_TAGS:
        report.add(body.at("tags"), f"must be a list of at most {MOST_TAGS} texts", value)
        return ()
    found = [check_text(report, f"tags[{i}]", item, TAG) for i, item in enumerate(value)]
    return tuple(dict.fromkeys(tag for tag in found if tag))


def _with_default(report: Report, path: str, parameter: Parameter) -> Parameter:
    default = parameter.default
    if default is None:
        return parameter
    if parameter.secret and not isinstance(default, SecretRef):
        # Not repeated: whoever wrote it meant it to be hidden.
        report.add(path, "must be {secret: NAME}: a template keeps no secret text")
        return replace(parameter, default=None)
    raw = {"secret": default.secret} if isinstance(default, SecretRef) else default
    value = checked(report, path, parameter, raw)
    assert value is None or isinstance(value, str | int | float | SecretRef)
    return replace(parameter, default=value)


def _spec(report: Report, body: Section, project: str) -> dict[str, Any] | None:
    path, value = body.at("spec"), body.get("spec")
    if not isinstance(value, Mapping):
        message = "is required: a job spec" if value is ABSENT else "must be an object: a job spec"
        report.add(path, message, value)
        return None
    try:
        spec = {key: _plain(item, 1) for key, item in value.items()}
    except _Unfit as unfit:
        report.add(path, str(unfit))
        return None
    if spec.pop("project", project) != project:
        report.add(
            f"{path}.project", f"belongs to the template, which is in {project!r}", value["project"]
        )
    if (length := size(canonical_json(spec))) > SPEC_BYTES:
        report.add(path, f"must be at most {SPEC_BYTES} bytes, not {length}")
        return None
    return spec


def _plain(value: object, depth: int) -> object:
    """The value as JSON has it; whole numbers as such, as not every reader tells them apart."""
    if depth > DEEPEST:
        raise _Unfit(f"must not be nested deeper than {DEEPEST} levels")
    match value:
        case str():
            if fault := text_fault(value):
                raise _Unfit(f"a text in it {fault}")
            return value
        case None | bool() | int():
            return value
        case float() if math.isfinite(value):
            return int(value) if value.is_integer() and abs(value) < 2.0**53 else value
        case Mapping():
            if not all(isinstance(key, str) for key in value):
                raise _Unfit("names of fields must be text")
            return {_plain(key, depth): _plain(item, depth + 1) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item, depth + 1) for item in value]
        case _:
            raise _Unfit(f"holds a value of the type {type(value).__name__}; quote it as text")
