"""Servers that other servers may call."""

from __future__ import annotations

from datetime import timedelta

from hodei.adapters.memory.part import Part
from hodei.ports.servers import SEEN_S


class Servers(Part):
    """ServerStore."""

    async def announce_server(self, replica: str, address: str) -> None:
        """See ServerStore."""
        await self._begin()
        self._tables.servers[replica] = (address, self._clock.now())

    async def forget_server(self, replica: str) -> None:
        """See ServerStore."""
        await self._begin()
        self._tables.servers.pop(replica, None)

    async def server_address(self, replica: str) -> str | None:
        """See ServerStore."""
        await self._begin()
        address, seen_at = self._tables.servers.get(replica, (None, self._clock.now()))
        return address if self._clock.now() - seen_at < timedelta(seconds=SEEN_S) else None
