"""Parameters in scripts: a literal of the script's language, and never text that could be code.

In a shell a text is a reference to its variable, so that its characters are never read as part
of the script, whatever they are. In Python and JavaScript it is a string literal in which only
harmless characters stand as they are. Both hold in any place of a script; the readers below only
tell where a placeholder would not give back the text that was meant.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import StrEnum

from hodei.domain.origin import ParameterValue
from hodei.domain.spec import CommandType
from hodei.domain.templates.code_places import code_places
from hodei.domain.templates.placeholder import TOKEN
from hodei.domain.templates.places import Place
from hodei.domain.templates.shell_places import shell_places

VARIABLE_PREFIX = "HODEI_PARAM_"
_HARMLESS = frozenset(" _-.,:/@")


class Fault(StrEnum):
    """Why a text parameter cannot stand where it stands."""

    QUOTED = "stands inside quotes, where it would be part of the text; write it outside of them"
    EXPRESSION = "stands where the shell would calculate with it; only a number may"
    UNCLEAR = "stands where it cannot be told how it would be read; write it as a word of its own"


def variable(name: str) -> str:
    """The environment variable of a parameter."""
    return VARIABLE_PREFIX + name.upper()


def faults(kind: CommandType, script: str, is_text: Callable[[str], bool]) -> list[str]:
    """What is wrong with the places of a script's text parameters, in words for people."""
    places = _places(kind, script)
    found = []
    for token in TOKEN.finditer(script):
        name = token[1]
        if name and is_text(name) and (fault := _fault(kind, places.get(token.start()))):
            line = script.count("\n", 0, token.start()) + 1
            advice = f' (or use "${variable(name)}")' if kind is CommandType.SHELL else ""
            found.append(f"line {line}: the placeholder {name!r} {fault}{advice}")
    return found


def rendered(
    kind: CommandType,
    script: str,
    values: Mapping[str, ParameterValue | None],
    is_text: Callable[[str], bool],
) -> str:
    """The script with its placeholders filled; None stands for a parameter without a value."""
    places = _places(kind, script)
    parts, done = [], 0
    for token in TOKEN.finditer(script):
        parts.append(script[done : token.start()])
        done = token.end()
        name, place = token[1], places.get(token.start())
        if not name:
            parts.append("{{")
        elif kind is CommandType.SHELL:
            parts.append(_in_shell(name, values[name], place, is_text(name), token[0]))
        elif place is Place.COMMENT:
            parts.append(token[0])
        else:
            parts.append(_literal(kind, values[name], place))
    return "".join([*parts, script[done:]])


def _places(kind: CommandType, script: str) -> Mapping[int, Place]:
    if "{{" not in script:
        return {}
    if kind is CommandType.SHELL:
        return shell_places(script)
    return code_places(script, python=kind is CommandType.PYTHON)


def _fault(kind: CommandType, place: Place | None) -> Fault | None:
    match place:
        case Place.CODE | Place.COMMENT:
            return None
        case Place.DOUBLE | Place.HERE:
            return None if kind is CommandType.SHELL else Fault.QUOTED
        case Place.QUOTED:
            return Fault.QUOTED
        case Place.ARITHMETIC:
            return Fault.EXPRESSION
        case None:
            return Fault.UNCLEAR


def _in_shell(
    name: str, value: ParameterValue | None, place: Place | None, text: bool, written: str
) -> str:
    if not text:
        # Digits and words such as true: they mean themselves wherever they stand.
        return "" if value is None else plain(value)
    if place is Place.COMMENT:
        return written
    reference = f"${{{variable(name)}-}}"
    return reference if place in (Place.DOUBLE, Place.HERE) else f'"{reference}"'


def plain(value: ParameterValue) -> str:
    """A value as text, as JSON would write it."""
    return value if isinstance(value, str) else json.dumps(value)


def _literal(kind: CommandType, value: ParameterValue | None, place: Place | None) -> str:
    python = kind is CommandType.PYTHON
    match value:
        case str():
            return f'"{"".join(map(_python if python else _javascript, value))}"'
        case None:
            return "None" if python else "null"
        case bool():
            return str(value) if python and place is Place.CODE else plain(value)
        case int() | float():
            # A sign is not joined to one that stands before it.
            return f"({plain(value)})" if value < 0 and place is Place.CODE else plain(value)


def _python(character: str) -> str:
    if character.isalnum() or character in _HARMLESS:
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _javascript(character: str) -> str:
    if character.isalnum() or character in _HARMLESS:
        return character
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
