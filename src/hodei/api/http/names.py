"""Names of providers for the ids that jobs and workers carry."""

from __future__ import annotations

from uuid import UUID

from hodei.api.http.schemas.jobs import Names
from hodei.api.http.schemas.model import ProviderRef
from hodei.engine.engine import Engine


def names_of(engine: Engine) -> Names:
    """Looks names up among the providers that this replica has open; no database is asked."""

    def find(provider_id: UUID | None) -> ProviderRef | None:
        if provider_id is None:
            return None
        entry = engine.registry.get(provider_id)
        return ProviderRef(id=str(provider_id), name=entry.record.name if entry else None)

    return find
