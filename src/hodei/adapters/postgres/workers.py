"""Workers and their leases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from hodei.adapters.postgres.database import Database
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.worker_rows import handle_of, worker_of
from hodei.domain.worker import Handle, Worker, WorkerState
from hodei.ports.store import Leased


class Workers:
    """Implements `WorkerStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get_worker(self, worker_id: UUID) -> Worker | None:
        """See `WorkerStore.get_worker`."""
        row = await self._database.row(sql("workers.get"), worker_id)
        return worker_of(row) if row else None

    async def worker_by_session(self, session_digest: bytes) -> Worker | None:
        """See `WorkerStore.worker_by_session`."""
        row = await self._database.row(sql("workers.by_session"), session_digest)
        return worker_of(row) if row else None

    async def list_workers(
        self,
        *,
        provider_id: UUID | None = None,
        states: frozenset[WorkerState] = frozenset(),
        live: bool = True,
        limit: int = 1000,
    ) -> Sequence[Worker]:
        """See `WorkerStore.list_workers`."""
        statement = sql("workers.list_live" if live else "workers.list_all")
        names = [state.value for state in states]
        rows = await self._database.rows(statement, provider_id, names, limit)
        return [worker_of(row) for row in rows]

    async def count_live(self) -> Mapping[UUID, int]:
        """See `WorkerStore.count_live`."""
        rows = await self._database.rows(sql("workers.count_live"))
        return {row["provider_id"]: row["n"] for row in rows}

    async def renew(self, replica: str, worker_ids: Sequence[UUID], ttl_s: float) -> set[UUID]:
        """See `WorkerStore.renew`."""
        if not worker_ids:
            return set()
        rows = await self._database.rows(sql("workers.renew"), replica, list(worker_ids), ttl_s)
        return {row["id"] for row in rows}

    async def leases(self, limit: int = 10_000) -> Sequence[Leased]:
        """See `WorkerStore.leases`."""
        return [
            Leased(
                worker=worker_of(row),
                replica=row["lease_replica"],
                lease_age_s=row["lease_age_s"],
            )
            for row in await self._database.rows(sql("workers.leases"), limit)
        ]

    async def owned_handles(self, provider_id: UUID) -> Sequence[tuple[UUID, Handle | None]]:
        """See `WorkerStore.owned_handles`."""
        rows = await self._database.rows(sql("workers.owned"), provider_id)
        return [(row["id"], handle_of(row["handle"])) for row in rows]
