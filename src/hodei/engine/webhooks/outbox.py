"""The outbox: turns events of the feed into deliveries, each exactly once.

Any number of replicas read the feed; the place up to which it was read moves in the transaction
that stores the deliveries, so that of two who read the same stretch one stores nothing. While no
webhook is enabled nothing is read, and only a change of webhooks wakes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from hodei.domain.errors import HodeiError
from hodei.domain.webhooks.delivery import Delivery, delivery_id
from hodei.domain.webhooks.payload import job_payload
from hodei.domain.webhooks.webhook import Subject, Webhook, told_as
from hodei.engine.core import Core
from hodei.ports.meter import Loop
from hodei.ports.store import JobRow
from hodei.ports.webhooks import FeedPart, NewDelivery

logger = logging.getLogger(__name__)

STRETCH = 1000
"""Events that are looked at together."""
PAUSE_S = 0.1
"""Between two readings while much happens, so that they come in batches."""
RETRY_S = 2.0
"""After the store did not answer."""
RARELY_S = 60.0
"""How often it is looked whether there is a webhook, should the hint have been lost."""


class Outbox:
    """The reading loop of this replica."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._wake = asyncio.Event()
        self.watching = False
        """Whether some webhook was enabled at the last look."""

    def wake(self) -> None:
        """Something may have happened."""
        if self.watching:
            self._wake.set()

    def changed(self) -> None:
        """Webhooks may have changed."""
        self._wake.set()

    async def run(self) -> None:
        """Reads until cancelled."""
        woken = True
        while True:
            try:
                more = await self.run_once()
                self._core.meter.passed(Loop.OUTBOX)
            except HodeiError as error:
                logger.warning("webhooks not told", extra={"error": str(error)})
                await self._core.clock.sleep(RETRY_S)
                continue
            if more:
                await self._core.clock.sleep(PAUSE_S)
            else:
                woken = await self._woken(soon=woken)

    async def run_once(self) -> bool:
        """Reads one stretch; whether there was one."""
        self._wake.clear()
        webhooks = await self._core.store.enabled_webhooks()
        self.watching = bool(webhooks)
        if not webhooks:
            return False
        part = await self._core.store.webhook_feed({w.project for w in webhooks}, limit=STRETCH)
        if part is None:
            return False
        await self._core.store.add_deliveries(part, await self._deliveries(webhooks, part))
        return True

    async def _woken(self, *, soon: bool) -> bool:
        """Waits for a wake, or for a sweep's time: after a wake a short one, because an event can
        be held back by an older transaction."""
        timings = self._core.timings
        patience = (timings.sweep if soon else timings.calm_sweep).total_seconds()
        try:
            async with asyncio.timeout(patience if self.watching else RARELY_S):
                await self._wake.wait()
        except TimeoutError:
            return False
        return True

    async def _deliveries(
        self, webhooks: Sequence[Webhook], part: FeedPart
    ) -> Sequence[NewDelivery]:
        ids = {event.job_id for event in part.events if event.job_id is not None}
        rows = await self._core.store.job_rows(list(ids)) if ids else ()
        jobs = {row.id: subject_of(row) for row in rows}
        now, found = self._core.clock.now(), list[NewDelivery]()
        for event in part.events:
            told, job = told_as(event), jobs.get(event.job_id) if event.job_id else None
            if told is None or job is None:
                continue
            for webhook in webhooks:
                if not webhook.wants(told, job):
                    continue
                key = delivery_id(webhook.id, event.cursor)
                delivery = Delivery(
                    id=key,
                    webhook_id=webhook.id,
                    project=webhook.project,
                    event=told.value,
                    job_id=job.id,
                    payload=job_payload(key, webhook, told, event, job),
                    created_at=now,
                    next_attempt_at=now,
                )
                found.append(NewDelivery(delivery=delivery, event_cursor=event.cursor))
        return found


def subject_of(row: JobRow) -> Subject:
    """What is told of a job."""
    return Subject(
        id=row.id,
        name=row.name,
        project=row.project,
        owner=row.owner,
        labels=row.labels,
        priority=row.priority.value,
        command_type=row.command_type.value,
        image=row.image,
        attempts=row.attempts,
        submitted_at=row.submitted_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        origin=row.origin,
    )
