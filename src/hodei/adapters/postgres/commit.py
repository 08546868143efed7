"""Saving units: one statement for a whole batch, put together from the parts in `commit.sql`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

import asyncpg

from hodei.adapters.postgres.columns import Columns
from hodei.adapters.postgres.database import Database, Row, Session
from hodei.adapters.postgres.event_rows import EVENT, event_row
from hodei.adapters.postgres.job_rows import JOB_MOD, JOB_NEW, job_mod_row, job_new_row
from hodei.adapters.postgres.log_rows import (
    HEAD,
    SAMPLE,
    SEGMENT,
    Packer,
    head_row,
    sample_row,
    segment_row,
)
from hodei.adapters.postgres.provider_rows import PROVIDER, provider_row
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.worker_rows import (
    ATTEMPT_MOD,
    ATTEMPT_NEW,
    WORKER,
    attempt_mod_row,
    attempt_new_row,
    worker_row,
)
from hodei.ports.store import Unit, Verdict

Rows = list[tuple[object, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one kind of entity adds to the statement."""

    columns: Columns
    stored: str = ""
    """Name of the block that locks the stored rows; empty: nothing is locked."""
    refused: str = ""
    """Name of the block that finds units that do not fit."""
    writes: tuple[str, ...]
    fixed: tuple[str, ...] = ("unit", "version")
    """Columns that are not simply copied."""


PARTS = {
    # The order is that of the locks: the same in every statement, so that none can deadlock.
    "job_mod": Part(
        columns=JOB_MOD,
        stored="job_now",
        refused="job_mod_refused",
        writes=("job_set", "priority_set"),
        fixed=("unit", "version", "id", "project"),
    ),
    "attempt_mod": Part(
        columns=ATTEMPT_MOD,
        stored="attempt_now",
        refused="attempt_mod_refused",
        writes=("attempt_set",),
        fixed=("unit", "version", "id"),
    ),
    "worker_mod": Part(
        columns=WORKER,
        stored="worker_now",
        refused="worker_mod_refused",
        writes=("worker_set",),
        fixed=("unit", "version", "id", "replica", "max_live"),
    ),
    "provider_mod": Part(
        columns=PROVIDER,
        stored="provider_now",
        refused="provider_mod_refused",
        writes=("provider_set",),
        fixed=("unit", "version", "id"),
    ),
    "head": Part(
        columns=HEAD, stored="head_now", refused="head_refused", writes=("head_set", "head_add")
    ),
    "job_new": Part(columns=JOB_NEW, refused="job_new_refused", writes=()),
    "attempt_new": Part(
        columns=ATTEMPT_NEW, refused="attempt_new_refused", writes=("attempt_add",)
    ),
    "worker_new": Part(
        columns=WORKER,
        refused="worker_new_refused",
        writes=("worker_add",),
        fixed=("unit", "version", "replica", "max_live"),
    ),
    "provider_new": Part(
        columns=PROVIDER, refused="provider_new_refused", writes=("provider_add",)
    ),
    "segment": Part(columns=SEGMENT, writes=("segment_add",)),
    "sample": Part(columns=SAMPLE, writes=("sample_add",)),
    "event": Part(columns=EVENT, writes=("event_add",)),
}


class Batch:
    """Units as rows of the parts."""

    def __init__(self, packer: Packer) -> None:
        self._packer = packer
        self.rows: dict[str, Rows] = {name: [] for name in PARTS}
        self.rooms: set[UUID] = set()
        """Providers whose live workers must be counted."""

    def add(self, number: int, unit: Unit) -> None:
        """Takes one unit in."""
        for job in unit.jobs:
            if job.version:
                self.rows["job_mod"].append(job_mod_row(number, job))
            else:
                self.rows["job_new"].append(job_new_row(number, job))
        for attempt in unit.attempts:
            if attempt.version:
                self.rows["attempt_mod"].append(attempt_mod_row(number, attempt))
            else:
                self.rows["attempt_new"].append(attempt_new_row(number, attempt))
        for worker in unit.workers:
            kind = "worker_mod" if worker.version else "worker_new"
            self.rows[kind].append(worker_row(number, worker, unit.replica, unit.max_live))
            if not worker.version and unit.max_live is not None:
                self.rooms.add(worker.provider_id)
        for provider in unit.providers:
            kind = "provider_mod" if provider.version else "provider_new"
            self.rows[kind].append(provider_row(number, provider))
        self._add_output(number, unit)

    def _add_output(self, number: int, unit: Unit) -> None:
        for log in unit.logs:
            self.rows["head"].append(head_row(number, log))
            self.rows["segment"] += [
                segment_row(number, log, segment, self._packer) for segment in log.segments
            ]
        self.rows["sample"] += [sample_row(number, sample) for sample in unit.samples]
        self.rows["event"] += [event_row(number, event) for event in unit.events]

    def statement(self) -> tuple[str, list[Sequence[object]]]:
        """The statement and its arguments."""
        present = tuple(name for name, rows in self.rows.items() if rows)
        arguments = [
            array for name in present for array in PARTS[name].columns.arrays(self.rows[name])
        ]
        return commit_statement(present, counted=bool(self.rooms)), arguments


