"""Reads plain data field by field and collects everything that is wrong with it.

A reader never stops at the first fault: it notes a violation and goes on with the default, so
that a person sees the whole list at once. The caller throws the half-read value away when
anything was noted. Work is bounded by the limits, not by the input: nothing here recurses into
data that no field asked for, and notes end at `MOST_VIOLATIONS`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from enum import Enum, StrEnum
from typing import Final, TypeGuard, TypeVar

from hodei.domain.errors import InvalidRequest, Violation, shorten
from hodei.domain.parsing.limits import Number, Text, Whole

MOST_VIOLATIONS = 100
_MOST_UNKNOWN = 10
_LONGEST_GUESS = 64
_MOST_BITS = 256
_EXACT = 2.0**53

E = TypeVar("E", bound=StrEnum)


class Absent(Enum):
    """Tells "not given" from an explicit null."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


class Report:
    """The violations found so far."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: list[Violation] = []

    def add(self, field: str, message: str, value: object = ABSENT) -> None:
        """Notes a fault; leave `value` out where it may be secret."""
        if len(self._found) < MOST_VIOLATIONS:
            given = "" if value is ABSENT else describe(value)
            self._found.append(Violation(field=field, message=message, value=given))

    def note(self, violation: Violation) -> None:
        """Takes over a fault that somebody else found."""
        if len(self._found) < MOST_VIOLATIONS:
            self._found.append(violation)

    def close(self) -> None:
        """Raises InvalidRequest when anything was noted."""
        if self._found:
            raise InvalidRequest(self._found)


class Section:
    """One object of the request, at `path`, whose fields are read by name."""

    __slots__ = ("_path", "_raw", "_report")

    def __init__(self, report: Report, path: str, raw: Mapping[object, object]) -> None:
        self._report = report
        self._path = path
        self._raw = raw

    def at(self, name: str) -> str:
        """Dotted path of a field."""
        return f"{self._path}.{name}" if self._path else name

    def get(self, name: str) -> object:
        """The raw value, or ABSENT."""
        return self._raw.get(name, ABSENT)

    def has(self, name: str) -> bool:
        """Whether the field was given, null included."""
        return name in self._raw

    def refuse_unknown(self, known: Collection[str], elsewhere: Mapping[str, str]) -> None:
        """Notes every field outside `known`; `elsewhere` says where a field belongs instead."""
        strangers = [key for key in self._raw if key not in known]
        for key in strangers[:_MOST_UNKNOWN]:
            if not isinstance(key, str):
                self._report.add(self._path, "names of fields must be text", key)
                continue
            message = f"unknown field; {_hint(key, known, elsewhere)}"
            self._report.add(self.at(printable(key)), message)
        if len(strangers) > _MOST_UNKNOWN:
            more = len(strangers) - _MOST_UNKNOWN
            self._report.add(self._path, f"{more} more unknown fields")

    def whole(self, name: str, bounds: Whole, default: int) -> int:
        """A whole number; 512.0 counts as one, true does not."""
        value = self._raw.get(name, ABSENT)
        if value is ABSENT:
            return default
        if is_whole(value) and bounds.least <= value <= bounds.most:
            return int(value)
        self._report.add(self.at(name), f"must be {bounds.expected}", value)
        return default

    def whole_or_none(self, name: str, bounds: Whole) -> int | None:
        """A whole number, or None when null or absent."""
        value = self._raw.get(name, ABSENT)
        if value is ABSENT or value is None:
            return None
        if is_whole(value) and bounds.least <= value <= bounds.most:
            return int(value)
        self._report.add(self.at(name), f"must be {bounds.expected}, or null", value)
        return None

    def number(self, name: str, bounds: Number, default: float) -> float:
        """A finite number."""
        value = self._raw.get(name, ABSENT)
        if value is ABSENT:
            return default
        if is_number(value) and bounds.least <= value <= bounds.most:
            return float(value)
        self._report.add(self.at(name), f"must be {bounds.expected}", value)
        return default

    def choice(self, name: str, kind: type[E], default: E) -> E:
        """One of the values of an enumeration."""
        value = self._raw.get(name, ABSENT)
        if value is ABSENT:
            return default
        found = pick(value, kind)
        if found is None:
            self._report.add(self.at(name), f"must be {one_of(kind, value)}", value)
            return default
        return found

    def text(self, name: str, rule: Text, default: str) -> str:
        """Text that follows `rule`."""
        value = self._raw.get(name, ABSENT)
        if value is ABSENT:
            return default
        return check_text(self._report, self.at(name), value, rule) or default

    def text_or_none(self, name: str, rule: Text) -> str | None:
        """Text that follows `rule`, or None when null or absent."""
        value = self._raw.get(name, ABSENT)
        if value is ABSENT or value is None:
            return None
        return check_text(self._report, self.at(name), value, rule, null=True)

    def section(self, name: str, known: Collection[str], elsewhere: Mapping[str, str]) -> Section:
        """A nested object; an empty one when it is absent or of another type."""
        return open_section(self._report, self.at(name), self.get(name), known, elsewhere)


def open_section(
    report: Report,
    path: str,
    raw: object,
    known: Collection[str],
    elsewhere: Mapping[str, str],
) -> Section:
    """`raw` as an object with the `known` fields; an empty one when it is absent or no object."""
    if raw is ABSENT:
        return Section(report, path, {})
    if not isinstance(raw, Mapping):
        fields = ", ".join(known)
        report.add(path, f"must be an object with the fields {fields}", raw)
        return Section(report, path, {})
    section = Section(report, path, raw)
    if not raw.keys() <= frozenset(known):
        section.refuse_unknown(known, elsewhere)
    return section


def check_text(
    report: Report, path: str, value: object, rule: Text, *, null: bool = False
) -> str | None:
    """`value` when it is text that follows `rule`; else notes why not and gives None."""
    if not isinstance(value, str):
        report.add(path, f"must be text: {rule.expected}{', or null' if null else ''}", value)
        return None
    fault = text_fault(value)
    if fault is None and len(value) <= rule.most and rule.pattern.fullmatch(value):
        return value
    report.add(path, fault or f"must be {rule.expected}", value)
    return None


def text_fault(value: str) -> str | None:
    """Why `value` can be neither stored nor handed to a process, if so."""
    if "\0" in value:
        return "must not contain a NUL character"
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return "must be valid Unicode; it contains half of a surrogate pair"
    return None


def size(value: str) -> int:
    """Bytes of `value` in UTF-8; the text must have no `text_fault`."""
    return len(value) if value.isascii() else len(value.encode())


def is_whole(value: object) -> TypeGuard[int | float]:
    """Whether `value` is an int, or a float without fraction; bool is neither."""
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether `value` is a finite number; bool is none."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def pick(value: object, kind: type[E]) -> E | None:
    """The member of `kind` that is spelt `value`, if any."""
    return next((member for member in kind if member.value == value), None)


def one_of(kind: type[E], value: object) -> str:
    """What a message asks for, naming the nearest choice when one is near."""
    names = [member.value for member in kind]
    expected = f"one of {', '.join(names)}"
    if not isinstance(value, str) or len(value) > _LONGEST_GUESS:
        return expected
    folded = {name.lower(): name for name in names}
    near = get_close_matches(value.strip().lower(), folded, n=1, cutoff=0.5)
    return f"{expected}; did you mean {folded[near[0]]!r}?" if near else expected


def describe(value: object) -> str:
    """`value` for a message: short, printable, and never a walk through a large structure."""
    match value:
        case str():
            return printable(value)
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case int() if value.bit_length() > _MOST_BITS:
            return "a very large number"
        case float() if value.is_integer() and abs(value) < _EXACT:
            return str(int(value))  # 99.0, as protobuf has it, is the 99 that was written
        case int() | float():
            return str(value)
        case list() | tuple() | Mapping():
            kind = "an object" if isinstance(value, Mapping) else "a list"
            return f"{kind} of {len(value)}"
        case _:
            return f"a value of type {type(value).__name__}"


def printable(text: str) -> str:
    """At most 100 characters of `text`, those that cannot be shown replaced."""
    return "".join(c if c.isprintable() else "\ufffd" for c in shorten(text))


def _hint(key: str, known: Collection[str], elsewhere: Mapping[str, str]) -> str:
    if key in elsewhere:
        return f"write it as {elsewhere[key]}"
    near = get_close_matches(key.lower(), known, n=1) if len(key) <= _LONGEST_GUESS else []
    if near:
        return f"did you mean {near[0]!r}?"
    return f"the fields here are {', '.join(known)}"
