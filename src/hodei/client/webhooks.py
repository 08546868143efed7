"""Calls about webhooks, deliveries and triggers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any
from urllib.parse import quote

from hodei.client.paging import pages
from hodei.client.transport import Params, Transport
from hodei.client.values import Raw


class WebhookCalls:
    """Part of AsyncClient: webhooks by id, or by name in a project; triggers by template."""

    _transport: Transport

    async def webhooks(self, project: str | None = None) -> list[Raw]:
        """All that may be seen, by project and name."""
        page = await self._transport.call("GET", "/webhooks", params={"project": project})
        found: list[Raw] = page["items"]
        return found

    async def get_webhook(self, key: str, *, project: str = "default") -> Raw:
        """Raises NotFound."""
        return await self._webhook("GET", key, project)

    async def create_webhook(self, config: Mapping[str, Any]) -> Raw:
        """`config` as the REST interface has it; never sent twice. `secret` in the answer is the
        one that was made, shown this once. Raises InvalidRequest, Conflict."""
        raw: Raw = await self._transport.call(
            "POST", "/webhooks", body=dict(config), repeatable=False
        )
        return raw

    async def update_webhook(
        self, key: str, config: Mapping[str, Any], *, project: str = "default"
    ) -> Raw:
        """Everything as in `config`, but for the secret, and headers that are None; with a
        `version` in it only if it is that one."""
        return await self._webhook("PUT", key, project, body=dict(config), repeatable=False)

    async def delete_webhook(self, key: str, *, project: str = "default") -> None:
        """With its deliveries. Raises NotFound."""
        await self._webhook("DELETE", key, project, repeatable=False)

    async def test_webhook(self, key: str, *, project: str = "default") -> Raw:
        """A delivery of the event `webhook.test`, on its way. Raises Conflict for a webhook that
        is disabled."""
        return await self._webhook("POST", key, project, verb=":test", repeatable=False)

    async def deliveries(
        self,
        key: str,
        *,
        project: str = "default",
        state: str | None = None,
        event: str | None = None,
        limit: int | None = None,
    ) -> AsyncGenerator[Raw, None]:
        """Deliveries of a webhook, the newest first, at most `limit`, without their payloads."""
        params: Params = {"project": project, "state": state, "event": event}
        async for item in pages(self._transport, f"{_path(key)}/deliveries", params, limit):
            yield item

    async def get_delivery(self, delivery_id: str) -> Raw:
        """One with what is sent. Raises NotFound."""
        raw: Raw = await self._transport.call("GET", f"/deliveries/{quote(delivery_id, safe='')}")
        return raw

    async def redeliver(self, delivery_id: str) -> Raw:
        """Sends one again, at once and with all its tries; never asked for twice."""
        path = f"/deliveries/{quote(delivery_id, safe='')}:redeliver"
        raw: Raw = await self._transport.call("POST", path, repeatable=False)
        return raw

    async def triggers(self, template: str, *, project: str | None = None) -> list[Raw]:
        """Triggers of a template, by name."""
        page = await self._transport.call("GET", _triggers(template), params={"project": project})
        found: list[Raw] = page["items"]
        return found

    async def create_trigger(
        self,
        template: str,
        name: str,
        parameters: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        project: str | None = None,
    ) -> Raw:
        """Each parameter is {"pointer": "/a/b"} into the body of a call, or {"value": X}. The
        answer shows the `token` once, and the path to call. Raises InvalidRequest, Conflict."""
        raw: Raw = await self._transport.call(
            "POST",
            _triggers(template),
            params={"project": project},
            body={"name": name, "parameters": dict(parameters or {})},
            repeatable=False,
        )
        return raw

    async def delete_trigger(
        self, template: str, trigger_id: str, *, project: str | None = None
    ) -> None:
        """Its token is worth nothing then. Raises NotFound."""
        path = f"{_triggers(template)}/{quote(trigger_id, safe='')}"
        params = {"project": project}
        await self._transport.call("DELETE", path, params=params, repeatable=False)

    async def _webhook(
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
    return f"/webhooks/{quote(key, safe='')}"


def _triggers(template: str) -> str:
    return f"/templates/{quote(template, safe='')}/triggers"
