"""The queue: claims, order, and the scheduler's settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from hodei.adapters.postgres.cursors import QueuePlace, decode_queue, encode_queue
from hodei.adapters.postgres.database import Database, Row, Session
from hodei.adapters.postgres.event_rows import event_row
from hodei.adapters.postgres.job_rows import job_of
from hodei.adapters.postgres.notifier import Notifier
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.text import clean, loads
from hodei.domain.events import Event
from hodei.domain.job import Job
from hodei.domain.spec import Priority
from hodei.ports.bus import Hint
from hodei.ports.store import Page, QueueEntry, QueueStatus, SchedulerSettings

_BEGINNING = QueuePlace(rank=datetime(1, 1, 1, tzinfo=UTC), seq=0, position=0)


class Queue:
    """Part of `JobStore`."""

    def __init__(self, database: Database, notifier: Notifier) -> None:
        self._database = database
        self._notifier = notifier

    async def claim(
        self, replica: str, *, limit: int, lease_s: float, blocked: Sequence[str] = ()
    ) -> Sequence[Job]:
        """See `JobStore.claim`."""
        # Projects begin with a character that classes do not have; most claims name none.
        block = "claim_within" if any(key.startswith("@") for key in blocked) else "claim"
        rows = await self._database.rows(
            sql(f"queue.{block}"), replica, limit, lease_s, list(blocked)
        )
        return [job_of(row) for row in rows]

    async def unclaim(self, replica: str, job_ids: Sequence[UUID]) -> None:
        """See `JobStore.unclaim`."""
        await self._database.rows(sql("queue.unclaim"), replica, list(job_ids))

    async def set_blocked(self, reasons: Mapping[str, str]) -> None:
        """See `JobStore.set_blocked`."""
        if reasons:
            texts = [clean(reason) for reason in reasons.values()]
            await self._database.rows(sql("queue.block"), list(reasons), texts)

    async def expired_in_queue(self, limit: int = 1000) -> Sequence[Job]:
        """See `JobStore.expired_in_queue`."""
        return [job_of(row) for row in await self._database.rows(sql("queue.expired"), limit)]

    async def queue(
        self,
        *,
        limit: int = 100,
        cursor: str | None = None,
        projects: frozenset[str] | None = None,
    ) -> Page[QueueEntry]:
        """See `JobStore.queue`."""
        start = decode_queue(cursor) if cursor else _BEGINNING
        if projects is None:
            rows = await self._database.rows(sql("queue.page"), start.rank, start.seq, limit + 1)
            places = list(range(1, len(rows) + 1))
        else:
            within = (start.rank, start.seq, limit + 1, sorted(projects))
            rows = await self._database.rows(sql("queue.page_within"), *within)
            places = [row["place"] for row in rows]
        entries = tuple(
            _entry(row, start.position + place)
            for row, place in zip(rows[:limit], places, strict=False)
        )
        if len(rows) <= limit:
            return Page(items=entries)
        last = QueuePlace(
            rank=rows[limit - 1]["rank"],
            seq=rows[limit - 1]["seq"],
            position=entries[-1].position,
        )
        return Page(items=entries, cursor=encode_queue(last))

    async def queue_entry(self, job_id: UUID) -> QueueEntry | None:
        """See `JobStore.queue_entry`."""
        row = await self._database.row(sql("queue.entry"), job_id)
        return _entry(row, row["position"]) if row else None

    async def queue_status(self, projects: frozenset[str] | None = None) -> QueueStatus:
        """See `JobStore.queue_status`."""
        if projects is None:
            row = await self._database.row(sql("queue.status"))
        else:
            row = await self._database.row(sql("queue.status_within"), sorted(projects))
        assert row is not None
        return QueueStatus(
            pending=row["pending"],
            delayed=row["delayed"],
            assigned=row["assigned"],
            running=row["running"],
            oldest_queued_at=row["oldest"],
            blocked_classes=loads(row["blocked"]),
        )

    async def scheduler(self) -> SchedulerSettings:
        """See `JobStore.scheduler`."""
        row = await self._database.row(sql("queue.scheduler"))
        assert row is not None
        return SchedulerSettings(
            paused=row["paused"], aging_step_ms=row["aging_step_ms"], version=row["version"]
        )

    async def save_scheduler(self, settings: SchedulerSettings, event: Event) -> bool:
        """See `JobStore.save_scheduler`."""

        async def work(session: Session) -> bool:
            async with session.transaction():
                status = await session.execute(
                    sql("queue.save_scheduler"),
                    settings.paused,
                    settings.aging_step_ms,
                    settings.version,
                )
                if status == "UPDATE 0":
                    return False
                await session.execute(sql("queue.rank_anew"))
                await session.execute(sql("feed.add"), *event_row(0, event)[1:])
                return True

        saved = await self._database.run(work)
        if saved:
            self._notifier.add([Hint(topic="queue"), Hint(topic="event")])
        return saved


def _entry(row: Row, position: int) -> QueueEntry:
    return QueueEntry(
        job_id=row["id"],
        name=row["name"],
        priority=Priority(row["priority"]),
        queued_at=row["queued_at"],
        not_before=row["not_before"],
        position=position,
        placement_class=row["placement_class"],
        reason=row["reason"],
        owner=row["owner"],
        project=row["project"],
    )
