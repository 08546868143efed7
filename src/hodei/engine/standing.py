"""Standing: when whoever holds something open must show again that they may."""

from __future__ import annotations

import asyncio

RECHECK_S = 5.0
"""How long after a change of rights a stream can go on that no hint has reached."""


class Standing:
    """Wakes everybody who holds something open, on a hint or after a while."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()
        """One for each stream: they need not all live in one event loop."""

    @property
    def waiting(self) -> int:
        """How many streams wait for the next look."""
        return len(self._waiting)

    def changed(self) -> None:
        """Somebody's rights may be others than before."""
        for one in tuple(self._waiting):
            one.set()

    async def wait(self, longest_s: float = RECHECK_S) -> None:
        """Returns when it is time to look again."""
        mine = asyncio.Event()
        self._waiting.add(mine)
        try:
            async with asyncio.timeout(min(longest_s, RECHECK_S)):
                await mine.wait()
        except TimeoutError:
            return
        finally:
            self._waiting.discard(mine)
