"""Saving units: one statement for a whole batch.

Nearly every batch fits what is stored, so it is first saved as if it did (`quick.py`). Only when
it does not, the statement made here finds out which units fit, and saves those.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import asyncpg

from hodei.adapters.postgres.database import Database, Row, Session
from hodei.adapters.postgres.log_rows import Packer
from hodei.adapters.postgres.parts import PARTS, Batch, counting, filled, inputs, with_ctes
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.quick import save_quickly
from hodei.ports.store import Unit, Verdict


async def save(database: Database, units: Sequence[Unit], packer: Packer) -> list[Verdict]:
    """Saves the units in one transaction; see `JobStore.commit`."""
    batch = Batch(packer)
    for number, unit in enumerate(units):
        batch.add(number, unit)
    verdicts = [Verdict.SAVED] * len(units)
    if batch.present:
        for row in await database.run(lambda session: _save(session, batch)):
            verdicts[row["unit"]] = Verdict(row["verdict"])
    return verdicts


async def _save(session: Session, batch: Batch) -> list[Row]:
    """One row for each unit that was not saved."""
    if await save_quickly(session, batch):
        return []
    try:
        return await _save_exactly(session, batch)
    except asyncpg.UniqueViolationError:
        # Somebody inserted the same entity at the same moment. It is visible now, and the
        # unit is found to be stale.
        return await _save_exactly(session, batch)


async def _save_exactly(session: Session, batch: Batch) -> list[Row]:
    present = batch.present
    statement = commit_statement(present, counted=bool(batch.rooms), limited=bool(batch.projects))
    if not batch.locks:
        return await session.fetch(statement, *batch.arguments(present))
    async with session.transaction():
        # The count must see what the holder of the lock before us has saved, so the lock is
        # taken by a statement, and with it a snapshot, of its own.
        await session.execute(sql("commit.lock_rooms"), batch.locks)
        return await session.fetch(statement, *batch.arguments(present))


@cache
def commit_statement(
    present: tuple[str, ...], *, counted: bool = False, limited: bool = False
) -> str:
    """The statement for a batch that has rows for these parts only."""
    ctes = [*inputs(present)]
    ctes += [
        (PARTS[name].stored, f"MATERIALIZED ({sql('commit.' + PARTS[name].stored)})")
        for name in present
        if PARTS[name].stored
    ]
    refusals = [sql("commit." + PARTS[n].refused) for n in present if PARTS[n].refused]
    nothing = "SELECT 0 AS unit, 'stale' AS verdict WHERE false"
    ctes.append(("stale", f"MATERIALIZED ({' UNION ALL '.join(refusals) or nothing})"))
    full = f" UNION ALL {sql('commit.full')}" if counted else ""
    if limited:
        full += f" UNION ALL {sql('commit.over_quota')}"
    ctes.append(("refused", f"MATERIALIZED (SELECT * FROM stale{full})"))
    ctes.append(
        (
            "refused_units",
            "MATERIALIZED (SELECT coalesce(array_agg(unit), '{}') AS units FROM refused)",
        )
    )
    ctes += _writes(present)
    return with_ctes(ctes) + "SELECT DISTINCT unit, verdict FROM refused"


@cache
def submit_statement(*, events: bool) -> str:
    """The statement that inserts new jobs, except those that exist."""
    present = ("job_new", "event") if events else ("job_new",)
    ctes = [
        *inputs(present),
        ("spec_added", f"({sql('commit.spec_try')})"),
        ("job_added", f"({sql('commit.job_add')})"),
        ("counted", f"({counting([sql('commit.new_changes')])})"),
    ]
    if events:
        ctes.append(("event_tried", f"({filled(sql('commit.event_try'), PARTS['event'])})"))
    return with_ctes(ctes) + "SELECT job_id AS id FROM spec_added"


def _writes(present: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in present:
        for write in PARTS[name].writes:
            yield f"{write}_done", f"({filled(sql('commit.' + write), PARTS[name])})"
    changes = []
    if "job_new" in present:
        yield "spec_added", f"({sql('commit.spec_add')})"
        yield "job_added", f"({sql('commit.job_add')})"
        changes.append(sql("commit.new_changes"))
    if "job_mod" in present:
        changes.append(sql("commit.mod_changes"))
    if changes:
        yield "counted", f"({counting(changes)})"
