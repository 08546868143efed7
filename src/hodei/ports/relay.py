"""The relay: terminals in jobs whose workers are connected to other servers."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from hodei.ports.peer import TerminalEvents, TerminalOrder, TerminalPeer


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterOrder:
    """A terminal that another server is asked for; it was checked that the person may."""

    job_id: UUID
    attempt_id: UUID
    actor: str
    via: str
    address: str
    """Where the person's side is connected from."""
    terminal: TerminalOrder


class FarTerminal(TerminalPeer, Protocol):
    """A terminal at another server. What is said before it is entered is lost."""

    def entered(self, events: TerminalEvents) -> AbstractAsyncContextManager[None]:
        """Opens it there, where it is recorded; `events` hears of it until the context is left.

        Leaving the context closes the terminal. When the other server is gone, `events` is told
        of an exit. Raises Conflict as that server says, and Unavailable when it cannot be
        reached or does not hold the worker any more.
        """
        ...

    def leave(self, reason: str) -> None:
        """What is recorded as its end, if it has not ended before; empty: the person left."""
        ...


class Relay(Protocol):
    """Calls other servers."""

    @property
    def address(self) -> str:
        """host:port at which other servers call this one."""
        ...

    def call(self, address: str, order: EnterOrder) -> FarTerminal:
        """A terminal at the server there, not opened yet."""
        ...
