"""The bus: hints between the replicas of one installation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Something may have changed; look in the store."""

    topic: str
    """queue, job, worker, log, provider, project, event, terminal, access, schedule, webhook,
    delivery."""
    keys: tuple[str, ...] = ()
    """Ids concerned; empty: look at all of them."""
    data: Mapping[str, str] = field(default_factory=dict)


class Bus(Protocol):
    """Hints between replicas. A hint only wakes; losing every hint must change nothing but speed.

    `publish` never raises and never waits for receivers; hints of one publisher arrive in
    order if they arrive. `subscribe` gives hints published after the context was entered,
    own ones included. A lost connection is repaired by the adapter, which then delivers one
    Hint with topic "resync": everything may have changed. A slow subscriber loses hints and
    gets "resync" in their place; it never grows without bound.
    """

    async def publish(self, hint: Hint) -> None: ...

    def subscribe(self) -> AbstractAsyncContextManager[AsyncIterator[Hint]]: ...
