"""What is predicted for a waiting job, and when nothing is."""

from __future__ import annotations

from uuid import UUID

from hodei.domain.fitting import Kind
from hodei.domain.forecast import Pace, predicted_wait_ms
from hodei.domain.placement import Blocked, Placement, Rejection

NOW = Placement(provider_id=UUID(int=1), worker_id=None, score=1, reason="")
PACE = Pace(running=4, run_ms=10_000, start_ms=50)


def blocked(*kinds: Kind) -> Blocked:
    """A verdict with one rejection per kind."""
    rejections = tuple(
        Rejection(provider_id=UUID(int=n), provider="p", kind=kind, reason="", forever=kind.lasting)
        for n, kind in enumerate(kinds)
    )
    return Blocked(reason="", forever=False, rejections=rejections)


def test_a_job_that_can_go_waits_for_its_start_only() -> None:
    assert predicted_wait_ms(PACE, NOW, 0) == 50
    assert predicted_wait_ms(PACE, NOW, 7) == 50


def test_a_full_provider_lets_one_in_whenever_one_ends() -> None:
    assert predicted_wait_ms(PACE, blocked(Kind.FULL), 0) == 2_550
    assert predicted_wait_ms(PACE, blocked(Kind.DISABLED, Kind.ROOM), 3) == 10_050


def test_nothing_is_said_where_nothing_is_known() -> None:
    assert predicted_wait_ms(Pace(running=4, run_ms=None, start_ms=None), NOW, 0) is None
    assert predicted_wait_ms(Pace(running=0, run_ms=9, start_ms=1), blocked(Kind.FULL), 0) is None
    for kind in (Kind.DISABLED, Kind.UNHEALTHY, Kind.MEMORY):
        assert predicted_wait_ms(PACE, blocked(kind), 0) is None
    assert predicted_wait_ms(PACE, blocked(), 0) is None
