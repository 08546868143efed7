"""How often an address may fail to sign in before it has to wait."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable

MAX_FAILURES = 10
PERIOD_S = 60.0
MAX_ADDRESSES = 10_000
"""Remembered at once; beyond that the one that failed least recently is forgotten."""


class Failures:
    """Failed sign-ins of the last minute, by address."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def add(self, address: str) -> None:
        """One more."""
        times = self._times.setdefault(address, deque(maxlen=MAX_FAILURES))
        times.append(self._monotonic())
        self._times.move_to_end(address)
        if len(self._times) > MAX_ADDRESSES:
            self._times.popitem(last=False)

    def wait_s(self, address: str) -> float:
        """Seconds until the address may try again; 0: now."""
        times = self._times.get(address)
        if times is None or len(times) < MAX_FAILURES:
            return 0.0
        left = times[0] + PERIOD_S - self._monotonic()
        if left > 0:
            return left
        if times[-1] + PERIOD_S < self._monotonic():
            del self._times[address]
        return 0.0
