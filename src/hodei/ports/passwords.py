"""Passwords: how they are made unreadable, and compared."""

from __future__ import annotations

from typing import Protocol


class Passwords(Protocol):
    """Slow on purpose, and never in the way of the event loop."""

    async def hash(self, password: str) -> str:
        """What is stored of a password; the same password gives another text each time."""
        ...

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is the one. None, which nobody has, takes as long as any."""
        ...

    def outdated(self, stored: str) -> bool:
        """Whether it was made with other parameters than those of today."""
        ...
