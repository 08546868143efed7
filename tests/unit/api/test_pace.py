"""Frames of a live socket beyond its pace wait."""

from __future__ import annotations

from hodei.api.http.websocket.pace import BURST, PER_SECOND, Pace


def test_a_burst_is_taken_at_once_and_what_follows_waits() -> None:
    pace = Pace(0.0)
    assert [pace.delay(0.0) for _ in range(BURST)] == [0.0] * BURST
    now = 0.0
    for _ in range(90):
        now += pace.delay(now)
    assert 89 / PER_SECOND <= now <= 91 / PER_SECOND
    assert pace.delay(now + 1) == 0.0
