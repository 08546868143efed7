"""Faults at random moments: each really ends or cuts something, and mends it after a while."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from random import Random
from time import monotonic

from chaos.field import Field
from chaos.ground import Ground
from chaos.ledger import Ledger

STARTS = 10
Fault = Callable[[], Awaitable[None]]


class Faults:
    """One after the other, at random moments, until it is cancelled; then all is mended."""

    def __init__(self, field: Field, ledger: Ledger, random: Random) -> None:
        self._field = field
        self._ledger = ledger
        self._random = random
        self._began = monotonic()

    async def run(self, seconds: float, pause_s: float) -> None:
        """Each kind once, in any order, then for so long any of them, with so long a pause between
        two on average."""
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        kinds: list[tuple[Fault, int]] = [
            (self._server, 3),
            (self._agent, 5),
            (self._postgres, 2),
            (self._wire, 3),
            (self._slow_wire, 2),
        ]
        if self._field.engine is not None:
            kinds.append((self._dockerd, 1))
        for ground in self._field.grounds:
            kinds.append((partial(self._ground, ground), 4))
        faults, weights = zip(*kinds, strict=True)
        for fault in self._random.sample(faults, len(faults)):
            await asyncio.sleep(self._random.expovariate(1 / pause_s))
            await fault()
        while True:
            pause = self._random.expovariate(1 / pause_s)
            if clock() + pause > end:
                return
            await asyncio.sleep(pause)
            await self._random.choices(faults, weights=weights)[0]()

    def _note(self, text: str) -> None:
        now = monotonic() - self._began
        self._ledger.faults.append(f"{now:7.2f} s  {text}")

    async def _server(self) -> None:
        which = self._random.randrange(len(self._field.servers))
        server = self._field.servers[which]
        self._note(f"server {which + 1} is killed")
        await asyncio.to_thread(server.kill9)
        await asyncio.sleep(self._random.uniform(0, 2))
        # It ends when its database fails while it starts; whoever keeps it starts it again.
        for _ in range(STARTS):
            try:
                await asyncio.to_thread(server.start)
                break
            except AssertionError:
                self._note(f"server {which + 1} did not start")
        self._note(f"server {which + 1} serves again")

    async def _agent(self) -> None:
        agents = self._field.agents()
        if agents:
            pid = self._random.choice(agents)
            self._note(f"agent {pid} is killed")
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def _postgres(self) -> None:
        self._note("PostgreSQL is ended as by a crash")
        await asyncio.to_thread(self._field.postgres.stop, "immediate")
        await asyncio.sleep(self._random.uniform(0, 1))
        await asyncio.to_thread(self._field.postgres.start)
        self._note("PostgreSQL answers again")

    async def _wire(self) -> None:
        which = self._random.randrange(len(self._field.wires))
        wire = self._field.wires[which]
        self._note(f"the wire of agents to server {which + 1} is dead")
        wire.cut()
        await asyncio.sleep(self._random.uniform(0.5, 5))
        wire.mend()
        self._note(f"the wire to server {which + 1} takes new calls")

    async def _slow_wire(self) -> None:
        which = self._random.randrange(len(self._field.wires))
        wire = self._field.wires[which]
        wire.delay_s = self._random.uniform(0.05, 1.5)
        self._note(f"the wire to server {which + 1} takes {wire.delay_s:.2f} s for each piece")
        await asyncio.sleep(self._random.uniform(1, 8))
        wire.delay_s = 0.0
        self._note(f"the wire to server {which + 1} is quick again")

    async def _ground(self, ground: Ground) -> None:
        await asyncio.to_thread(ground.hurt, self._random, self._note)

    async def _dockerd(self) -> None:
        engine = self._field.engine
        assert engine is not None
        self._note("dockerd is killed")
        await asyncio.to_thread(engine.run, "kill")
        await asyncio.sleep(self._random.uniform(0, 2))
        await asyncio.to_thread(engine.run, "start")
        self._note("dockerd answers again")
