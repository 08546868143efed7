"""Servers that other servers may call."""

from __future__ import annotations

from hodei.adapters.postgres.database import Database
from hodei.adapters.postgres.queries import sql
from hodei.ports.servers import SEEN_S


class Servers:
    """Implements `ServerStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def announce_server(self, replica: str, address: str) -> None:
        """See `ServerStore.announce_server`."""
        await self._database.rows(sql("servers.announce"), replica, address)

    async def forget_server(self, replica: str) -> None:
        """See `ServerStore.forget_server`."""
        await self._database.rows(sql("servers.forget"), replica)

    async def server_address(self, replica: str) -> str | None:
        """See `ServerStore.server_address`."""
        rows = await self._database.rows(sql("servers.address"), replica, SEEN_S)
        return rows[0]["address"] if rows else None
