"""Calls about schedules."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from hodei.client.paging import pages
from hodei.client.transport import Params, Transport
from hodei.client.values import Raw


class ScheduleCalls:
    """Part of AsyncClient: schedules by id, or by name in a project."""

    _transport: Transport

    async def schedules(
        self, *, project: str | None = None, q: str | None = None, paused: bool | None = None
    ) -> AsyncGenerator[Raw, None]:
        """All that may be seen, by project and name."""
        wanted = None if paused is None else int(paused)
        params: Params = {"project": project, "q": q, "paused": wanted}
        async for item in pages(self._transport, "/schedules", params):
            yield item

    async def get_schedule(self, key: str, *, project: str = "default") -> Raw:
        """Raises NotFound."""
        return await self._schedule("GET", key, project)

    async def create_schedule(self, config: Mapping[str, Any]) -> Raw:
        """`config` as the REST interface has it. Raises InvalidRequest, Conflict."""
        raw: Raw = await self._transport.call(
            "POST", "/schedules", body=dict(config), repeatable=False
        )
        return raw

    async def update_schedule(
        self, key: str, config: Mapping[str, Any], *, project: str = "default"
    ) -> Raw:
        """Everything as in `config`; with a `version` in it only if it is that one."""
        return await self._schedule("PUT", key, project, body=dict(config))

    async def delete_schedule(self, key: str, *, project: str = "default") -> None:
        """Its jobs stay. Raises NotFound."""
        await self._schedule("DELETE", key, project, repeatable=False)

    async def pause_schedule(self, key: str, *, project: str = "default") -> Raw:
        """No slot fires until it is resumed."""
        return await self._schedule("POST", key, project, verb=":pause")

    async def resume_schedule(self, key: str, *, project: str = "default") -> Raw:
        """Slots fire again; those that passed do not."""
        return await self._schedule("POST", key, project, verb=":resume")

    async def run_schedule(self, key: str, *, project: str = "default") -> Raw:
        """Fires once now, never sent twice; gives what came of it."""
        return await self._schedule("POST", key, project, verb=":run", repeatable=False)

    async def firings(
        self,
        key: str,
        *,
        project: str = "default",
        outcomes: Sequence[str] = (),
        limit: int | None = None,
    ) -> AsyncGenerator[Raw, None]:
        """What became of the slots of a schedule, newest first, at most `limit`."""
        params: Params = {"project": project, "outcome": ",".join(outcomes) or None}
        async for item in pages(self._transport, f"{_path(key)}/firings", params, limit):
            yield item

    async def preview_schedule(self, rule: Mapping[str, Any], **fields: Any) -> Raw:
        """A rule in words and its next slots; `fields` are zone, from, count and so on."""
        body = {"rule": dict(rule), **fields}
        raw: Raw = await self._transport.call("POST", "/schedules:preview", body=body)
        return raw

    async def _schedule(
        self,
        method: str,
        key: str,
        project: str,
        *,
        verb: str = "",
        body: Mapping[str, Any] | None = None,
        repeatable: bool = True,
    ) -> Raw:
        raw: Raw = await self._transport.call(
            method,
            _path(key) + verb,
            params={"project": project},
            body=body,
            repeatable=repeatable,
        )
        return raw


def _path(key: str) -> str:
    return f"/schedules/{quote(key, safe='')}"
