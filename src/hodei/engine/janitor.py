"""Janitor: what is older than its retention is removed, a little at a time."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from hodei.domain.errors import HodeiError
from hodei.domain.project import Keeping, Project
from hodei.engine.core import Core
from hodei.ports.maintenance import ProjectDates, Purged
from hodei.ports.meter import Loop

logger = logging.getLogger(__name__)

PAUSE_S = 300.0
BATCH = 1000
AUDIT_BATCH = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long finished work is kept."""

    jobs: timedelta = timedelta(days=90)
    logs: timedelta = timedelta(days=30)
    audit: timedelta = timedelta(days=365)
    """A day at least."""
    deliveries: timedelta = timedelta(days=30)
    """Of webhooks."""


class Janitor:
    """The retention loop; any number of replicas may run it."""

    def __init__(self, core: Core, retention: Retention | None = None) -> None:
        self._core = core
        self.retention = retention or Retention()
        self.removed = Counter[str]()
        """What went since this replica started, by kind."""

    async def run(self) -> None:
        """Purges until cancelled: again at once while there is more, else after a pause."""
        while True:
            await self._core.clock.sleep(PAUSE_S)
            try:
                while await self._purge():
                    await self._core.clock.sleep(0.1)
                self._core.meter.passed(Loop.JANITOR)
            except HodeiError as error:
                logger.warning("retention pass failed", extra={"error": str(error)})

    async def _purge(self) -> bool:
        """One batch of everything; whether there may be more."""
        gone = Counter(asdict(await self.run_once()))
        # Each is looked after, however much there is of another.
        gone["audit"] = await self.purge_audit()
        gone["firings"] = await self.purge_firings()
        gone["deliveries"] = await self.purge_deliveries()
        told = {what: count for what, count in gone.items() if count}
        self.removed.update(told)
        if told:
            logger.info("retention removed", extra=told)
        return bool(told)

    async def run_once(self) -> Purged:
        """One batch of jobs, logs and what belongs to them."""
        now = self._core.clock.now()
        projects = await self._core.store.list_projects()
        return await self._core.store.purge(
            jobs_before=now - self.retention.jobs,
            logs_before=now - self.retention.logs,
            limit=BATCH,
            projects=[_dates(each, now) for each in projects if each.retention != Keeping()],
        )

    async def purge_firings(self) -> int:
        """One batch of what schedules did, kept as long as jobs are; gives how many rows went."""
        before = self._core.clock.now() - self.retention.jobs
        return await self._core.store.purge_firings(before, limit=BATCH)

    async def purge_audit(self) -> int:
        """One batch of the audit log for each time that it is kept; gives how many rows went.

        Whole days go, for every removal leaves a row.
        """
        purge, server = self._core.store.purge_audit, self.retention.audit
        projects = await self._core.store.list_projects()
        own = {each.name: each.retention.audit_days for each in projects}
        apart = {name: timedelta(days=days) for name, days in own.items() if days is not None}
        gone = await purge(self._midnight(server), limit=AUDIT_BATCH, without=list(apart))
        for name, kept in apart.items():
            gone += await purge(self._midnight(kept), limit=AUDIT_BATCH, project=name)
        return gone

    def _midnight(self, kept: timedelta) -> datetime:
        before = self._core.clock.now() - kept
        return before.replace(hour=0, minute=0, second=0, microsecond=0)

    async def purge_deliveries(self) -> int:
        """One batch of the deliveries of webhooks; gives how many went."""
        before = self._core.clock.now() - self.retention.deliveries
        return await self._core.store.purge_deliveries(before, limit=BATCH)


def _dates(project: Project, now: datetime) -> ProjectDates:
    def before(days: int | None) -> datetime | None:
        return None if days is None else now - timedelta(days=days)

    kept = project.retention
    return ProjectDates(
        project=project.name,
        jobs_before=before(kept.job_days),
        logs_before=before(kept.log_days),
    )
