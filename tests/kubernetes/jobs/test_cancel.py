"""A cancel before there is a pod, in its first containers, and while the job is stopping."""

from __future__ import annotations

from tests.kubernetes.jobs.yard import NAMESPACE, WORKERS, Yard, configured, job, let_go
from tests.support.kubernetes import BUSYBOX_IMAGE
from tests.support.observer import CANCELLED, Observer, phases
from tests.support.processes import until

# Goes on when it is told to end, and says so.
STUBBORN = """
trap 'echo stopping' TERM
echo up
while [ ! -e /go ]; do sleep 0.1; done
"""
SLOW = {"name": "slow", "image": BUSYBOX_IMAGE, "command": ["/bin/sh", "-c", "sleep 600"]}


async def test_while_it_is_queued(yard: Yard, observer: Observer) -> None:
    async with configured(yard, observer, max_workers=1):
        first = await observer.submit(job("shell", "echo up; sleep 600"))
        await observer.lines(first, 1)
        made = yard.traces()
        second = await observer.submit(job("shell", "echo never"))
        await observer.cancel(second)
        done = await observer.finished(second)
        assert (done.state, len(done.attempts)) == (CANCELLED, 0), done
        assert yard.traces() == made
        await observer.cancel(first)
        assert (await observer.finished(first)).state == CANCELLED
    await yard.nothing_left()


async def test_in_its_first_containers(yard: Yard, observer: Observer) -> None:
    async with configured(yard, observer, pod_patch={"spec": {"initContainers": [SLOW]}}):
        job_id = await observer.submit(job("shell", "echo never"))
        await until(lambda: slow_runs(yard), what="a container before the job's runs")
        await observer.cancel(job_id)
        done = await observer.finished(job_id)
        assert done.state == CANCELLED, done
        assert "REGISTERING" not in phases(done)
    await yard.nothing_left()


def slow_runs(yard: Yard) -> bool:
    """Whether a pod is held up by the container that a patch put into it."""
    return any(
        status["name"] == SLOW["name"] and "running" in status["state"]
        for row in yard.cluster.items("pods", WORKERS, NAMESPACE)
        for status in row["status"].get("initContainerStatuses", ())
    )


async def test_while_it_is_stopping(yard: Yard, observer: Observer) -> None:
    job_id = await observer.submit(job("shell", STUBBORN, grace_ms=60_000))
    await observer.lines(job_id, 1)
    worker_id = (await observer.running(job_id)).attempts[-1].worker_id
    await observer.cancel(job_id)
    await observer.lines(job_id, 2)
    # It has begun to stop; to be told once more changes nothing.
    await observer.cancel(job_id)
    let_go(worker_id)
    done = await observer.finished(job_id)
    assert (done.state, len(done.attempts)) == (CANCELLED, 1), done
    log = await observer.log(job_id)
    # The shell says as well that its `sleep` was told to end.
    assert (log.text[0], "stopping" in log.text, log.end.complete) == ("up", True, True)
    await yard.nothing_left()
