"""What every part of the memory store has: the tables, the time, the bus and the faults."""

from __future__ import annotations

import asyncio
from datetime import datetime

from hodei.adapters.memory.faults import MemoryFaults
from hodei.adapters.memory.tables import Tables
from hodei.ports.bus import Bus, Hint
from hodei.ports.clock import Clock


class Part:
    """One replica's hands on the shared tables.

    Every call gives the loop one turn and then does its whole work without another, which is
    what makes it a transaction.
    """

    def __init__(self, tables: Tables, clock: Clock, bus: Bus | None, faults: MemoryFaults) -> None:
        self._tables = tables
        self._clock = clock
        self._bus = bus
        self._faults = faults

    async def _begin(self) -> None:
        await asyncio.sleep(0)
        self._faults.on_call()

    def _now(self) -> datetime:
        return self._clock.now()

    async def _publish(self, *hints: Hint) -> None:
        if self._bus is not None:
            for hint in hints:
                await self._bus.publish(hint)
