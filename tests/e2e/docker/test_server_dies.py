"""A server that is killed in each phase of a container's life: the next one finds it all."""

from __future__ import annotations

import asyncio
import os
import random

from tests.contract.provider_docker.scripted_registry import scripted_registry
from tests.e2e.docker.yard import Yard, job
from tests.support.docker import ImageFiles, busybox_layer, tar
from tests.support.observer import CANCELLED, SUCCEEDED, Observer
from tests.support.processes import until

LAYER_BYTES = 4 << 20
ROUNDS = 2


async def restart(yard: Yard) -> None:
    """Kills the server as a power cut would, and starts it again."""
    await yard.site.kill()
    await yard.site.restart()


async def test_while_a_job_runs_nothing_of_it_is_lost(mortal: Yard, witness: Observer) -> None:
    script = "i=0; while [ ! -e /go ]; do i=$((i+1)); echo line $i; sleep 0.02; done; echo $i lines"
    job_id = await witness.submit(job("shell", script))
    await witness.lines(job_id, 10)
    worker_id = (await witness.running(job_id)).attempts[-1].worker_id
    await restart(mortal)
    seen = len(await witness.lines(job_id, 20))
    await witness.lines(job_id, seen + 5)
    await asyncio.to_thread(mortal.engine.execute, f"hodei-{worker_id}", "touch", "/go")
    done = await witness.finished(job_id)
    assert (done.state, len(done.attempts)) == (SUCCEEDED, 1), done
    log = await witness.log(job_id)
    count = len(log.text) - 1
    assert log.text == [*(f"line {number}" for number in range(1, count + 1)), f"{count} lines"]
    assert log.end.complete
    await mortal.nothing_left()


async def test_while_containers_are_made_and_removed(mortal: Yard, witness: Observer) -> None:
    chance = random.Random(seed := random.randrange(1 << 32))
    print("seed", seed)
    ids: list[str] = []
    for _ in range(ROUNDS):
        ids += await witness.submit_many([job("shell", "echo through") for _ in range(3)])
        await until(lambda: bool(mortal.traces()), what="something is made")
        await asyncio.sleep(chance.uniform(0, 0.3))
        await restart(mortal)
    for done in await witness.finished_all(ids):
        assert done.state == SUCCEEDED or done.outcome.cause == "lost", done
        if done.state == SUCCEEDED:
            assert (await witness.log(done.id)).text == ["through"]
    await mortal.nothing_left()


async def test_while_it_pulls_and_then_cancels(mortal: Yard, witness: Observer) -> None:
    last = tar({"last": (os.urandom(LAYER_BYTES), 0o644)})
    async with scripted_registry(
        mortal.engine, ImageFiles("", [busybox_layer(), last])
    ) as registry:
        registry.slow = True
        spec = job("shell", "echo fetched", image=registry.name("killed"))
        job_id, cancelled = await witness.submit(spec), await witness.submit(spec)
        await registry.slowed.wait()
        await mortal.site.kill()
        async with asyncio.timeout(90):
            await registry.left.wait()
        registry.slow = False
        await mortal.site.restart()
        await witness.cancel(cancelled)
        assert (await witness.finished(cancelled)).state == CANCELLED
        done = await witness.finished(job_id)
        assert done.state == SUCCEEDED, done
        assert (await witness.log(job_id)).text == ["fetched"]
    await mortal.nothing_left()
