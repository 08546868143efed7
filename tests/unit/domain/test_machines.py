"""The three state machines: random walks, and what must hold in every state."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripts.draw_states import edges, main, page, stale

from hodei.domain import attempt, job, worker
from hodei.domain.attempt import ATTEMPT, Attempt, Phase
from hodei.domain.errors import IllegalTransition
from hodei.domain.job import JOB, Job, JobState
from hodei.domain.machine import Machine
from hodei.domain.outcome import Cause, Outcome
from hodei.domain.outcomes import cancelled
from hodei.domain.spec import Command, CommandType, JobSpec
from hodei.domain.worker import WORKER, Target, Worker, WorkerState

T0 = datetime(2026, 1, 1, tzinfo=UTC)
SPEC = JobSpec(name="n", command=Command(type=CommandType.SHELL, script="true"))
IDS = st.uuids()
OUTCOMES = st.builds(Outcome, cause=st.sampled_from(Cause), exit_code=st.integers(0, 255))
TIMES = st.integers(0, 10**6).map(lambda ms: T0 + timedelta(milliseconds=ms))
ARGUMENTS: dict[str, st.SearchStrategy[Any]] = {
    "attempt_id": IDS,
    "provider_id": IDS,
    "outcome": OUTCOMES,
    "not_before": TIMES,
    "reason": st.text(max_size=5),
    "free": st.booleans(),
    "percent": st.none() | st.integers(0, 100),
    "session_digest": st.binary(min_size=4, max_size=4),
}
NAMES = ["job", "attempt", "worker"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A machine with the code around it."""

    machine: Machine[Any]
    events: tuple[type[Any], ...]
    module: Any
    entity: Any
    state: str


SUBJECTS = {
    "job": Subject(
        machine=JOB,
        events=get_args(job.JobEvent),
        module=job,
        entity=Job(
            id=UUID(int=1), spec=SPEC, owner="ana", submitted_at=T0, queued_at=T0, not_before=T0
        ),
        state="state",
    ),
    "attempt": Subject(
        machine=ATTEMPT,
        events=get_args(attempt.AttemptEvent),
        module=attempt,
        entity=Attempt(
            id=UUID(int=2),
            job_id=UUID(int=1),
            number=1,
            worker_id=UUID(int=3),
            provider_id=UUID(int=4),
        ),
        state="phase",
    ),
    "worker": Subject(
        machine=WORKER,
        events=get_args(worker.WorkerEvent),
        module=worker,
        # Any other refuses some edges a second time; see test_warm.
        entity=Worker(id=UUID(int=3), provider_id=UUID(int=4), reusable=True, created_at=T0),
        state="state",
    ),
}


