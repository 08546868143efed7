"""Units as rows: what each kind of entity adds to the statement that saves a batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from hodei.adapters.postgres.columns import Columns
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
from hodei.ports.store import Unit

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


def row_columns() -> Sequence[Columns]:
    """Those whose row types the database must have."""
    return [*{part.columns.row_type: part.columns for part in PARTS.values()}.values()]


class Batch:
    """Units as rows of the parts."""

    def __init__(self, packer: Packer) -> None:
        self._packer = packer
        self.rows: dict[str, Rows] = {name: [] for name in PARTS}
        self.rooms: set[UUID] = set()
        """Providers whose live workers must be counted."""
        self.projects: set[str] = set()
        """Projects whose quota must be kept."""

    def add(self, number: int, unit: Unit) -> None:
        """Takes one unit in."""
        if unit.within is not None:
            self.projects.add(unit.within)
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

    @property
    def locks(self) -> list[str]:
        """Names of the locks under which is counted."""
        return [*map(str, self.rooms), *(f"project {name}" for name in self.projects)]

    @property
    def present(self) -> tuple[str, ...]:
        """Names of the parts that have rows."""
        return tuple(name for name, rows in self.rows.items() if rows)

    def arguments(self, names: Sequence[str]) -> list[Rows]:
        """The rows of these parts."""
        return [self.rows[name] for name in names]


def inputs(present: Sequence[str]) -> Iterator[tuple[str, str]]:
    """A CTE per part with its rows, from the parameters in this order."""
    for parameter, name in enumerate(present, 1):
        rows = PARTS[name].columns.rows_from(parameter)
        yield f"{name}_in", f"MATERIALIZED (SELECT * FROM {rows})"


def filled(block: str, part: Part) -> str:
    """A block of SQL with the columns of a part put in."""
    copied = [name for name in part.columns.names if name not in part.fixed]
    return (
        block.replace("{assignments}", part.columns.assignments("i", without=part.fixed))
        .replace("{columns}", ", ".join(copied))
        .replace("{values}", ", ".join(f"i.{name}" for name in copied))
    )


def with_ctes(ctes: Sequence[tuple[str, str]]) -> str:
    """The head of a statement."""
    return "WITH " + ",\n".join(f"{name} AS {body}" for name, body in ctes) + "\n"


def counting(changes: Sequence[str]) -> str:
    """The block that keeps the numbers of jobs per project and state."""
    return sql("commit.count").replace("{changes}", " UNION ALL ".join(changes))
