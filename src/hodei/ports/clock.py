"""Time and chance, injected so that tests own both."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID


class Clock(Protocol):
    """Where time comes from.

    `now` is wall time in UTC, for people and for deadlines kept in rows; it may jump.
    `monotonic` is seconds that never go back, for measuring. `sleep` waits that long on the
    same scale and can be cancelled.
    """

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class Chance(Protocol):
    """Where randomness comes from."""

    def uuid(self) -> UUID:
        """A random (version 4) identifier."""
        ...

    def token(self) -> str:
        """A secret of at least 256 bits, URL-safe."""
        ...

    def share(self) -> float:
        """A number from 0 up to but not including 1."""
        ...
