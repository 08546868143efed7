"""Warm pools and idle workers; the sweep for what nobody owns."""

from __future__ import annotations

from uuid import UUID, uuid4

from hodei.adapters.scripted.cloud import CloudWorker
from hodei.domain.job import JobState
from hodei.domain.provider import ObservedState, WarmPool
from hodei.domain.worker import WorkerState
from hodei.engine.providers import ProviderConfig
from tests.unit.engine.world import IMAGE, World, quiet, world


def pool(size: int, *, reusable: bool = True, most: int = 16) -> ProviderConfig:
    return ProviderConfig(
        name="cloud",
        type="scripted",
        settings={"reusable_workers": reusable, "max_workers": most},
        warm=(WarmPool(size=size, image=IMAGE),) if size else (),
        idle_timeout_ms=10_000,
    )


async def ready(w: World) -> list[UUID]:
    return [worker.id for worker in w.live_workers() if worker.state is WorkerState.READY]


async def test_it_is_filled_and_refilled() -> None:
    async with world(provider=False) as w:
        await w.engine.providers.create(pool(3, reusable=False), actor="ann")
        await w.pass_time(4)
        first = await ready(w)
        assert len(first) == 3
        job, agent = await w.run_job()
        assert agent.worker_id in first
        await w.pass_time(4)
        assert len(await ready(w)) == 3, "a single-use worker that has its job counts no more"
        agent.exit(0)
        await w.pass_time(4)
        assert len(await ready(w)) == 3
        assert w.job(job.id).state is JobState.SUCCEEDED


async def test_it_stays_within_the_providers_limit() -> None:
    async with world(provider=False) as w:
        await w.engine.providers.create(pool(5, most=2), actor="ann")
        await w.pass_time(8)
        assert len(w.live_workers()) == 2


async def test_two_servers_make_no_lasting_surplus() -> None:
    async with world(replicas=2, provider=False) as w:
        await w.engine.providers.create(pool(2), actor="ann")
        for replica in w.replicas:
            await replica.engine.registry.refresh()
        await w.pass_time(30)
        assert len(await ready(w)) == 2


async def test_idle_workers_beyond_the_pool_go_and_the_pool_stays() -> None:
    async with world(provider=False) as w:
        view = await w.engine.providers.create(pool(0), actor="ann")
        jobs = [await w.submit() for _ in range(4)]
        await w.sweep()
        for job in jobs:
            w.agent_of(job.id).exit(0)
        await quiet()
        before = await ready(w)
        assert len(before) == 4
        await w.engine.providers.update("cloud", pool(2), version=view.record.version, actor="ann")
        await w.pass_time(20)
        after = await ready(w)
        assert len(after) == 2
        assert set(after) <= set(before), "none was made anew for one that went too many"
        assert len(w.inspector.existing) == 2


async def test_those_of_a_disabled_provider_go() -> None:
    async with world(provider=False) as w:
        await w.engine.providers.create(pool(2), actor="ann")
        await w.pass_time(4)
        await w.engine.providers.set_enabled("cloud", False, actor="ann")
        await w.pass_time(8)
        w.assert_tidy()


async def test_a_warm_worker_that_never_enrols_is_removed() -> None:
    async with world(provider=False) as w:
        w.inspector.hang("enrol")
        await w.engine.providers.create(pool(1), actor="ann")
        await w.pass_time(297, step=3)
        (lame,) = w.live_workers()
        await w.pass_time(12, step=3)
        assert w.worker(lame.id).state is WorkerState.GONE
        assert len(await ready(w)) == 1


async def test_a_drained_worker_takes_nothing_more() -> None:
    async with world(provider=False) as w:
        await w.engine.providers.create(pool(0), actor="ann")
        job, agent = await w.run_job()
        await w.engine.workers.drain(str(agent.worker_id), actor="ann")
        assert w.job(job.id).state is JobState.RUNNING
        agent.exit(0)
        await w.pass_time(4)
        assert w.job(job.id).state is JobState.SUCCEEDED
        w.assert_tidy()


async def cloud_id(w: World) -> str:
    """What the provider's workers are marked with."""
    return str((await w.engine.providers.get("cloud")).record.id)


async def test_the_leak_sweep_destroys_only_what_no_row_knows() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        w.inspector.hang("pulling")
        await w.submit()
        await w.sweep()
        known = w.inspector.existing
        provider_id = await cloud_id(w)
        stray, foreign = uuid4(), uuid4()
        for worker_id, installation in ((stray, "inst"), (foreign, "another")):
            w.inspector.cloud.workers[worker_id] = CloudWorker(
                owner=(installation, provider_id), worker_id=worker_id, state=ObservedState.RUNNING
            )
        await w.pass_time(63, step=3)
        assert w.inspector.existing == known | {foreign}
        assert w.job(job.id).state is JobState.RUNNING
        agent.exit(0)
        await quiet()


async def test_a_provider_that_cannot_list_is_asked_again_later() -> None:
    async with world() as w:
        stray = uuid4()
        owner = ("inst", await cloud_id(w))
        w.inspector.cloud.workers[stray] = CloudWorker(owner=owner, worker_id=stray)
        w.inspector.fail("destroy")
        await w.sweep()
        assert stray in w.inspector.existing
        await w.pass_time(63, step=3)
        assert stray not in w.inspector.existing


async def test_a_worker_whose_agent_was_quicker_than_its_provider_is_as_good_as_any() -> None:
    async with world(provider=False) as w:
        await w.engine.providers.create(pool(1), actor="ann")
        await w.pass_time(4)
        (worker_id,) = await ready(w)
        session = w.engine.sessions.get(worker_id)
        assert session is not None
        # Its provisioner saves a last step: the row is newer than what the session knows.
        w.tables.put_worker(w.worker(worker_id))
        assert session.worker.version < w.worker(worker_id).version
        await w.pass_time(3)
        assert session.worker == w.worker(worker_id)
        w.tables.put_worker(w.worker(worker_id))
        job = await w.submit()
        assert await w.engine.dispatcher.run_once() == 1
        await quiet()
        assert w.attempt(job.id).worker_id == worker_id


async def test_a_provider_with_another_name_keeps_its_workers() -> None:
    async with world() as w:
        job, agent = await w.run_job()
        view = await w.engine.providers.get("cloud")
        config = ProviderConfig(
            name="sky", type="scripted", settings={**view.record.settings, "max_workers": 3}
        )
        await w.engine.providers.update("cloud", config, version=None, actor="ann")
        await w.pass_time(63, step=3)
        assert w.job(job.id).state is JobState.RUNNING
        agent.exit(0)
        await w.pass_time(4)
        assert w.job(job.id).state is JobState.SUCCEEDED
        assert not w.inspector.existing
