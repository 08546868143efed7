"""Webhooks and their deliveries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from hodei.adapters.memory.part import Part
from hodei.adapters.memory.tables import DeliveryEntry, WebhookEntry
from hodei.domain.events import Event
from hodei.domain.webhooks.delivery import OPEN, Delivery, DeliveryState
from hodei.domain.webhooks.webhook import TOLD, Webhook
from hodei.ports.bus import Hint
from hodei.ports.webhooks import FeedPart, LastDelivery, NewDelivery, WebhookState


class Webhooks(Part):
    """WebhookStore."""

    async def list_webhooks(self, project: str | None = None) -> Sequence[WebhookState]:
        """See WebhookStore."""
        await self._begin()
        found = [e.webhook for e in self._tables.webhooks.values()]
        kept = [one for one in found if project in (None, one.project)]
        return [self._state(one) for one in sorted(kept, key=lambda w: (w.project, w.name))]

    async def find_webhook(self, key: str, project: str) -> WebhookState | None:
        """See WebhookStore."""
        await self._begin()
        found = [entry.webhook for entry in self._tables.webhooks.values()]
        by_id = next((one for one in found if str(one.id) == key.lower()), None)
        named = (one for one in found if (one.project, one.name) == (project, key))
        webhook = by_id or next(named, None)
        return self._state(webhook) if webhook else None

    async def enabled_webhooks(self) -> Sequence[Webhook]:
        """See WebhookStore."""
        await self._begin()
        return [e.webhook for e in self._tables.webhooks.values() if e.webhook.enabled]

    async def put_webhook(self, webhook: Webhook) -> bool:
        """See WebhookStore."""
        await self._begin()
        kept = self._tables.webhooks
        old = kept.get(webhook.id)
        taken = any(
            entry.webhook.id != webhook.id
            and (entry.webhook.project, entry.webhook.name) == (webhook.project, webhook.name)
            for entry in kept.values()
        )
        if taken or (old.webhook.version if old else 0) != webhook.version:
            return False
        since = old.since if old and old.webhook.enabled else self._newest()
        if old is not None:
            webhook = replace(
                webhook,
                created_at=old.webhook.created_at,
                created_by=old.webhook.created_by,
                failing_since=old.webhook.failing_since,
            )
        kept[webhook.id] = WebhookEntry(replace(webhook, version=webhook.version + 1), since)
        await self._publish(Hint(topic="webhook", keys=(str(webhook.id),)))
        return True

    async def reseal_webhook(self, webhook: Webhook, resealed: Webhook) -> bool:
        """See WebhookStore."""
        await self._begin()
        entry = self._tables.webhooks.get(webhook.id)
        if entry is None or entry.webhook.version != webhook.version:
            return False
        if (entry.webhook.secret, entry.webhook.headers) != (webhook.secret, webhook.headers):
            return False
        entry.webhook = replace(
            entry.webhook, secret=resealed.secret, headers=dict(resealed.headers)
        )
        return True

    async def delete_webhook(self, webhook_id: UUID) -> bool:
        """See WebhookStore."""
        await self._begin()
        tables = self._tables
        if tables.webhooks.pop(webhook_id, None) is None:
            return False
        for key in [k for k, e in tables.deliveries.items() if e.delivery.webhook_id == webhook_id]:
            del tables.deliveries[key]
        await self._publish(Hint(topic="webhook", keys=(str(webhook_id),)))
        return True

    async def webhook_feed(self, projects: Collection[str], *, limit: int) -> FeedPart | None:
        """See WebhookStore."""
        await self._begin()
        tables = self._tables
        begins = [entry.since for entry in tables.webhooks.values() if entry.webhook.enabled]
        if not begins:
            return None
        begin = max(tables.webhook_place, min(begins))
        stretch = list(islice((e for n, e in tables.events if n > begin), limit))
        if not stretch:
            return None
        return FeedPart(
            before=str(tables.webhook_place),
            after=stretch[-1].cursor,
            events=[e for e in stretch if _concerns(e, projects)],
        )

    async def add_deliveries(self, part: FeedPart, deliveries: Sequence[NewDelivery]) -> bool:
        """See WebhookStore."""
        await self._begin()
        tables = self._tables
        if str(tables.webhook_place) != part.before:
            return False
        tables.webhook_place = int(part.after)
        for new in deliveries:
            entry = tables.webhooks.get(new.delivery.webhook_id)
            if entry and entry.webhook.enabled and entry.since < int(new.event_cursor):
                self._store(new.delivery)
        if deliveries:
            await self._publish(Hint(topic="delivery"))
        return True

    async def add_delivery(self, delivery: Delivery) -> Delivery:
        """See WebhookStore."""
        await self._begin()
        stored = self._store(delivery)
        await self._publish(Hint(topic="delivery"))
        return stored

    async def claim_deliveries(
        self, replica: str, *, each: int, limit: int, slack_s: float, without: Collection[UUID] = ()
    ) -> Sequence[Delivery]:
        """See WebhookStore."""
        await self._begin()
        now, taken = self._now(), list[DeliveryEntry]()
        counts: dict[UUID, int] = {}
        due = [e for e in self._tables.deliveries.values() if self._due(e, now, without)]
        for entry in sorted(due, key=lambda e: (e.delivery.next_attempt_at or now, e.delivery.seq)):
            of = entry.delivery.webhook_id
            if counts.get(of, 0) < each and len(taken) < limit:
                counts[of] = counts.get(of, 0) + 1
                timeout_ms = self._tables.webhooks[of].webhook.timeout_ms
                entry.leased_until = now + timedelta(seconds=slack_s, milliseconds=timeout_ms)
                taken.append(entry)
        return [entry.delivery for entry in taken]

    async def save_delivery(self, delivery: Delivery) -> bool:
        """See WebhookStore."""
        await self._begin()
        entry = self._tables.deliveries.get(delivery.id)
        if entry is None or entry.delivery.version != delivery.version:
            return False
        newest = delivery.attempts[-1] if delivery.attempts else None
        if newest is not None and delivery.tries:
            owner = self._tables.webhooks.get(delivery.webhook_id)
            if owner is not None:
                since = None if newest.arrived else owner.webhook.failing_since or newest.at
                owner.webhook = replace(owner.webhook, failing_since=since)
        entry.delivery = replace(delivery, version=delivery.version + 1, seq=entry.delivery.seq)
        entry.leased_until = None
        if delivery.state is DeliveryState.PENDING:
            await self._publish(Hint(topic="delivery"))
        return True

    async def get_delivery(self, delivery_id: UUID) -> Delivery | None:
        """See WebhookStore."""
        await self._begin()
        entry = self._tables.deliveries.get(delivery_id)
        return entry.delivery if entry else None

    async def list_deliveries(
        self,
        webhook_id: UUID,
        *,
        state: DeliveryState | None = None,
        event: str | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> Sequence[Delivery]:
        """See WebhookStore."""
        await self._begin()
        found = (
            replace(one, payload="")
            for one in self._of(webhook_id)
            if state in (None, one.state)
            and event in (None, one.event)
            and (after is None or one.seq < after)
        )
        return list(islice(found, limit))

    async def purge_deliveries(self, before: datetime, *, limit: int) -> int:
        """See WebhookStore."""
        await self._begin()
        kept = self._tables.deliveries
        old = [key for key, entry in kept.items() if entry.delivery.created_at < before]
        for key in old[:limit]:
            del kept[key]
        return len(old[:limit])

    def _newest(self) -> int:
        events = self._tables.events
        return events[-1][0] if events else 0

    def _store(self, delivery: Delivery) -> Delivery:
        tables = self._tables
        if delivery.id in tables.deliveries:
            return tables.deliveries[delivery.id].delivery
        stored = replace(delivery, version=1, seq=next(tables.delivery_number))
        tables.deliveries[delivery.id] = DeliveryEntry(stored)
        return stored

    def _of(self, webhook_id: UUID) -> list[Delivery]:
        entries = reversed(self._tables.deliveries.values())
        return [e.delivery for e in entries if e.delivery.webhook_id == webhook_id]

    def _due(self, entry: DeliveryEntry, now: datetime, without: Collection[UUID]) -> bool:
        one = entry.delivery
        owner = self._tables.webhooks.get(one.webhook_id)
        return (
            one.state in OPEN
            and one.next_attempt_at is not None
            and one.next_attempt_at <= now
            and (entry.leased_until is None or entry.leased_until <= now)
            and one.webhook_id not in without
            and owner is not None
            and owner.webhook.enabled
        )

    def _state(self, webhook: Webhook) -> WebhookState:
        found = self._of(webhook.id)
        tried = [one for one in found if one.attempts]
        last = max(tried, key=lambda one: one.attempts[-1].at, default=None)
        return WebhookState(
            webhook=webhook,
            waiting=sum(one.state in OPEN for one in found),
            last=_last(last) if last else None,
        )


def _concerns(event: Event, projects: Collection[str]) -> bool:
    return event.kind in TOLD and event.project in projects


def _last(tried: Delivery) -> LastDelivery:
    newest = tried.attempts[-1]
    return LastDelivery(
        id=tried.id, event=tried.event, state=tried.state, at=newest.at, status=newest.status
    )
