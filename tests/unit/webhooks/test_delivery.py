"""When a delivery is tried again, what is told of a job, and how that is signed."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from hodei.domain.events import Event, EventKind
from hodei.domain.origin import Origin, ScheduleRef, TemplateRef
from hodei.domain.webhooks.delivery import (
    MOST_KEPT,
    Delivery,
    DeliveryState,
    DeliveryTry,
    Patience,
    tried,
    wanted_again,
)
from hodei.domain.webhooks.payload import job_payload
from hodei.domain.webhooks.signing import signature
from hodei.domain.webhooks.webhook import Filters, Subject, Webhook, WebhookEvent, told_as

T0 = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
ONE = UUID(int=1)
WAITING = Delivery(
    id=ONE, webhook_id=ONE, project="web", event="job.failed", payload="{}", created_at=T0
)
MISSED = DeliveryTry(at=T0, status=503, ms=1000, error="answered 503")
PATIENCE = Patience(tries=4, initial_s=10, factor=3, most_s=60, jitter=0.2)
ORIGIN = Origin(
    template=TemplateRef(id=UUID(int=7), name="build", version=3),
    schedule=ScheduleRef(id=UUID(int=8), name="nightly"),
)
JOB = Subject(
    id=UUID(int=2),
    name="nightly-build",
    project="web",
    owner="ana",
    labels={"team": "data", "tier": "1"},
    priority="NORMAL",
    command_type="shell",
    image=None,
    attempts=2,
    submitted_at=T0,
    started_at=T0 + timedelta(seconds=5),
    finished_at=T0 + timedelta(seconds=9),
    origin=ORIGIN,
)
WEBHOOK = Webhook(
    id=UUID(int=3),
    project="web",
    name="chat",
    url="https://x.example",
    events=frozenset({WebhookEvent.JOB_FAILED}),
    created_at=T0,
    updated_at=T0,
)


def test_failures_are_further_and_further_apart_and_end() -> None:
    delivery, waits = WAITING, []
    while delivery.state is not DeliveryState.DEAD:
        delivery = tried(delivery, MISSED, PATIENCE, 1.0)
        if delivery.next_attempt_at is not None:
            waits.append((delivery.next_attempt_at - T0).total_seconds())
    assert waits == [11, 31, 61]
    assert (delivery.tries, delivery.finished_at) == (4, T0 + timedelta(seconds=1))


def test_chance_takes_its_share_off_the_wait() -> None:
    assert PATIENCE.wait_s(1, 0.0) == pytest.approx(8)
    assert PATIENCE.wait_s(1, 0.5) == pytest.approx(9)


def test_an_arrival_ends_it_and_a_person_begins_anew() -> None:
    delivery = tried(WAITING, MISSED, PATIENCE, 1.0)
    delivery = tried(delivery, DeliveryTry(at=T0, status=200), PATIENCE, 1.0)
    assert (delivery.state, delivery.next_attempt_at) == (DeliveryState.DELIVERED, None)
    again = wanted_again(delivery, T0)
    assert (again.state, again.tries, again.finished_at) == (DeliveryState.PENDING, 0, None)
    assert len(again.attempts) == 2


def test_a_receiver_may_ask_for_time_or_for_an_end() -> None:
    asked = tried(WAITING, replace(MISSED, retry_after_s=40), PATIENCE, 1.0)
    assert asked.next_attempt_at == T0 + timedelta(seconds=41)
    long = tried(WAITING, replace(MISSED, retry_after_s=9999), PATIENCE, 1.0)
    assert long.next_attempt_at == T0 + timedelta(seconds=61)
    gone = tried(WAITING, replace(MISSED, status=410), PATIENCE, 1.0)
    assert gone.state is DeliveryState.DEAD


def test_the_log_of_one_delivery_is_bounded() -> None:
    delivery = WAITING
    for number in range(MOST_KEPT + 5):
        delivery = tried(delivery, replace(MISSED, ms=number), Patience(tries=99), 1.0)
    assert [each.ms for each in delivery.attempts] == list(range(5, MOST_KEPT + 5))


@pytest.mark.parametrize(
    ("kind", "state", "told"),
    [
        (EventKind.JOB_SUBMITTED, "PENDING", "job.submitted"),
        (EventKind.JOB_STARTED, "RUNNING", "job.started"),
        (EventKind.JOB_REQUEUED, "PENDING", "job.retried"),
        (EventKind.JOB_FINISHED, "SUCCEEDED", "job.succeeded"),
        (EventKind.JOB_FINISHED, "FAILED", "job.failed"),
        (EventKind.JOB_FINISHED, "CANCELLED", "job.cancelled"),
        (EventKind.JOB_FINISHED, "TIMEOUT", "job.timeout"),
        (EventKind.JOB_ASSIGNED, "ASSIGNED", None),
        (EventKind.WORKER_CHANGED, "READY", None),
    ],
)
def test_events_have_their_names_outside(kind: EventKind, state: str, told: str | None) -> None:
    assert told_as(Event(kind=kind, at=T0, data={"state": state})) == told


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        (Filters(), True),
        (Filters(name="nightly-*"), True),
        (Filters(name="nightly"), False),
        (Filters(name="NIGHTLY-*"), False),
        (Filters(labels={"team": "data"}), True),
        (Filters(labels={"team": "data", "tier": "2"}), False),
        (Filters(template="build"), True),
        (Filters(template=str(UUID(int=7))), True),
        (Filters(template="other"), False),
        (Filters(schedule="nightly"), True),
        (Filters(schedule="build"), False),
    ],
)
def test_filters(filters: Filters, passes: bool) -> None:
    webhook = replace(WEBHOOK, filters=filters)
    assert webhook.wants(WebhookEvent.JOB_FAILED, JOB) is passes
    assert not webhook.wants(WebhookEvent.JOB_STARTED, JOB)
    assert not webhook.wants(WebhookEvent.JOB_FAILED, replace(JOB, project="other"))
    assert not Filters(template="build").allow(replace(JOB, origin=None))


def test_the_job_is_told_as_it_was_at_the_event() -> None:
    submitted = Event(kind=EventKind.JOB_SUBMITTED, at=T0, actor="ana", data={"state": "PENDING"})
    early = json.loads(job_payload(ONE, WEBHOOK, WebhookEvent.JOB_SUBMITTED, submitted, JOB))
    assert early["job"]["state"] == "PENDING"
    assert (early["job"]["started_at"], early["job"]["finished_at"]) == (None, None)
    end = T0 + timedelta(seconds=9)
    data = {"state": "FAILED", "reason": "no retry", "outcome": {"cause": "exit", "exit_code": 3}}
    finished = Event(kind=EventKind.JOB_FINISHED, at=end, data=data)
    late = json.loads(job_payload(ONE, WEBHOOK, WebhookEvent.JOB_FAILED, finished, JOB))
    assert (late["version"], late["event"], late["at"]) == (1, "job.failed", "2026-03-01T08:00:09Z")
    assert late["job"]["outcome"] == {"cause": "exit", "exit_code": 3}
    assert late["job"]["finished_at"] == "2026-03-01T08:00:09Z"
    assert late["job"]["template"] == {"id": str(UUID(int=7)), "name": "build", "version": 3}
    assert late["job"]["schedule"] == {"id": str(UUID(int=8)), "name": "nightly"}


def test_the_signature_is_of_the_time_and_the_body() -> None:
    expected = hmac.new(b"s3cret", b"17.{}", hashlib.sha256).hexdigest()
    assert signature("s3cret", b"{}", 17) == f"t=17,v1={expected}"
