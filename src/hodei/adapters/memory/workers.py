"""Workers and their leases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from hodei.adapters.memory.part import Part
from hodei.adapters.memory.tables import WorkerEntry
from hodei.domain.worker import Handle, Worker, WorkerState
from hodei.ports.store import Leased


class Workers(Part):
    """WorkerStore."""

    async def get_worker(self, worker_id: UUID) -> Worker | None:
        """See WorkerStore."""
        await self._begin()
        entry = self._tables.workers.get(worker_id)
        return entry.worker if entry else None

    async def worker_by_session(self, session_digest: bytes) -> Worker | None:
        """See WorkerStore."""
        await self._begin()
        worker_id = self._tables.worker_by_session.get(session_digest)
        return self._tables.workers[worker_id].worker if worker_id else None

    async def list_workers(
        self,
        *,
        provider_id: UUID | None = None,
        states: frozenset[WorkerState] = frozenset(),
        live: bool = True,
        limit: int = 1000,
    ) -> Sequence[Worker]:
        """See WorkerStore."""
        await self._begin()
        found = [
            entry
            for entry in self._tables.workers.values()
            if (entry.live or not live)
            and provider_id in (None, entry.worker.provider_id)
            and (not states or entry.worker.state in states)
        ]
        found.sort(key=_age, reverse=True)
        return [entry.worker for entry in found[:limit]]

    async def count_live(self) -> Mapping[UUID, int]:
        """See WorkerStore."""
        await self._begin()
        return dict(Counter(entry.worker.provider_id for entry in self._tables.live_workers()))

    async def renew(self, replica: str, worker_ids: Sequence[UUID], ttl_s: float) -> set[UUID]:
        """See WorkerStore."""
        await self._begin()
        until = self._now() + timedelta(seconds=ttl_s)
        leased = set()
        for worker_id in worker_ids:
            entry = self._tables.workers.get(worker_id)
            if entry is not None and entry.live:
                entry.lease(replica, until)
                leased.add(worker_id)
        return leased

    async def leases(self, limit: int = 10_000) -> Sequence[Leased]:
        """See WorkerStore."""
        await self._begin()
        now = self._now()
        entries = sorted(self._tables.live_workers(), key=_age)[:limit]
        return [
            Leased(
                worker=entry.worker,
                replica=entry.leased_by,
                lease_age_s=(now - (entry.leased_until or entry.worker.created_at)).total_seconds(),
            )
            for entry in entries
        ]

    async def owned_handles(self, provider_id: UUID) -> Sequence[tuple[UUID, Handle | None]]:
        """See WorkerStore."""
        await self._begin()
        return [
            (entry.worker.id, entry.worker.handle)
            for entry in self._tables.live_workers(provider_id)
        ]


def _age(entry: WorkerEntry) -> tuple[float, int]:
    return entry.worker.created_at.timestamp(), entry.seq
