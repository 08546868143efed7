"""How a job ended is said exactly: exit codes, signals, memory, what could not be started."""

from __future__ import annotations

import pytest

from hodei.wire.gen import jobs_pb2
from tests.e2e.faults.site import Site
from tests.support.observer import FAILED, SUCCEEDED, Observer, python, shell

HUNGRY = """
print("eating", flush=True)
eaten = []
while True:
    eaten.append(b"x" * (8 << 20))
"""


async def _outcome(watcher: Observer, spec: jobs_pb2.JobSpec) -> jobs_pb2.Outcome:
    job = await watcher.finished(await watcher.submit(spec))
    assert job.state == (
        SUCCEEDED if job.outcome.exit_code == 0 and job.outcome.cause == "exit" else FAILED
    )
    return job.outcome


@pytest.mark.parametrize("code", [0, 1, 3, 126, 127, 255])
async def test_exit_codes(shared: Site, watcher: Observer, code: int) -> None:
    outcome = await _outcome(watcher, shell(f"exit {code}"))
    assert (outcome.cause, outcome.exit_code) == ("exit", code)
    assert not outcome.HasField("signal")
    assert bool(outcome.suggestion) == (code != 0)


@pytest.mark.parametrize(("number", "name"), [(9, "SIGKILL"), (11, "SIGSEGV"), (15, "SIGTERM")])
async def test_signals(shared: Site, watcher: Observer, number: int, name: str) -> None:
    outcome = await _outcome(watcher, shell(f"kill -{number} $$"))
    assert (outcome.cause, outcome.signal) == ("signal", number)
    assert not outcome.HasField("exit_code")
    assert name in outcome.message


async def test_a_command_that_is_not_there(shared: Site, watcher: Observer) -> None:
    spec = jobs_pb2.JobSpec(
        name="gone", command=jobs_pb2.Command(type="exec", argv=["no-such-thing"])
    )
    outcome = await _outcome(watcher, spec)
    assert outcome.exit_code == 127
    assert "not found" in outcome.message


async def test_memory_runs_out(shared: Site, watcher: Observer) -> None:
    outcome = await _outcome(watcher, python(HUNGRY, memory_mb=64))
    assert outcome.cause == "oom"
    assert "64 MB" in outcome.message
    assert "memory_mb to 128" in outcome.suggestion


async def test_a_child_runs_out_of_memory(shared: Site, watcher: Observer) -> None:
    script = (
        f"import subprocess, sys\nsys.exit(subprocess.call([sys.executable, '-c', {HUNGRY!r}]))"
    )
    outcome = await _outcome(watcher, python(script, memory_mb=64))
    assert outcome.cause == "oom"


async def test_the_next_job_on_the_same_worker_is_not_blamed(
    shared: Site, watcher: Observer
) -> None:
    await _outcome(watcher, python(HUNGRY, memory_mb=64))
    outcome = await _outcome(watcher, shell("exit 4", memory_mb=64))
    assert (outcome.cause, outcome.exit_code) == ("exit", 4)
