"""Gauges: what is so at the moment, read when the page is asked for.

What describes the installation is one statement, taken at most once in five seconds however many
ask, less often where it takes long; every replica gives the same numbers. The rest describes the
replica that answers.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

import hodei
from hodei.domain.job import JobState
from hodei.domain.spec import Priority
from hodei.domain.worker import WorkerState
from hodei.engine.engine import Engine
from hodei.engine.loops import longest_quiet
from hodei.engine.registry import Entry
from hodei.ports.census import Census, CensusStore
from hodei.ports.pool import PoolUse

FRESH_S, STALE_S = 5.0, 30.0
"""How long a census counts at least, and at most."""
SHARE = 10
"""A census counts so many times as long as it took: behind a queue of a million it is dear."""
LIVE = (JobState.PENDING, JobState.ASSIGNED, JobState.RUNNING)

Samples = Iterable[tuple[tuple[str, ...], float]]
"""Label values and the value they have."""


def gauge(name: str, text: str, values: Samples, *labels: str) -> Metric:
    """One family: a value per combination of label values."""
    family = GaugeMetricFamily(f"hodei_{name}", text, labels=labels)
    for key, value in values:
        family.add_metric(key, value)
    return family


def here(name: str, text: str, values: Samples, *labels: str) -> Metric:
    """What describes the replica that answers."""
    return gauge(name, f"{text}; this replica", values, *labels)


def everywhere(name: str, text: str, values: Samples, *labels: str) -> Metric:
    """What is the same whoever answers."""
    return gauge(name, f"{text}; the whole installation", values, *labels)


def _total(name: str, text: str, value: float) -> Metric:
    family = CounterMetricFamily(f"hodei_{name}", f"{text}; this replica")
    family.add_metric((), value)
    return family


class LatestCensus:
    """The census, taken again when it is too old; who asks meanwhile waits for that one."""

    def __init__(self, store: CensusStore, now: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._now = now
        self._lock = asyncio.Lock()
        self._taken: Census | None = None
        self._good_until = 0.0

    async def get(self) -> Census:
        """Raises Unavailable."""
        async with self._lock:
            began = self._now()
            if self._taken is None or began >= self._good_until:
                self._taken = await self._store.census()
                over = self._now()
                self._good_until = over + min(max(FRESH_S, SHARE * (over - began)), STALE_S)
            return self._taken


def of_installation(engine: Engine, census: Census) -> list[Metric]:
    """What is the same whoever answers."""
    jobs = [
        ((state.value, priority.value), census.jobs.get((state, priority), 0))
        for state in LIVE
        for priority in Priority
    ]
    waits = [((each.value,), census.oldest_wait_s.get(each, 0.0)) for each in Priority]
    names = {entry.record.id: entry.record.name for entry in engine.registry.entries()}
    living = [state for state in WorkerState if state is not WorkerState.GONE]
    workers = {(name, state.value): 0 for name in names.values() for state in living}
    for (provider_id, state), count in census.workers.items():
        workers[names.get(provider_id, "removed"), state.value] = count
    return [
        everywhere("jobs", "Jobs that are not over", jobs, "state", "priority"),
        everywhere("queue_delayed_jobs", "Jobs whose retry is not due yet", _one(census.delayed)),
        everywhere(
            "queue_oldest_wait_seconds",
            "Age of the oldest wait of a job that could begin",
            waits,
            "priority",
        ),
        everywhere("queue_paused", "1: dispatch is paused", _one(census.paused)),
        everywhere("workers", "Workers that live", workers.items(), "provider", "state"),
        everywhere(
            "webhook_deliveries_waiting",
            "Deliveries that have not arrived yet",
            _one(census.deliveries),
        ),
        everywhere(
            "webhook_oldest_overdue_seconds",
            "How late the delivery is that is due first",
            _one(census.oldest_due_delivery_s),
        ),
        everywhere(
            "webhooks_failing",
            "Webhooks whose last delivery did not arrive",
            _one(census.failing_webhooks),
        ),
        everywhere("schedules", "Schedules that have a next slot", _one(census.enabled_schedules)),
        everywhere(
            "schedule_overdue_seconds",
            "How late the next slot is",
            _one(census.overdue_slot_s),
        ),
    ]


def of_providers(engine: Engine) -> list[Metric]:
    """As this replica sees them."""
    kinds = ("provider", "type")
    entries = engine.registry.entries()

    def each(value: Callable[[Entry], float]) -> Samples:
        return [((one.record.name, one.record.type), value(one)) for one in entries]

    def checked(one: Entry) -> float:
        return one.health.checked_at.timestamp() if one.health.checked_at else 0.0

    return [
        here("provider_up", "1: its last check went well", each(_healthy), *kinds),
        here("provider_enabled", "1: takes jobs", each(_enabled), *kinds),
        here("provider_max_workers", "Workers it may have at once", each(_most), *kinds),
        here(
            "provider_last_check_timestamp_seconds",
            "When it was last checked",
            each(checked),
            *kinds,
        ),
    ]


def of_replica(
    engine: Engine, pool: PoolUse | None, certificates: Iterable[tuple[str, datetime]]
) -> list[Metric]:
    """The process that answers."""
    sessions = engine.sessions.all()
    quiet = [
        ((loop.value,), seconds) for loop, seconds in longest_quiet(engine.core.timings).items()
    ]
    ends = [((name,), end.timestamp()) for name, end in certificates]
    unstored = sum(session.unstored_bytes for session in sessions)
    families = [
        here(
            "build_info",
            "Always 1, with the version",
            [((hodei.__version__,), 1.0)],
            "version",
        ),
        here("agent_sessions", "Agents connected", _one(len(sessions))),
        here("log_unstored_bytes", "Log received and not stored yet", _one(unstored)),
        here(
            "loop_longest_quiet_seconds",
            "Longest time between two looks of a loop that is well",
            quiet,
            "loop",
        ),
        here(
            "certificate_end_timestamp_seconds",
            "When a certificate of this server ends",
            ends,
            "certificate",
        ),
    ]
    return families + (_of_pool(pool) if pool else [])


def _of_pool(pool: PoolUse) -> list[Metric]:
    states = [(("idle",), pool.idle), (("used",), pool.used)]
    return [
        here("database_pool_connections", "Connections to PostgreSQL", states, "state"),
        here("database_pool_limit", "Connections there may be", _one(pool.limit)),
        here("database_pool_waiting", "Callers that wait for a connection", _one(pool.waiting)),
        _total("database_pool_waits", "Callers that found no idle one", pool.waits),
        _total("database_pool_wait_seconds", "How long they waited together", pool.waited_s),
        _total("database_pool_timeouts", "Callers that gave up waiting", pool.timeouts),
    ]


def of_disk(data_dir: Path) -> list[Metric]:
    """Where the data directory lies."""
    try:
        found = os.statvfs(data_dir)
    except OSError:
        return []
    return [
        here(
            "data_dir_free_bytes",
            "Free space of the data directory's file system",
            _one(found.f_bavail * found.f_frsize),
        ),
        here(
            "data_dir_size_bytes",
            "Size of the data directory's file system",
            _one(found.f_blocks * found.f_frsize),
        ),
    ]


def _one(value: float) -> Samples:
    return [((), value)]


def _healthy(one: Entry) -> float:
    return float(one.health.ok)


def _enabled(one: Entry) -> float:
    return float(one.record.enabled)


def _most(one: Entry) -> float:
    return one.capabilities.max_workers
