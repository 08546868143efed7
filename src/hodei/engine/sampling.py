"""How many samples a worker may store: agents take one a second, whatever one may send."""

from __future__ import annotations

BURST = 60
"""Samples at once, as after a while without a connection."""
PER_SECOND = 2.0
"""Beyond that, on average."""


class Pace:
    """A measure that fills with time and is drawn from; what exceeds it is dropped."""

    def __init__(self, now: float) -> None:
        self._left = float(BURST)
        self._at = now

    def allows(self, now: float) -> bool:
        """Whether one more may be stored at `now`, in seconds that never go back."""
        self._left = min(self._left + (now - self._at) * PER_SECOND, float(BURST))
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
