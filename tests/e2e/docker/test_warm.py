"""Warm workers in containers: used once, right for their job, replaced when out of date."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from hodei.wire.gen import jobs_pb2
from hodei.wire.gen import providers_pb2 as pb
from tests.e2e.docker.yard import Yard, job, new_yard
from tests.support.docker import ImageFiles, PrivateEngine, busybox_layer, tar
from tests.support.docker_images import ALPINE, ODD
from tests.support.observer import SUCCEEDED, Observer
from tests.support.processes import until_told

PROVIDER = "warm"
WHERE = 'echo "$(hostname)"; cat /sys/fs/cgroup/memory/memory.limit_in_bytes; ip link | wc -l'


def pool(size: int, image: str = ALPINE, **changes: object) -> pb.WarmPool:
    """Workers for what `warm_job` makes."""
    made = pb.WarmPool(size=size, image=image, cpu=0.5, memory_mb=64, network="none")
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def warm_job(kind: str = "shell", script: str = "", **varied: Any) -> jobs_pb2.JobSpec:
    """A job for the provider of these tests."""
    spec = job(kind, script, **varied)
    spec.preferences.provider = PROVIDER
    return spec


class Keeper:
    """The provider of these tests, and who watches it."""

    def __init__(self, observer: Observer) -> None:
        self.observer = observer

    async def get(self) -> pb.Provider:
        """As it is now."""
        stub = await self.observer.providers()
        return await stub.GetProvider(pb.GetProviderRequest(provider=PROVIDER))

    async def create(self, config: pb.ProviderConfig) -> None:
        """Makes it and waits until it keeps what it is to keep."""
        stub = await self.observer.providers()
        await stub.CreateProvider(pb.CreateProviderRequest(config=config))
        await self.full()

    async def keep(self, *pools: pb.WarmPool) -> None:
        """Other pools from now on."""
        config = (await self.get()).config
        del config.warm[:]
        config.warm.extend(pools)
        stub = await self.observer.providers()
        await stub.UpdateProvider(pb.UpdateProviderRequest(provider=PROVIDER, config=config))

    async def full(self) -> list[str]:
        """Waits until every pool is full and nobody else is there; the workers' ids."""
        found: list[str] = []
        seen: list[object] = []

        async def look() -> bool:
            provider = await self.get()
            mine = [w for w in await self.observer.workers() if w.provider_id == provider.id]
            found[:] = sorted(worker.id for worker in mine)
            seen[:] = [provider.health, *provider.pools, *mine]
            sizes = [(pool.size, pool.ready) for pool in provider.pools]
            full = all(size == ready for size, ready in sizes)
            return full and len(mine) == sum(size for size, _ in sizes)

        await until_told(look, what=lambda: f"full: {seen}")
        return found

    async def run(self, spec: jobs_pb2.JobSpec) -> tuple[jobs_pb2.Job, list[str]]:
        """The job at its end, and its output."""
        done = await self.observer.finished(await self.observer.submit(spec))
        assert done.state == SUCCEEDED, done
        return done, (await self.observer.log(done.id)).text

    async def remove(self) -> None:
        """Sends everybody away and removes the provider."""
        await self.keep()
        await self.full()
        stub = await self.observer.providers()
        await stub.DeleteProvider(pb.DeleteProviderRequest(provider=PROVIDER))


@asynccontextmanager
async def keeper(
    yard: Yard, observer: Observer, pools: Sequence[pb.WarmPool] = (), **settings: object
) -> AsyncIterator[Keeper]:
    """A provider of its own on the shared server and engine."""
    own = Keeper(observer)
    given = json.dumps({"host": yard.engine.host, "pull_policy": "never", **settings})
    config = pb.ProviderConfig(name=PROVIDER, type="docker", settings=given, warm=pools)
    try:
        await own.create(config)
        yield own
    finally:
        await own.remove()


async def test_each_warm_worker_serves_one_job(yard: Yard, observer: Observer) -> None:
    async with keeper(yard, observer, [pool(2)]) as it:
        waiting = set(await it.full())
        ids = await observer.submit_many([warm_job(script=WHERE) for _ in range(4)])
        done = await observer.finished_all(ids)
        assert all(each.state == SUCCEEDED for each in done)
        workers = [each.attempts[-1].worker_id for each in done]
        assert len(set(workers)) == 4
        texts = [(await observer.log(job_id)).text for job_id in ids]
        assert len({text[0] for text in texts}) == 4, "as many containers"
        # Warm or cold, a job has the limits and the network that it asked for.
        assert {text[1] for text in texts} == {str(64 << 20)}
        assert len({text[2] for text in texts}) == 1
        warm = [each.attempts[-1].worker_id for each in done if each.attempts[-1].warm]
        assert waiting <= set(warm)
        assert all(each.attempts[-1].image_digest.startswith("sha256:") for each in done)
        again = await it.full()
        assert not set(again) & set(workers)


async def test_a_warm_job_has_all_that_a_cold_one_has(yard: Yard, observer: Observer) -> None:
    script = 'id -un; pwd; echo "$FROM_IMAGE $OVERRIDDEN $LD_PRELOAD"; env | grep -c HODEI_AGENT'
    env = {"OVERRIDDEN": "by the job"}
    async with keeper(yard, observer, [pool(1, ODD)]) as it:
        spec = warm_job(script=f"{script}; true", image=ODD, env=env)
        warm, warm_text = await it.run(spec)
        assert warm.attempts[-1].warm
        await it.keep()
        cold, cold_text = await it.run(spec)
        assert not cold.attempts[-1].warm
        assert warm_text == cold_text
        assert warm_text[-1] == "0", "nothing of the agent's is in the job's environment"
        assert "by the job" in "".join(warm_text)


