"""The Docker provider under cancelling, many calls at once and a dying engine."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hodei.domain.errors import ProviderUnavailable
from hodei.domain.provider import ObservedState
from hodei.domain.worker import Handle
from hodei.ports.provider import Provider, ProvisionRequest
from hodei.testing.provider_contract import owned, state_of, steps_of
from hodei.testing.provider_harness import started, until
from tests.contract.provider_docker.docker_harness import IMAGE, DockerHarness
from tests.support.docker import ImageFiles, PrivateEngine, busybox_layer, private_engine

CYCLES = 200
AT_ONCE = 4
MANY = 30


@pytest.fixture
async def harness(
    engine: PrivateEngine, bundle: Path, tmp_path: Path
) -> AsyncIterator[DockerHarness]:
    made = DockerHarness(engine, tmp_path, bundle, {})
    try:
        yield made
    finally:
        await made.sweep()


@pytest.fixture
def mortal() -> Iterator[PrivateEngine]:
    """An engine of one test's own, to be killed."""
    with private_engine() as made:
        made.load(ImageFiles(IMAGE, [busybox_layer()]))
        yield made


async def provision(provider: Provider, request: ProvisionRequest, kept: list[Handle]) -> None:
    async with steps_of(provider, request) as steps:
        async for step in steps:
            kept.append(step.handle)


async def cycle(provider: Provider, harness: DockerHarness, chance: random.Random) -> None:
    """Makes a worker, is interrupted or not, and ends it or lets itself be interrupted there."""
    request, kept = harness.request(), list[Handle]()
    task = asyncio.create_task(provision(provider, request, kept))
    await asyncio.wait([task], timeout=chance.choice([0, 0.002, 0.008, 0.02, 0.05, 0.1, None]))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    if not kept:
        return
    handle = chance.choice(kept)
    ending = asyncio.create_task(provider.destroy(handle, grace_s=chance.choice([0, 5])))
    await asyncio.wait([ending], timeout=chance.choice([0, 0.002, 0.01, None]))
    ending.cancel()
    with suppress(asyncio.CancelledError):
        await ending
    await provider.destroy(handle, grace_s=0)


async def test_two_hundred_cycles_leave_nothing(harness: DockerHarness) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    async with harness.create() as provider:
        for _ in range(CYCLES // AT_ONCE):
            await asyncio.gather(*(cycle(provider, harness, chance) for _ in range(AT_ONCE)))
        assert await provider.list_owned() == []
        assert harness.traces() == []


async def test_thirty_at_once(harness: DockerHarness) -> None:
    requests = [harness.request() for _ in range(MANY)]
    async with harness.create() as provider:
        handles = await asyncio.gather(*(started(provider, each) for each in requests))
        seen = await provider.observe(handles)
        assert {each.state for each in seen.values()} == {ObservedState.RUNNING}
        await asyncio.gather(*(provider.destroy(each, grace_s=0) for each in handles))
        assert await owned(provider) == set()
        assert harness.traces() == []


async def test_a_killed_engine_is_unknown_and_its_leftovers_are_removed(
    mortal: PrivateEngine, bundle: Path, tmp_path: Path
) -> None:
    harness = DockerHarness(mortal, tmp_path, bundle, {})
    async with harness.create() as provider:
        assert (await provider.check()).ok
        handles = [await started(provider, harness.request()) for _ in range(2)]
        await asyncio.to_thread(mortal.run, "kill")

        health = await provider.check()
        assert not health.ok
        assert "nobody listens there; is Docker running?" in health.reason
        assert await state_of(provider, handles[0]) is ObservedState.UNKNOWN
        with pytest.raises(ProviderUnavailable) as raised:
            await started(provider, harness.request())
        assert raised.value.retryable
        with pytest.raises(ProviderUnavailable):
            await provider.destroy(handles[0], grace_s=0)
        with pytest.raises(ProviderUnavailable):
            await provider.list_owned()

        await asyncio.to_thread(mortal.run, "start")
        assert (await provider.check()).ok
        assert await owned(provider) == {handle.worker_id for handle in handles}
        # An engine without live-restore ends the containers that its predecessor left.
        seen = await provider.observe(handles)
        assert {each.state for each in seen.values()} <= {
            ObservedState.EXITED,
            ObservedState.RUNNING,
        }
        for handle in handles:
            await provider.destroy(handle, grace_s=0)
        assert harness.traces() == []


async def test_an_engine_that_dies_in_mid_call_is_unavailable(
    mortal: PrivateEngine, bundle: Path, tmp_path: Path
) -> None:
    harness = DockerHarness(mortal, tmp_path, bundle, {})
    async with harness.create() as provider:
        requests = [harness.request() for _ in range(8)]
        first = harness.request()
        await provider.destroy(await started(provider, first), grace_s=0)
        tasks = [asyncio.create_task(started(provider, each)) for each in requests]
        await until(lambda: bool(harness.engine.containers("hodei.worker")), "calls are under way")
        await asyncio.to_thread(mortal.run, "kill")
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        faults = [each for each in ended if isinstance(each, BaseException)]
        assert faults
        assert {type(fault) for fault in faults} == {ProviderUnavailable}

        await asyncio.to_thread(mortal.run, "start")
        for handle in await provider.list_owned():
            await provider.destroy(handle, grace_s=0)
        assert await owned(provider) == set()
        assert harness.traces() == []
