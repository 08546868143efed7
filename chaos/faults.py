"""Faults at random moments: each really ends or cuts something, and mends it after a while."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from functools import partial
from random import Random
from time import monotonic

from chaos.field import Field
from chaos.ground import Hurt
from chaos.ledger import Ledger

STARTS = 10
Fault = Callable[[], Awaitable[bool]]
"""False: there was nothing to hurt."""


class Faults:
    """One after the other, at random moments; each mends what it broke."""

    def __init__(
        self, field: Field, ledger: Ledger, random: Random, chosen: Collection[str] = ()
    ) -> None:
        """`chosen`: names of kinds; empty: all that the field has. Raises ValueError."""
        self._field = field
        self._ledger = ledger
        self._random = random
        self._began = monotonic()
        kinds = self._kinds()
        if unknown := set(chosen) - set(kinds):
            raise ValueError(f"no fault {', '.join(sorted(unknown))}; there are {', '.join(kinds)}")
        self._drawn = {name: kinds[name] for name in kinds if not chosen or name in chosen}
        self.came: Counter[str] = Counter({name: 0 for name in self._drawn})
        """How often each kind of fault was made."""
        self.each_came = asyncio.Event()
        """Every kind was made once: until then there must be a load to hurt."""

    async def run(self, seconds: float, pause_s: float) -> None:
        """Each kind once, in any order, then for so long any of them, with so long a pause between
        two on average. What has nothing to hurt yet comes again after the others."""
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        names = list(self._drawn)
        weights = [weight for _, weight in self._drawn.values()]
        first = deque(self._random.sample(names, len(names)))
        while True:
            pause = self._random.expovariate(1 / pause_s)
            late = clock() + pause > end
            if not first:
                self.each_came.set()
                if late:
                    return
            await asyncio.sleep(pause)
            name = first.popleft() if first else self._random.choices(names, weights=weights)[0]
            if await self._drawn[name][0]():
                self.came[name] += 1
            elif not self.came[name]:
                first.append(name)

    def _kinds(self) -> dict[str, tuple[Fault, int]]:
        """By name; with the weight of each beside the others."""
        kinds: dict[str, tuple[Fault, int]] = {
            "server": (self._server, 3),
            "agent": (self._agent, 5),
            "postgres": (self._postgres, 2),
            "wire": (self._wire, 3),
            "slow-wire": (self._slow_wire, 2),
        }
        if self._field.engine is not None:
            kinds["dockerd"] = (self._dockerd, 1)
        for ground in self._field.grounds:
            for name, (hurt, weight) in ground.faults().items():
                kinds[name] = (partial(self._ground, hurt), weight)
        return kinds

    def _note(self, text: str) -> None:
        now = monotonic() - self._began
        self._ledger.faults.append(f"{now:7.2f} s  {text}")

    async def _server(self) -> bool:
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
        return True

    async def _agent(self) -> bool:
        agents = self._field.agents()
        if not agents:
            return False
        pid = self._random.choice(agents)
        self._note(f"agent {pid} is killed")
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return True

    async def _postgres(self) -> bool:
        self._note("PostgreSQL is ended as by a crash")
        await asyncio.to_thread(self._field.postgres.stop, "immediate")
        await asyncio.sleep(self._random.uniform(0, 1))
        await asyncio.to_thread(self._field.postgres.start)
        self._note("PostgreSQL answers again")
        return True

    async def _wire(self) -> bool:
        which = self._random.randrange(len(self._field.wires))
        wire = self._field.wires[which]
        self._note(f"the wire of agents to server {which + 1} is dead")
        wire.cut()
        await asyncio.sleep(self._random.uniform(0.5, 5))
        wire.mend()
        self._note(f"the wire to server {which + 1} takes new calls")
        return True

    async def _slow_wire(self) -> bool:
        which = self._random.randrange(len(self._field.wires))
        wire = self._field.wires[which]
        wire.delay_s = self._random.uniform(0.05, 1.5)
        self._note(f"the wire to server {which + 1} takes {wire.delay_s:.2f} s for each piece")
        await asyncio.sleep(self._random.uniform(1, 8))
        wire.delay_s = 0.0
        self._note(f"the wire to server {which + 1} is quick again")
        return True

    async def _ground(self, hurt: Hurt) -> bool:
        return await asyncio.to_thread(hurt, self._random, self._note)

    async def _dockerd(self) -> bool:
        engine = self._field.engine
        assert engine is not None
        self._note("dockerd is killed")
        await asyncio.to_thread(engine.run, "kill")
        await asyncio.sleep(self._random.uniform(0, 2))
        await asyncio.to_thread(engine.run, "start")
        self._note("dockerd answers again")
        return True
