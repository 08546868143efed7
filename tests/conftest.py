"""What every stage of the tests shares: how hypothesis explores."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# A loaded machine is slow, not wrong: per-test time is bounded by pytest's own timeout.
settings.register_profile(
    "everyday",
    deadline=None,
    max_examples=60,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("everyday"), max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "everyday"))
