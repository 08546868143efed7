"""An engine that is killed: nothing hangs, nothing is left, nothing is made up."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from hodei.wire.gen import jobs_pb2, scheduler_pb2
from tests.contract.provider_docker.scripted_registry import scripted_registry
from tests.e2e.docker.yard import Yard, job
from tests.support.docker import ImageFiles, tar
from tests.support.observer import PENDING, SUCCEEDED, Observer
from tests.support.processes import agent_of, until, until_told

MANY = 6
LAYER_BYTES = 4 << 20


async def kill(yard: Yard) -> None:
    """SIGKILL to dockerd; its containers stay."""
    await asyncio.to_thread(yard.engine.run, "kill")


async def mend(yard: Yard) -> None:
    """Starts dockerd again, which ends what its predecessor left."""
    await asyncio.to_thread(yard.engine.run, "start")


async def test_a_running_job_goes_on_and_a_new_one_waits_with_the_reason(
    mortal: Yard, witness: Observer
) -> None:
    script = "echo on; while [ ! -e /go ]; do sleep 0.1; done; echo went on"
    running = await witness.submit(job("shell", script))
    await witness.lines(running, 1)
    agent = agent_of((await witness.running(running)).attempts[-1].worker_id)
    await kill(mortal)

    async def unhealthy() -> bool:
        job_id = await witness.submit(job("shell", "echo late"))
        found = await witness.reason(job_id)
        late.append(job_id)
        return "is not healthy" in found and "is Docker running?" in found

    late: list[str] = []
    await until_told(unhealthy, what="the reason")
    Path(f"/proc/{agent}/root/go").touch()
    done = await witness.finished(running)
    assert done.state == SUCCEEDED
    assert (await witness.log(running)).text == ["on", "went on"]
    assert (await witness.job(late[-1])).state == PENDING
    await mend(mortal)
    for one in await witness.finished_all(late):
        assert one.state == SUCCEEDED, one
    await mortal.nothing_left()


async def test_in_the_middle_of_making_many(mortal: Yard, witness: Observer) -> None:
    ids = await witness.submit_many([job("shell", "sleep 1; echo through") for _ in range(MANY)])
    await until(lambda: bool(mortal.traces()), what="something is made")
    await kill(mortal)
    await mend(mortal)
    for done in await witness.finished_all(ids):
        # A container that dockerd ended while the job ran in it is a loss and nothing else.
        assert done.state == SUCCEEDED or done.outcome.cause == "lost", done
    await mortal.nothing_left()


async def test_in_the_middle_of_a_pull(mortal: Yard, witness: Observer) -> None:
    last = tar({"last": (os.urandom(LAYER_BYTES), 0o644)})
    image = ImageFiles("", [tar({"a": (b"", 0o644)}), last])
    async with scripted_registry(mortal.engine, image) as registry:
        registry.slow = True
        name = registry.name("interrupted")
        job_id = await witness.submit(job("exec", argv=("/no",), image=name))
        await registry.slowed.wait()
        await kill(mortal)

        async def given_up() -> bool:
            workers[:] = await witness.workers()
            return any("does not answer" in one.reason for one in workers)

        workers: list[scheduler_pb2.Worker] = []

        # Whether something was made can only be said by the engine, so it is waited for.
        await until_told(given_up, what=lambda: f"given up: {workers}")
        registry.slow = False
        await mend(mortal)
        done = await witness.finished(job_id)
        assert done.attempts[0].outcome.cause == "provision", done
        # The second attempt got the image, in which there is no such program.
        assert done.outcome.exit_code == 127, done
    await mortal.nothing_left()


async def test_a_worker_killed_behind_our_back(mortal: Yard, witness: Observer) -> None:
    job_id = await witness.submit(job("shell", "echo up; sleep 600"))
    await witness.lines(job_id, 1)
    worker_id = (await witness.running(job_id)).attempts[-1].worker_id
    mortal.engine.signal(f"hodei-{worker_id}", "KILL")
    done = await witness.finished(job_id)
    assert done.outcome.cause == "lost"
    assert "killed from outside" in done.outcome.message
    assert (await witness.log(job_id)).text == ["up"]
    await mortal.nothing_left()


async def test_a_container_removed_behind_our_back(mortal: Yard, witness: Observer) -> None:
    retry = jobs_pb2.RetryPolicy(max_attempts=2, on=["lost"])
    spec = job("shell", 'echo "attempt $HODEI_ATTEMPT"; [ $HODEI_ATTEMPT = 2 ] || sleep 60')
    spec.retry.CopyFrom(retry)
    job_id = await witness.submit(spec)
    await witness.lines(job_id, 1)
    worker_id = (await witness.running(job_id)).attempts[-1].worker_id
    mortal.engine.ask("DELETE", f"/containers/hodei-{worker_id}?force=1")
    done = await witness.finished(job_id)
    assert (done.state, len(done.attempts)) == (SUCCEEDED, 2), done
    assert done.attempts[0].outcome.cause == "lost"
    await mortal.nothing_left()
