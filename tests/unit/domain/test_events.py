"""Events of a newer release: read as they are, and acted on by nobody."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import uuid4

from hodei.api.http.schemas.jobs import EventView
from hodei.domain.events import Event, EventKind
from hodei.domain.webhooks.webhook import told_as

FUTURE = "job.teleported"


def test_a_kind_of_another_release_is_kept_and_equals_none_of_ours() -> None:
    kind = EventKind(FUTURE)
    assert (kind.value, str(kind), kind.known) == (FUTURE, FUTURE, False)
    assert kind == EventKind(FUTURE)
    assert all(kind != ours and kind is not ours for ours in EventKind)
    assert all(EventKind(ours.value) is ours and ours.known for ours in EventKind)
    assert FUTURE not in [ours.value for ours in EventKind]


def test_its_event_is_shown_and_told_to_nobody() -> None:
    event = Event(kind=EventKind(FUTURE), at=datetime(2026, 1, 2, tzinfo=UTC), job_id=uuid4())
    assert told_as(event) is None
    assert json.loads(EventView.of(event).model_dump_json())["kind"] == FUTURE
