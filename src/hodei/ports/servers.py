"""Servers: which of them can be called by the others, and where."""

from __future__ import annotations

from typing import Protocol

SEEN_S = 30.0
"""A server that was not announced for this long is taken for gone."""


class ServerStore(Protocol):
    """The servers of an installation that other servers may call."""

    async def announce_server(self, replica: str, address: str) -> None:
        """It lives and is called at `address`; those that were long not announced are removed."""
        ...

    async def forget_server(self, replica: str) -> None:
        """It is called no more; one that is not known changes nothing."""
        ...

    async def server_address(self, replica: str) -> str | None:
        """Where it is called; None when it was not announced, or not for `SEEN_S`."""
        ...
