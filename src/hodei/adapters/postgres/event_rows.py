"""Events as rows and back, and the cursor of their feed."""

from __future__ import annotations

from hodei.adapters.postgres.columns import Columns
from hodei.adapters.postgres.database import Row
from hodei.adapters.postgres.text import clean, dumps, loads
from hodei.domain.errors import InvalidRequest
from hodei.domain.events import Event, EventKind

EVENT = Columns(
    "event",
    "unit int4, at timestamptz, kind text, job_id uuid, attempt_id uuid, worker_id uuid,"
    " provider_id uuid, project text, actor text, data jsonb",
)
_LARGEST = 2**63 - 1


def event_row(unit: int, event: Event) -> tuple[object, ...]:
    """Values of EVENT."""
    return (
        unit,
        event.at,
        event.kind.value,
        event.job_id,
        event.attempt_id,
        event.worker_id,
        event.provider_id,
        event.project,
        clean(event.actor),
        dumps(dict(event.data)),
    )


def event_of(row: Row) -> Event:
    """The event in a row that has the columns of the fragment `event`."""
    return Event(
        kind=EventKind(row["kind"]),
        at=row["at"],
        job_id=row["job_id"],
        attempt_id=row["attempt_id"],
        worker_id=row["worker_id"],
        provider_id=row["provider_id"],
        project=row["project"],
        actor=row["actor"],
        data=loads(row["data"]),
        cursor=feed_cursor(row["tx"], row["seq"]),
    )


def feed_cursor(tx: int, seq: int) -> str:
    """Position just after the event `seq` of transaction `tx`."""
    return f"{tx}:{seq}"


def parse_feed_cursor(cursor: str) -> tuple[int, int]:
    """The inverse of `feed_cursor`; an empty cursor is the beginning. Raises InvalidRequest."""
    if not cursor:
        return 0, 0
    tx, colon, seq = cursor.partition(":")
    if colon and tx.isdecimal() and seq.isdecimal() and tx.isascii() and seq.isascii():
        position = int(tx), int(seq)
        if max(position) <= _LARGEST:
            return position
    raise InvalidRequest.of("cursor", "is not a cursor of the event feed", cursor)
