"""What dies while a job runs in a pod is noticed, and nothing of the job is lost or left."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

from tests.kubernetes.jobs.yard import NAMESPACE, WORKERS, Yard, job, let_go
from tests.support.kubernetes import BUSYBOX_IMAGE, PrivateCluster, process_of
from tests.support.observer import FAILED, SUCCEEDED, Observer, phases
from tests.support.processes import until

HALF_AND_MORE = "1.2"
"""CPUs; the node has two."""
COUNTING = """
i=0
while [ ! -e /go ]; do i=$((i+1)); echo line $i; sleep 0.02; done
echo $i lines
"""


async def counting(observer: Observer) -> tuple[str, str]:
    """A job that counts until it is let go, and its worker."""
    job_id = await observer.submit(job("shell", COUNTING))
    await observer.lines(job_id, 10)
    return job_id, (await observer.running(job_id)).attempts[-1].worker_id


async def nothing_was_lost(observer: Observer, job_id: str) -> None:
    """One attempt ended well, and its log has every line once."""
    done = await observer.finished(job_id)
    assert (done.state, len(done.attempts)) == (SUCCEEDED, 1), done
    log = await observer.log(job_id)
    count = len(log.text) - 1
    whole = [*(f"line {number}" for number in range(1, count + 1)), f"{count} lines"]
    assert log.end.complete
    assert digest(log.text) == digest(whole)


def digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


async def test_the_server_dies_while_a_job_runs(yard: Yard, observer: Observer) -> None:
    job_id, worker_id = await counting(observer)
    await yard.site.kill()
    await yard.site.restart()
    seen = len(await observer.lines(job_id, 20))
    await observer.lines(job_id, seen + 5)
    let_go(worker_id)
    await nothing_was_lost(observer, job_id)
    await yard.nothing_left()


async def test_what_no_server_knows_is_swept(yard: Yard, observer: Observer) -> None:
    job_id, worker_id = await counting(observer)
    (known,) = yard.cluster.items("pods", WORKERS, NAMESPACE)
    await yard.site.kill()
    stray = f"hodei-{uuid4()}"
    labels = {**known["metadata"]["labels"], WORKERS: stray.removeprefix("hodei-")}
    about = {"name": stray, "labels": labels}
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "containers": [
            {"name": "job", "image": BUSYBOX_IMAGE, "command": ["/bin/sh", "-c", "sleep 3600"]}
        ],
    }
    place = f"/api/v1/namespaces/{NAMESPACE}"
    for kind, body in (("pods", {"spec": spec}), ("secrets", {})):
        yard.cluster.ask("POST", f"{place}/{kind}", {"metadata": about, **body})
    await yard.site.restart()
    kept = {f"pods hodei-{worker_id}", f"secrets hodei-{worker_id}"}
    await until(lambda: set(yard.traces()) == kept, what="only what is known is left")
    let_go(worker_id)
    await nothing_was_lost(observer, job_id)
    await yard.nothing_left()


@pytest.mark.long
async def test_the_server_dies_while_pods_are_made(yard: Yard, observer: Observer) -> None:
    ids = await observer.submit_many([job("shell", "echo through") for _ in range(4)])
    for job_id in ids:
        await observer.when(job_id, lambda seen: bool(seen.attempts), what="it is bound")
    await yard.site.kill()
    await yard.site.restart()
    for done in await observer.finished_all(ids):
        assert done.state == SUCCEEDED or done.outcome.cause == "lost", done
        if done.state == SUCCEEDED:
            assert (await observer.log(done.id)).text == ["through"]
    await yard.nothing_left()


async def test_the_agent_dies(yard: Yard, observer: Observer) -> None:
    job_id, worker_id = await counting(observer)
    pid = process_of(worker_id)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    done = await observer.finished(job_id)
    assert (done.state, done.outcome.cause, len(done.attempts)) == (FAILED, "lost", 1), done
    assert not (await observer.log(job_id)).end.complete
    await yard.nothing_left()


@pytest.mark.long
async def test_the_kubelet_and_the_api_server_die(yard: Yard, observer: Observer) -> None:
    job_id, worker_id = await counting(observer)
    await asyncio.to_thread(yard.cluster.run, "kill", "kubelet", "apiserver")
    try:
        seen = len(await observer.lines(job_id, 20))
        await observer.lines(job_id, seen + 5)
        let_go(worker_id)
        # The agent tells the server by itself; to remove the pod, both have to be back.
        await observer.when(job_id, lambda seen: "CLEANUP" in phases(seen), what="it has ended")
    finally:
        await asyncio.to_thread(yard.cluster.run, "start", "apiserver", "kubelet")
    await nothing_was_lost(observer, job_id)
    # A kubelet that did not find the API server at once tries again after up to a minute.
    await yard.nothing_left(within=150)


async def test_the_cluster_evicts_the_pod(yard: Yard, observer: Observer) -> None:
    job_id, worker_id = await counting(observer)
    name = f"hodei-{worker_id}"
    body = {
        "apiVersion": "policy/v1beta1",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": NAMESPACE},
    }
    path = f"/api/v1/namespaces/{NAMESPACE}/pods/{name}/eviction"
    await asyncio.to_thread(yard.cluster.ask, "POST", path, body)
    done = await observer.finished(job_id)
    assert (done.state, done.outcome.cause) == (FAILED, "lost"), done
    await yard.nothing_left()


async def test_the_scheduler_prefers_another_pod(yard: Yard, observer: Observer) -> None:
    job_id = await observer.submit(job("shell", "echo up; sleep 600", cpu=float(HALF_AND_MORE)))
    await observer.lines(job_id, 1)
    with preferred(yard.cluster):
        done = await observer.finished(job_id)
    assert (done.state, done.outcome.cause) == (FAILED, "lost"), done
    assert "the pod was deleted" in done.outcome.message
    await yard.nothing_left()


@contextmanager
def preferred(cluster: PrivateCluster) -> Iterator[None]:
    """A pod that goes before all others, for which there is no room beside half of the node."""
    classes = "/apis/scheduling.k8s.io/v1/priorityclasses"
    pods = "/api/v1/namespaces/default/pods"
    limits = {"cpu": HALF_AND_MORE, "memory": "32Mi"}
    container = {
        "name": "main",
        "image": BUSYBOX_IMAGE,
        "command": ["/bin/sh", "-c", "sleep 600"],
        "resources": {"requests": limits, "limits": limits},
    }
    spec = {"priorityClassName": "first", "containers": [container]}
    cluster.ask("POST", classes, {"metadata": {"name": "first"}, "value": 1_000_000})
    try:
        about = {"name": "preferred", "labels": {"test": "preferred"}}
        cluster.ask("POST", pods, {"metadata": about, "spec": spec})
        yield
    finally:
        cluster.remove("pods", "test=preferred")
        cluster.ask("DELETE", f"{classes}/first")


@pytest.mark.long
async def test_a_node_that_runs_out_of_memory(yard: Yard, observer: Observer) -> None:
    job_id, _ = await counting(observer)
    # More than the programs of the machine leave, and little enough for the pod to fit.
    await asyncio.to_thread(yard.cluster.evict_when, "memory.available: 99%")
    try:
        done = await observer.finished(job_id)
    finally:
        await asyncio.to_thread(yard.cluster.evict_when, "")
    assert (done.state, done.outcome.cause) == (FAILED, "lost"), done
    assert "evicted" in done.outcome.message
    assert "low on resource: memory" in done.outcome.message
    # It takes pods again.
    after = await observer.submit(job("shell", "echo room"))
    assert (await observer.finished(after)).state == SUCCEEDED
    await yard.nothing_left()
