"""Chooses the provider of a job, or says exactly why there is none.

Filters come first (`hodei.domain.fitting`), then a score: a warm worker beats everything, then
the provider with the largest free share of its workers, then the name, so that the same input
always gives the same answer. A verdict depends on a few fields of the spec only; jobs that agree
in those are of one *placement class* and share it, so that one unplaceable job costs nothing and
blocks no other.

The queue's order is one time per job that never changes while it waits. A job's *rank* is its
submission time, moved one aging step earlier for HIGH and one later for LOW. Waiting therefore
raises every job without anything being recomputed: whoever is submitted more than two steps
after a LOW job ranks behind it, whatever its priority. So a LOW job waits at most two steps
longer than a HIGH one submitted at the same time, and nothing starves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from hodei.domain.errors import Violation
from hodei.domain.fitting import (
    Candidate,
    IdleWorker,
    Kind,
    hindrance,
    misfit,
    none_text,
    warm_worker,
)
from hodei.domain.serial import canonical_json
from hodei.domain.spec import JobSpec, Priority

__all__ = [
    "AGING_STEP",
    "Blocked",
    "Candidate",
    "IdleWorker",
    "Placement",
    "Rejection",
    "could_serve",
    "decide",
    "placement_class",
    "rank",
    "refused_at_submit",
]

AGING_STEP = timedelta(minutes=10)
_MOST_NAMED = 3
_WARM_BONUS = 2.0
"""More than any share of free workers."""
_STEPS: Mapping[Priority, int] = {Priority.HIGH: -1, Priority.NORMAL: 0, Priority.LOW: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why one provider was not chosen."""

    provider_id: UUID
    provider: str
    kind: Kind
    reason: str
    """A sentence that names the provider."""
    forever: bool
    """Whether only a change of the configuration (or of the spec) would help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where the job goes."""

    provider_id: UUID
    worker_id: UUID | None
    """A waiting worker to hand the job to; None: a new one is needed."""
    score: float
    reason: str
    rejections: tuple[Rejection, ...] = ()
    """Why the others were not possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Nothing can take the job now."""

    reason: str
    """One exact sentence."""
    forever: bool
    """Whether neither load nor health, only another configuration, would change that."""
    rejections: tuple[Rejection, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    candidate: Candidate
    worker: IdleWorker | None

    @property
    def score(self) -> float:
        most = self.candidate.max_workers
        free = max(0, most - self.candidate.live_workers) / most if most else 0.0
        return free + (_WARM_BONUS if self.worker else 0.0)

    @property
    def reason(self) -> str:
        name, most = self.candidate.name, self.candidate.max_workers
        if self.worker:
            return f"warm worker waiting on {name}"
        return f"{name} has {most - self.candidate.live_workers} of {most} workers free"


def decide(spec: JobSpec, candidates: Sequence[Candidate]) -> Placement | Blocked:
    """The best of all configured providers, disabled ones given too, or why none will do."""
    offers: list[_Offer] = []
    rejections: list[Rejection] = []
    for candidate in candidates:
        answer = _ask(spec, candidate)
        if isinstance(answer, _Offer):
            offers.append(answer)
        else:
            rejections.append(answer)
    if not offers:
        return Blocked(
            reason=_why(spec, candidates, rejections),
            forever=all(r.forever for r in rejections),
            rejections=tuple(rejections),
        )
    best = min(offers, key=lambda o: (-o.score, o.candidate.record.name))
    return Placement(
        provider_id=best.candidate.record.id,
        worker_id=best.worker.worker_id if best.worker else None,
        score=best.score,
        reason=best.reason,
        rejections=tuple(rejections),
    )


def could_serve(spec: JobSpec, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those that could run the job when they are enabled, well and free."""
    return [candidate for candidate in candidates if misfit(spec, candidate) is None]


def refused_at_submit(spec: JobSpec, candidates: Sequence[Candidate]) -> list[Violation]:
    """What must change before the job can be taken; empty when some provider could serve it.

    Neither load nor health counts, nor whether a provider is enabled.
    """
    if not candidates:
        return [Violation(field="", message="no provider is configured; create one first")]
    found = [(c, misfit(spec, c)) for c in candidates]
    rejections = [_rejected(c, *why) for c, why in found if why is not None]
    if len(rejections) < len(candidates):
        return []
    asked = _asked_for(rejections)
    kinds = dict.fromkeys(r.kind for r in asked)
    violations = [
        Violation(
            field=kind.field,
            message=_lasting_text(spec, [r for r in asked if r.kind is kind], asked, "configured"),
            value=_given(spec, kind),
        )
        for kind in kinds
    ]
    return violations


def placement_class(spec: JobSpec) -> str:
    """16 hex digits, equal for specs that placement cannot tell apart."""
    wanted, wish = spec.resources, spec.preferences
    return _class_of(
        spec.image,
        float(wanted.cpu),
        wanted.memory_mb,
        wanted.storage_mb,
        wanted.gpus,
        wanted.architecture,
        wish.provider,
        wish.region,
        tuple(sorted(wish.labels.items())),
        spec.network,
    )


@lru_cache(maxsize=1000)
def _class_of(*read: object) -> str:
    *others, labels, network = read
    assert isinstance(labels, tuple)
    text = canonical_json([*others, dict(labels), network])
    return sha256(text.encode()).hexdigest()[:16]


def rank(
    submitted_at: datetime, priority: Priority, aging_step: timedelta = AGING_STEP
) -> datetime:
    """The job's place in the queue; earlier is served first."""
    return submitted_at + _STEPS[priority] * aging_step


def _ask(spec: JobSpec, candidate: Candidate) -> _Offer | Rejection:
    """What one provider has to say to the job."""
    if why := misfit(spec, candidate):
        return _rejected(candidate, *why)
    if not candidate.record.enabled:
        return _rejected(candidate, Kind.DISABLED, f"provider {candidate.name} is disabled")
    why = hindrance(spec, candidate)
    # A waiting worker needs no room of its own, but an ailing provider may not reach it.
    worker = warm_worker(spec, candidate) if candidate.health.ok else None
    if why is not None and worker is None:
        return _rejected(candidate, *why)
    return _Offer(candidate=candidate, worker=worker)


def _rejected(candidate: Candidate, kind: Kind, reason: str) -> Rejection:
    return Rejection(
        provider_id=candidate.record.id,
        provider=candidate.record.name,
        kind=kind,
        reason=reason,
        forever=kind.lasting,
    )


def _asked_for(rejections: Sequence[Rejection]) -> Sequence[Rejection]:
    """Those of the provider that the job names, or all when it names none that exists."""
    return [r for r in rejections if r.kind is not Kind.PREFERENCE] or rejections


def _why(spec: JobSpec, candidates: Sequence[Candidate], rejections: Sequence[Rejection]) -> str:
    """One sentence for all rejections: what the job is really waiting for."""
    if not candidates:
        return "no provider is configured"
    asked = _asked_for(rejections)
    enabled_ids = {c.record.id for c in candidates if c.record.enabled}
    enabled = [r for r in asked if r.provider_id in enabled_ids]
    disabled = [r for r in asked if r.kind is Kind.DISABLED]
    passing = [r for r in enabled if not r.forever]
    if passing:
        return _passing_text(candidates, passing)
    if disabled and enabled:
        return f"{_names(disabled)} could run the job but {_is_are(disabled)} disabled"
    if enabled:
        return _lasting_text(spec, enabled, enabled, "enabled")
    if len(asked) == 1:
        return f"provider '{asked[0].provider}' is disabled"
    if all(r.kind is Kind.PREFERENCE for r in asked):
        return none_text(Kind.PREFERENCE, spec, "")
    return "no provider is enabled"


def _passing_text(candidates: Sequence[Candidate], passing: Sequence[Rejection]) -> str:
    busy = all(r.kind is Kind.FULL for r in passing) and len(passing) > 1
    ids = {r.provider_id for r in passing}
    full = [c for c in candidates if c.record.id in ids]
    if busy and not any(c.idle for c in full):
        return f"all {sum(c.max_workers for c in full)} workers of {_names(passing)} are busy"
    return _listed([r.reason for r in passing])


def _lasting_text(
    spec: JobSpec, same: Sequence[Rejection], everything: Sequence[Rejection], which: str
) -> str:
    """One sentence for `same`, whose providers are all, or some, of `everything`."""
    kinds = {r.kind for r in same}
    preference = Kind.PREFERENCE in kinds
    if len(kinds) == 1 and (preference or (len(same) > 1 and len(same) == len(everything))):
        return none_text(same[0].kind, spec, f"no {which} provider")
    return _listed([r.reason for r in same])


def _listed(sentences: Sequence[str]) -> str:
    more = len(sentences) - _MOST_NAMED
    tail = f"; and {more} more" if more > 0 else ""
    return "; ".join(sentences[:_MOST_NAMED]) + tail


def _names(rejections: Sequence[Rejection]) -> str:
    if len(rejections) > _MOST_NAMED:
        return f"{len(rejections)} providers"
    names = [f"'{name}'" for name in sorted(r.provider for r in rejections)]
    if len(names) == 1:
        return f"provider {names[0]}"
    return f"providers {', '.join(names[:-1])} and {names[-1]}"


def _is_are(things: Sequence[object]) -> str:
    return "is" if len(things) == 1 else "are"


def _given(spec: JobSpec, kind: Kind) -> str:
    """The value that the spec has in the field of `kind`."""
    wanted, wish = spec.resources, spec.preferences
    value = {
        Kind.PREFERENCE: wish.provider,
        Kind.REGION: wish.region,
        Kind.NO_IMAGES: spec.image,
        Kind.ARCHITECTURE: wanted.architecture,
        Kind.GPUS: wanted.gpus,
        Kind.NETWORK: spec.network,
        Kind.STORAGE: wanted.storage_mb,
        Kind.CPU: f"{wanted.cpu:g}",
        Kind.MEMORY: wanted.memory_mb,
    }.get(kind)
    return "" if value is None else str(value)
