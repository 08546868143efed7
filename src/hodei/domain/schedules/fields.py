"""One field of a cron expression as the set of its values.

Besides numbers, names, ranges, lists and steps a field may hold `H`, which stands for a value
that depends on the schedule, so that many schedules with the same expression are spread. What
only the day fields know (`L`, `W`, `#`) is read by `hodei.domain.schedules.days`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_TERM = re.compile(
    r"(?:(?P<any>[*?])|(?P<hash>H)(?:\((?P<low>\d+)-(?P<high>\d+)\))?"
    r"|(?P<first>[A-Z]+|\d+)(?:-(?P<last>[A-Z]+|\d+))?)(?:/(?P<step>\d+))?\Z",
    re.ASCII,
)


class Fault(ValueError):
    """A sentence about what is wrong in a field, without the field's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What one field of an expression may hold."""

    name: str
    least: int
    most: int
    names: Mapping[str, int] = field(default_factory=dict)
    hash_most: int
    """The greatest value that a plain `H` gives."""

    @property
    def expected(self) -> str:
        """What a message asks for."""
        named = f" or {next(iter(self.names))} to {list(self.names)[-1]}" if self.names else ""
        return f"{self.least} to {self.most}{named}"


SECOND = Kind(name="second", least=0, most=59, hash_most=59)
MINUTE = Kind(name="minute", least=0, most=59, hash_most=59)
HOUR = Kind(name="hour", least=0, most=23, hash_most=23)
DAY = Kind(name="day of month", least=1, most=31, hash_most=28)
MONTH = Kind(
    name="month",
    least=1,
    most=12,
    names={name: number for number, name in enumerate(_MONTHS, 1)},
    hash_most=12,
)
WEEKDAY = Kind(
    name="day of week",
    least=0,
    most=7,
    names={name: number for number, name in enumerate(_DAYS)},
    hash_most=6,
)


def values_of(kind: Kind, text: str, seed: bytes) -> tuple[int, ...]:
    """The values of a whole field, in order. Raises Fault."""
    found: set[int] = set()
    for term in terms_of(text):
        found.update(term_values(kind, term, seed))
    return tuple(sorted(found))


def terms_of(text: str) -> Sequence[str]:
    """The members of a list. Raises Fault for an empty one."""
    terms = text.split(",")
    if not all(terms):
        raise Fault("has an empty place in its list; write values with one ',' between them")
    return terms


def term_values(kind: Kind, term: str, seed: bytes) -> range:
    """The values of one member of a list. Raises Fault."""
    match = _TERM.match(term)
    if match is None:
        raise Fault(f"cannot read {term!r}; write {kind.expected}, a range, a list or a step")
    if match["any"] == "?" and kind not in (DAY, WEEKDAY):
        raise Fault("'?' stands in day fields only; write '*'")
    step = _step(kind, match["step"])
    if match["hash"]:
        return _hashed(kind, match, step, seed)
    if match["any"]:
        return range(kind.least, _last_of_all(kind) + 1, step or 1)
    first = _number(kind, match["first"])
    if match["last"] is None:
        return range(first, (kind.most if step else first) + 1, step or 1)
    last = _number(kind, match["last"])
    if kind is WEEKDAY and last == 0 < first:
        last = 7  # FRI-SUN
    if last < first:
        raise Fault(f"the range {term!r} ends before it begins; write a list instead")
    return range(first, last + 1, step or 1)


def _last_of_all(kind: Kind) -> int:
    return 6 if kind is WEEKDAY else kind.most


def _step(kind: Kind, text: str | None) -> int | None:
    if text is None:
        return None
    if len(text) > 4 or not 1 <= int(text) <= kind.most:
        raise Fault(f"the step /{text[:8]} must be between 1 and {kind.most}")
    return int(text)


def _number(kind: Kind, text: str) -> int:
    if text in kind.names:
        return kind.names[text]
    if not text.isdigit():
        raise Fault(f"knows no {text!r}; write {kind.expected}")
    if len(text) > 4 or not kind.least <= int(text) <= kind.most:
        raise Fault(f"{text[:8]} is out of range; write {kind.expected}")
    return int(text)


def _hashed(kind: Kind, match: re.Match[str], step: int | None, seed: bytes) -> range:
    least, most = kind.least, kind.hash_most
    if match["low"] is not None:
        least, most = _number(kind, match["low"]), _number(kind, match["high"])
        if most < least:
            raise Fault(f"the range of {match[0]!r} ends before it begins")
    elif step:
        most = _last_of_all(kind)
    drawn = int.from_bytes(sha256(kind.name.encode() + b"\0" + seed).digest()[:8], "big")
    if step is None:
        value = least + drawn % (most - least + 1)
        return range(value, value + 1)
    return range(least + drawn % min(step, most - least + 1), most + 1, step)
