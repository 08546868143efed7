"""Audit: who did what, or was not let, kept in rows that nothing changes.

A change of users, tokens, roles, secrets, projects, providers, the scheduler, workers or
terminals is answered when its row is stored. Rows of jobs (whose events tell the actor in the
same transaction) and of refusals follow within a second. What waits is kept in memory, goes out
in batches, and is bounded; a row that had to be dropped is counted in one that is stored later.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Sequence
from itertools import islice

from hodei.domain.access.principal import Principal
from hodei.domain.audit import Entry, Interface, Result
from hodei.domain.errors import HodeiError, InvalidRequest, Unavailable
from hodei.domain.folding import CHANGES, DENIALS, Folding
from hodei.engine.correlation import current_id
from hodei.ports.audit import AuditFilter, AuditStore
from hodei.ports.clock import Clock
from hodei.ports.store import Page

logger = logging.getLogger(__name__)

PAUSE_S = 0.5
"""Between two batches of rows that may follow."""
RETRY_S = 5.0
"""After the store did not answer."""
BATCH = 500
MAX_WAITING = 20_000
"""Rows in memory while the store is away; those that may follow are dropped beyond."""
MAX_PAGE = 500
EXPORT_PAGE = 500


class Audit:
    """Takes entries in and hands them out; any number of tasks may note."""

    def __init__(self, store: AuditStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._waiting: deque[Entry] = deque()
        self._noted = 0
        self._stored = 0
        self._lost = 0
        self._denials = Folding(DENIALS)
        self._changes = Folding(CHANGES)
        self._writing: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    async def note(self, entry: Entry) -> None:
        """Takes one entry in; when it is `durable`, returns once it is stored.

        Raises Unavailable when a durable one could not be stored at once; it is kept and tried
        again.
        """
        if entry.durable:
            self._append(entry)
            await self._until(self._noted)
            return
        folding = self._changes if entry.result is Result.OK else self._denials
        kept = folding.take(entry)
        if kept is not None:
            self._follow(kept)
        self._wake.set()

    async def run(self) -> None:
        """Stores what may follow, until cancelled. Sleeps while there is nothing."""
        while True:
            await self._wake.wait()
            await self._clock.sleep(PAUSE_S)
            self._wake.clear()
            try:
                await self.flush()
            except HodeiError as error:
                logger.warning("audit rows wait", extra={"error": str(error)})
                await self._clock.sleep(RETRY_S)
            if self._waiting or not (self._denials.empty and self._changes.empty):
                self._wake.set()

    async def flush(self, *, everything: bool = False) -> None:
        """Stores what waits; with `everything` also what is still being counted.

        Raises Unavailable.
        """
        now = self._clock.now()
        for folding in (self._denials, self._changes):
            for entry in folding.due(now, everything=everything):
                self._follow(entry)
        if self._lost and len(self._waiting) < MAX_WAITING:
            self._append(
                Entry(
                    at=now,
                    actor="system",
                    action="audit.lost",
                    result=Result.FAILED,
                    interface=Interface.SYSTEM,
                    detail="rows that could not be stored",
                    count=self._lost,
                )
            )
            self._lost = 0
        await self._until(self._noted)

    async def stop(self) -> None:
        """Stores all there is, as far as the store answers."""
        try:
            await self.flush(everything=True)
        except HodeiError as error:
            extra = {"error": str(error), "rows": len(self._waiting)}
            logger.error("audit rows not stored", extra=extra)

    async def page(
        self, where: AuditFilter, *, cursor: str | None = None, limit: int = 50
    ) -> Page[Entry]:
        """The newest rows first. Raises InvalidRequest."""
        if not 1 <= limit <= MAX_PAGE:
            raise InvalidRequest.of("limit", f"must be between 1 and {MAX_PAGE}", limit)
        found = await self._store.list_audit(where, after=_place(cursor), limit=limit + 1)
        items = tuple(found[:limit])
        return Page(items=items, cursor=str(items[-1].id) if len(found) > limit else None)

    async def export(
        self, where: AuditFilter, principal: Principal, *, interface: Interface, source: str
    ) -> AsyncIterator[Sequence[Entry]]:
        """All rows that fit, the oldest first, page by page; leaves a row of its own."""
        await self.note(
            Entry(
                at=self._clock.now(),
                actor=principal.name,
                via=principal.via.value,
                action="audit.export",
                target_kind="audit",
                project=where.project or "",
                interface=interface,
                source=source,
                correlation_id=current_id(),
            )
        )
        after: int | None = None
        while found := await self._store.list_audit(
            where, after=after, limit=EXPORT_PAGE, oldest=True
        ):
            yield found
            after = found[-1].id

    def _follow(self, entry: Entry) -> None:
        if len(self._waiting) < MAX_WAITING:
            self._append(entry)
        else:
            self._lost += entry.count

    def _append(self, entry: Entry) -> None:
        self._waiting.append(entry.bounded())
        self._noted += 1

    async def _until(self, number: int) -> None:
        """Returns when so many have been stored since the start."""
        while self._stored < number:
            if self._writing is None or self._writing.done():
                self._writing = asyncio.create_task(self._write(), name="audit")
            # Whoever waits may be cancelled; what is being written must not be.
            await asyncio.shield(self._writing)

    async def _write(self) -> None:
        most = BATCH
        while self._waiting:
            batch = list(islice(self._waiting, most))
            try:
                await self._store.add_audit(batch)
            except Unavailable:
                raise
            except HodeiError as error:
                # One row that the store cannot hold must not keep the others out.
                if len(batch) > 1:
                    most = 1
                    continue
                extra = {"action": batch[0].action, "error": str(error)}
                logger.error("audit row not stored", extra=extra)
                self._lost += batch[0].count
            for _ in batch:
                self._waiting.popleft()
            self._stored += len(batch)


def _place(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
        raise InvalidRequest.of("cursor", "is not a cursor of this list", cursor)
    return int(cursor)