async def save(database: Database, units: Sequence[Unit], packer: Packer) -> list[Verdict]:
    """Saves the units in one transaction; see `JobStore.commit`."""
    batch = Batch(packer)
    for number, unit in enumerate(units):
        batch.add(number, unit)
    if not any(batch.rows.values()):
        return [Verdict.SAVED] * len(units)
    statement, arguments = batch.statement()

    async def work(session: Session) -> list[Row]:
        if not batch.rooms:
            return await session.fetch(statement, *arguments)
        async with session.transaction():
            # The count must see what the holder of the lock before us has saved, so the
            # lock is taken by a statement, and with it a snapshot, of its own.
            await session.execute(sql("commit.lock_rooms"), list(batch.rooms))
            return await session.fetch(statement, *arguments)

    verdicts = [Verdict.SAVED] * len(units)
    for row in await database.run(lambda session: _twice(work, session)):
        verdicts[row["unit"]] = Verdict(row["verdict"])
    return verdicts


async def _twice(work: Callable[[Session], Awaitable[list[Row]]], session: Session) -> list[Row]:
    try:
        return await work(session)
    except asyncpg.UniqueViolationError:
        # Somebody inserted the same entity at the same moment. It is visible now, and the
        # unit is found to be stale.
        return await work(session)


@cache
def commit_statement(present: tuple[str, ...], *, counted: bool = False) -> str:
    """The statement for a batch that has rows for these parts only."""
    ctes = [*_inputs(present)]
    ctes += [
        (PARTS[name].stored, f"MATERIALIZED ({sql('commit.' + PARTS[name].stored)})")
        for name in present
        if PARTS[name].stored
    ]
    refusals = [sql("commit." + PARTS[n].refused) for n in present if PARTS[n].refused]
    nothing = "SELECT 0 AS unit, 'stale' AS verdict WHERE false"
    ctes.append(("stale", f"MATERIALIZED ({' UNION ALL '.join(refusals) or nothing})"))
    full = f" UNION ALL {sql('commit.full')}" if counted else ""
    ctes.append(("refused", f"MATERIALIZED (SELECT * FROM stale{full})"))
    ctes.append(
        (
            "refused_units",
            "MATERIALIZED (SELECT coalesce(array_agg(unit), '{}') AS units FROM refused)",
        )
    )
    ctes += _writes(present)
    return _with(ctes) + "SELECT DISTINCT unit, verdict FROM refused"


@cache
def submit_statement(*, events: bool) -> str:
    """The statement that inserts new jobs, except those that exist."""
    present = ("job_new", "event") if events else ("job_new",)
    ctes = [
        *_inputs(present),
        ("spec_added", f"({sql('commit.spec_try')})"),
        ("job_added", f"({sql('commit.job_add')})"),
        ("counted", f"({_counting([sql('commit.new_changes')])})"),
    ]
    if events:
        ctes.append(("event_tried", f"({_copying('event_try', PARTS['event'])})"))
    return _with(ctes) + "SELECT job_id AS id FROM spec_added"


def _inputs(present: Sequence[str]) -> Iterator[tuple[str, str]]:
    parameter = 1
    for name in present:
        columns = PARTS[name].columns
        yield f"{name}_in", f"MATERIALIZED (SELECT * FROM {columns.rows_from(parameter)})"
        parameter += len(columns.names)


def _writes(present: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in present:
        for write in PARTS[name].writes:
            yield f"{write}_done", f"({_copying(write, PARTS[name])})"
    changes = []
    if "job_new" in present:
        yield "spec_added", f"({sql('commit.spec_add')})"
        yield "job_added", f"({sql('commit.job_add')})"
        changes.append(sql("commit.new_changes"))
    if "job_mod" in present:
        changes.append(sql("commit.mod_changes"))
    if changes:
        yield "counted", f"({_counting(changes)})"


def _copying(write: str, part: Part) -> str:
    copied = [name for name in part.columns.names if name not in part.fixed]
    return (
        sql("commit." + write)
        .replace("{assignments}", part.columns.assignments("i", without=part.fixed))
        .replace("{columns}", ", ".join(copied))
        .replace("{values}", ", ".join(f"i.{name}" for name in copied))
    )


def _counting(changes: Sequence[str]) -> str:
    return sql("commit.count").replace("{changes}", " UNION ALL ".join(changes))


def _with(ctes: Sequence[tuple[str, str]]) -> str:
    return "WITH " + ",\n".join(f"{name} AS {body}" for name, body in ctes) + "\n"
