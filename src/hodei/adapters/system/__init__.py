"""Real time and real chance."""

from __future__ import annotations

from hodei.adapters.system.chance import SystemChance
from hodei.adapters.system.clock import SystemClock

__all__ = ["SystemChance", "SystemClock"]
