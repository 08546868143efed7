"""The feed of events: what happened, as whoever watches reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from hodei.domain.events import Event


class EventStore(Protocol):
    """What happened, in order."""

    async def last_cursor(self) -> str:
        """The position after the newest event that every transaction agrees on."""
        ...

    async def events(self, *, after: str, limit: int = 1000) -> Sequence[Event]:
        """Events after a cursor, none ever missed: a late transaction delays later ones."""
        ...

    async def job_events(self, job_id: UUID, limit: int = 1000) -> Sequence[Event]:
        """Oldest first."""
        ...
