"""Calls about projects and secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from hodei.client.transport import Transport
from hodei.client.values import Raw


class VaultCalls:
    """Part of AsyncClient: projects, and secrets whose values only go in."""

    _transport: Transport

    async def secrets(self, project: str | None = None) -> list[Raw]:
        """Of one project or of all that may be seen, by project and name; never a value."""
        raw = await self._transport.call("GET", "/secrets", params={"project": project})
        items: list[Raw] = raw["items"]
        return items

    async def set_secret(self, name: str, value: str, *, project: str = "default") -> Raw:
        """Sets a secret, new or not. Raises InvalidRequest, NotFound, Conflict."""
        raw: Raw = await self._transport.call(
            "PUT", _path("secrets", name), params={"project": project}, body={"value": value}
        )
        return raw

    async def delete_secret(self, name: str, *, project: str = "default") -> None:
        """Removes it. Raises NotFound, Conflict."""
        await self._transport.call(
            "DELETE", _path("secrets", name), params={"project": project}, repeatable=False
        )

    async def rotate_secrets(self, cursor: str | None = None) -> Raw:
        """One step of sealing all values with the first key; next_cursor None: done."""
        raw: Raw = await self._transport.call("POST", "/secrets:rotate", body={"cursor": cursor})
        return raw

    async def projects(self) -> list[Raw]:
        """Those that may be seen, by name, with what they use."""
        raw = await self._transport.call("GET", "/projects")
        items: list[Raw] = raw["items"]
        return items

    async def put_project(self, name: str, config: Mapping[str, Any]) -> Raw:
        """Creates a project or configures it anew: {description, quota, retention}."""
        raw: Raw = await self._transport.call("PUT", _path("projects", name), body=config)
        return raw

    async def delete_project(self, name: str) -> None:
        """Removes it. Raises NotFound; Conflict while something belongs to it."""
        await self._transport.call("DELETE", _path("projects", name), repeatable=False)


def _path(*parts: str) -> str:
    return "".join(f"/{quote(part, safe='')}" for part in parts)
