"""Instruments: counters and histograms of this replica, fed by what it saves and serves.

Each fact is saved by exactly one replica, so the sum over all replicas is that of the
installation. No label is ever an id or a text that somebody chose, but for the names of
providers, which only administrators give.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

from hodei.domain.attempt import Attempt, Phase
from hodei.domain.events import Event, EventKind
from hodei.domain.job import JOB, Job
from hodei.domain.outcome import Cause
from hodei.domain.schedules.schedule import OPEN, Outcome
from hodei.domain.spec import Priority
from hodei.domain.webhooks.delivery import Delivery, DeliveryState
from hodei.ports.meter import Loop
from hodei.ports.store import LogAppend, Unit

FINE = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Seconds that an answer, or a turn of the event loop, may take."""
WAITS = (0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)
"""Seconds that a job may wait, or a worker take to be made."""
RUNS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400)
"""Seconds that a job may run."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_STARTING = (Phase.PROVISIONING, Phase.PULLING, Phase.REGISTERING, Phase.STARTING)


class Instruments:
    """Implements `EngineMeter` and `CallMeter`."""

    def __init__(self) -> None:
        # Else each of them has a second metric with the time of its first value.
        without_times: Callable[[], None] = disable_created_metrics
        without_times()
        self.registry = CollectorRegistry()
        self.named: Callable[[UUID], str | None] = lambda provider_id: None
        """The name of a provider, as the wiring knows it."""
        self._make_job_instruments()
        self._make_side_instruments()
        self._make_call_instruments()
        self._begin_at_zero()

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"hodei_{name}", f"{text}; this replica", labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(
            f"hodei_{name}_seconds",
            f"{text}; this replica",
            labels,
            buckets=buckets,
            registry=self.registry,
        )

    def _make_job_instruments(self) -> None:
        self._submitted = self._counter("jobs_submitted", "Jobs submitted", "priority")
        self._finished = self._counter("jobs_finished", "Jobs that ended", "state")
        self._requeued = self._counter(
            "jobs_requeued", "Jobs queued again, by why the attempt before ended", "cause"
        )
        self._attempts = self._counter(
            "attempts", "Attempts that ended, by how and why", "provider", "outcome", "cause"
        )
        self._warm = self._counter(
            "warm_requests", "Jobs bound, by whether a worker waited for them", "provider", "result"
        )
        self._made = self._counter("workers_created", "Workers that were asked for", "provider")
        self._gone = self._counter("workers_gone", "Workers of which nothing is left", "provider")
        self._log_bytes = self._counter("log_bytes", "Log text stored, in bytes")
        self._log_lines = self._counter("log_lines", "Log lines stored")
        self._wait = self._histogram(
            "queue_wait", "From when a job could begin until it was bound", WAITS, "priority"
        )
        self._start = self._histogram(
            "job_start", "From the binding to the user's process", WAITS, "provider"
        )
        self._phase = self._histogram(
            "job_start_phase",
            "Phases of the time until the user's process",
            WAITS,
            "provider",
            "phase",
        )
        self._run = self._histogram(
            "attempt_run", "Run time of the user's process", RUNS, "provider"
        )
        self._cleanup = self._histogram(
            "attempt_cleanup",
            "From an attempt's end until nothing of it was left",
            WAITS,
            "provider",
        )
        self._duration = self._histogram(
            "job_duration",
            "From the submission of a job to its end",
            RUNS,
            "state",
        )

    def _make_side_instruments(self) -> None:
        self._firings = self._counter(
            "schedule_firings",
            "Slots of schedules by what became of them, skipped ones in a row as one",
            "outcome",
        )
        self._deliveries = self._counter(
            "webhook_attempts", "Attempts to deliver to a webhook, by how it stands then", "state"
        )
        self._webhook = self._histogram("webhook_attempt", "How long those attempts took", FINE)
        self._streams = self._counter("agent_streams", "Streams that agents opened")
        self._passed = Gauge(
            "hodei_loop_last_success_timestamp_seconds",
            "When a loop last looked and all was well, or the start; this replica",
            ["loop"],
            registry=self.registry,
        )
        self._spans = self._counter(
            "trace_spans", "Spans of traces, by whether the collector has them", "result"
        )
        self.lag = self._histogram("event_loop_lag", "How late the event loop woke a sleeper", FINE)

    def _make_call_instruments(self) -> None:
        self._http = self._counter(
            "http_requests", "HTTP requests answered", "method", "route", "code"
        )
        self._http_seconds = self._histogram(
            "http_request_duration",
            "How long HTTP requests took, event streams apart",
            FINE,
            "method",
            "route",
        )
        self._websockets = Gauge(
            "hodei_websockets", "WebSockets that are open; this replica", registry=self.registry
        )
        self._grpc = self._counter("grpc_requests", "gRPC calls answered", "method", "code")
        self._grpc_seconds = self._histogram(
            "grpc_request_duration", "How long gRPC calls took, streams apart", FINE, "method"
        )

    def _begin_at_zero(self) -> None:
        """What can be counted is there before it happens, so that its first time is a rise."""
        for priority in Priority:
            self._submitted.labels(priority)
            self._wait.labels(priority)
        for state in JOB.terminal:
            self._finished.labels(state)
            self._duration.labels(state)
        for cause in Cause:
            self._requeued.labels(cause)
        for outcome in set(Outcome) - OPEN:
            self._firings.labels(outcome)
        for reached in set(DeliveryState) - {DeliveryState.PENDING}:
            self._deliveries.labels(reached)
        for result in ("sent", "refused", "dropped"):
            self._spans.labels(result)
        for loop in Loop:
            self._passed.labels(loop).set_to_current_time()

    # ---- the engine

    def submitted(self, jobs: Sequence[Job]) -> None:
        """See `EngineMeter.submitted`."""
        for job in jobs:
            self._submitted.labels(job.spec.priority).inc()

    def saved(self, unit: Unit) -> None:
        """See `EngineMeter.saved`."""
        for log in unit.logs:
            self._log(log)
        if not unit.events:
            return
        jobs = {job.id: job for job in unit.jobs}
        attempts = {attempt.id: attempt for attempt in unit.attempts}
        for event in unit.events:
            job = jobs.get(event.job_id) if event.job_id else None
            attempt = attempts.get(event.attempt_id) if event.attempt_id else None
            if job is not None:
                self._happened(event, job, attempt)
        for attempt in unit.attempts:
            if attempt.phase is Phase.DONE:
                self._cleaned(attempt)
        for worker in unit.workers:
            provider = self._name(worker.provider_id)
            if worker.version == 0:
                self._made.labels(provider).inc()
                self._gone.labels(provider)
            if worker.ended_at is not None:
                self._gone.labels(provider).inc()

    def passed(self, loop: Loop) -> None:
        """See `EngineMeter.passed`."""
        self._passed.labels(loop).set(time.time())

    def fired(self, outcome: Outcome) -> None:
        """See `EngineMeter.fired`."""
        self._firings.labels(outcome).inc()

    def delivered(self, delivery: Delivery) -> None:
        """See `EngineMeter.delivered`."""
        self._deliveries.labels(delivery.state).inc()
        self._webhook.observe(delivery.attempts[-1].ms / 1000)

    def connected(self) -> None:
        """See `EngineMeter.connected`."""
        self._streams.inc()

    def spans(self, result: str, count: int) -> None:
        """So many spans were sent, refused by the collector, or dropped while it was away."""
        self._spans.labels(result).inc(count)

    def _log(self, log: LogAppend) -> None:
        self._log_bytes.inc(sum(len(segment.text) for segment in log.segments))
        self._log_lines.inc(sum(segment.line_count for segment in log.segments))

    def _happened(self, event: Event, job: Job, attempt: Attempt | None) -> None:
        match event.kind:
            case EventKind.JOB_SUBMITTED:
                self._submitted.labels(job.spec.priority).inc()
            case EventKind.JOB_ASSIGNED if attempt is not None:
                self._bound(job, attempt)
            case EventKind.JOB_STARTED if attempt is not None:
                self._started(attempt)
            case EventKind.JOB_REQUEUED if attempt is not None:
                self._ended(attempt)
                cause = attempt.outcome.cause if attempt.outcome else Cause.LOST
                self._requeued.labels(cause).inc()
            case EventKind.JOB_FINISHED:
                self._finished.labels(job.state).inc()
                self._duration.labels(job.state).observe(_between(job.submitted_at, event.at))
                if attempt is not None:
                    self._ended(attempt)
            case _:
                pass

    def _bound(self, job: Job, attempt: Attempt) -> None:
        provider = self._name(attempt.provider_id)
        self._warm.labels(provider, "hit" if attempt.warm else "miss").inc()
        bound = _bound_at(attempt)
        if bound is not None:
            could = max(job.queued_at, job.not_before)
            self._wait.labels(job.spec.priority).observe(_between(could, bound))

    def _started(self, attempt: Attempt) -> None:
        provider = self._name(attempt.provider_id)
        bound, running = _bound_at(attempt), attempt.started_at
        if bound is None or running is None:
            return
        self._start.labels(provider).observe(_between(bound, running))
        for mark, following in pairwise(attempt.phases):
            if mark.phase in _STARTING:
                phase = mark.phase.lower()
                self._phase.labels(provider, phase).observe(_between(mark.at, following.at))

    def _ended(self, attempt: Attempt) -> None:
        outcome = attempt.outcome
        if outcome is None:
            return
        provider = self._name(attempt.provider_id)
        self._attempts.labels(
            provider, _word(outcome.succeeded, outcome.cause), outcome.cause
        ).inc()
        if attempt.started_at is not None and attempt.ended_at is not None:
            self._run.labels(provider).observe(_between(attempt.started_at, attempt.ended_at))

    def _cleaned(self, attempt: Attempt) -> None:
        begun = attempt.entered(Phase.CLEANUP)
        if begun is not None:
            provider = self._name(attempt.provider_id)
            self._cleanup.labels(provider).observe(_between(begun, attempt.phases[-1].at))

    def _name(self, provider_id: UUID) -> str:
        return self.named(provider_id) or "removed"

    # ---- the interfaces

    def http(self, method: str, route: str, code: str, seconds: float, *, streamed: bool) -> None:
        """See `CallMeter.http`."""
        method = method if method in METHODS else "other"
        self._http.labels(method, route, code).inc()
        if not streamed:
            self._http_seconds.labels(method, route).observe(seconds)

    def grpc(self, method: str, code: str, seconds: float, *, streamed: bool) -> None:
        """See `CallMeter.grpc`."""
        self._grpc.labels(method, code).inc()
        if not streamed:
            self._grpc_seconds.labels(method).observe(seconds)

    def websocket(self, change: int) -> None:
        """See `CallMeter.websocket`."""
        self._websockets.inc(change)


def _bound_at(attempt: Attempt) -> datetime | None:
    """When it left the queue."""
    return attempt.phases[1].at if len(attempt.phases) > 1 else None


def _word(succeeded: bool, cause: Cause) -> str:
    match cause:
        case Cause.TIMEOUT | Cause.CANCELLED:
            return cause.value
        case _:
            return "succeeded" if succeeded else "failed"


def _between(begun: datetime, ended: datetime) -> float:
    return max((ended - begun) / timedelta(seconds=1), 0.0)
