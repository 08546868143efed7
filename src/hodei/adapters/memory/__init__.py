"""The store and the bus of one process: nothing outlives it, everything else is as promised."""

from __future__ import annotations

from hodei.adapters.memory.bus import MemoryBus
from hodei.adapters.memory.faults import MemoryFaults
from hodei.adapters.memory.store import MemoryStore
from hodei.adapters.memory.tables import Tables

__all__ = ["MemoryBus", "MemoryFaults", "MemoryStore", "Tables"]