def event_of(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Any event of a class, its fields filled in."""
    fields = kind.__dataclass_fields__
    return st.builds(kind, **{f: ARGUMENTS[f] for f in fields if f in ARGUMENTS})


def reachable(machine: Machine[Any], start: StrEnum) -> set[StrEnum]:
    found = {start}
    while True:
        more = {after for (state, _), after in machine.table.items() if state in found} - found
        if not more:
            return found
        found |= more


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_random_walks(name: str, data: st.DataObject) -> None:
    subject = SUBJECTS[name]
    entity, now = subject.entity, T0
    for _ in range(data.draw(st.integers(1, 25))):
        event = data.draw(st.sampled_from(subject.events).flatmap(event_of))
        now += timedelta(seconds=1)
        before = getattr(entity, subject.state)
        if subject.machine.allows(before, type(event)):
            entity = subject.module.apply(entity, event, now)
            assert getattr(entity, subject.state) is subject.machine.table[before, type(event)]
        else:
            with pytest.raises(IllegalTransition) as caught:
                subject.module.apply(entity, event, now)
            assert caught.value.state is before
            assert name in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_every_legal_walk_can_be_brought_to_an_end(name: str, data: st.DataObject) -> None:
    subject = SUBJECTS[name]
    entity = subject.entity
    for _ in range(data.draw(st.integers(0, 15))):
        legal = [
            e for e in subject.events if subject.machine.allows(getattr(entity, subject.state), e)
        ]
        if not legal:
            break
        entity = subject.module.apply(
            entity, data.draw(st.sampled_from(legal).flatmap(event_of)), T0
        )
    assert reachable(subject.machine, getattr(entity, subject.state)) & subject.machine.terminal


@pytest.mark.parametrize("name", NAMES)
def test_every_state_is_reached_and_every_event_is_used(name: str) -> None:
    subject = SUBJECTS[name]
    machine = subject.machine
    assert reachable(machine, machine.initial) == set(machine.states.__members__.values())
    assert {event for _, event in machine.table} == set(subject.events)


def test_terminal_states() -> None:
    assert JOB.terminal == {
        JobState.SUCCEEDED,
        JobState.FAILED,
        JobState.CANCELLED,
        JobState.TIMEOUT,
    }
    assert ATTEMPT.terminal == {Phase.DONE}
    assert WORKER.terminal == {WorkerState.GONE}


def test_every_live_job_can_be_cancelled() -> None:
    for state in JOB.active:
        assert JOB.next(state, job.CancelConfirmed(outcome=cancelled("ana"))) is JobState.CANCELLED


def test_every_attempt_that_has_not_ended_can_be_cancelled_and_ended() -> None:
    for phase in ATTEMPT.active - {Phase.CLEANUP}:
        assert ATTEMPT.allows(phase, attempt.CancelBegun) or phase is Phase.CANCELLING
        assert ATTEMPT.next(phase, attempt.Ended(outcome=cancelled("ana"))) is Phase.CLEANUP


def test_every_live_worker_can_be_unwanted() -> None:
    for state in WORKER.active - {WorkerState.TERMINATING}:
        assert WORKER.next(state, worker.Unwanted(reason="drain")) is WorkerState.TERMINATING


@settings(deadline=None)
@given(OUTCOMES)
def test_every_outcome_ends_every_running_job(outcome: Outcome) -> None:
    event = job.ending(outcome)
    for state in (JobState.ASSIGNED, JobState.RUNNING):
        assert JOB.next(state, event) in JOB.terminal


# ---- what the entities carry along


def test_a_job_counts_its_attempts() -> None:
    entity = SUBJECTS["job"].entity
    for number, free in enumerate([True, False, True], start=1):
        bound = job.Bound(attempt_id=UUID(int=number), provider_id=UUID(int=4))
        entity = job.apply(entity, bound, T0)
        assert (entity.attempts, entity.attempt_id) == (number, UUID(int=number))
        later = T0 + timedelta(seconds=number)
        requeued = job.Requeued(not_before=later, reason="x", free=free)
        entity = job.apply(entity, requeued, later)
        assert (entity.not_before, entity.attempt_id) == (later, None)
    assert (entity.attempts, entity.counted_attempts) == (3, 1)


def test_the_first_wish_to_cancel_stays() -> None:
    first = job.request_cancel(SUBJECTS["job"].entity, "one", T0)
    again = job.request_cancel(first, "two", T0 + timedelta(seconds=1))
    assert again == first
    assert (first.cancel_reason, first.cancel_requested_at) == ("one", T0)


def test_the_timeline_has_one_row_per_phase() -> None:
    entity, now = SUBJECTS["attempt"].entity, T0
    for event in (
        attempt.ProvisionBegun(),
        attempt.PullProgressed(percent=1),
        attempt.PullProgressed(percent=99),
        attempt.WorkerUp(),
        attempt.Dispatched(),
        attempt.ProcessStarted(),
        attempt.WorkerSilent(reason="no word for 15 s"),
        attempt.WorkerHeard(),
        attempt.CancelBegun(reason="ana"),
        attempt.Ended(outcome=cancelled("ana")),
        attempt.CleanedUp(),
    ):
        now += timedelta(seconds=1)
        entity = attempt.apply(entity, event, now)
    assert [(mark.phase.value, mark.detail) for mark in entity.phases] == [
        ("PROVISIONING", ""),
        ("PULLING", "99%"),
        ("REGISTERING", ""),
        ("STARTING", ""),
        ("RUNNING", ""),
        ("LOST", "no word for 15 s"),
        ("RUNNING", ""),
        ("CANCELLING", "ana"),
        ("CLEANUP", ""),
        ("DONE", ""),
    ]
    assert entity.entered(Phase.PULLING) == T0 + timedelta(seconds=2)
    assert entity.started_at == entity.entered(Phase.RUNNING) == T0 + timedelta(seconds=6)
    assert entity.ended
    assert entity.entered(Phase.QUEUED) is None


def test_a_worker_forgets_its_password_and_session() -> None:
    made = Worker(id=UUID(int=3), provider_id=UUID(int=4), created_at=T0, otp_digest=b"o")
    up = worker.apply(made, worker.ProvisioningBegun(), T0)
    enrolled = worker.apply(up, worker.Enrolled(session_digest=b"s"), T0)
    assert (enrolled.otp_digest, enrolled.enrolled, enrolled.state) == (
        None,
        True,
        WorkerState.READY,
    )
    unwanted = worker.apply(enrolled, worker.Unwanted(reason="drain"), T0)
    assert (unwanted.target, unwanted.reason) == (Target.GONE, "drain")
    gone = worker.apply(unwanted, worker.Destroyed(), T0)
    assert (gone.session_digest, gone.ended_at) == (None, T0)
    never = worker.apply(made, worker.Unwanted(reason="cancelled"), T0)
    assert never.otp_digest is None


# ---- the pages drawn from the tables


def test_the_drawn_pages_are_up_to_date() -> None:
    assert stale() == []
    assert main(["--check"]) == 0


@pytest.mark.parametrize("name", NAMES)
def test_every_edge_has_a_comment_of_its_own(name: str) -> None:
    rows = edges(name)
    assert len(rows) == len(SUBJECTS[name].machine.table)
    assert [row for row in rows if len(row.comment) < 10 or not row.comment.endswith(".")] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_shows_the_table_and_nothing_else(name: str) -> None:
    machine = SUBJECTS[name].machine
    drawn = set(re.findall(r"^    (\w+) --> (\w+): (\w+)$", page(name), re.MULTILINE))
    assert drawn == {(s.value, a.value, e.__name__) for (s, e), a in machine.table.items()}
    ends = set(re.findall(r"^    (\w+) --> \[\*\]$", page(name), re.MULTILINE))
    assert ends == {state.value for state in machine.terminal}
