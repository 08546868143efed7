"""The programs of a cluster are really killed while workers are made and ended.

These tests have a cluster of their own, because nobody else could use it meanwhile.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from hodei.domain.errors import ProviderUnavailable
from hodei.domain.provider import ObservedState
from hodei.domain.worker import Handle
from hodei.ports.provider import Provider, ProvisionStep
from hodei.testing.provider_harness import started
from tests.kubernetes.provider.harness import KubernetesHarness
from tests.support.kubernetes import PrivateCluster, process_of, stand_in_images
from tests.support.processes import until

pytestmark = [pytest.mark.timeout(240), pytest.mark.long]


@pytest.fixture(scope="module")
def mortal() -> Iterator[PrivateCluster]:
    folder = Path(tempfile.mkdtemp(prefix="hodei-kubernetes-", dir="/var/tmp"))
    cluster = PrivateCluster(folder)
    try:
        cluster.run("up")
        cluster.load(*stand_in_images())
        yield cluster
    finally:
        cluster.run("down")


@pytest.fixture
def harness(mortal: PrivateCluster) -> Iterator[KubernetesHarness]:
    made = KubernetesHarness(mortal, {})
    yield made
    made.sweep()


async def test_the_api_server_is_killed_while_a_worker_comes_up(
    harness: KubernetesHarness, mortal: PrivateCluster
) -> None:
    request = harness.request(seconds=150)
    async with harness.create() as provider:
        steps = provider.provision(request)
        first = await anext(steps)
        # The pod is made, and what happens to it is to be heard by the watch.
        making = asyncio.ensure_future(_last(steps))
        while not await asyncio.to_thread(harness.traces):
            assert not making.done()
        await asyncio.to_thread(mortal.run, "kill", "apiserver")
        seen = (await provider.observe([first.handle]))[request.worker_id]
        assert seen.state is ObservedState.UNKNOWN
        assert "does not answer" in seen.reason
        assert "does not answer" in (await provider.check()).reason
        await asyncio.to_thread(mortal.run, "start", "apiserver")
        assert await making == "started"
        assert (await provider.check()).ok
        await provider.destroy(first.handle, grace_s=0)
        assert harness.traces() == []


async def test_a_dead_kubelet_confirms_nothing_until_it_is_back(
    harness: KubernetesHarness, mortal: PrivateCluster
) -> None:
    async with harness.create() as provider:
        handle = await started(provider, harness.request())
        child_lives = await harness.add_child(handle.worker_id)
        await asyncio.to_thread(mortal.run, "kill", "kubelet")
        ending = asyncio.ensure_future(provider.destroy(handle, grace_s=1))
        # The order is given, and nobody carries it out.
        while not any('"deletionTimestamp"' in each for each in harness.traces()):
            assert not ending.done()
            await asyncio.sleep(0)
        assert child_lives()
        assert not ending.done()
        await asyncio.to_thread(mortal.run, "start", "kubelet")
        await ending
        assert not child_lives()
        assert harness.traces() == []


async def test_a_node_that_stays_lost(harness: KubernetesHarness, mortal: PrivateCluster) -> None:
    harness.settings["lost_node_s"] = 30
    async with harness.create() as provider:
        handle = await started(provider, harness.request())
        await asyncio.to_thread(mortal.run, "kill", "kubelet")
        try:
            await _destroyed(provider, handle)
            assert harness.traces() == []
            assert process_of(handle.worker_id) is not None
        finally:
            await asyncio.to_thread(mortal.run, "start", "kubelet")
    # Back again, it ends what nobody knows any more.
    await until(lambda: process_of(handle.worker_id) is None, what="its process has ended")


async def _destroyed(provider: Provider, handle: Handle) -> None:
    """Tries as often as the engine does; a call does not wait for as long as a node may be away."""
    while True:
        try:
            return await provider.destroy(handle, grace_s=1)
        except ProviderUnavailable as error:
            assert "is it lost?" in str(error)


async def _last(steps: AsyncGenerator[ProvisionStep, None]) -> str:
    phase = ""
    async for step in steps:
        phase = step.phase
    return phase
