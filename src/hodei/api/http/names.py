"""What views show beside an entity: names of providers for their ids, and the trace of a job."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from hodei.api.http.schemas.jobs import JobView, Names
from hodei.api.http.schemas.model import ProviderRef
from hodei.domain.attempt import Attempt
from hodei.domain.job import Job
from hodei.engine.engine import Engine


def names_of(engine: Engine) -> Names:
    """Looks names up among the providers that this replica has open; no database is asked."""

    def find(provider_id: UUID | None) -> ProviderRef | None:
        if provider_id is None:
            return None
        entry = engine.registry.get(provider_id)
        return ProviderRef(id=str(provider_id), name=entry.record.name if entry else None)

    return find


def job_view(engine: Engine, job: Job, attempts: Sequence[Attempt] = ()) -> JobView:
    """A job as it is shown; `attempts` oldest first."""
    return JobView.of(job, attempts, names_of(engine), engine.jobs.trace(job))
