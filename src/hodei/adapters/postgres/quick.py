"""Saving a batch as if all of it fitted what is stored, which it nearly always does.

The statement looks at nothing beforehand: each write counts its rows, or meets a key that is
taken, and one row that does not fit fails the whole statement, so that nothing of it is saved.
It costs two thirds of the one that finds out which units fit (`commit.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from uuid import UUID

import asyncpg

from hodei.adapters.postgres.database import Session
from hodei.adapters.postgres.parts import PARTS, Batch, Part, Rows, counting, filled, with_ctes
from hodei.adapters.postgres.queries import sql

_ID = 1
"""Place of the id in the rows of a part."""
_AFTER = 2
"""Place of `after_seq` in the rows of the part `head`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One write of the statement."""

    part: Part
    block: str
    counted: bool
    """Whether a row that does not fit is told by its absence; else by a taken key."""


WRITES: Mapping[str, Write] = {
    "job_new": Write(part=PARTS["job_new"], block="commit.job_add", counted=False),
    "job_mod": Write(part=PARTS["job_mod"], block="quick.job_set", counted=True),
    "attempt_mod": Write(part=PARTS["attempt_mod"], block="quick.attempt_set", counted=True),
    "worker_mod": Write(part=PARTS["worker_mod"], block="quick.worker_set", counted=True),
    "head": Write(part=PARTS["head"], block="quick.head_set", counted=True),
    "head_new": Write(part=PARTS["head"], block="quick.head_add", counted=False),
    "attempt_new": Write(part=PARTS["attempt_new"], block="quick.attempt_add", counted=False),
    "segment": Write(part=PARTS["segment"], block="quick.segment_add", counted=False),
    "sample": Write(part=PARTS["sample"], block="quick.sample_add", counted=False),
    "event": Write(part=PARTS["event"], block="quick.event_add", counted=False),
}


async def save_quickly(session: Session, batch: Batch) -> bool:
    """Saves all of the batch, or nothing of it: then some unit is stale, or of a kind that is
    not saved this way."""
    if batch.projects or not WRITES.keys() >= set(batch.present):
        return False
    rows = _split(batch)
    present = tuple(name for name in WRITES if rows.get(name))
    try:
        await session.fetch(quick_statement(present), *(rows[name] for name in present))
    except (asyncpg.InvalidTextRepresentationError, asyncpg.UniqueViolationError):
        return False
    return True


def _split(batch: Batch) -> dict[str, Rows]:
    rows = dict(batch.rows)
    heads = rows["head"]
    rows["head"] = [row for row in heads if row[_AFTER]]
    rows["head_new"] = [row for row in heads if not row[_AFTER]]
    for name, write in WRITES.items():
        if write.counted:
            # The order of the locks: the same in every statement, so that none can deadlock.
            rows[name] = sorted(rows[name], key=_bytes_of_id)
    return rows


def _bytes_of_id(row: tuple[object, ...]) -> bytes:
    key = row[_ID]
    assert isinstance(key, UUID)
    return key.bytes


@cache
def quick_statement(present: tuple[str, ...]) -> str:
    """The statement for a batch that has rows for these writes only."""
    ctes = []
    changes = []
    for parameter, name in enumerate(present, 1):
        write = WRITES[name]
        rows = write.part.columns.rows_from(parameter)
        if name == "job_new":
            ctes.append(("job_new_in", f"MATERIALIZED (SELECT * FROM {rows})"))
            ctes.append(("spec_added", f"({sql('quick.spec_add')})"))
            changes.append(sql("commit.new_changes"))
        block = sql(write.block).replace("{rows}", rows)
        ctes.append((f"{name}_done", f"({filled(block, write.part)})"))
    if "job_mod" in present:
        changes.append(sql("quick.changes"))
    if changes:
        ctes.append(("counted", f"({counting(changes)})"))
    checks = [
        f"(SELECT count(*) FROM {name}_done) = cardinality(${parameter})"
        for parameter, name in enumerate(present, 1)
        if WRITES[name].counted
    ]
    if "job_new" in present:
        checks.append(sql("quick.may_be_bound"))
    saved = " AND ".join(checks) or "true"
    return with_ctes(ctes) + sql("quick.saved").replace("{checks}", saved)
