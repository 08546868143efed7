"""Query parameters: declared once, read strictly, and shown in the OpenAPI document.

A parameter that an operation does not declare is refused: a typo that is silently ignored
would show a list that is not what was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import Enum
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

from hodei.domain.errors import InvalidRequest, Violation
from hodei.domain.parsing.reader import printable, text_fault

T = TypeVar("T")
E = TypeVar("E", bound=Enum)
Schema = dict[str, Any]

MAX_QUERY_BYTES = 16_384
MAX_FIELDS = 200


class Bad(ValueError):
    """A value does not fit; the message says what would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Generic[T]):
    """One query parameter."""

    name: str
    description: str
    schema: Schema
    """JSON Schema, as published."""
    read: Callable[[str], T]
    """One value from text. Raises Bad."""
    default: T


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated(Generic[T]):
    """A parameter that may be given several times."""

    name: str
    description: str
    schema: Schema
    read: Callable[[Sequence[str]], T]
    """All values. Raises Bad."""
    default: T
    exploded: bool = True
    """Published as name=a&name=b; otherwise as name=a,b. Both are read."""


AnyParameter = Parameter[Any] | Repeated[Any]


class Query:
    """The query of one request, checked against what its operation declares."""

    def __init__(self, raw: bytes, declared: Mapping[str, AnyParameter]) -> None:
        self._values: dict[str, Any] = {}
        violations: list[Violation] = []
        for name, texts in _grouped(raw).items():
            parameter = declared.get(name)
            if parameter is None:
                violations.append(_unknown(name, declared))
                continue
            try:
                self._values[name] = _value(parameter, texts)
            except Bad as bad:
                shown = printable(texts[0])
                violations.append(Violation(field=name, message=str(bad), value=shown))
        if violations:
            raise InvalidRequest(violations)

    def get(self, parameter: Parameter[T] | Repeated[T]) -> T:
        """The value of a declared parameter, or its default."""
        value: T = self._values.get(parameter.name, parameter.default)
        return value

    def has(self, parameter: AnyParameter) -> bool:
        """Whether the parameter was given."""
        return parameter.name in self._values


def _grouped(raw: bytes) -> dict[str, list[str]]:
    if not raw:
        return {}
    if len(raw) > MAX_QUERY_BYTES:
        raise InvalidRequest.of("query", f"must be at most {MAX_QUERY_BYTES} bytes")
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except UnicodeError:
        raise InvalidRequest.of("query", "must be percent-encoded UTF-8") from None
    except ValueError:
        raise InvalidRequest.of("query", f"must have at most {MAX_FIELDS} parameters") from None
    grouped: dict[str, list[str]] = {}
    for name, text in pairs:
        grouped.setdefault(name, []).append(text)
    return grouped


def _unknown(name: str, declared: Mapping[str, AnyParameter]) -> Violation:
    near = get_close_matches(name[:64].lower(), declared, n=1)
    if near:
        hint = f"did you mean {near[0]!r}?"
    elif declared:
        hint = f"the parameters here are {', '.join(declared)}"
    else:
        hint = "this request takes none"
    return Violation(field=printable(name), message=f"unknown query parameter; {hint}")


def _value(parameter: AnyParameter, texts: list[str]) -> Any:
    for text in texts:
        if fault := text_fault(text):
            raise Bad(fault)
    if isinstance(parameter, Repeated):
        return parameter.read(texts)
    if len(texts) > 1:
        raise Bad("must be given once")
    return parameter.read(texts[0])


# ---- kinds


def text(name: str, description: str, *, most: int, default: str | None = None) -> Parameter[Any]:
    """Text of 1 to `most` characters; None (or `default`) when it is not given."""

    def read(value: str) -> str:
        if not 1 <= len(value) <= most:
            raise Bad(f"must be text of 1 to {most} characters")
        return value

    schema = {"type": "string", "minLength": 1, "maxLength": most}
    return Parameter(name=name, description=description, schema=schema, read=read, default=default)


def whole(
    name: str, description: str, *, least: int, most: int, default: int, without: int | None = None
) -> Parameter[int]:
    """A whole number between `least` and `most`, other than `without`."""
    besides = f", other than {without}" if without is not None else ""

    def read(value: str) -> int:
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
            raise Bad(f"must be a whole number between {least} and {most}{besides}")
        number = int(value)
        if not least <= number <= most or number == without:
            raise Bad(f"must be a whole number between {least} and {most}{besides}")
        return number

    schema: Schema = {"type": "integer", "minimum": least, "maximum": most, "default": default}
    if without is not None:
        schema["not"] = {"const": without}
    return Parameter(name=name, description=description, schema=schema, read=read, default=default)


