"""Durations and sizes as people write them: `1h30m`, `512`, `2g`."""

from __future__ import annotations

import re
from decimal import Decimal

from hodei.domain.errors import InvalidRequest

_UNITS_MS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_LONGEST_TEXT = 40
_AMOUNT = r"(\d{1,12}(?:\.\d{1,6})?)"
_DURATION = re.compile("".join(rf"(?:{_AMOUNT}{unit})?" for unit in _UNITS_MS), re.ASCII)

_SIZES_MB = {
    "": 1,
    "m": 1,
    "mb": 1,
    "mi": 1,
    "mib": 1,
    "g": 1024,
    "gb": 1024,
    "gi": 1024,
    "gib": 1024,
    "t": 1024 * 1024,
    "tb": 1024 * 1024,
    "ti": 1024 * 1024,
    "tib": 1024 * 1024,
}
_SIZE = re.compile(rf"{_AMOUNT} ?([a-z]*)", re.ASCII)


def parse_duration(text: str, field: str = "duration") -> int:
    """Milliseconds of "30s", "5m", "1h30m", "2d", "1500ms" or "1.5h".

    Units go from the largest to the smallest, each at most once. Raises InvalidRequest, naming
    `field`, for anything else, a number without unit and parts of a millisecond included.
    """
    compact = text.strip().lower().replace(" ", "") if len(text) <= _LONGEST_TEXT else ""
    if compact.isascii() and compact.isdigit():
        raise InvalidRequest.of(field, f"needs a unit: write {compact}s for seconds", text)
    match = _DURATION.fullmatch(compact)
    if not compact or match is None:
        raise InvalidRequest.of(field, "must be a duration such as 30s, 5m, 1h30m or 2d", text)
    parts = zip(match.groups(), _UNITS_MS.values(), strict=True)
    total = sum(Decimal(amount) * unit for amount, unit in parts if amount is not None)
    if total != int(total):
        raise InvalidRequest.of(field, "must be a whole number of milliseconds", text)
    return int(total)


def format_duration(ms: int) -> str:
    """`ms` for a sentence: "450 ms", "1.5 s", "1 m 5 s", "2 d 3 h"; nothing is rounded."""
    if ms < 0:
        return f"-{format_duration(-ms)}"
    if ms < _UNITS_MS["s"]:
        return f"{ms} ms"
    parts = []
    rest = ms
    for unit in ("d", "h", "m"):
        count, rest = divmod(rest, _UNITS_MS[unit])
        if count:
            parts.append(f"{count} {unit}")
    if rest:
        parts.append(f"{rest / _UNITS_MS['s']:g} s")
    return " ".join(parts)


def parse_size_mb(text: str, field: str = "memory_mb") -> int:
    """MiB of "512", "512m", "1g" or "1.5 GiB"; a g is 1024 m, however it is spelt.

    Raises InvalidRequest, naming `field`, for anything else.
    """
    compact = text.strip().lower() if len(text) <= _LONGEST_TEXT else ""
    match = _SIZE.fullmatch(compact)
    factor = _SIZES_MB.get(match[2]) if match else None
    if match is None or factor is None:
        raise InvalidRequest.of(field, "must be a size such as 512 (MiB), 512m or 1g", text)
    total = Decimal(match[1]) * factor
    if total != int(total):
        raise InvalidRequest.of(field, "must be a whole number of MiB", text)
    return int(total)
