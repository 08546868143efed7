"""The namespace is deleted under a running job, and made again."""

from __future__ import annotations

import asyncio

import pytest

from hodei.wire.gen import providers_pb2
from tests.kubernetes.jobs.yard import Yard, configured, job
from tests.support.kubernetes import PrivateCluster, namespace
from tests.support.observer import FAILED, SUCCEEDED, Observer
from tests.support.processes import until, until_told

DOOMED = "hodei-doomed"
PATH = f"/api/v1/namespaces/{DOOMED}"
GONE = f"there is no namespace '{DOOMED}'"


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_the_namespace_is_deleted_under_a_job(yard: Yard, observer: Observer) -> None:
    with namespace(yard.cluster, DOOMED):
        async with configured(yard, observer, namespace=DOOMED):
            under = await observer.submit(job("shell", "echo runs; sleep 600"))
            await observer.lines(under, 1)
            await asyncio.to_thread(yard.cluster.ask, "DELETE", PATH)
            # Whether it is bound before anybody has noticed is up to chance.
            behind = await observer.submit(job("shell", "echo through"))
            done = await observer.finished(under)
            assert (done.state, done.outcome.cause) == (FAILED, "lost"), done
            assert f"the namespace '{DOOMED}'" in done.outcome.message
            await until(lambda: not yard.cluster.has(PATH), within=90, what="it is gone")
            await until_told(lambda: says(observer, GONE), what="the provider says so")
            waiting = await observer.submit(job("shell", "echo through"))
            await until_told(lambda: waits(observer, waiting, GONE), what="the job says so")
            await asyncio.to_thread(make_again, yard.cluster)
            for job_id in (behind, waiting):
                after = await observer.finished(job_id)
                if after.state == SUCCEEDED:
                    assert (await observer.log(job_id)).text == ["through"]
                else:
                    assert job_id == behind
                    assert DOOMED in after.outcome.message, after
            await yard.nothing_left(DOOMED)


def make_again(cluster: PrivateCluster) -> None:
    """By the same name; the block around the test removes it."""
    with namespace(cluster, DOOMED, keep=True):
        pass


async def says(observer: Observer, words: str) -> bool:
    """Whether the provider says it of itself."""
    asked = providers_pb2.GetProviderRequest(provider="kubernetes")
    return words in (await (await observer.providers()).GetProvider(asked)).health.reason


async def waits(observer: Observer, job_id: str, words: str) -> bool:
    """Whether this is why the job waits."""
    return words in await observer.reason(job_id)
