"""Effect: what disabling a provider would do to the jobs that run and wait now."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hodei.domain.placement import Candidate, could_serve
from hodei.engine.core import Core
from hodei.engine.explain import Explainer
from hodei.ports.loads import ProviderLoad

LOOKED_AT = 1000
"""Waiting jobs that are looked at, the first of the queue."""
MAX_CLASSES = 50
"""Placement classes that are decided; jobs of further ones are not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What becomes of jobs when one provider takes no more."""

    load: ProviderLoad
    """What goes on to its end there."""
    waiting: int
    """Waiting jobs that nothing else that is enabled could ever serve."""
    at_least: bool
    """Whether the queue is so long that only its beginning was looked at."""


async def effect_of_disabling(core: Core, explainer: Explainer, provider_id: UUID) -> Effect:
    """What would go on, and what would wait in vain."""
    loads = await core.store.provider_loads()
    page = await core.store.queue(limit=LOOKED_AT)
    candidates = await explainer.candidates()
    stranded: dict[str, bool] = {}
    left_out = False
    for entry in page.items:
        if entry.placement_class in stranded:
            continue
        if len(stranded) == MAX_CLASSES:
            left_out = True
            continue
        job = await core.store.get_job(entry.job_id)
        stranded[entry.placement_class] = job is not None and _only(
            provider_id, could_serve(job.spec, candidates)
        )
    return Effect(
        load=loads.get(provider_id, ProviderLoad()),
        waiting=sum(stranded.get(entry.placement_class, False) for entry in page.items),
        at_least=left_out or page.cursor is not None,
    )


def _only(provider_id: UUID, able: list[Candidate]) -> bool:
    enabled = {candidate.record.id for candidate in able if candidate.record.enabled}
    return enabled <= {provider_id} and any(c.record.id == provider_id for c in able)
