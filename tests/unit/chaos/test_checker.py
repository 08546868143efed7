"""The checker of chaos runs: silent where all is true; one planted fault of each kind is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from chaos.checker import findings
from chaos.ledger import Accepted, Kind, Ledger, Report, Slot, Timed, Told, Visit, line

JOB = "4f7c"


def told(number: int = 1, *, code: int = 0, cause: str = "exit", count: int = 3) -> Told:
    """An attempt as it should be shown."""
    lines = [line(JOB, number, n + 1) for n in range(count)]
    printed = "".join(f"{text}\n" for text in lines).encode()
    return Told(
        number=number,
        phase="DONE",
        cause=cause,
        exit_code=code if cause == "exit" else None,
        lines=lines,
        numbers=list(range(1, count + 1)),
        total=count if cause == "exit" else None,
        sha256=sha256(printed).hexdigest(),
    )


def ledger(state: str = "SUCCEEDED", *attempts: Told, kind: Kind = Kind.SHORT) -> Ledger:
    """One job, whose attempts told the witness what the server says of them."""
    given = attempts or (told(),)
    return Ledger(
        seed=1,
        providers=["local"],
        accepted={JOB: Accepted(job_id=JOB, kind=kind, provider="local", lines=3, retries=True)},
        visits=[
            Visit(
                job_id=JOB,
                attempt=each.number,
                opened=each.number,
                closed=each.number + 0.5,
                done=each.exit_code,
            )
            for each in given
        ],
        reports={JOB: Report(job_id=JOB, state=state, attempts=given)},
    )


def test_nothing_is_found_where_all_is_true() -> None:
    assert findings(ledger()) == []
    assert findings(ledger("FAILED", told(code=3), kind=Kind.FAILING)) == []
    assert findings(ledger("FAILED", told(cause="lost", count=2))) == []
    assert findings(ledger("SUCCEEDED", told(cause="lost", count=1), told(2))) == []
    assert findings(ledger("TIMEOUT", told(cause="timeout", count=1), kind=Kind.OVERDUE)) == []
    timed = ledger()
    _slots(fired(1000), fired(2000, until=3000, outcome="skipped_missed"))(timed)
    assert findings(timed) == []


def _attempt(made: Ledger, **changes: Any) -> None:
    report = made.reports[JOB]
    changed = replace(report.attempts[0], **changes)
    made.reports = {JOB: replace(report, attempts=(changed, *report.attempts[1:]))}


def _vanish(made: Ledger) -> None:
    made.reports = {}


def _state(state: str) -> Callable[[Ledger], None]:
    def plant(made: Ledger) -> None:
        made.reports = {JOB: replace(made.reports[JOB], state=state)}

    return plant


def _overlap(made: Ledger) -> None:
    made.visits[0].overlapped = True


def _run_on(made: Ledger) -> None:
    made.visits[0].closed = None


def _never_done(made: Ledger) -> None:
    made.visits[0].done = None


def _twice(made: Ledger) -> None:
    made.visits.append(replace(made.visits[0]))


def _unknown(made: Ledger) -> None:
    made.visits.append(replace(made.visits[0], attempt=9))


def _lose_a_line(made: Ledger) -> None:
    only = told()
    _attempt(made, lines=[*only.lines[:1], *only.lines[2:]], numbers=[1, 2], total=2)


def _lose_the_tail(made: Ledger) -> None:
    _attempt(made, lines=told().lines[:2], numbers=[1, 2], total=2)


def _swap_lines(made: Ledger) -> None:
    _attempt(made, lines=told().lines[::-1])


def _double_a_number(made: Ledger) -> None:
    _attempt(made, numbers=[1, 2, 2])


def _no_end(made: Ledger) -> None:
    _attempt(made, total=None)


def _wrong_end(made: Ledger) -> None:
    _attempt(made, total=7)


def _wrong_hash(made: Ledger) -> None:
    _attempt(made, sha256="00")


def _no_cause(made: Ledger) -> None:
    _state("FAILED")(made)
    _attempt(made, cause="")


def _strange_cause(made: Ledger) -> None:
    _state("FAILED")(made)
    _attempt(made, cause="oom", exit_code=None)


def _invented_code(made: Ledger) -> None:
    _state("FAILED")(made)
    _attempt(made, exit_code=7)


def _stranger(made: Ledger) -> None:
    made.strangers = ["e0e0"]


def _slots(*rows: Slot) -> Callable[[Ledger], None]:
    def plant(made: Ledger) -> None:
        made.schedules = [Timed(name="often", slots=(1000, 2000, 3000), rows=rows)]

    return plant


def fired(at: int, *, until: int | None = None, outcome: str = "submitted", job: str = "") -> Slot:
    """What became of a slot."""
    job_id = (job or f"job-{at}") if outcome == "submitted" else None
    return Slot(at=at, until=until or at, outcome=outcome, job_id=job_id)


def _leftover(made: Ledger) -> None:
    made.leftovers = ["agent process 77"]


def _nothing_ran_there(made: Ledger) -> None:
    made.providers = ["local", "docker"]


def _held(made: Ledger) -> None:
    made.held = ["worker 9 is BUSY"]


PLANTED = {
    _vanish: "nowhere to be found",
    _state("RUNNING"): "is RUNNING after everything has ended",
    _state("CANCELLED"): "nobody asked for that",
    _state("TIMEOUT"): "was within its time",
    _overlap: "while another attempt of it ran",
    _run_on: "runs on",
    _never_done: "no attempt of it came to its end",
    _twice: "ran attempt 1 more than once",
    _unknown: "does not know",
    _lose_a_line: "its line 2 is",
    _lose_the_tail: "printed 3 lines and 2 are there",
    _swap_lines: "its line 1 is",
    _double_a_number: "without a gap",
    _no_end: "is not complete",
    _wrong_end: "its end mark says 7 lines and 3 are there",
    _wrong_hash: "its hash is not that",
    _no_cause: "without a cause",
    _strange_cause: "by oom",
    _invented_code: "it never said so",
    _stranger: "nobody asked for this job",
    _slots(fired(1000), fired(3000)): "the slot 2000 was decided 0 times",
    _slots(fired(1000), fired(1000, until=3000, outcome="skipped_missed")): "decided 2 times",
    _slots(fired(1000), fired(1500), fired(2000), fired(3000)): "none of its times",
    _slots(fired(1000, job="4"), fired(2000, job="4"), fired(3000)): "two slots have the job 4",
    _slots(fired(1000), fired(2000, outcome="waiting"), fired(3000)): "the slot 2000 is waiting",
    _slots(fired(1000), fired(2000, outcome="refused"), fired(3000)): "was refused",
    _slots(fired(1000), Slot(at=2000, until=3000, outcome="submitted", job_id=None)): "job is None",
    _nothing_ran_there: "provider docker: no job came to run there",
    _leftover: "left behind: agent process 77",
    _held: "still counted: worker 9 is BUSY",
}


@pytest.mark.parametrize("plant", PLANTED, ids=list(PLANTED.values()))
def test_each_planted_fault_is_found(plant: Callable[[Ledger], None]) -> None:
    made = ledger()
    plant(made)
    found = findings(made)
    assert any(PLANTED[plant] in each for each in found), found


def test_two_winners_are_found() -> None:
    found = findings(ledger("SUCCEEDED", told(), told(2)))
    assert any("was won by 2 attempts" in each for each in found)
    found = findings(ledger("FAILED", told(), told(2, cause="lost", count=1)))
    assert any("tried again after it was won" in each for each in found)


def test_a_retry_that_never_came_is_found() -> None:
    found = findings(ledger("FAILED", told(code=3), kind=Kind.RETRIED))
    assert any("was not tried again" in each for each in found)