async def test_a_job_of_another_shape_stays_cold(yard: Yard, observer: Observer) -> None:
    async with keeper(yard, observer, [pool(1)]) as it:
        (waiting,) = await it.full()
        for spec, limit in (
            (warm_job(script=WHERE, memory_mb=80), 80),
            (warm_job(script=WHERE, cpu=0.4), 64),
            (warm_job(script=WHERE, network="default"), 64),
        ):
            done, text = await it.run(spec)
            assert not done.attempts[-1].warm
            assert text[1] == str(limit << 20)
        assert await it.full() == [waiting]


async def test_another_image_behind_the_name_replaces_them(yard: Yard, observer: Observer) -> None:
    name = "hodei-test/moving:1"

    def build(content: bytes) -> None:
        layer = tar({"content": (content, 0o644)})
        yard.engine.load(ImageFiles(name, [busybox_layer(), layer]))

    build(b"first\n")
    async with keeper(yard, observer, [pool(1, name)]) as it:
        (before,) = await it.full()
        build(b"second\n")
        # A cold job's pull, or its look at the engine, tells at once; else it takes half a minute.
        await it.run(warm_job(script="true", image=name, memory_mb=70))

        async def replaced() -> bool:
            return before not in await it.full()

        await until_told(replaced, what="the old one is gone")
        done, text = await it.run(warm_job(script="cat /content", image=name))
        assert (done.attempts[-1].warm, text) == (True, ["second"])
    yard.engine.forget(name)


async def test_other_settings_replace_them(yard: Yard, observer: Observer) -> None:
    async with keeper(yard, observer, [pool(1)]) as it:
        (before,) = await it.full()
        config = (await it.get()).config
        config.settings = json.dumps({**json.loads(config.settings), "pids_limit": 300})
        stub = await observer.providers()
        await stub.UpdateProvider(pb.UpdateProviderRequest(provider=PROVIDER, config=config))

        async def replaced() -> bool:
            return before not in await it.full()

        await until_told(replaced, what="the old one is gone")
        script = "cat /sys/fs/cgroup/pids/pids.max"
        done, text = await it.run(warm_job(script=script))
        assert (done.attempts[-1].warm, text) == (True, ["300"])


async def test_one_that_is_killed_is_replaced(yard: Yard, observer: Observer) -> None:
    async with keeper(yard, observer, [pool(1)]) as it:
        (before,) = await it.full()
        yard.engine.signal(f"hodei-{before}", "KILL")

        async def replaced() -> bool:
            return before not in await it.full()

        await until_told(replaced, what="the dead one is gone")
        assert (await it.run(warm_job(script="true")))[0].attempts[-1].warm


async def test_a_pool_that_cannot_be_filled_says_why_and_others_go_on(
    yard: Yard, observer: Observer
) -> None:
    async with keeper(yard, observer, [pool(1)]) as it:
        await it.keep(pool(1), pool(2, "hodei-test/nowhere:1"))

        async def failed_again() -> pb.PoolStatus | None:
            (lame,) = [p for p in (await it.get()).pools if "nowhere" in p.image]
            return lame if "3 times in a row" in lame.fault else None

        lame = await until_told(failed_again, what="it failed three times")
        assert "hodei-test/nowhere:1" in lame.fault
        assert lame.HasField("retry_at")
        assert (await it.run(warm_job(script="true")))[0].attempts[-1].warm
        await it.keep(pool(1))
        await it.full()


async def test_what_a_day_of_jobs_asks_for_is_learned(yard: Yard, observer: Observer) -> None:
    async with keeper(yard, observer) as it:
        # What comes within ten seconds needs as many workers: two jobs, and not one burst.
        await it.run(warm_job(script="sleep 10"))
        await it.run(warm_job(script="true"))
        config = (await it.get()).config
        learning = pb.WarmLearning(budget_cpu=1.0, budget_memory_mb=256)
        config.warm_learned.CopyFrom(learning)
        stub = await observer.providers()
        await stub.UpdateProvider(pb.UpdateProviderRequest(provider=PROVIDER, config=config))

        async def learned() -> pb.PoolStatus | None:
            pools = (await it.get()).pools
            return pools[0] if pools and pools[0].ready == pools[0].size else None

        found = await until_told(learned, what="a pool was learned and is full")
        assert (found.image, found.fixed, found.network) == (ALPINE, 0, "none")
        assert "of the last day's 2 jobs" in found.reason
        assert (await it.run(warm_job(script="true")))[0].attempts[-1].warm
        config = (await it.get()).config
        config.ClearField("warm_learned")
        await stub.UpdateProvider(pb.UpdateProviderRequest(provider=PROVIDER, config=config))
        await it.full()


async def test_a_server_that_was_killed_finds_its_warm_workers(engine: PrivateEngine) -> None:
    with new_yard(engine) as own:
        async with own.site.observer() as observer, keeper(own, observer, [pool(1)]) as it:
            (waiting,) = await it.full()
            await own.site.kill()
            await own.site.restart()
            assert waiting in await it.full()

            async def used() -> bool:
                # Until its agent has come back, jobs do without.
                done, _ = await it.run(warm_job(script="true"))
                return done.attempts[-1].worker_id == waiting

            await until_told(used, what="the old worker has served a job")
            # Disabled, it keeps nobody.
            stub = await observer.providers()
            await stub.DisableProvider(pb.DisableProviderRequest(provider=PROVIDER))

            async def nobody() -> bool:
                return not await observer.workers()

            await until_told(nobody, what="nobody waits any more")
            await stub.EnableProvider(pb.EnableProviderRequest(provider=PROVIDER))
