"""What every stage of the tests shares: how hypothesis explores, and how quick clients are."""

from __future__ import annotations

import os

import httpx
from hypothesis import HealthCheck, settings

import hodei.app  # noqa: F401 (says how the gRPC library is to be loaded)

# A loaded machine is slow, not wrong: per-test time is bounded by pytest's own timeout.
settings.register_profile(
    "everyday",
    deadline=None,
    # The same examples each time: what others would find is looked for with the other profile.
    derandomize=True,
    max_examples=60,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "thorough", settings.get_profile("everyday"), derandomize=False, max_examples=1000
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "everyday"))

# For the same reason: a client without limits of its own waits as long as a test does.
for limit in ("connect", "read", "write", "pool"):
    setattr(httpx._config.DEFAULT_TIMEOUT_CONFIG, limit, 90.0)

if os.environ.get("HODEI_TEST_CLIENT_DELAY_MS"):
    pytest_plugins = ["tests.support.slow_client"]
