"""What a template asks for: parameters with a type, bounds and words for the form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hodei.domain.origin import ParameterValue
from hodei.domain.parsing.limits import Number, Text, Whole
from hodei.domain.parsing.reader import (
    ABSENT,
    Report,
    Section,
    check_text,
    describe,
    is_number,
    open_section,
    text_fault,
)
from hodei.domain.spec import SecretRef, SecretText
from hodei.domain.templates.pattern import LONGEST_TEXT, BadPattern, compiled
from hodei.domain.templates.placeholder import NAME

MOST_PARAMETERS = 50
MOST_CHOICES = 100
TEXT_CHARS = 8_192
FILE_CHARS = 2_048
LABEL_CHARS = 100
DESCRIPTION_CHARS = 1_000
MOST_SCHEMES = 10
EXACT = 2**53 - 1
"""Every whole number up to it is the same to all who read JSON."""

PARAMETER_NAME = Text(
    most=63,
    pattern=re.compile(NAME),
    expected="a name of lower-case letters, digits and '_', beginning with a letter, at most 63",
)
CHOICE = Text(
    most=200,
    pattern=re.compile(r"[^\u0000-\u001f\u007f]+"),
    expected="1 to 200 printable characters on one line",
)
SCHEME = Text(
    most=20,
    pattern=re.compile(r"[a-z][a-z0-9+.-]*"),
    expected="the scheme of a URL in lower case, such as https or s3",
)
LENGTH = Whole(least=0, most=TEXT_CHARS)
BOUND = Number(least=-float(EXACT), most=float(EXACT))
USUAL_SCHEMES = ("https",)
FIELDS = (
    "name",
    "type",
    "label",
    "description",
    "required",
    "default",
    "choices",
    "minimum",
    "maximum",
    "min_length",
    "max_length",
    "pattern",
    "schemes",
)


class ParameterType(StrEnum):
    """What a value may be."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    """One of some texts."""
    SECRET = "secret"
    """Hidden from everybody but the job."""
    FILE = "file"
    """A reference to a file: an absolute path, or a URL of an allowed scheme."""


NUMBERS = frozenset({ParameterType.INTEGER, ParameterType.NUMBER})
Value = ParameterValue | SecretRef | SecretText

_OWN_FIELDS: Mapping[str, frozenset[ParameterType]] = {
    "choices": frozenset({ParameterType.CHOICE}),
    "minimum": NUMBERS,
    "maximum": NUMBERS,
    "min_length": frozenset({ParameterType.STRING}),
    "max_length": frozenset({ParameterType.STRING}),
    "pattern": frozenset({ParameterType.STRING}),
    "schemes": frozenset({ParameterType.FILE}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One thing that a template asks for."""

    name: str
    type: ParameterType
    label: str = ""
    description: str = ""
    required: bool = False
    """Whether a run without a value, and without a default, is refused."""
    default: ParameterValue | SecretRef | None = None
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    """Held against the whole text; see `hodei.domain.templates.pattern`."""
    schemes: tuple[str, ...] = ()

    @property
    def is_text(self) -> bool:
        """Whether its value is text that could be anything."""
        return self.type not in NUMBERS and self.type is not ParameterType.BOOLEAN

    @property
    def secret(self) -> bool:
        """Whether its value is hidden."""
        return self.type is ParameterType.SECRET

    @property
    def longest(self) -> int:
        """Characters that its text may have."""
        if self.max_length is not None:
            return self.max_length
        return LONGEST_TEXT if self.pattern else TEXT_CHARS


def parameter_to_dict(parameter: Parameter) -> dict[str, Any]:
    """Plain data that `read_parameters` takes back unchanged; what says nothing is left out."""
    default = parameter.default
    shown = {"secret": default.secret} if isinstance(default, SecretRef) else default
    data: dict[str, Any] = {
        "name": parameter.name,
        "type": parameter.type.value,
        "label": parameter.label,
        "description": parameter.description,
        "required": parameter.required,
        "default": shown,
        "choices": list(parameter.choices),
        "minimum": parameter.minimum,
        "maximum": parameter.maximum,
        "min_length": parameter.min_length,
        "max_length": parameter.max_length,
        "pattern": parameter.pattern,
        "schemes": list(parameter.schemes),
    }
    return {key: value for key, value in data.items() if value not in (None, "", [])}


def parameter_from_dict(data: Mapping[str, Any]) -> Parameter:
    """What `parameter_to_dict` wrote; limits are not checked again."""
    default = data.get("default")
    return Parameter(
        name=data["name"],
        type=ParameterType(data["type"]),
        label=data.get("label", ""),
        description=data.get("description", ""),
        required=data["required"],
        default=SecretRef(secret=default["secret"]) if isinstance(default, Mapping) else default,
        choices=tuple(data.get("choices", ())),
        minimum=data.get("minimum"),
        maximum=data.get("maximum"),
        min_length=data.get("min_length"),
        max_length=data.get("max_length"),
        pattern=data.get("pattern"),
        schemes=tuple(data.get("schemes", ())),
    )


def read_parameters(report: Report, path: str, raw: object) -> tuple[Parameter, ...]:
    """The parameters that plain data describes, defaults not yet looked at."""
    if raw is ABSENT or raw is None:
        return ()
    if not isinstance(raw, list | tuple):
        report.add(path, "must be a list of parameters, each with a name and a type", raw)
        return ()
    if len(raw) > MOST_PARAMETERS:
        report.add(path, f"must have at most {MOST_PARAMETERS} items, not {len(raw)}")
        return ()
    found: list[Parameter] = []
    for index, item in enumerate(raw):
        one = _parameter(report, f"{path}[{index}]", item)
        if any(one.name and one.name == other.name for other in found):
            report.add(f"{path}[{index}].name", "is the name of two parameters", one.name)
        found.append(one)
    return tuple(found)


