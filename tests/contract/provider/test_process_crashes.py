"""The process provider under cancelling and killing at random moments: nothing is left."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from hodei.domain.worker import Handle
from hodei.ports.provider import Provider, ProvisionRequest
from hodei.testing.provider_contract import steps_of
from hodei.testing.provider_harness import until
from tests.contract.provider.process_harness import ProcessHarness

CYCLES = 200
AT_ONCE = 4
SERVERS = 8
SLEEPER = ("/bin/sleep", "600")


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[ProcessHarness]:
    made = ProcessHarness(tmp_path, {})
    made.agent = SLEEPER
    try:
        yield made
    finally:
        await made.sweep()


async def provision(provider: Provider, request: ProvisionRequest, kept: list[Handle]) -> None:
    async with steps_of(provider, request) as steps:
        async for step in steps:
            kept.append(step.handle)


async def cycle(provider: Provider, harness: ProcessHarness, chance: random.Random) -> None:
    """Makes a worker, is interrupted or not, and ends it or lets itself be interrupted there."""
    request, kept = harness.request(), list[Handle]()
    task = asyncio.create_task(provision(provider, request, kept))
    await asyncio.wait([task], timeout=chance.choice([0, 0.0005, 0.002, 0.005, None]))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    if not kept:
        return
    handle = chance.choice(kept)
    ending = asyncio.create_task(provider.destroy(handle, grace_s=chance.choice([0, 5])))
    await asyncio.wait([ending], timeout=chance.choice([0, 0.001, 0.004, None]))
    ending.cancel()
    with suppress(asyncio.CancelledError):
        await ending
    await provider.destroy(handle, grace_s=0)


async def test_two_hundred_cycles_leave_nothing(harness: ProcessHarness) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    children = set(os.listdir("/proc/self/fd"))
    async with harness.create() as provider:
        for _ in range(CYCLES // AT_ONCE):
            await asyncio.gather(*(cycle(provider, harness, chance) for _ in range(AT_ONCE)))
        assert await provider.list_owned() == []
        assert harness.traces() == []
    assert harness.marked() == []
    assert len(os.listdir("/proc/self/fd")) <= len(children) + 1


async def test_a_killed_server_leaves_only_what_the_next_one_finds(
    harness: ProcessHarness,
) -> None:
    chance = random.Random()
    for _ in range(SERVERS):
        context = harness.context()
        script = Path(__file__).with_name("dying_server.py")
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        server = await asyncio.create_subprocess_exec(
            sys.executable,
            *(str(script), context.data_dir, context.installation_id, *context.agent_command),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
        )
        assert server.stdout is not None
        for _ in range(chance.randint(1, 12)):
            assert await server.stdout.readline()
        # At some moment of the next start.
        await asyncio.wait([asyncio.create_task(server.wait())], timeout=chance.random() / 100)
        server.kill()
        told = (await server.stdout.read()).decode().splitlines()
        await server.wait()
        async with harness.create() as provider:
            owned = {str(handle.worker_id) for handle in await provider.list_owned()}
            up = {line.split()[0] for line in told if line.endswith(" started")}
            assert up <= owned
            for handle in await provider.list_owned():
                await provider.destroy(handle, grace_s=0)
            await until(lambda: harness.traces() == [], "nothing is left")
