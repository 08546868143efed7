"""How fast a client's frames are taken: what exceeds it waits, and so does the connection."""

from __future__ import annotations

BURST = 300
"""Frames at once; a page that comes back after an outage subscribes anew to all it shows."""
PER_SECOND = 30.0


class Pace:
    """A measure that fills with time; `delay` draws from it."""

    def __init__(self, now: float) -> None:
        self._left = float(BURST)
        self._at = now

    def delay(self, now: float) -> float:
        """Seconds to wait before one more frame is taken."""
        self._left = min(self._left + (now - self._at) * PER_SECOND, float(BURST)) - 1
        self._at = now
        return max(0.0, -self._left / PER_SECOND)
