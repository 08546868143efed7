"""Named secrets, and the sealed values in specs of jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from uuid import UUID

from hodei.adapters.memory.part import Part
from hodei.domain.job import Job
from hodei.domain.secret import Secret
from hodei.domain.spec import SealedText
from hodei.ports.secret_rows import SealedJob


class Secrets(Part):
    """SecretStore."""

    async def list_secrets(self, project: str | None = None) -> Sequence[Secret]:
        """See SecretStore."""
        await self._begin()
        kept = sorted(self._tables.secrets.items())
        return [secret for (owner, _), secret in kept if project in (None, owner)]

    async def find_secrets(self, project: str, names: Sequence[str]) -> Sequence[Secret]:
        """See SecretStore."""
        await self._begin()
        kept = self._tables.secrets
        return [kept[project, name] for name in set(names) if (project, name) in kept]

    async def put_secret(self, secret: Secret) -> bool:
        """See SecretStore."""
        await self._begin()
        old = self._tables.secrets.get((secret.project, secret.name))
        if (old.version if old else 0) != secret.version - 1:
            return False
        if old is not None:
            secret = replace(secret, created_at=old.created_at, last_used_at=old.last_used_at)
        self._tables.secrets[secret.project, secret.name] = secret
        return True

    async def reseal_secret(self, secret: Secret, sealed: str) -> bool:
        """See SecretStore."""
        await self._begin()
        old = self._tables.secrets.get((secret.project, secret.name))
        if old is None or (old.version, old.sealed) != (secret.version, secret.sealed):
            return False
        self._tables.secrets[secret.project, secret.name] = replace(old, sealed=sealed)
        return True

    async def delete_secret(self, project: str, name: str) -> bool:
        """See SecretStore."""
        await self._begin()
        return self._tables.secrets.pop((project, name), None) is not None

    async def use_secrets(self, project: str, names: Sequence[str], at: datetime) -> None:
        """See SecretStore."""
        await self._begin()
        for name in names:
            old = self._tables.secrets.get((project, name))
            if old is not None and (old.last_used_at is None or old.last_used_at < at):
                self._tables.secrets[project, name] = replace(old, last_used_at=at)

    async def sealed_jobs(
        self, *, without: str, after: UUID | None = None, limit: int = 100
    ) -> Sequence[SealedJob]:
        """See SecretStore."""
        await self._begin()
        found = (
            _sealed_job(self._tables.jobs[job_id].job)
            for job_id in sorted(self._tables.jobs)
            if after is None or job_id > after
        )
        due = (
            one
            for one in found
            if any(not text.startswith(without) for text in one.sealed.values())
        )
        return list(islice(due, limit))

    async def reseal_job(self, job: SealedJob, sealed: Mapping[str, str]) -> bool:
        """See SecretStore."""
        await self._begin()
        entry = self._tables.jobs.get(job.job_id)
        if entry is None:
            return False
        now = _sealed_job(entry.job).sealed
        if any(now.get(name) != text for name, text in job.sealed.items()):
            return False
        spec = entry.job.spec
        env = {**spec.env, **{name: SealedText(sealed=text) for name, text in sealed.items()}}
        entry.job = replace(entry.job, spec=replace(spec, env=env))
        return True


def _sealed_job(job: Job) -> SealedJob:
    return SealedJob(
        job_id=job.id,
        project=job.spec.project,
        sealed={n: v.sealed for n, v in job.spec.env.items() if isinstance(v, SealedText)},
    )
