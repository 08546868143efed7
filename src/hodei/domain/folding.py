"""Folding: of many entries alike the first are kept each, the others become one with a count.

Whoever is refused a thousand times a second must not be able to fill the disk with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hodei.domain.audit import Entry

Key = tuple[str, ...]


@dataclass(slots=True)
class _Seen:
    until: datetime
    singly: int = 0
    folded: _Folded | None = None


class _Folded:
    """Entries counted as one; where they differ it says nothing.

    This is on the way of every submission in a crowd, and so cheap.
    """

    __slots__ = (
        "action",
        "actor",
        "code",
        "count",
        "detail",
        "first",
        "project",
        "source",
        "target",
        "target_kind",
        "via",
    )

    def __init__(self, first: Entry) -> None:
        self.first = first
        self.count = first.count
        self.actor, self.via, self.action = first.actor, first.via, first.action
        self.target_kind, self.target = first.target_kind, first.target
        self.project, self.code = first.project, first.code
        self.source, self.detail = first.source, first.detail

    def add(self, entry: Entry) -> None:
        """Counts one more."""
        self.count += entry.count
        for name in _MAY_DIFFER:
            if getattr(entry, name) != getattr(self, name):
                setattr(self, name, "")

    def entry(self) -> Entry:
        """All of them as one."""
        if self.count == self.first.count:
            return self.first
        return replace(
            self.first,
            actor=self.actor,
            via=self.via,
            action=self.action,
            target_kind=self.target_kind,
            target=self.target,
            project=self.project,
            code=self.code,
            source=self.source,
            detail=self.detail,
            correlation_id="",
            count=self.count,
        )


_MAY_DIFFER = (
    "actor",
    "via",
    "action",
    "target_kind",
    "target",
    "project",
    "code",
    "source",
    "detail",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How many entries are kept each."""

    window: timedelta
    singly: int
    """Of one kind per window."""
    burst: int
    """Of all kinds at once."""
    refill: int
    """By so many the burst grows again per window."""
    kinds: int
    """Counted apart per window; what is beyond is counted together."""


DENIALS = Allowance(window=timedelta(minutes=1), singly=10, burst=500, refill=20, kinds=20)
CHANGES = Allowance(
    window=timedelta(seconds=10), singly=100, burst=10_000, refill=10_000, kinds=1000
)
"""Of changes whose events tell each of them anyway."""


class Folding:
    """Counts what is alike. One task uses it."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._seen: dict[Key, _Seen] = {}
        self._left = float(allowance.burst)
        self._refilled_at: datetime | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing waits to be told."""
        return all(seen.folded is None for seen in self._seen.values())

    def take(self, entry: Entry) -> Entry | None:
        """The entry, to be kept as it is; None: it has been counted."""
        self._refill(entry.at)
        key = _key(entry)
        seen = self._seen.get(key)
        if seen is None and len(self._seen) >= self._allowance.kinds:
            key = (entry.result.value, entry.interface.value)
            seen = self._seen.get(key)
        if seen is None or (seen.until <= entry.at and seen.folded is None):
            seen = self._seen[key] = _Seen(entry.at + self._allowance.window)
        if seen.singly < self._allowance.singly and self._left >= 1:
            seen.singly += 1
            self._left -= 1
            return entry
        if seen.folded is None:
            seen.folded = _Folded(entry)
        else:
            seen.folded.add(entry)
        return None

    def due(self, now: datetime, *, everything: bool = False) -> list[Entry]:
        """What was counted in the windows that are over."""
        told: list[Entry] = []
        for key, seen in list(self._seen.items()):
            if everything or seen.until <= now:
                del self._seen[key]
                if seen.folded is not None:
                    told.append(seen.folded.entry())
        return told

    def _refill(self, now: datetime) -> None:
        before, self._refilled_at = self._refilled_at, now
        if before is not None and now > before:
            windows = (now - before) / self._allowance.window
            self._left = min(
                self._left + windows * self._allowance.refill, float(self._allowance.burst)
            )


def _key(entry: Entry) -> Key:
    return (
        entry.result.value,
        entry.interface.value,
        entry.action,
        entry.actor,
        entry.source,
        entry.code,
        entry.project,
    )
