"""A delivery: one event on its way to one webhook, its attempts, and when the next one is due."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from hodei.domain.machine import Machine

RESPONSE_BYTES = 1024
"""So much of an answer is read and kept."""
MOST_KEPT = 20
"""Attempts of one delivery that are kept, the newest."""
GONE = 410
"""By this answer a receiver says that nothing more shall come: the delivery is not tried again."""


class DeliveryState(StrEnum):
    """How far a delivery has come."""

    PENDING = "pending"
    """Not tried yet, or wanted once more."""
    FAILED = "failed"
    """Tried, and due again later."""
    DELIVERED = "delivered"
    DEAD = "dead"
    """Tried often enough; only a person sends it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """The receiver answered with 2xx."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """An attempt failed, and another one follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """The last attempt failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedAgain:
    """A person asked for it once more."""


_S = DeliveryState
DELIVERY: Machine[DeliveryState] = Machine(
    "delivery",
    DeliveryState,
    _S.PENDING,
    {
        # The first attempt ended.
        (_S.PENDING, Arrived): _S.DELIVERED,
        (_S.PENDING, Missed): _S.FAILED,
        (_S.PENDING, GivenUp): _S.DEAD,
        # A further one ended.
        (_S.FAILED, Arrived): _S.DELIVERED,
        (_S.FAILED, Missed): _S.FAILED,
        (_S.FAILED, GivenUp): _S.DEAD,
        # A person does not want to wait for the next attempt, or wants another one after the
        # last.
        (_S.PENDING, WantedAgain): _S.PENDING,
        (_S.FAILED, WantedAgain): _S.PENDING,
        (_S.DELIVERED, WantedAgain): _S.PENDING,
        (_S.DEAD, WantedAgain): _S.PENDING,
    },
)
OPEN = frozenset({_S.PENDING, _S.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryTry:
    """One attempt at a delivery, as the log shows it."""

    at: datetime
    status: int | None = None
    """Of the answer; None: there was none."""
    ms: int = 0
    error: str = ""
    """Why it failed, for people; empty: it arrived."""
    response: str = ""
    """The beginning of the answer's body."""
    retry_after_s: int | None = None
    """So long the receiver asked to be left alone."""

    @property
    def arrived(self) -> bool:
        """Whether the receiver took it."""
        return not self.error


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event for one webhook."""

    id: UUID
    webhook_id: UUID
    project: str
    event: str
    """A value of `WebhookEvent`, or `TEST`."""
    job_id: UUID | None = None
    payload: str = field(repr=False)
    """The JSON text that is sent, every time the same."""
    state: DeliveryState = DeliveryState.PENDING
    version: int = 0
    created_at: datetime
    tries: int = 0
    """Since it was last wanted."""
    attempts: tuple[DeliveryTry, ...] = ()
    next_attempt_at: datetime | None = None
    """None: none follows."""
    finished_at: datetime | None = None
    seq: int = 0
    """Its place in lists; set by the store on reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often, and how long apart, a delivery is tried."""

    tries: int = 10
    initial_s: float = 10.0
    factor: float = 3.0
    most_s: float = 21_600.0
    jitter: float = 0.2
    """Share of the wait that is random."""

    def wait_s(self, tries: int, random_share: float) -> float:
        """Seconds after the `tries`-th failure (1, 2, ...)."""
        whole = min(self.initial_s * self.factor ** (tries - 1), self.most_s)
        return whole * (1 - self.jitter * (1 - random_share))


def delivery_id(webhook_id: UUID, event_cursor: str) -> UUID:
    """The id of what one webhook is told of one event: always the same."""
    return uuid5(webhook_id, event_cursor)


def tried(
    delivery: Delivery, attempt: DeliveryTry, patience: Patience, random_share: float
) -> Delivery:
    """The delivery after an attempt that began at `attempt.at`."""
    tries = delivery.tries + 1
    kept = (*delivery.attempts, attempt)[-MOST_KEPT:]
    ended = attempt.at + timedelta(milliseconds=attempt.ms)
    if attempt.arrived or tries >= patience.tries or attempt.status == GONE:
        fact = Arrived if attempt.arrived else GivenUp
        return replace(
            delivery,
            state=DELIVERY.next(delivery.state, fact()),
            tries=tries,
            attempts=kept,
            next_attempt_at=None,
            finished_at=ended,
        )
    wait = patience.wait_s(tries, random_share)
    if attempt.retry_after_s is not None:
        wait = max(wait, min(float(attempt.retry_after_s), patience.most_s))
    return replace(
        delivery,
        state=DELIVERY.next(delivery.state, Missed()),
        tries=tries,
        attempts=kept,
        next_attempt_at=ended + timedelta(seconds=wait),
    )


def wanted_again(delivery: Delivery, now: datetime) -> Delivery:
    """The delivery after a person asked for it; it gets all its tries anew."""
    return replace(
        delivery,
        state=DELIVERY.next(delivery.state, WantedAgain()),
        tries=0,
        next_attempt_at=now,
        finished_at=None,
    )
