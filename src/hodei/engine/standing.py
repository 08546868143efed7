"""Standing: when whoever holds something open must show again that they may."""

from __future__ import annotations

import asyncio

RECHECK_S = 5.0
"""How long after a change of rights a stream can go on that no hint has reached."""


class Standing:
    """Wakes everybody who holds something open, on a hint or after a while."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self.waiting = 0
        """How many streams wait for the next look."""

    def changed(self) -> None:
        """Somebody's rights may be others than before."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def wait(self, longest_s: float = RECHECK_S) -> None:
        """Returns when it is time to look again."""
        self.waiting += 1
        try:
            async with asyncio.timeout(min(longest_s, RECHECK_S)):
                await self._changed.wait()
        except TimeoutError:
            return
        finally:
            self.waiting -= 1
