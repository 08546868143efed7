"""Ends of terminals whose server was killed: told by the server that their worker returns to.

A terminal ends with the connection between its worker and its server. When the worker is back,
whatever another server opened in its job and did not close is over, and gets its second row.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from hodei.domain.errors import HodeiError
from hodei.domain.events import Event, EventKind
from hodei.engine.core import Core
from hodei.ports.store import Held, Unit

logger = logging.getLogger(__name__)

WAIT_S = 5.0
"""A server that lives tells the end of its terminals by itself, and at once."""
REASON = "its server was gone"


class LostTerminals:
    """Looks once per worker that returned."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._looking: set[asyncio.Task[None]] = set()

    def returned(self, held: Held) -> None:
        """The worker of an attempt that runs has connected again."""
        task = asyncio.get_running_loop().create_task(self._look(held), name="lost-terminals")
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    def stop(self) -> None:
        """Looks no more; what is missing stays missing until the worker returns again."""
        for task in self._looking:
            task.cancel()

    async def _look(self, held: Held) -> None:
        await self._core.clock.sleep(WAIT_S)
        try:
            events = await self._core.store.job_events(held.job.id)
            for opened in _unclosed(events, held, self._core.replica):
                await self._core.committer.save(Unit(events=(self._closed(opened),)))
        except HodeiError as error:
            logger.warning("ends of terminals not recorded", extra={"error": str(error)})

    def _closed(self, opened: Event) -> Event:
        data = {name: opened.data.get(name) for name in ("terminal", "via")}
        return replace(
            opened,
            kind=EventKind.TERMINAL_CLOSED,
            at=self._core.clock.now(),
            data={**data, "exit_code": None, "reason": REASON},
            cursor="",
        )


def _unclosed(events: Sequence[Event], held: Held, replica: str) -> list[Event]:
    closed = {
        event.data.get("terminal") for event in events if event.kind is EventKind.TERMINAL_CLOSED
    }
    return [
        event
        for event in events
        if event.kind is EventKind.TERMINAL_OPENED
        and event.attempt_id == held.attempt.id
        and event.data.get("replica") != replica
        and event.data.get("terminal") not in closed
    ]