def optional(parameter: Parameter[T]) -> Parameter[T | None]:
    """The same, but None when it is not given."""
    schema = {key: value for key, value in parameter.schema.items() if key != "default"}
    return Parameter(
        name=parameter.name,
        description=parameter.description,
        schema=schema,
        read=parameter.read,
        default=None,
    )


def flag(name: str, description: str, *, default: bool = False) -> Parameter[bool]:
    """1 or 0, true or false."""
    words = {"1": True, "true": True, "0": False, "false": False}

    def read(value: str) -> bool:
        if value not in words:
            raise Bad("must be 1 or 0")
        return words[value]

    schema = {"type": "string", "enum": list(words), "default": "1" if default else "0"}
    return Parameter(name=name, description=description, schema=schema, read=read, default=default)


def identifier(name: str, description: str) -> Parameter[UUID | None]:
    """A whole id; None when it is not given."""

    def read(value: str) -> UUID:
        try:
            return UUID(value)
        except ValueError:
            raise Bad("must be an id such as 8f14e45f-ceea-467f-a0e6-3c2d1b7a9f10") from None

    schema = {"type": "string", "format": "uuid"}
    return Parameter(name=name, description=description, schema=schema, read=read, default=None)


def choice(name: str, description: str, words: Mapping[str, T], *, default: T) -> Parameter[T]:
    """One of some words."""
    expected = f"must be one of {', '.join(words)}"

    def read(value: str) -> T:
        if value not in words:
            raise Bad(expected)
        return words[value]

    schema = {"type": "string", "enum": list(words)}
    return Parameter(name=name, description=description, schema=schema, read=read, default=default)


def choices(name: str, description: str, words: Mapping[str, T]) -> Repeated[frozenset[T]]:
    """Some of the words, separated by commas."""
    expected = f"must be any of {', '.join(words)}, separated by commas"

    def read(values: Sequence[str]) -> frozenset[T]:
        names = [name for value in values for name in value.split(",")]
        if any(name not in words for name in names):
            raise Bad(expected)
        return frozenset(words[name] for name in names)

    schema = {
        "type": "array",
        "items": {"type": "string", "enum": list(words)},
        "minItems": 1,
        "maxItems": 64,
    }
    return Repeated(
        name=name,
        description=description,
        schema=schema,
        read=read,
        default=frozenset(),
        exploded=False,
    )


def moment(name: str, description: str) -> Parameter[datetime | None]:
    """A time, or a day, which stands for its beginning in UTC."""

    def read(value: str) -> datetime:
        try:
            # A plus sign that was not percent-encoded has become a space.
            at = datetime.fromisoformat(value.replace(" ", "+") if "T" in value else value)
        except ValueError:
            raise Bad("must be a time such as 2026-11-20T08:00:00Z, or a day") from None
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        if not 1970 < at.year < 9000:
            raise Bad("must lie between the years 1971 and 8999")
        return at.astimezone(UTC)

    schema = {
        "type": "string",
        "minLength": 10,
        "maxLength": 40,
        "examples": ["2026-11-20T08:00:00Z", "2026-11-20"],
    }
    return Parameter(name=name, description=description, schema=schema, read=read, default=None)


def pairs(name: str, description: str, *, most: int) -> Repeated[Mapping[str, str]]:
    """`key:value` or `key=value`, repeatable."""

    def read(values: Sequence[str]) -> Mapping[str, str]:
        if len(values) > most:
            raise Bad(f"must be given at most {most} times")
        return dict(_pair(value) for value in values)

    schema = {
        "type": "array",
        "items": {"type": "string", "pattern": "^[^:=]{1,63}[:=].{0,255}$"},
        "maxItems": most,
        "examples": [["team:data"]],
    }
    return Repeated(name=name, description=description, schema=schema, read=read, default={})


def _pair(value: str) -> tuple[str, str]:
    cut = min((at for at in (value.find(":"), value.find("=")) if at > 0), default=0)
    if not 1 <= cut <= 63 or len(value) - cut - 1 > 255:
        raise Bad("must look like name:value")
    return value[:cut], value[cut + 1 :]


def words_of(kind: type[E]) -> Mapping[str, E]:
    """The members of an enumeration by their values."""
    return {str(member.value): member for member in kind}
