"""Named secrets in the store, and every other place where a sealed value lies.

Values come and go sealed; the store never sees the key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from hodei.domain.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedJob:
    """Secret values in the spec of one job."""

    job_id: UUID
    project: str
    sealed: Mapping[str, str]
    """By the name of the variable."""


class SecretStore(Protocol):
    """Secrets by project and name."""

    async def list_secrets(self, project: str | None = None) -> Sequence[Secret]:
        """Of one project or of all, by project and name."""
        ...

    async def find_secrets(self, project: str, names: Sequence[str]) -> Sequence[Secret]:
        """Those of `names` that exist, in no order."""
        ...

    async def put_secret(self, secret: Secret) -> bool:
        """Stores it if the stored version is one less, or none is stored and it is 1.

        `created_at` and `last_used_at` of a stored one stay. False: somebody was quicker.
        """
        ...

    async def reseal_secret(self, secret: Secret, sealed: str) -> bool:
        """Another sealed form of the same value; False when it was changed since it was read."""
        ...

    async def delete_secret(self, project: str, name: str) -> bool:
        """False when there is none."""
        ...

    async def use_secrets(self, project: str, names: Sequence[str], at: datetime) -> None:
        """Notes that these went to a worker; times only move forward."""
        ...

    async def sealed_jobs(
        self, *, without: str, after: UUID | None = None, limit: int = 100
    ) -> Sequence[SealedJob]:
        """Jobs in the order of their ids, from the one after `after`, with a sealed value that
        does not begin with `without`."""
        ...

    async def reseal_job(self, job: SealedJob, sealed: Mapping[str, str]) -> bool:
        """Puts these in the place of the values in `job`; False when it is gone, or has others."""
        ...