def _parameter(report: Report, path: str, raw: object) -> Parameter:
    section = open_section(report, path, raw, FIELDS, {})
    for name in ("name", "type") if isinstance(raw, Mapping) else ():
        if not section.has(name):
            report.add(section.at(name), "is required")
    kind = section.choice("type", ParameterType, ParameterType.STRING)
    if section.has("type"):
        _refuse_foreign(report, section, kind)
    default = _default(report, section)
    minimum = _bound(report, section, "minimum")
    maximum = _bound(report, section, "maximum")
    lengths = (
        section.whole_or_none("min_length", LENGTH),
        section.whole_or_none("max_length", LENGTH),
    )
    _in_order(report, section, "maximum", "minimum", maximum, minimum)
    _in_order(report, section, "max_length", "min_length", lengths[1], lengths[0])
    return Parameter(
        name=section.text("name", PARAMETER_NAME, ""),
        type=kind,
        label=_words(report, section, "label", LABEL_CHARS),
        description=_words(report, section, "description", DESCRIPTION_CHARS),
        required=_flag(report, section, "required", default is None),
        default=default,
        choices=_choices(report, section) if kind is ParameterType.CHOICE else (),
        minimum=minimum,
        maximum=maximum,
        min_length=lengths[0],
        max_length=lengths[1],
        pattern=_pattern(report, section, lengths[1]),
        schemes=_schemes(report, section) if kind is ParameterType.FILE else (),
    )


def _refuse_foreign(report: Report, section: Section, kind: ParameterType) -> None:
    for name, kinds in _OWN_FIELDS.items():
        value = section.get(name)
        if kind not in kinds and value not in (ABSENT, None, [], ()):
            names = " and ".join(sorted(k.value for k in kinds))
            report.add(section.at(name), f"goes with the type {names} only, not with {kind}")


def _default(report: Report, section: Section) -> ParameterValue | SecretRef | None:
    """Its type is looked at later, with all the rest of the parameter."""
    value = section.get("default")
    match value:
        case str() | bool() | int() | float():
            return value
        case None:
            return None
        case {"secret": str(name), **others} if not others:
            return SecretRef(secret=name)
        case _ if value is not ABSENT:
            report.add(section.at("default"), "must be a value of the parameter's type", value)
    return None


def _bound(report: Report, section: Section, name: str) -> float | None:
    value = section.get(name)
    if value is ABSENT or value is None:
        return None
    if is_number(value) and BOUND.least <= value <= BOUND.most:
        return value
    report.add(section.at(name), "must be a number, or null", value)
    return None


def _in_order(
    report: Report, section: Section, name: str, other: str, most: float | None, least: float | None
) -> None:
    if most is not None and least is not None and most < least:
        report.add(
            section.at(name), f"must not be less than {other}, which is {describe(least)}", most
        )


def _words(report: Report, section: Section, name: str, most: int) -> str:
    value = section.get(name)
    if value is ABSENT or value is None:
        return ""
    if isinstance(value, str) and len(value) <= most and text_fault(value) is None:
        return value
    report.add(section.at(name), f"must be text of at most {most} characters", value)
    return ""


def _flag(report: Report, section: Section, name: str, usual: bool) -> bool:
    value = section.get(name)
    if value is ABSENT or value is None:
        return usual
    if isinstance(value, bool):
        return value
    report.add(section.at(name), "must be true or false", value)
    return usual


def _choices(report: Report, section: Section) -> tuple[str, ...]:
    path, value = section.at("choices"), section.get("choices")
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MOST_CHOICES:
        report.add(path, f"must be a list of 1 to {MOST_CHOICES} texts", value)
        return ()
    found: list[str] = []
    for index, item in enumerate(value):
        text = check_text(report, f"{path}[{index}]", item, CHOICE)
        if text is not None and text in found:
            report.add(f"{path}[{index}]", "is named twice", text)
        found.append(text or "")
    return tuple(found)


def _schemes(report: Report, section: Section) -> tuple[str, ...]:
    path, value = section.at("schemes"), section.get("schemes")
    if value is ABSENT or value is None:
        return USUAL_SCHEMES
    if not isinstance(value, list | tuple) or len(value) > MOST_SCHEMES:
        report.add(path, f"must be a list of at most {MOST_SCHEMES} schemes", value)
        return ()
    checked = [check_text(report, f"{path}[{i}]", item, SCHEME) for i, item in enumerate(value)]
    return tuple(dict.fromkeys(text for text in checked if text))


def _pattern(report: Report, section: Section, longest: int | None) -> str | None:
    value = section.get("pattern")
    if value is ABSENT or value is None or value == "":
        return None
    if not isinstance(value, str) or text_fault(value):
        report.add(section.at("pattern"), "must be text: a regular expression", value)
        return None
    try:
        compiled(value)
    except BadPattern as bad:
        report.add(section.at("pattern"), str(bad), value)
        return None
    if longest is not None and longest > LONGEST_TEXT:
        message = f"must be at most {LONGEST_TEXT} where there is a pattern"
        report.add(section.at("max_length"), message, longest)
    return value
