"""Values of parameters: held against their types and bounds, and completed by defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from hodei.domain.parsing.limits import ENV_VALUE_BYTES, SECRET_NAME
from hodei.domain.parsing.reader import (
    ABSENT,
    Report,
    describe,
    is_number,
    is_whole,
    printable,
    size,
    text_fault,
)
from hodei.domain.spec import SecretRef, SecretText
from hodei.domain.templates.parameter import (
    EXACT,
    FILE_CHARS,
    Parameter,
    ParameterType,
    Value,
)
from hodei.domain.templates.pattern import matches

TOGETHER_BYTES = 128 * 1024
"""Of all texts of one run."""
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
_BLANKS = re.compile(r"[\u0000-\u001f\u007f]")

Given = Mapping[str, object]
Values = Mapping[str, Value | None]
"""By name; None: no value was given, none is required, and there is no default."""


def read_values(
    report: Report, path: str, parameters: Sequence[Parameter], given: object
) -> dict[str, Value | None]:
    """The values of a run. What is wrong is noted, with what would be right."""
    if given is ABSENT or given is None:
        given = {}
    if not isinstance(given, Mapping):
        report.add(path, "must be an object of names and values", given)
        return {}
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            report.add(f"{path}.{printable(str(name))}", _unknown(str(name), known), given[name])
    values: dict[str, Value | None] = {}
    for parameter in parameters:
        at, raw = f"{path}.{parameter.name}", given.get(parameter.name)
        if raw is None:
            values[parameter.name] = parameter.default
            if parameter.default is None and parameter.required:
                report.add(at, f"is required: {expected(parameter)}")
        else:
            values[parameter.name] = checked(report, at, parameter, raw)
    total = sum(size(value) for value in values.values() if isinstance(value, str))
    if total > TOGETHER_BYTES:
        report.add(path, f"must be at most {TOGETHER_BYTES} bytes together, not {total}")
    return values


def checked(report: Report, path: str, parameter: Parameter, raw: object) -> Value | None:
    """`raw` as a value of the parameter; else notes what would be right and gives None."""
    if parameter.secret:
        return _secret(report, path, raw)
    if isinstance(raw, str) and (fault := text_fault(raw)):
        report.add(path, fault)
        return None
    value = _fitting(parameter, raw)
    if value is None:
        report.add(path, f"must be {expected(parameter)}", raw)
    return value


def expected(parameter: Parameter) -> str:
    """What a message asks for."""
    match parameter.type:
        case ParameterType.INTEGER:
            return f"a whole number{_between(parameter)}"
        case ParameterType.NUMBER:
            return f"a number{_between(parameter)}"
        case ParameterType.BOOLEAN:
            return "true or false"
        case ParameterType.CHOICE:
            return f"one of {', '.join(parameter.choices)}"
        case ParameterType.FILE:
            urls = " or ".join(f"{scheme}:" for scheme in parameter.schemes)
            urls = f", or a URL that begins with {urls}" if urls else ""
            return f"an absolute path such as /data/in.csv{urls}"
        case ParameterType.SECRET:
            return "text, or {secret: NAME}"
        case ParameterType.STRING:
            least = parameter.min_length or 0
            fits = f" that fits the pattern {parameter.pattern}" if parameter.pattern else ""
            return f"text of {least} to {parameter.longest} characters{fits}"


def _between(parameter: Parameter) -> str:
    least, most = parameter.minimum, parameter.maximum
    if least is not None and most is not None:
        return f" between {describe(least)} and {describe(most)}"
    if least is not None:
        return f" of {describe(least)} or more"
    return f" of {describe(most)} or less" if most is not None else ""


def _unknown(name: str, known: Mapping[str, Parameter]) -> str:
    near = get_close_matches(name[:64].lower(), known, n=1)
    if near:
        return f"is no parameter of this template; did you mean {near[0]!r}?"
    names = ", ".join(known) or "none"
    return f"is no parameter of this template; its parameters are: {names}"


def _fitting(parameter: Parameter, raw: object) -> str | int | float | bool | None:
    match parameter.type:
        case ParameterType.INTEGER:
            fits = is_whole(raw) and abs(raw) <= EXACT and _in_bounds(parameter, raw)
            return int(raw) if fits and is_whole(raw) else None
        case ParameterType.NUMBER:
            if not is_number(raw) or not _in_bounds(parameter, raw):
                return None
            return raw if abs(raw) <= EXACT or isinstance(raw, float) else None
        case ParameterType.BOOLEAN:
            return raw if isinstance(raw, bool) else None
        case _:
            return raw if isinstance(raw, str) and _text_fits(parameter, raw) else None


def _in_bounds(parameter: Parameter, number: float) -> bool:
    least, most = parameter.minimum, parameter.maximum
    return (least is None or number >= least) and (most is None or number <= most)


def _text_fits(parameter: Parameter, text: str) -> bool:
    match parameter.type:
        case ParameterType.CHOICE:
            return text in parameter.choices
        case ParameterType.FILE:
            return _is_reference(parameter, text)
        case _:
            return (
                (parameter.min_length or 0) <= len(text) <= parameter.longest
                and size(text) <= ENV_VALUE_BYTES
                and (parameter.pattern is None or matches(parameter.pattern, text))
            )


def _is_reference(parameter: Parameter, text: str) -> bool:
    if len(text) > FILE_CHARS or _BLANKS.search(text):
        return False
    if text.startswith("/"):
        return len(text) > 1
    url = _URL.fullmatch(text)
    return url is not None and url[1].lower() in parameter.schemes and len(url[2].strip("/")) > 0


def _secret(report: Report, path: str, raw: object) -> SecretRef | SecretText | None:
    """Of what is wrong here, nothing is repeated."""
    match raw:
        case SecretRef():
            return _secret(report, path, {"secret": raw.secret})
        case str():
            if fault := text_fault(raw):
                report.add(path, fault)
            elif not 1 <= size(raw) <= ENV_VALUE_BYTES:
                report.add(
                    path, f"must be text of 1 to {ENV_VALUE_BYTES} bytes, or {{secret: NAME}}"
                )
            else:
                return SecretText(value=raw)
        case {"secret": str(name), **others} if not others:
            if len(name) <= SECRET_NAME.most and SECRET_NAME.pattern.fullmatch(name):
                return SecretRef(secret=name)
            report.add(f"{path}.secret", f"must be {SECRET_NAME.expected}")
        case _:
            report.add(path, "must be text, or {secret: NAME}")
    return None
