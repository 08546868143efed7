"""Warm pools and idle workers; the sweep for what nobody owns."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from hodei.adapters.scripted.cloud import CloudWorker
from hodei.domain.errors import ImageUnavailable, InvalidRequest
from hodei.domain.job import JobState
from hodei.domain.provider import ObservedState, WarmLearning, WarmPool
from hodei.domain.spec import Network, Resources
from hodei.domain.worker import Target, WorkerState
from hodei.engine.pools import IMAGES_EVERY_S
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


async def test_a_worker_is_ready_when_a_job_can_be_told_to_it() -> None:
    async with world(provider=False) as w:
        await w.engine.providers.create(pool(1, reusable=False), actor="ann")
        await w.pass_time(4)
        agent = w.agents[(await ready(w))[0]]
        for step, count in ((agent.disconnect, 0), (lambda: agent.connect(w.engine), 1)):
            step()
            for _ in range(20):  # it becomes silent meanwhile
                await w.pass_time(1)
                assert (await w.engine.providers.get("cloud")).pools[0].ready == count


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
        assert len(before := await ready(w)) == 4
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


# ---- single use


async def test_a_warm_worker_never_serves_two_jobs() -> None:
    async with world(provider=False) as w:
        await w.engine.providers.create(pool(1, reusable=False), actor="ann")
        await w.pass_time(4)
        (worker_id,) = await ready(w)
        first, agent = await w.run_job()
        assert agent.worker_id == worker_id
        w.inspector.fail("destroy", times=3)
        agent.exit(0)
        await quiet()
        # It does not go, and it comes back on a new stream as if it had nothing to do.
        agent.connect(w.engine)
        await quiet()
        second = await w.submit()
        await w.pass_time(2)
        assert w.attempt(second.id).worker_id != worker_id
        assert w.job(first.id).state is JobState.SUCCEEDED
        assert {span.job_id for span in w.spans if span.attempt_id == w.attempt(first.id).id} <= {
            first.id
        }
        await w.pass_time(8)
        assert w.worker(worker_id).state is WorkerState.GONE


async def test_one_that_looks_idle_after_its_job_is_not_offered_again() -> None:
    async with world(provider=False) as w:
        await w.engine.providers.create(pool(1, reusable=False), actor="ann")
        await w.pass_time(4)
        first, agent = await w.run_job()
        session = w.engine.sessions.get(agent.worker_id)
        assert session is not None
        # As if its attempt had been settled elsewhere, and the row had come back as READY.
        row = replace(w.worker(agent.worker_id), state=WorkerState.READY)
        w.tables.put_worker(row)
        session.held = None
        session.worker = w.worker(agent.worker_id)
        assert session.worker.attempt_id == w.attempt(first.id).id
        second = await w.submit()
        await w.sweep()
        assert w.attempt(second.id).worker_id != agent.worker_id


async def test_two_servers_that_want_one_warm_worker_at_once() -> None:
    async with world(replicas=2, provider=False) as w:
        await w.engine.providers.create(pool(1, reusable=False), actor="ann")
        for replica in w.replicas:
            await replica.engine.registry.refresh()
        await w.pass_time(4)
        one, two = await w.submit(), await w.submit()
        passes = [replica.engine.dispatcher.run_once() for replica in w.replicas]
        await asyncio.gather(*passes)
        await w.pass_time(2)
        held = {w.attempt(one.id).worker_id, w.attempt(two.id).worker_id}
        assert len(held) == 2


# ---- only what matches


async def shaped(w: World, *pools: WarmPool, **settings: object) -> None:
    config = replace(pool(0, reusable=False), warm=pools)
    await w.engine.providers.create(
        replace(config, settings={**config.settings, **settings}), actor="ann"
    )
    await w.pass_time(4)


@pytest.mark.parametrize(
    ("changes", "warm"),
    [
        ({}, True),
        ({"image": "busybox:2"}, False),
        ({"resources": Resources(cpu=1.0, memory_mb=513)}, False),
        ({"resources": Resources(cpu=0.5, memory_mb=512)}, False),
        ({"resources": Resources(cpu=1.0, memory_mb=512, gpus=1)}, False),
        ({"resources": Resources(cpu=1.0, memory_mb=512, storage_mb=9)}, False),
        ({"network": Network.NONE}, False),
        ({"working_dir": "/srv", "env": {"A": "b"}, "stdin": "x", "timeout_ms": 5000}, True),
    ],
)
async def test_a_job_gets_a_warm_worker_of_its_very_shape(
    changes: dict[str, object], warm: bool
) -> None:
    able = {"networks_none": True, "gpus": 1, "storage_limit": True}
    async with world(provider=False) as w:
        await shaped(w, WarmPool(size=1, image=IMAGE), **able)
        (worker_id,) = await ready(w)
        job, agent = await w.run_job(**changes)
        assert (agent.worker_id == worker_id) is warm
        attempt = w.attempt(job.id)
        assert attempt.warm is warm
        assert attempt.image_digest == w.inspector.cloud.image_digest(str(w.job(job.id).spec.image))
        request = w.requests[agent.worker_id].spec
        wanted = w.job(job.id).spec
        assert (request.resources, request.network) == (wanted.resources, wanted.network)


async def test_a_pool_without_network_serves_jobs_without_network() -> None:
    async with world(provider=False) as w:
        cut_off = WarmPool(size=1, image="busybox", network=Network.NONE)
        await shaped(w, cut_off, networks_none=True)
        (worker_id,) = await ready(w)
        assert w.requests[worker_id].spec.network is Network.NONE
        _, agent = await w.run_job(image="busybox:latest", network=Network.NONE)
        assert agent.worker_id == worker_id


# ---- drained


async def test_those_of_a_changed_image_go_and_are_made_anew() -> None:
    async with world(provider=False) as w:
        await shaped(w, WarmPool(size=2, image=IMAGE))
        before = await ready(w)
        w.inspector.rebuild(IMAGE)
        await w.pass_time(IMAGES_EVERY_S + 6)
        after = await ready(w)
        assert len(after) == 2
        assert not set(after) & set(before)
        assert w.worker(before[0]).reason == f"the image behind {IMAGE} changed since it was made"


async def test_a_pull_for_another_job_is_noticed_at_once() -> None:
    async with world(provider=False) as w:
        await shaped(w, WarmPool(size=1, image=IMAGE))
        (before,) = await ready(w)
        w.inspector.rebuild(IMAGE)
        _, agent = await w.run_job(resources=Resources(cpu=0.5))
        assert agent.worker_id != before
        await w.engine.pools.run_once()
        assert w.worker(before).target is Target.GONE


async def test_those_made_with_other_settings_go() -> None:
    async with world(provider=False) as w:
        await shaped(w, WarmPool(size=1, image=IMAGE))
        (before,) = await ready(w)
        view = await w.engine.providers.get("cloud")
        config = replace(
            pool(1, reusable=False), settings={"reusable_workers": False, "max_workers": 15}
        )
        await w.engine.providers.update("cloud", config, version=view.record.version, actor="ann")
        await w.pass_time(6)
        assert w.worker(before).reason == "the settings of its provider changed since it was made"
        assert len(await ready(w)) == 1


async def test_those_with_an_older_agent_go_when_the_server_is_upgraded() -> None:
    async with world(replicas=0, provider=False) as w:
        for bundle in ("/bundles/v1", "/bundles/v1", "/bundles/v2"):
            w.bundle = bundle
            await w.add_replica()
        old, same, new = w.replicas
        await shaped(w, WarmPool(size=1, image=IMAGE))
        (before,) = await ready(w)
        agent = w.agents[before]
        for gone, replica in ((old, same), (same, new)):
            assert w.worker(before).target is Target.RUN
            await gone.crash()
            agent.connect(replica.engine)
            await replica.engine.registry.refresh()
            await w.pass_time(6)
        assert w.worker(before).reason == "the agent changed since it was made"
        assert len(await ready(w)) == 1


async def test_a_smaller_pool_sends_the_surplus_away_at_once() -> None:
    async with world(provider=False) as w:
        await shaped(w, WarmPool(size=3, image=IMAGE))
        config = pool(1, reusable=False)
        await w.engine.providers.update("cloud", config, version=None, actor="ann")
        await w.pass_time(4)
        assert len(await ready(w)) == 1
        assert len(w.inspector.existing) == 1


# ---- faults


async def test_a_pool_that_fails_tries_one_worker_at_a_time_and_ever_later() -> None:
    async with world(provider=False) as w:
        w.inspector.fail("pulling", times=5, error=ImageUnavailable, message="no such image")
        await w.engine.providers.create(pool(2, reusable=False), actor="ann")
        await w.pass_time(3, step=3)
        made = len(w.tables.workers)
        assert made == 2
        await w.pass_time(3, step=3)
        (view,) = (await w.engine.providers.get("cloud")).pools
        assert (view.size, view.ready) == (2, 0)
        why = f"The image '{IMAGE}' cannot be had: no such image."
        assert view.fault == f"failed once. {why}"
        assert view.retry_at is not None
        assert view.retry_at > w.clock.now()
        tries = []
        for _ in range(40):
            await w.pass_time(3, step=3)
            tries.append(len(w.tables.workers))
        # Three more fail after ever longer pauses; then one comes up, and the pool fills.
        gaps = [tries.index(n) for n in (3, 4, 5)]
        assert gaps[1] - gaps[0] < gaps[2] - gaps[1]
        assert len(await ready(w)) == 2
        (view,) = (await w.engine.providers.get("cloud")).pools
        assert (view.ready, view.fault, view.retry_at) == (2, "", None)


async def test_whoever_mends_the_provider_sees_at_once_whether_it_works() -> None:
    async with world(provider=False) as w:
        w.inspector.fail("pulling", times=6)
        await w.engine.providers.create(pool(1, reusable=False), actor="ann")
        await w.pass_time(100, step=3)
        assert await ready(w) == []
        w.inspector.cloud.forgive()
        await w.engine.providers.update("cloud", pool(1, reusable=False), version=None, actor="ann")
        await w.pass_time(4)
        assert len(await ready(w)) == 1


# ---- room for others


async def test_waiting_workers_give_way_to_jobs_of_another_kind() -> None:
    async with world(provider=False) as w:
        await w.engine.providers.create(pool(2, reusable=False, most=2), actor="ann")
        await w.pass_time(4)
        assert len(await ready(w)) == 2
        job = await w.submit(image="busybox:2")
        await w.pass_time(5)
        assert w.job(job.id).state is JobState.RUNNING
        await w.pass_time(6)
        assert len(w.live_workers()) == 2, "the pool does not take its room back at once"
        w.agent_of(job.id).exit(0)
        await w.pass_time(20)
        assert len(await ready(w)) == 2


# ---- learned


async def test_what_the_last_day_asked_for_is_kept_within_the_budget() -> None:
    async with world(provider=False) as w:
        learning = WarmLearning(budget_cpu=2.0, budget_memory_mb=4096)
        config = replace(pool(0, reusable=False), warm_learned=learning)
        await w.engine.providers.create(config, actor="ann")
        for _ in range(3):
            jobs = [await w.submit() for _ in range(3)]
            await w.sweep()
            for job in jobs:
                w.agent_of(job.id).exit(0)
            await w.pass_time(20)
        await w.pass_time(63, step=3)
        assert len(await ready(w)) == 2
        (view,) = (await w.engine.providers.get("cloud")).pools
        assert (view.size, view.fixed, view.ready) == (2, 0, 2)
        assert view.reason == (
            "2 would have been there for 6 of the last day's 9 jobs; "
            "one more for 3 others, but the budget is 2 CPU"
        )
        # A day later nobody remembers.
        await w.clock.advance(86_400)
        await w.pass_time(12, step=3)
        assert await ready(w) == []


async def test_learning_is_only_for_workers_that_are_used_once() -> None:
    async with world(provider=False) as w:
        learning = WarmLearning(budget_cpu=0.0, budget_memory_mb=4096, max_workers=1000)
        config = replace(pool(0, reusable=True), warm_learned=learning)
        with pytest.raises(InvalidRequest) as caught:
            await w.engine.providers.create(config, actor="ann")
        fields = [violation.field for violation in caught.value.violations]
        assert fields == ["warm_learned", "warm_learned.budget_cpu", "warm_learned.max_workers"]


async def test_a_pool_that_the_provider_cannot_keep_is_refused() -> None:
    wrong = (
        WarmPool(size=-1, image=IMAGE),
        WarmPool(size=1),
        WarmPool(size=1, image="UPPER"),
        WarmPool(size=1, image=IMAGE, cpu=0.0),
        WarmPool(size=1, image=IMAGE, memory_mb=1),
        WarmPool(size=257, image=IMAGE, network=Network.NONE),
    )
    async with world(provider=False) as w:
        with pytest.raises(InvalidRequest) as caught:
            await w.engine.providers.create(
                replace(pool(0), warm=wrong, settings={"networks_none": False}), actor="ann"
            )
        assert [violation.field for violation in caught.value.violations] == [
            "warm[0].size",
            "warm[1].image",
            "warm[2].image",
            "warm[3].cpu",
            "warm[4].memory_mb",
            "warm[5].size",
            "warm[5].network",
            "warm",
        ]
