"""Blocking calls about what makes jobs, and what tells of them: schedules, webhooks, triggers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hodei.client.asynchronous import AsyncClient
from hodei.client.portal import Portal
from hodei.client.values import Raw


class AutomationCalls:
    """Part of Client; the methods mean the same and raise the same as those of AsyncClient."""

    _portal: Portal
    _client: AsyncClient

    def schedules(self, **filters: Any) -> Iterator[Raw]:
        """See AsyncClient.schedules."""
        return self._portal.iterate(self._client.schedules(**filters))

    def get_schedule(self, key: str, *, project: str = "default") -> Raw:
        """See AsyncClient.get_schedule."""
        return self._portal.call(self._client.get_schedule(key, project=project))

    def create_schedule(self, config: Mapping[str, Any]) -> Raw:
        """See AsyncClient.create_schedule."""
        return self._portal.call(self._client.create_schedule(config))

    def update_schedule(
        self, key: str, config: Mapping[str, Any], *, project: str = "default"
    ) -> Raw:
        """See AsyncClient.update_schedule."""
        return self._portal.call(self._client.update_schedule(key, config, project=project))

    def delete_schedule(self, key: str, *, project: str = "default") -> None:
        """See AsyncClient.delete_schedule."""
        self._portal.call(self._client.delete_schedule(key, project=project))

    def pause_schedule(self, key: str, *, project: str = "default") -> Raw:
        """See AsyncClient.pause_schedule."""
        return self._portal.call(self._client.pause_schedule(key, project=project))

    def resume_schedule(self, key: str, *, project: str = "default") -> Raw:
        """See AsyncClient.resume_schedule."""
        return self._portal.call(self._client.resume_schedule(key, project=project))

    def run_schedule(self, key: str, *, project: str = "default") -> Raw:
        """See AsyncClient.run_schedule."""
        return self._portal.call(self._client.run_schedule(key, project=project))

    def firings(self, key: str, **which: Any) -> Iterator[Raw]:
        """See AsyncClient.firings."""
        return self._portal.iterate(self._client.firings(key, **which))

    def preview_schedule(self, rule: Mapping[str, Any], **fields: Any) -> Raw:
        """See AsyncClient.preview_schedule."""
        return self._portal.call(self._client.preview_schedule(rule, **fields))

    def webhooks(self, project: str | None = None) -> list[Raw]:
        """See AsyncClient.webhooks."""
        return self._portal.call(self._client.webhooks(project))

    def get_webhook(self, key: str, *, project: str = "default") -> Raw:
        """See AsyncClient.get_webhook."""
        return self._portal.call(self._client.get_webhook(key, project=project))

    def create_webhook(self, config: Mapping[str, Any]) -> Raw:
        """See AsyncClient.create_webhook."""
        return self._portal.call(self._client.create_webhook(config))

    def update_webhook(
        self, key: str, config: Mapping[str, Any], *, project: str = "default"
    ) -> Raw:
        """See AsyncClient.update_webhook."""
        return self._portal.call(self._client.update_webhook(key, config, project=project))

    def delete_webhook(self, key: str, *, project: str = "default") -> None:
        """See AsyncClient.delete_webhook."""
        self._portal.call(self._client.delete_webhook(key, project=project))

    def test_webhook(self, key: str, *, project: str = "default") -> Raw:
        """See AsyncClient.test_webhook."""
        return self._portal.call(self._client.test_webhook(key, project=project))

    def deliveries(self, key: str, **which: Any) -> Iterator[Raw]:
        """See AsyncClient.deliveries."""
        return self._portal.iterate(self._client.deliveries(key, **which))

    def get_delivery(self, delivery_id: str) -> Raw:
        """See AsyncClient.get_delivery."""
        return self._portal.call(self._client.get_delivery(delivery_id))

    def redeliver(self, delivery_id: str) -> Raw:
        """See AsyncClient.redeliver."""
        return self._portal.call(self._client.redeliver(delivery_id))

    def triggers(self, template: str, *, project: str | None = None) -> list[Raw]:
        """See AsyncClient.triggers."""
        return self._portal.call(self._client.triggers(template, project=project))

    def create_trigger(
        self,
        template: str,
        name: str,
        parameters: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        project: str | None = None,
    ) -> Raw:
        """See AsyncClient.create_trigger."""
        made = self._client.create_trigger(template, name, parameters, project=project)
        return self._portal.call(made)

    def delete_trigger(self, template: str, trigger_id: str, *, project: str | None = None) -> None:
        """See AsyncClient.delete_trigger."""
        self._portal.call(self._client.delete_trigger(template, trigger_id, project=project))
