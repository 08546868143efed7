"""An agent that is killed takes its job's processes along, and the job is told or tried again."""

from __future__ import annotations

import signal
from time import monotonic

from hodei.wire.gen import jobs_pb2
from tests.e2e.faults.programs import JOURNAL
from tests.e2e.faults.site import Site
from tests.support.observer import FAILED, SUCCEEDED, Observer, shell
from tests.support.processes import of_job, send, until, with_argument

NOTICED_WITHIN_S = 15.0


def _tree(number: str) -> str:
    """A shell, a child of it, and a daemon in a session of its own without any environment."""
    return f"""
        env -i setsid sleep {number} >/dev/null 2>&1 &
        sleep {number} &
        echo up
        wait
    """


async def test_the_job_fails_as_lost(shared: Site, watcher: Observer) -> None:
    mark = "100001.5"
    job_id = await watcher.submit(shell(_tree(mark)))
    await watcher.lines(job_id, 1)
    await until(lambda: len(with_argument(mark)) == 2, what="both children live")
    agent = await watcher.agent(job_id)
    send(agent, signal.SIGKILL)
    since = monotonic()
    job = await watcher.finished(job_id, NOTICED_WITHIN_S)
    assert of_job(job_id) == [] and with_argument(mark) == []
    assert monotonic() - since < NOTICED_WITHIN_S
    assert job.state == FAILED
    assert job.outcome.cause == "lost"
    assert "lost while the job was running" in job.outcome.message
    assert job.outcome.suggestion
    assert job.attempt_count == 1
    log = await watcher.log(job_id)
    assert log.text == ["up"]
    assert not log.end.complete


async def test_no_two_attempts_at_once(shared: Site, watcher: Observer) -> None:
    journal = shared.files / "lost.journal"
    gate = shared.files / "lost.gate"
    script = f"""{JOURNAL}
        trap '' TERM
        while [ ! -e "$GATE" ]; do say alive; sleep 0.02; done
        say stop
    """
    retry = jobs_pb2.RetryPolicy(
        max_attempts=2, on=["lost"], backoff=jobs_pb2.Backoff(initial_ms=100)
    )
    env = {"JOURNAL": str(journal), "GATE": str(gate)}
    job_id = await watcher.submit(shell(script, env=env, retry=retry))

    def notes() -> list[list[str]]:
        return [line.split() for line in journal.read_text().splitlines()]

    await until(lambda: journal.exists() and len(notes()) > 5, what="it runs")
    send(await watcher.agent(job_id), signal.SIGKILL)
    await until(
        lambda: any(note[0] == "start" and note[2] == "2" for note in notes()),
        what="the second attempt starts",
    )
    first = {int(note[3]) for note in notes() if note[2] == "1"}
    assert first.isdisjoint(of_job(job_id))
    gate.touch()
    job = await watcher.finished(job_id)
    assert job.state == SUCCEEDED
    assert [one.outcome.cause for one in job.attempts] == ["lost", "exit"]
    attempts = [int(note[2]) for note in notes()]
    assert attempts == sorted(attempts), "the first attempt still wrote after the second began"
    assert notes()[-1][0] == "stop"


async def test_an_idle_agent_that_dies_costs_no_job(shared: Site, watcher: Observer) -> None:
    first = await watcher.finished(await watcher.submit(shell("true")))
    await watcher.end_worker(first.attempts[-1].worker_id)
    second = await watcher.finished(await watcher.submit(shell("echo well")))
    assert second.state == SUCCEEDED
    assert (await watcher.log(second.id)).text == ["well"]
