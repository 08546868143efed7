"""Calls about users, API tokens, and who one is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from hodei.client.transport import Transport
from hodei.client.values import Raw

CSRF_HEADER = "X-CSRF-Token"


class PeopleCalls:
    """Part of AsyncClient: users and tokens. Passwords and tokens are never kept here."""

    _transport: Transport

    async def me(self) -> Raw:
        """Who calls, what that person may do, and how one signs in."""
        return await self._object("GET", "/me")

    async def login(
        self, name: str, password: str, *, token_name: str, expires_at: datetime | None = None
    ) -> Raw:
        """A new API token of a user, who is known by a password; its text is in `token`.

        For a client without a token. Raises Unauthenticated, Conflict, and ApiError with the
        code `too_many_requests`.
        """
        me = await self._object("POST", "/session", {"name": name, "password": password})
        return await self._own_token(me, token_name, expires_at)

    async def set_up(
        self,
        name: str,
        password: str,
        *,
        code: str | None = None,
        token_name: str,
        expires_at: datetime | None = None,
    ) -> Raw:
        """Makes the first administrator; gives a new token as `login` does. Raises Conflict
        once there is a user, and Forbidden for a wrong code."""
        body = {"name": name, "password": password, **({"code": code} if code else {})}
        me = await self._object("POST", "/setup", body)
        return await self._own_token(me, token_name, expires_at)

    async def users(self) -> list[Raw]:
        """By name."""
        items: list[Raw] = (await self._object("GET", "/users"))["items"]
        return items

    async def create_user(self, name: str, **fields: Any) -> Raw:
        """Makes a user; `fields` are password, roles and enabled."""
        return await self._object("POST", "/users", {"name": name, **fields})

    async def change_user(self, key: str, **fields: Any) -> Raw:
        """Changes a user by id or name; what is not given stays."""
        return await self._object("PATCH", _path("users", key), fields)

    async def delete_user(self, key: str) -> None:
        """Removes a user with all tokens and sign-ins."""
        await self._transport.call("DELETE", _path("users", key))

    async def tokens(self, *, everybodys: bool = False) -> list[Raw]:
        """One's own, or all, newest first; never a token's text."""
        params = {"all": "1"} if everybodys else None
        raw = await self._transport.call("GET", "/tokens", params=params)
        items: list[Raw] = raw["items"]
        return items

    async def create_token(
        self,
        name: str,
        *,
        role: str,
        project: str | None = None,
        expires_at: datetime | None = None,
    ) -> Raw:
        """Makes a token of one's own; its text is in `token` this once."""
        return await self._object("POST", "/tokens", _token(name, role, project, expires_at))

    async def revoke_token(self, key: str) -> None:
        """Ends a token, by id, or by name among one's own."""
        await self._transport.call("DELETE", _path("tokens", key))

    async def _own_token(self, me: Raw, name: str, expires_at: datetime | None) -> Raw:
        """A token for whoever has just signed in; the sign-in itself ends."""
        headers = {CSRF_HEADER: str(me["csrf_token"])}
        held = (*me["roles"].values(), "viewer")
        role = next(role for role in ("admin", "operator", "viewer") if role in held)
        try:
            body = _token(name, role, None, expires_at)
            return await self._object("POST", "/tokens", body, headers)
        finally:
            await self._transport.call("DELETE", "/session", headers=headers)

    async def _object(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Raw:
        raw: Raw = await self._transport.call(
            method, path, body=body, headers=headers, repeatable=method == "GET"
        )
        return raw


def _token(
    name: str, role: str, project: str | None, expires_at: datetime | None
) -> dict[str, str | None]:
    end = expires_at.isoformat() if expires_at else None
    return {"name": name, "role": role, "project": project, "expires_at": end}


def _path(kind: str, key: str) -> str:
    return f"/{kind}/{quote(key, safe='')}"
