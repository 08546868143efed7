"""What is made of the connections to the store."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolUse:
    """Of one replica."""

    limit: int
    """Connections that there may be."""
    idle: int
    used: int
    waiting: int
    """Callers that wait for one."""
    waits: int
    """Callers that found none idle, since the start; the first ones open it."""
    waited_s: float
    """How long those waited together."""
    timeouts: int
    """How many of them gave up."""
