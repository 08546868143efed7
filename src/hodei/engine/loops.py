"""How long each loop of the engine may be quiet while it is well."""

from __future__ import annotations

from collections.abc import Mapping

from hodei.engine import janitor
from hodei.engine.core import Timings
from hodei.engine.hosts import STRETCH
from hodei.engine.schedules import firer
from hodei.engine.webhooks import outbox
from hodei.ports.meter import Loop

CALM_CHECKS = 6
"""While everything rests, providers are looked at once in so many times."""


def longest_quiet(timings: Timings) -> Mapping[Loop, float]:
    """Seconds between two passes at most, the time that a pass takes apart."""
    calm = timings.calm_sweep.total_seconds()
    return {
        Loop.DISPATCH: calm,
        Loop.RECONCILE: calm,
        Loop.LEASES: max(calm, timings.heartbeat.total_seconds()),
        Loop.PROVIDERS: CALM_CHECKS * timings.health_check.total_seconds(),
        Loop.SCHEDULES: firer.SWEEP_S,
        Loop.OUTBOX: outbox.RARELY_S,
        Loop.COURIER: calm,
        Loop.HOSTS: STRETCH.total_seconds(),
        Loop.JANITOR: janitor.PAUSE_S,
    }
