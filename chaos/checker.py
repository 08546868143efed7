"""Decides from a ledger whether everything that was said is true; knows nothing of the engine."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from chaos.ledger import Accepted, Kind, Ledger, Report, Timed, Told, Visit, line

FINAL = frozenset({"SUCCEEDED", "FAILED", "CANCELLED", "TIMEOUT"})
OUTSIDE = frozenset({"lost", "provision"})
"""Causes that lie in a fault of the run and not in the job."""

UNDECIDED = frozenset({"submitting", "waiting"})


def findings(ledger: Ledger) -> list[str]:
    """Every lie, loss and leak, a sentence each; empty when all is well."""
    found = [f"{job_id}: nobody asked for this job" for job_id in ledger.strangers]
    visits: dict[str, list[Visit]] = {}
    for visit in ledger.visits:
        visits.setdefault(visit.job_id, []).append(visit)
    for job_id, accepted in ledger.accepted.items():
        report = ledger.reports.get(job_id)
        if report is None:
            found.append(f"{job_id}: accepted, and nowhere to be found")
            continue
        seen = visits.get(job_id, [])
        for fault in (*_state(accepted, report, seen), *_attempts(report, seen)):
            found.append(f"{job_id} ({accepted.kind}): {fault}")
        for told in report.attempts:
            for fault in _log(accepted, report, told, seen):
                found.append(f"{job_id} attempt {told.number} ({accepted.kind}): {fault}")
    found += _idle(ledger)
    for timed in ledger.schedules:
        found += [f"schedule {timed.name}: {fault}" for fault in _schedule(timed)]
    found += [f"left behind: {what}" for what in ledger.leftovers]
    found += [f"still counted: {what}" for what in ledger.held]
    return found


def _idle(ledger: Ledger) -> Iterator[str]:
    """A provider on which nothing ran was not tried."""
    ran = {visit.job_id for visit in ledger.visits}
    used = {one.provider for one in ledger.accepted.values() if one.job_id in ran}
    for provider in ledger.providers:
        if provider not in used:
            yield f"provider {provider}: no job came to run there"


def _state(accepted: Accepted, report: Report, visits: list[Visit]) -> Iterator[str]:
    """Exactly one truthful end."""
    state = report.state
    if state not in FINAL:
        yield f"is {state} after everything has ended"
        return
    last = report.attempts[-1] if report.attempts else None
    ended = [visit for visit in visits if visit.done is not None]
    if state == "SUCCEEDED" and not any(visit.done == 0 for visit in ended):
        yield "is SUCCEEDED, and no attempt of it came to its end with exit code 0"
    if state == "CANCELLED" and not accepted.cancel_asked:
        yield "is CANCELLED, and nobody asked for that"
    if state == "TIMEOUT" and accepted.kind is not Kind.OVERDUE:
        yield "is TIMEOUT, and was within its time"
    if state == "FAILED":
        yield from _failure(accepted, last, ended)


def _failure(accepted: Accepted, last: Told | None, ended: list[Visit]) -> Iterator[str]:
    if last is None or not last.cause:
        yield "is FAILED without a cause"
    elif last.cause == "exit":
        if not any(visit.done == last.exit_code for visit in ended):
            yield f"is said to have ended with exit code {last.exit_code}; it never said so"
        elif last.exit_code == 0:
            yield "is FAILED with exit code 0"
        elif accepted.kind is Kind.RETRIED:
            yield "was not tried again"
    elif last.cause not in OUTSIDE:
        yield f"is FAILED by {last.cause}, which nothing in it can have caused"


def _attempts(report: Report, visits: list[Visit]) -> Iterator[str]:
    """One winner, no two at a time, none that runs on."""
    winners = [told for told in report.attempts if told.cause == "exit" and told.exit_code == 0]
    if len(winners) > 1:
        yield f"was won by {len(winners)} attempts"
    if winners and winners[0] is not report.attempts[-1]:
        yield "was tried again after it was won"
    known = {told.number for told in report.attempts}
    numbers = [visit.attempt for visit in visits]
    for visit in visits:
        if visit.overlapped:
            yield f"ran attempt {visit.attempt} while another attempt of it ran"
        if visit.closed is None:
            yield f"attempt {visit.attempt} runs on"
        if visit.attempt not in known:
            yield f"ran an attempt {visit.attempt} that the server does not know"
    for number in sorted({number for number in numbers if numbers.count(number) > 1}):
        yield f"ran attempt {number} more than once"


def _schedule(timed: Timed) -> Iterator[str]:
    """Every slot was decided once, none was invented, and each job is of one slot."""
    meant = set(timed.slots)
    for at in timed.slots:
        times = sum(row.at <= at <= row.until for row in timed.rows)
        if times != 1:
            yield f"the slot {at} was decided {times} times"
    for row in timed.rows:
        if row.at not in meant:
            yield f"it fired at {row.at}, which is none of its times"
        if row.outcome in UNDECIDED:
            yield f"the slot {row.at} is {row.outcome} after everything has ended"
        elif row.outcome == "refused":
            yield f"the slot {row.at} was refused"
        if (row.outcome == "submitted") != (row.job_id is not None):
            yield f"the slot {row.at} is {row.outcome}, and its job is {row.job_id}"
    jobs = [row.job_id for row in timed.rows if row.job_id is not None]
    for job_id in sorted({job_id for job_id in jobs if jobs.count(job_id) > 1}):
        yield f"two slots have the job {job_id}"


def _log(accepted: Accepted, report: Report, told: Told, visits: list[Visit]) -> Iterator[str]:
    """Complete where the attempt came to its end, in order and untouched in any case."""
    if list(told.numbers) != list(range(1, len(told.numbers) + 1)):
        yield "its lines are not numbered from 1 without a gap"
    wanted = [line(report.job_id, told.number, n + 1) for n in range(len(told.lines))]
    if list(told.lines) != wanted:
        wrong = next(
            i for i, pair in enumerate(zip(told.lines, wanted, strict=True)) if pair[0] != pair[1]
        )
        yield f"its line {wrong + 1} is {told.lines[wrong]!r}"
    if told.total is not None and told.total != len(told.numbers):
        yield f"its end mark says {told.total} lines and {len(told.numbers)} are there"
    ended = any(v.attempt == told.number and v.done is not None for v in visits)
    if told.cause == "exit" and ended and len(told.lines) != accepted.lines:
        yield f"it printed {accepted.lines} lines and {len(told.lines)} are there"
    if told.cause == "exit" and told.total is None:
        yield "it ended by itself and its log is not complete"
    printed = "".join(f"{text}\n" for text in wanted).encode()
    if told.cause == "exit" and told.sha256 != sha256(printed).hexdigest():
        yield "its hash is not that of what it printed"
