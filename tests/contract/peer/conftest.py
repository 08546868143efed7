"""The agent as a process of its own, against the scripted server."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

import pytest

import hodei.agent
from hodei.wire.gen import worker_pb2 as pb
from tests.contract.peer.scripted_server import OTP, Record, ScriptedServer

AGENT = Path(hodei.agent.__file__).parent
WORKER_ID = "worker-1"


class Bench:
    """One server and the agents that a test starts against it."""

    def __init__(self, directory: Path, server: ScriptedServer) -> None:
        self.directory = directory
        self.server = server
        self.agents: list[asyncio.subprocess.Process] = []
        self._wrapped: set[int] = set()
        self._attempts = 0

    @property
    def agent(self) -> asyncio.subprocess.Process:
        """The agent started last."""
        return self.agents[-1]

    async def start_agent(
        self, *, wrapper: Sequence[str] = (), **settings: str
    ) -> asyncio.subprocess.Process:
        """Starts an agent, by way of `wrapper`; other keywords are settings without prefix."""
        given = {
            "SERVER": self.server.address,
            "WORKER_ID": WORKER_ID,
            "OTP": OTP,
            "DIR": str(self.directory / "agent"),
            "WORKDIR": "attempt",
            "REUSABLE": "1",
            **settings,
        }
        environment = {f"HODEI_AGENT_{name}": value for name, value in given.items()}
        environment["PATH"] = os.environ["PATH"]
        environment["FROM_IMAGE"] = "yes"
        with (self.directory / "agent.log").open("ab") as log:
            agent = await asyncio.create_subprocess_exec(
                *(*wrapper, sys.executable, "-I", "-S", str(AGENT)), env=environment, stderr=log
            )
        self.agents.append(agent)
        if wrapper:
            self._wrapped.add(agent.pid)
        return agent

    def order(self, script: str = "", **fields: object) -> pb.RunAttempt:
        """An order to run; a shell script unless the fields say otherwise."""
        self._attempts += 1
        order = pb.RunAttempt(
            attempt_id=f"attempt-{self._attempts}",
            job_id="job-1",
            job_name="hello",
            attempt_number=1,
            type=pb.COMMAND_TYPE_SHELL,
            script=script,
            grace_ms=5000,
        )
        limits = fields.pop("limits", None)
        if isinstance(limits, pb.ResourceLimits):
            order.limits.CopyFrom(limits)
        for name, value in fields.items():
            if isinstance(value, Mapping):
                getattr(order, name).update(value)
            elif isinstance(value, list):
                getattr(order, name).extend(value)
            else:
                setattr(order, name, value)
        return order

    async def begin(self, script: str = "", **fields: object) -> Record:
        """Sends an order; the record that will fill."""
        order = self.order(script, **fields)
        await self.server.until(lambda: self.server.hellos)
        await self.server.send(pb.ServerFrame(run=order))
        return self.server.of(order.attempt_id)

    async def run(self, script: str = "", **fields: object) -> Record:
        """Sends an order and waits for its outcome."""
        record = await self.begin(script, **fields)
        await self.server.until(lambda: record.exits)
        return record

    async def cancel(self, record: Record, *, grace_ms: int | None = None) -> None:
        """Sends the order to end an attempt."""
        attempt_id = next(key for key, value in self.server.records.items() if value is record)
        order = pb.CancelAttempt(attempt_id=attempt_id, reason="asked for", grace_ms=grace_ms)
        await self.server.send(pb.ServerFrame(cancel=order))

    async def exit_code(self, seconds: float = 60.0) -> int:
        """Waits for the agent to leave."""
        async with asyncio.timeout(seconds):
            return await self.agent.wait()

    def log(self) -> str:
        """What the agents wrote on stderr."""
        return (self.directory / "agent.log").read_text()

    async def logged(self, words: str, *, times: int = 1, seconds: float = 60.0) -> None:
        """Waits until an agent has written the words on stderr so many times."""
        async with asyncio.timeout(seconds):
            while self.log().count(words) < times:
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        """Ends what the test left running."""
        for agent in self.agents:
            if agent.returncode is None:
                # A wrapper takes no SIGTERM, but its end is the end of all below it.
                if agent.pid in self._wrapped:
                    agent.kill()
                else:
                    agent.terminate()
                try:
                    await asyncio.wait_for(agent.wait(), 60)
                except TimeoutError:
                    agent.kill()
                    await agent.wait()
        await self.server.stop()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A listening server; agents are started by the test."""
    server = ScriptedServer(f"unix:{tmp_path}/server.sock")
    await server.start()
    bench = Bench(tmp_path, server)
    try:
        yield bench
    finally:
        await bench.close()


@pytest.fixture
def alive() -> Callable[[str], list[int]]:
    """Finds the processes whose command line holds a mark."""

    def find(mark: str) -> list[int]:
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal() or int(entry.name) == os.getpid():
                continue
            try:
                if mark.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
        return found

    return find
