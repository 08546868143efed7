"""A pod that waits for a job: taken by the next that fits it, used once, and made anew."""

from __future__ import annotations

from hodei.wire.gen import providers_pb2 as pb
from tests.kubernetes.jobs.yard import Yard, job
from tests.support.observer import SUCCEEDED, Observer
from tests.support.processes import until_told

PROVIDER = "kubernetes"
POOL = pb.WarmPool(size=1, image="alpine:latest", cpu=0.1, memory_mb=64)


async def test_a_pod_waits_for_the_next_job(yard: Yard, observer: Observer) -> None:
    await keep(observer, POOL)
    try:
        for word in ("first", "second"):
            await until_told(lambda: is_full(observer), what="a pod waits")
            waiting = {worker.id for worker in await observer.workers()}
            job_id = await observer.submit(job("shell", f"echo {word}"))
            done = await observer.finished(job_id)
            assert (done.state, done.attempts[0].warm) == (SUCCEEDED, True), done
            assert done.attempts[0].worker_id in waiting
            assert (await observer.log(job_id)).text == [word]
    finally:
        await keep(observer)
    await yard.nothing_left()


async def keep(observer: Observer, *pools: pb.WarmPool) -> None:
    """What is kept from now on."""
    stub = await observer.providers()
    config = (await stub.GetProvider(pb.GetProviderRequest(provider=PROVIDER))).config
    del config.warm[:]
    config.warm.extend(pools)
    await stub.UpdateProvider(pb.UpdateProviderRequest(provider=PROVIDER, config=config))


async def is_full(observer: Observer) -> bool:
    """Whether exactly the wanted pod is there, and its agent has called."""
    stub = await observer.providers()
    seen = await stub.GetProvider(pb.GetProviderRequest(provider=PROVIDER))
    return bool(seen.pools) and seen.pools[0].ready == 1 == seen.live_workers
