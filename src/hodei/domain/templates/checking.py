"""What is wrong with a template's spec, whatever its parameters will be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hodei.domain.errors import InvalidRequest, Violation
from hodei.domain.parsing import parse_spec
from hodei.domain.parsing.reader import describe, pick, printable
from hodei.domain.spec import CommandType, SecretRef
from hodei.domain.templates import scripts
from hodei.domain.templates.filling import NUMERIC, Filling
from hodei.domain.templates.parameter import NUMBERS, Parameter, ParameterType, Value
from hodei.domain.templates.placeholder import Spot, names_in, spots
from hodei.domain.templates.template import Spec

_INTERPRETERS = frozenset(
    {"sh", "bash", "dash", "ash", "zsh", "ksh", "busybox", "python", "python3", "node", "nodejs"}
    | {"perl", "ruby", "php", "env"}
)
_CODE_FOLLOWS = re.compile(r"-[A-Za-z]*[ceEr]|--eval|--command|-p|--print|-pe")
_ENV_ENTRY = re.compile(r"env\.[^.\[]+")


def spec_faults(
    name: str, project: str, spec: Spec, parameters: Sequence[Parameter]
) -> list[Violation]:
    """Everything that is wrong with it; fields are named as the template's own: `spec.image`."""
    known = {parameter.name: parameter for parameter in parameters}
    where = spots(spec)
    found = [fault for spot in where for fault in _spot_faults(spot, known)]
    found += [*_env_faults(spec.get("env")), *_script_faults(spec.get("command"), known)]
    found += _argv_faults(spec.get("command"))
    if not found:
        found = _parsed_faults(name, project, spec, parameters, where)
    return found


def related(path: str, where: Sequence[Spot]) -> list[Spot]:
    """The placeholders that a fault at `path` can come from."""
    inside = (f"{path}.", f"{path}[")
    return [s for s in where if s.path == path or s.path.startswith(inside) or not path]


def _fault(path: str, message: str, value: object = "") -> Violation:
    return Violation(field=f"spec.{path}".rstrip("."), message=message, value=printable(str(value)))


def _spot_faults(spot: Spot, known: Mapping[str, Parameter]) -> Iterator[Violation]:
    for name in dict.fromkeys(spot.names):
        parameter = known.get(name)
        if parameter is None:
            names = ", ".join(known) or "none"
            yield _fault(
                spot.path,
                f"names the parameter {name!r}, which there is not; the parameters are: {names} "
                "(write {{! for two braces that begin no placeholder)",
                f"{{{{ {name} }}}}",
            )
        elif parameter.secret and not (spot.whole and _ENV_ENTRY.fullmatch(spot.path)):
            yield _fault(
                spot.path,
                f"the secret parameter {name!r} may only be the whole value of an entry of env; "
                f"the job finds it as {scripts.variable(name)} besides",
            )
        elif spot.path in NUMERIC and not _gives_number(spot, parameter):
            yield _fault(
                spot.path,
                "is no text: give a number, or one placeholder alone of a parameter of the type "
                "integer or number",
                spot.text,
            )
    if spot.path == "command.type":
        yield _fault(spot.path, "must be said by the template itself", spot.text)


def _gives_number(spot: Spot, parameter: Parameter) -> bool:
    usual = parameter.type in NUMBERS
    return spot.whole is not None and (
        usual or (spot.path == "retry" and parameter.type is ParameterType.BOOLEAN)
    )


def _env_faults(env: object) -> Iterator[Violation]:
    if not isinstance(env, Mapping):
        return
    for key, value in env.items():
        if isinstance(key, str) and key.startswith(scripts.VARIABLE_PREFIX):
            yield _fault(f"env.{printable(key)}", "is set by the parameter of this name")
        if isinstance(value, Mapping) and "secret_value" in value:
            yield _fault(
                f"env.{printable(str(key))}",
                "a template keeps no secret text: write {secret: NAME}, or the placeholder of a "
                "secret parameter",
            )


def _script_faults(command: object, known: Mapping[str, Parameter]) -> Iterator[Violation]:
    path, kind, script = "command", CommandType.SHELL, command
    if isinstance(command, Mapping):
        path, script = "command.script", command.get("script")
        kind = pick(command.get("type"), CommandType) or kind
    if not isinstance(script, str):
        return

    def is_text(name: str) -> bool:
        return name in known and known[name].is_text and not known[name].secret

    for fault in scripts.faults(kind, script, is_text):
        yield _fault(path, fault)


def _argv_faults(command: object) -> Iterator[Violation]:
    argv = command.get("argv") if isinstance(command, Mapping) else None
    if not isinstance(argv, list | tuple) or not all(isinstance(item, str) for item in argv):
        return
    if not argv or argv[0].rpartition("/")[2] not in _INTERPRETERS:
        return
    for index in range(1, len(argv)):
        if _CODE_FOLLOWS.fullmatch(argv[index - 1]) and (names := names_in(argv[index])):
            yield _fault(
                f"command.argv[{index}]",
                f"is read as code by {argv[0]}: use the variable "
                f"{scripts.variable(names[0])} there, or a further argument",
            )


def _parsed_faults(
    name: str, project: str, spec: Spec, parameters: Sequence[Parameter], where: Sequence[Spot]
) -> list[Violation]:
    """What the one parser says of it with defaults, and samples where there are none."""
    values = {each.name: _sample(each) for each in parameters}
    data: dict[str, Any] = {"name": name, **Filling.of(parameters, values).spec(spec)}
    try:
        parse_spec({**data, "project": project})
    except InvalidRequest as error:
        return [
            fault for violation in error.violations for fault in _seen(violation, parameters, where)
        ]
    return []


def _seen(
    violation: Violation, parameters: Sequence[Parameter], where: Sequence[Spot]
) -> Iterator[Violation]:
    """The fault as it is to be mended; none when it depends on a value that is not known yet."""
    names = {name for spot in related(violation.field, where) for name in spot.names}
    if not names:
        yield InvalidRequest([violation]).under("spec").violations[0]
    elif all(each.default is not None for each in parameters if each.name in names):
        index = next(i for i, each in enumerate(parameters) if each.name in names)
        yield Violation(
            field=f"parameters[{index}].default",
            message=f"makes spec.{violation.field} wrong: {violation.message}",
            value=describe(parameters[index].default),
        )


def _sample(parameter: Parameter) -> Value:
    if parameter.default is not None:
        return parameter.default
    match parameter.type:
        case ParameterType.BOOLEAN:
            return True
        case ParameterType.CHOICE:
            return parameter.choices[0]
        case ParameterType.SECRET:
            return SecretRef(secret="sample")
        case ParameterType.FILE:
            return "/sample"
        case ParameterType.STRING:
            return "x" * max(1, parameter.min_length or 0)
        case _:
            bounds = (parameter.minimum, parameter.maximum)
            return next((bound for bound in bounds if bound is not None), 1)
