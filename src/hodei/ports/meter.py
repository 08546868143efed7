"""Meters: hear what this replica did, for whoever counts it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from hodei.domain.job import Job
from hodei.domain.schedules.schedule import Outcome
from hodei.domain.webhooks.delivery import Delivery
from hodei.ports.store import Unit


class Loop(StrEnum):
    """Loops that pass by themselves, woken or not."""

    DISPATCH = "dispatch"
    RECONCILE = "reconcile"
    LEASES = "leases"
    PROVIDERS = "providers"
    SCHEDULES = "schedules"
    OUTBOX = "webhook_outbox"
    COURIER = "webhook_courier"
    HOSTS = "hosts"
    JANITOR = "janitor"


class EngineMeter(Protocol):
    """What the engine tells. Every call returns at once and raises nothing; what it tells of is
    stored already, so that of several replicas exactly one tells it."""

    def submitted(self, jobs: Sequence[Job]) -> None:
        """New jobs that wait in the queue."""
        ...

    def saved(self, unit: Unit) -> None:
        """A unit was committed. The job of a unit with a submission was not told as submitted."""
        ...

    def passed(self, loop: Loop) -> None:
        """A pass of a loop ended well, or found that there is nothing to do."""
        ...

    def fired(self, outcome: Outcome) -> None:
        """A slot of a schedule came to this end, or a stretch of slots that were skipped."""
        ...

    def delivered(self, delivery: Delivery) -> None:
        """A delivery was tried once more, and stands so now."""
        ...

    def connected(self) -> None:
        """An agent opened a stream."""
        ...


class CallMeter(Protocol):
    """What the interfaces tell; as for the engine, nothing is raised."""

    def http(self, method: str, route: str, code: str, seconds: float, *, streamed: bool) -> None:
        """A request was answered. `route` is the template of its path, one of a fixed set;
        `streamed`: the answer went on for as long as somebody listened."""
        ...

    def grpc(self, method: str, code: str, seconds: float, *, streamed: bool) -> None:
        """A call was answered. `method` is one that this server has."""
        ...

    def websocket(self, change: int) -> None:
        """So many more WebSockets are open."""
        ...


class Unmetered:
    """Nobody counts."""

    def submitted(self, jobs: Sequence[Job]) -> None:
        """See `EngineMeter`."""

    def saved(self, unit: Unit) -> None:
        """See `EngineMeter`."""

    def passed(self, loop: Loop) -> None:
        """See `EngineMeter`."""

    def fired(self, outcome: Outcome) -> None:
        """See `EngineMeter`."""

    def delivered(self, delivery: Delivery) -> None:
        """See `EngineMeter`."""

    def connected(self) -> None:
        """See `EngineMeter`."""

    def http(self, method: str, route: str, code: str, seconds: float, *, streamed: bool) -> None:
        """See `CallMeter`."""

    def grpc(self, method: str, code: str, seconds: float, *, streamed: bool) -> None:
        """See `CallMeter`."""

    def websocket(self, change: int) -> None:
        """See `CallMeter`."""
