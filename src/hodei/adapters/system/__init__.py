"""Real time, real chance and the real machine."""

from __future__ import annotations

from hodei.adapters.system.chance import SystemChance
from hodei.adapters.system.clock import SystemClock
from hodei.adapters.system.host import LinuxHost
from hodei.adapters.system.zones import PackagedZones

__all__ = ["LinuxHost", "PackagedZones", "SystemChance", "SystemClock"]
