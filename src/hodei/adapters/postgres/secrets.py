"""Named secrets, and the sealed values in specs of jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from hodei.adapters.postgres.database import Database, Row
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.text import clean, dumps, loads
from hodei.domain.secret import Secret
from hodei.ports.secret_rows import SealedJob

_FIRST = UUID(int=0)


class Secrets:
    """Implements `SecretStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_secrets(self, project: str | None = None) -> Sequence[Secret]:
        """See `SecretStore.list_secrets`."""
        return [Secret(**row) for row in await self._database.rows(sql("secrets.list"), project)]

    async def find_secrets(self, project: str, names: Sequence[str]) -> Sequence[Secret]:
        """See `SecretStore.find_secrets`."""
        rows = await self._database.rows(sql("secrets.find"), project, list(names))
        return [Secret(**row) for row in rows]

    async def put_secret(self, secret: Secret) -> bool:
        """See `SecretStore.put_secret`."""
        place = (secret.project, secret.name, secret.version, secret.sealed)
        by = clean(secret.updated_by)
        if secret.version == 1:
            times = secret.created_at, secret.updated_at
            return await self._database.value(sql("secrets.add"), *place, *times, by) is not None
        values = (*place, secret.updated_at, by)
        return await self._database.value(sql("secrets.set"), *values) is not None

    async def reseal_secret(self, secret: Secret, sealed: str) -> bool:
        """See `SecretStore.reseal_secret`."""
        place = (secret.project, secret.name, secret.version, secret.sealed)
        return await self._database.value(sql("secrets.reseal"), *place, sealed) is not None

    async def delete_secret(self, project: str, name: str) -> bool:
        """See `SecretStore.delete_secret`."""
        return await self._database.value(sql("secrets.delete"), project, name) is not None

    async def use_secrets(self, project: str, names: Sequence[str], at: datetime) -> None:
        """See `SecretStore.use_secrets`."""
        await self._database.rows(sql("secrets.use"), project, list(names), at)

    async def sealed_jobs(
        self, *, without: str, after: UUID | None = None, limit: int = 100
    ) -> Sequence[SealedJob]:
        """See `SecretStore.sealed_jobs`."""
        rows = await self._database.rows(
            sql("secrets.sealed_jobs"), after or _FIRST, without, limit
        )
        return [_sealed_job(row) for row in rows]

    async def reseal_job(self, job: SealedJob, sealed: Mapping[str, str]) -> bool:
        """See `SecretStore.reseal_job`."""
        old, new = (
            dumps({n: {"sealed": s} for n, s in each.items()}) for each in (job.sealed, sealed)
        )
        return (
            await self._database.value(sql("secrets.reseal_job"), job.job_id, old, new) is not None
        )


def _sealed_job(row: Row) -> SealedJob:
    env = loads(row["env"])
    return SealedJob(
        job_id=row["job_id"],
        project=row["project"],
        sealed={
            name: value["sealed"]
            for name, value in env.items()
            if isinstance(value, dict) and "sealed" in value
        },
    )
