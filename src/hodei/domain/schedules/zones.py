"""Time zones by name, and the nearest to a name that nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from difflib import get_close_matches
from typing import Protocol

MAX_CHARS = 64
_ABBREVIATIONS = {
    "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles",
    "cst": "America/Chicago",
    "cdt": "America/Chicago",
    "edt": "America/New_York",
    "bst": "Europe/London",
    "cest": "Europe/Madrid",
    "ist": "Asia/Kolkata",
    "jst": "Asia/Tokyo",
    "z": "UTC",
}


class Zones(Protocol):
    """The IANA zones of this release: the same on every replica, whatever its machine has."""

    def get(self, name: str) -> tzinfo | None:
        """The zone of exactly this name."""
        ...

    def names(self) -> Sequence[str]:
        """All names, sorted."""
        ...


def nearest(name: str, names: Sequence[str]) -> str | None:
    """The zone that was probably meant: by its city, its abbreviation or its spelling."""
    given = name.strip().lower().replace(" ", "_")[:MAX_CHARS]
    if given in _ABBREVIATIONS:
        return _ABBREVIATIONS[given]
    by_spelling = {one.lower(): one for one in names}
    if given in by_spelling:
        return by_spelling[given]
    cities = {one.lower().rpartition("/")[2]: one for one in reversed(names) if "/" in one}
    city = given.rpartition("/")[2]
    if city in cities:
        return cities[city]
    near = get_close_matches(given, by_spelling, n=1, cutoff=0.6)
    if near:
        return by_spelling[near[0]]
    near = get_close_matches(city, cities, n=1, cutoff=0.7)
    return cities[near[0]] if near else None
