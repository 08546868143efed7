"""Limits hold, and are told from what only looks like them; what cannot be had is refused."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import grpc
import pytest

from hodei.wire.gen import jobs_pb2
from tests.e2e.docker.yard import Yard, job
from tests.support.docker_images import ALPINE, FOREIGN
from tests.support.observer import FAILED, SUCCEEDED, Observer, refused
from tests.support.processes import agent_of, of_job

# A shell that keeps all that it reads.
GREEDY = 'x=$(yes | head -c 200000000); echo "not reached ${#x}"'
CROWD = """
i=0
while [ $i -lt 200 ]; do sleep 30 & i=$((i + 1)); done 2>/dev/null
echo started $i
"""
BUSY = "timeout 3 sh -c 'while :; do :; done'; echo done"


async def finished(observer: Observer, spec: jobs_pb2.JobSpec) -> jobs_pb2.Job:
    """The job at its end."""
    return await observer.finished(await observer.submit(spec))


async def test_memory_of_the_job_and_its_agent_lives_to_tell(observer: Observer) -> None:
    done = await finished(observer, job("shell", f"echo before; {GREEDY}", memory_mb=64))
    assert (done.state, done.outcome.cause) == (FAILED, "oom"), done
    assert "64 MB" in done.outcome.message
    assert "128" in done.outcome.suggestion
    assert (await observer.log(done.id)).text[0] == "before"


async def test_what_only_looks_like_it(observer: Observer) -> None:
    killed = await finished(observer, job("shell", "kill -9 $$"))
    assert (killed.outcome.cause, killed.outcome.signal) == ("signal", 9)
    exited = await finished(observer, job("shell", "exit 137"))
    assert (exited.outcome.cause, exited.outcome.exit_code) == ("exit", 137)
    # A child's end for want of memory that the job itself puts up with is no failure.
    script = f"( {GREEDY} ) || true; echo carries on"
    carried = await finished(observer, job("shell", script, memory_mb=64))
    assert carried.state == SUCCEEDED
    assert (await observer.log(carried.id)).text[-2:].count("carries on") == 1


async def test_cpu(observer: Observer) -> None:
    done = await finished(observer, job("shell", BUSY, cpu=0.3))
    assert done.state == SUCCEEDED
    used = done.attempts[-1].cpu_ms
    # Three seconds of a third of a processor, and what starting took.
    assert 300 < used < 1500


async def test_the_agent_killed_for_memory_is_no_lost_worker(
    yard: Yard, observer: Observer
) -> None:
    """The kernel is made to choose it, as it may where a job has raised its own chances."""
    script = f"echo waits; while [ ! -e /go ]; do sleep 0.1; done; {GREEDY}"
    job_id = await observer.submit(job("shell", script, memory_mb=48))
    await observer.lines(job_id, 1)
    running = await observer.running(job_id)
    worker_id = running.attempts[-1].worker_id
    for pid, score in [(agent_of(worker_id), 1000), *((pid, 0) for pid in of_job(job_id))]:
        with suppress(FileNotFoundError):
            Path(f"/proc/{pid}/oom_score_adj").write_text(str(score))
    await asyncio.to_thread(yard.engine.execute, f"hodei-{worker_id}", "touch", "/go")
    done = await observer.finished(job_id)
    assert (done.state, done.outcome.cause) == (FAILED, "oom"), done
    assert "48 MB" in done.outcome.message
    assert (await observer.log(job_id)).text == ["waits"]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"gpus": 1}, "resources.gpus", "has no GPU and the job asks for 1"),
        ({"storage_mb": 100}, "resources.storage_mb", "cannot limit storage"),
        ({"architecture": "arm64"}, "resources.architecture", "does not offer arm64, only x86_64"),
        (
            {"memory_mb": 1 << 20},
            "resources.memory_mb",
            "MB of memory and this one asks for 1048576",
        ),
        ({"cpu": 16}, "resources.cpu", "CPUs and this one asks for 16"),
    ],
)
async def test_what_this_engine_cannot_give_is_refused(
    observer: Observer, change: dict[str, object], field: str, words: str
) -> None:
    spec = job("shell", "echo")
    spec.preferences.provider = "docker"
    for name, value in change.items():
        setattr(spec.resources, name, value)
    async with refused(
        grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.INVALID_ARGUMENT
    ) as why:
        await observer.submit(spec)
    assert words in (why[0].details() or ""), why
    assert field in str(why[0])


@pytest.mark.parametrize("image", ["Alpine:latest", "a b", "x:y:z", "-", "alpine@sha256:12", "//x"])
async def test_what_is_no_image_is_refused(observer: Observer, image: str) -> None:
    async with refused(grpc.StatusCode.INVALID_ARGUMENT) as why:
        await observer.submit(job("shell", "echo", image=image))
    assert "image" in (why[0].details() or "")


async def test_an_image_for_another_machine_fails_before_anything_is_made(
    yard: Yard, observer: Observer, batches: str
) -> None:
    done = await finished(observer, job("shell", "echo", image=FOREIGN))
    assert (done.state, done.outcome.cause) == (FAILED, "image"), done
    assert "arm64" in done.outcome.message
    await yard.nothing_left(but=batches)


async def test_the_number_of_processes(yard: Yard, observer: Observer) -> None:
    """A setting of the provider; it holds for workers made from then on."""
    await observer.configure_docker(host=yard.engine.host, pids_limit=50)
    try:
        done = await finished(observer, job("shell", CROWD, image=ALPINE))
        text = " ".join((await observer.log(done.id)).text)
        assert "started 200" not in text
        assert done.state in (FAILED, SUCCEEDED)
    finally:
        await observer.configure_docker(host=yard.engine.host)
