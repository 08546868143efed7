"""What the calls return. Each value keeps the server's own JSON in `raw`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hodei.domain.attempt import Phase, PhaseMark
from hodei.domain.job import JOB, JobState
from hodei.domain.outcome import Cause, Outcome

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at a job."""

    number: int
    id: str
    phase: Phase
    phases: tuple[PhaseMark, ...]
    worker_id: str
    provider: str
    """Name of the provider, or its id when it was deleted."""
    placement_reason: str
    outcome: Outcome | None
    raw: Raw = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job; what only the whole job tells (spec, attempts) is empty when it came from a list."""

    id: str
    name: str
    project: str
    owner: str
    state: JobState
    phase: Phase | None
    """Phase of the newest attempt."""
    attempts: int
    """Attempts so far."""
    provider: str
    """Name of the newest attempt's provider; empty while there is none."""
    submitted_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    outcome: Outcome | None
    spec: Raw = field(repr=False)
    tries: tuple[Attempt, ...]
    """Every attempt, oldest first."""
    origin: Raw | None
    """What made it: {template, parameters, secret_parameters, schedule, slot, trigger}; None when
    somebody submitted the spec itself. Lists leave the parameters out."""
    raw: Raw = field(repr=False, compare=False)

    @property
    def finished(self) -> bool:
        """Whether the state is terminal."""
        return self.state in JOB.terminal

    @property
    def succeeded(self) -> bool:
        """Whether it ended with exit code 0."""
        return self.state is JobState.SUCCEEDED


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of an attempt's log."""

    attempt: int
    n: int
    """Number within the attempt, from 1 over both streams."""
    time_ms: int
    """Unix time in milliseconds."""
    stream: str
    """stdout or stderr."""
    level: str
    """DEBUG, INFO, WARN, ERROR, or empty when the line does not say."""
    text: str
    """Without its newline; control characters are kept."""
    newline: bool
    """False when the output went on, or ended, without a newline."""
    marker: bool
    """Written by Hodei, not by the job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Where a job is and why."""

    state: JobState
    phase: str | None
    reason: str
    """One sentence."""
    position: int | None
    """Place in the queue, from 1."""
    rejections: tuple[Raw, ...]
    raw: Raw = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would happen to a spec that were submitted now."""

    accepted: bool
    provider: str
    reason: str
    warm: bool
    rejections: tuple[Raw, ...]
    raw: Raw = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider with what is known of it now."""

    id: str
    name: str
    type: str
    enabled: bool
    ok: bool
    reason: str
    """Why it is not well."""
    isolation: str
    live_workers: int
    max_workers: int | None
    raw: Raw = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker."""

    id: str
    state: str
    target: str
    """What is wanted of it: RUN or GONE."""
    provider: str
    job_id: str | None
    created_at: datetime | None
    raw: Raw = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStatus:
    """The queue in numbers."""

    pending: int
    delayed: int
    assigned: int
    running: int
    paused: bool
    raw: Raw = field(repr=False, compare=False)


# ---- from the server's JSON


def job_from(raw: Raw) -> Job:
    """A job, whole or as lists carry it."""
    spec = raw.get("spec") or {}
    tries = _tries(raw)
    attempts = raw.get("attempts")
    return Job(
        id=raw["id"],
        name=raw.get("name") or spec.get("name") or "",
        project=raw.get("project") or spec.get("project") or "",
        owner=raw.get("owner") or "",
        state=JobState(raw["state"]),
        phase=_phase(raw.get("phase")) or (tries[-1].phase if tries else None),
        attempts=attempts if isinstance(attempts, int) else len(tries),
        provider=_provider_name(raw),
        submitted_at=time_from(raw["submitted_at"]),
        started_at=maybe_time(raw.get("started_at")),
        finished_at=maybe_time(raw.get("finished_at")),
        cancel_requested_at=maybe_time(raw.get("cancel_requested_at")),
        outcome=_outcome(raw.get("outcome")) or _flat_outcome(raw),
        spec=spec,
        tries=tries,
        origin=raw.get("origin"),
        raw=raw,
    )


def _tries(raw: Raw) -> tuple[Attempt, ...]:
    found = raw.get("attempts")
    return tuple(_attempt(item) for item in found) if isinstance(found, list) else ()


def _attempt(raw: Raw) -> Attempt:
    return Attempt(
        number=raw["number"],
        id=raw["id"],
        phase=Phase(raw["phase"]),
        phases=tuple(
            PhaseMark(
                phase=Phase(mark["phase"]),
                at=time_from(mark["at"]),
                detail=mark.get("detail") or "",
            )
            for mark in raw.get("phases") or ()
        ),
        worker_id=raw.get("worker_id") or "",
        provider=_provider_name(raw),
        placement_reason=raw.get("placement_reason") or "",
        outcome=_outcome(raw.get("outcome")),
        raw=raw,
    )


def _outcome(raw: Raw | None) -> Outcome | None:
    if not raw:
        return None
    return Outcome(
        cause=Cause(raw["cause"]),
        exit_code=raw.get("exit_code"),
        signal=raw.get("signal"),
        message=raw.get("message") or "",
        suggestion=raw.get("suggestion") or "",
    )


def _flat_outcome(raw: Raw) -> Outcome | None:
    """Lists carry cause and exit code only."""
    if not raw.get("cause"):
        return None
    return Outcome(cause=Cause(raw["cause"]), exit_code=raw.get("exit_code"))


def explanation_from(raw: Raw) -> Explanation:
    """What `/explain` answers."""
    return Explanation(
        state=JobState(raw["state"]),
        phase=raw.get("phase"),
        reason=raw.get("reason") or "",
        position=raw.get("position"),
        rejections=tuple(raw.get("rejections") or ()),
        raw=raw,
    )


def plan_from(raw: Raw) -> Plan:
    """What `/jobs:plan` answers."""
    return Plan(
        accepted=raw["accepted"],
        provider=_provider_name(raw),
        reason=raw.get("reason") or "",
        warm=bool(raw.get("warm")),
        rejections=tuple(raw.get("rejections") or ()),
        raw=raw,
    )


def provider_from(raw: Raw) -> Provider:
    """One provider."""
    health = raw.get("health") or {}
    capabilities = raw.get("capabilities") or {}
    return Provider(
        id=raw["id"],
        name=raw["name"],
        type=raw["type"],
        enabled=bool(raw.get("enabled")),
        ok=bool(health.get("ok")),
        reason=health.get("reason") or "",
        isolation=capabilities.get("isolation") or "",
        live_workers=raw.get("live_workers") or 0,
        max_workers=raw.get("max_workers") or capabilities.get("max_workers"),
        raw=raw,
    )


def worker_from(raw: Raw) -> Worker:
    """One worker."""
    return Worker(
        id=raw["id"],
        state=raw["state"],
        target=raw["target"],
        provider=_provider_name(raw),
        job_id=raw.get("job_id"),
        created_at=maybe_time(raw.get("created_at")),
        raw=raw,
    )


def queue_from(raw: Raw) -> QueueStatus:
    """The queue."""
    return QueueStatus(
        pending=raw["pending"],
        delayed=raw["delayed"],
        assigned=raw["assigned"],
        running=raw["running"],
        paused=raw["settings"]["paused"],
        raw=raw,
    )


def line_from(attempt: int, raw: Raw) -> LogLine:
    """One line; marks that are not set are left out by the server."""
    return LogLine(
        attempt=attempt,
        n=raw["n"],
        time_ms=raw["t"],
        stream=raw["s"],
        level=raw["l"],
        text=raw["m"],
        newline=not (raw.get("c") or raw.get("u")),
        marker=bool(raw.get("h")),
    )


def _provider_name(raw: Raw) -> str:
    found = raw.get("provider") or {}
    return found.get("name") or found.get("id") or ""


def _phase(text: str | None) -> Phase | None:
    return Phase(text) if text else None


def time_from(text: str) -> datetime:
    """A time as the server writes it."""
    return datetime.fromisoformat(text)


def maybe_time(text: str | None) -> datetime | None:
    """The same, where there may be none yet."""
    return time_from(text) if text else None
