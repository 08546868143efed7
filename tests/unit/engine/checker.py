"""Judges what a history left behind, from the rows, the cloud and what the agents did."""

from __future__ import annotations

from itertools import pairwise

from hodei.domain.attempt import Attempt, Phase
from hodei.domain.job import Job, JobState
from hodei.domain.outcome import Cause
from hodei.domain.worker import WorkerState
from tests.unit.engine.history import History
from tests.unit.engine.simulated_agent import Span

_BY_THE_AGENT = frozenset({Cause.EXIT, Cause.SIGNAL})
_FOLLOWS = {
    "": {"job.submitted"},
    "job.submitted": {"job.assigned", "job.finished"},
    "job.assigned": {"job.started", "job.requeued", "job.finished"},
    "job.started": {"job.requeued", "job.finished"},
    "job.requeued": {"job.assigned", "job.finished"},
    "job.finished": set(),
}


def check(history: History) -> None:
    """Raises AssertionError for the first thing that is not as promised."""
    w = history.world
    history.timetable.check()
    assert len(set(history.jobs)) == len(history.jobs)
    assert set(w.tables.jobs) == set(history.jobs), "a job was lost or submitted twice"
    for job_id in history.jobs:
        job, attempts = w.job(job_id), w.attempts(job_id)
        _check_job(job, attempts)
        _check_events(history, job)
        for attempt in attempts:
            _check_log(history, attempt)
        _check_spans([span for span in w.spans if span.job_id == job_id])
    live = [worker for worker in w.live_workers() if worker.state is not WorkerState.GONE]
    assert not live, f"workers are left: {[(str(x.id), x.state.value) for x in live]}"
    assert not w.inspector.existing, f"the cloud still has {w.inspector.existing}"
    claims = [entry.job.id for entry in w.tables.jobs.values() if entry.claimed_by]
    assert not claims, f"claims are left: {claims}"


def _check_job(job: Job, attempts: list[Attempt]) -> None:
    assert job.finished, f"job {job.id} is {job.state.value}"
    assert job.outcome is not None
    assert job.finished_at is not None
    assert job.submitted_at <= (job.started_at or job.submitted_at) <= job.finished_at
    assert [a.number for a in attempts] == list(range(1, job.attempts + 1))
    assert job.counted_attempts <= job.spec.retry.max_attempts
    for attempt in attempts:
        assert attempt.phase is Phase.DONE, f"attempt {attempt.id} is {attempt.phase.value}"
        assert attempt.outcome is not None
        times = [mark.at for mark in attempt.phases]
        assert times == sorted(times), f"the timeline runs backwards: {attempt}"
    won = [a.number for a in attempts if a.outcome is not None and a.outcome.succeeded]
    if job.state is JobState.SUCCEEDED:
        assert won == [len(attempts)], f"job {job.id} was won by {won}"
    else:
        assert not won, f"job {job.id} is {job.state.value} although attempt {won} won"
    if job.state is JobState.CANCELLED:
        assert job.cancel_requested_at is not None


def _check_events(history: History, job: Job) -> None:
    before, states = "", []
    for event in history.world.events(job.id):
        kind = event.kind.value
        if kind not in _FOLLOWS:
            continue
        assert kind in _FOLLOWS[before], f"{kind} after {before or 'nothing'} of {job.id}"
        before = kind
        states.append(event.data.get("state"))
    assert before == "job.finished"
    assert states[-1] == job.state.value


def _check_log(history: History, attempt: Attempt) -> None:
    wrote = bytes(history.wrote.get(attempt.id, b""))
    whole = wrote if not wrote or wrote.endswith(b"\n") else wrote + b"\n"
    stored = history.world.log_text(attempt.id)
    assert attempt.outcome is not None
    # The last line of an attempt that was lost may have been cut off; it is closed all the same.
    begun = whole.startswith(stored) or whole.startswith(stored.removesuffix(b"\n"))
    assert begun, f"log of {attempt.id}: {stored!r} of {whole!r}"
    if stored:
        assert history.world.tables.logs[attempt.id].head.finished
    by_itself = attempt.outcome.cause in _BY_THE_AGENT
    assert by_itself or attempt.id not in history.sound, f"why {attempt.outcome.message}"
    if by_itself:
        head = history.world.tables.logs[attempt.id].head
        assert stored == whole, f"log of {attempt.id} ends early: {stored!r} of {whole!r}"
        assert head.complete
        assert head.total_lines == whole.count(b"\n")


def _check_spans(spans: list[Span]) -> None:
    assert len({span.attempt_id for span in spans}) == len(spans), "an attempt was run twice"
    for span in spans:
        assert span.end is not None, f"user code of {span.attempt_id} still runs"
    for one, other in pairwise(sorted(spans, key=lambda span: span.begin)):
        assert one.end is not None
        assert one.end <= other.begin, f"{one.attempt_id} and {other.attempt_id} ran at once"
