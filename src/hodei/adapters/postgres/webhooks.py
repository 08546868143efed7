"""Webhooks and their deliveries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from hodei.adapters.postgres.database import Database, Row
from hodei.adapters.postgres.event_rows import event_of, feed_cursor, parse_feed_cursor
from hodei.adapters.postgres.notifier import Notifier
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.text import clean, dumps, loads
from hodei.domain.webhooks.delivery import Delivery, DeliveryState, DeliveryTry
from hodei.domain.webhooks.webhook import TOLD, Filters, Webhook, WebhookEvent
from hodei.ports.bus import Hint
from hodei.ports.webhooks import FeedPart, LastDelivery, NewDelivery, WebhookState

_TOLD = [kind.value for kind in TOLD]


class Webhooks:
    """Implements `WebhookStore`."""

    def __init__(self, database: Database, notifier: Notifier) -> None:
        self._database = database
        self._notifier = notifier

    async def list_webhooks(self, project: str | None = None) -> Sequence[WebhookState]:
        """See `WebhookStore.list_webhooks`."""
        rows = await self._database.rows(sql("webhooks.list"), project, None, None)
        return [_state(row) for row in rows]

    async def find_webhook(self, key: str, project: str) -> WebhookState | None:
        """See `WebhookStore.find_webhook`."""
        if (webhook_id := _uuid(key)) is not None:
            row = await self._database.row(sql("webhooks.list"), None, None, webhook_id)
            if row is not None:
                return _state(row)
        row = await self._database.row(sql("webhooks.list"), project, key, None)
        return _state(row) if row else None

    async def enabled_webhooks(self) -> Sequence[Webhook]:
        """See `WebhookStore.enabled_webhooks`."""
        return [_webhook(row) for row in await self._database.rows(sql("webhooks.enabled"))]

    async def put_webhook(self, webhook: Webhook) -> bool:
        """See `WebhookStore.put_webhook`."""
        values = (
            *(webhook.id, webhook.project, webhook.name, webhook.url),
            sorted(event.value for event in webhook.events),
            dumps(_filters_text(webhook.filters)),
            dumps(dict(webhook.headers)),
            webhook.secret,
            webhook.enabled,
            webhook.timeout_ms,
        )
        changed = webhook.updated_at, clean(webhook.updated_by)
        if webhook.version:
            saved = await self._database.value(
                sql("webhooks.set"), *values, *changed, webhook.version
            )
        else:
            made = webhook.created_at, clean(webhook.created_by)
            saved = await self._database.value(sql("webhooks.add"), *values, *made, *changed)
        return self._changed(webhook.id, saved is not None)

    async def reseal_webhook(self, webhook: Webhook, resealed: Webhook) -> bool:
        """See `WebhookStore.reseal_webhook`."""
        place = webhook.id, webhook.version, webhook.secret
        values = resealed.secret, dumps(dict(resealed.headers))
        return await self._database.value(sql("webhooks.reseal"), *place, *values) is not None

    async def delete_webhook(self, webhook_id: UUID) -> bool:
        """See `WebhookStore.delete_webhook`."""
        gone = await self._database.value(sql("webhooks.delete"), webhook_id)
        return self._changed(webhook_id, gone is not None)

    async def webhook_feed(self, projects: Collection[str], *, limit: int) -> FeedPart | None:
        """See `WebhookStore.webhook_feed`."""
        place = await self._database.row(sql("webhooks.place"))
        if place is None:
            return None
        begin = str(place["from_tx"]), place["from_seq"]
        rows = await self._database.rows(
            sql("webhooks.stretch"), *begin, limit, _TOLD, list(projects)
        )
        if not rows:
            return None
        return FeedPart(
            before=feed_cursor(place["tx"], place["seq"]),
            after=feed_cursor(rows[-1]["tx"], rows[-1]["seq"]),
            events=[event_of(row) for row in rows if row["wanted"]],
        )

    async def add_deliveries(self, part: FeedPart, deliveries: Sequence[NewDelivery]) -> bool:
        """See `WebhookStore.add_deliveries`."""
        rows = [
            (
                *(new.delivery.id, new.delivery.webhook_id, new.delivery.project),
                *(new.delivery.event, new.delivery.job_id, clean(new.delivery.payload)),
                new.delivery.created_at,
                parse_feed_cursor(new.event_cursor)[0],
            )
            for new in deliveries
        ]
        columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * 8
        places = *parse_feed_cursor(part.before), *parse_feed_cursor(part.after)
        row = await self._database.row(sql("webhooks.read"), *places, *columns)
        assert row is not None
        if row["added"]:
            self._notifier.add([Hint(topic="delivery")])
        return bool(row["moved"])

    async def add_delivery(self, delivery: Delivery) -> Delivery:
        """See `WebhookStore.add_delivery`. One of a webhook that is gone is not stored."""
        row = await self._database.row(
            sql("webhooks.add_one"),
            *(delivery.id, delivery.webhook_id, delivery.project, delivery.event),
            *(delivery.job_id, clean(delivery.payload), delivery.created_at),
        )
        self._notifier.add([Hint(topic="delivery")])
        return _delivery(row) if row else delivery

    async def claim_deliveries(
        self, replica: str, *, each: int, limit: int, slack_s: float, without: Collection[UUID] = ()
    ) -> Sequence[Delivery]:
        """See `WebhookStore.claim_deliveries`."""
        rows = await self._database.rows(
            sql("webhooks.claim"), replica, each, limit, list(without), slack_s
        )
        return sorted((_delivery(row) for row in rows), key=lambda one: one.seq)

    async def save_delivery(self, delivery: Delivery) -> bool:
        """See `WebhookStore.save_delivery`."""
        newest = delivery.attempts[-1] if delivery.attempts else None
        saved = await self._database.value(
            sql("webhooks.save"),
            *(delivery.id, delivery.version, delivery.state.value, delivery.tries),
            dumps([_try_text(each) for each in delivery.attempts]),
            newest.at if newest else None,
            *(delivery.next_attempt_at, delivery.finished_at),
            newest.arrived if newest and delivery.tries else None,
        )
        if saved is not None and delivery.state is DeliveryState.PENDING:
            self._notifier.add([Hint(topic="delivery")])
        return saved is not None

    async def get_delivery(self, delivery_id: UUID) -> Delivery | None:
        """See `WebhookStore.get_delivery`."""
        row = await self._database.row(sql("webhooks.get"), delivery_id)
        return _delivery(row) if row else None

    async def list_deliveries(
        self,
        webhook_id: UUID,
        *,
        state: DeliveryState | None = None,
        event: str | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> Sequence[Delivery]:
        """See `WebhookStore.list_deliveries`."""
        shown = state.value if state else None
        rows = await self._database.rows(
            sql("webhooks.deliveries"), webhook_id, shown, event, after, limit
        )
        return [_delivery(row) for row in rows]

    async def purge_deliveries(self, before: datetime, *, limit: int) -> int:
        """See `WebhookStore.purge_deliveries`."""
        return int(await self._database.value(sql("webhooks.purge"), before, limit))

    def _changed(self, webhook_id: UUID, changed: bool) -> bool:
        if changed:
            self._notifier.add([Hint(topic="webhook", keys=(str(webhook_id),))])
        return changed


def _uuid(key: str) -> UUID | None:
    try:
        return UUID(key) if len(key) == 36 else None
    except ValueError:
        return None


def _state(row: Row) -> WebhookState:
    last = None
    if row["l_id"] is not None:
        last = LastDelivery(
            id=row["l_id"],
            event=row["l_event"],
            state=DeliveryState(row["l_state"]),
            at=row["l_at"],
            status=row["l_status"],
        )
    return WebhookState(webhook=_webhook(row), waiting=row["waiting"], last=last)


def _webhook(row: Row) -> Webhook:
    return Webhook(
        id=row["id"],
        project=row["project"],
        name=row["name"],
        url=row["url"],
        events=frozenset(WebhookEvent(each) for each in row["events"]),
        filters=Filters(**loads(row["filters"])),
        headers=loads(row["headers"]),
        secret=row["secret"],
        enabled=row["enabled"],
        timeout_ms=row["timeout_ms"],
        version=row["version"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        updated_at=row["updated_at"],
        updated_by=row["updated_by"],
        failing_since=row["failing_since"],
    )


def _filters_text(filters: Filters) -> Mapping[str, object]:
    return {
        "template": filters.template,
        "schedule": filters.schedule,
        "name": filters.name,
        "labels": dict(filters.labels),
    }


def _delivery(row: Row) -> Delivery:
    return Delivery(
        id=row["id"],
        webhook_id=row["webhook_id"],
        project=row["project"],
        event=row["event"],
        job_id=row["job_id"],
        payload=row["payload"],
        state=DeliveryState(row["state"]),
        version=row["version"],
        created_at=row["created_at"],
        tries=row["tries"],
        attempts=tuple(_try(each) for each in loads(row["attempts"])),
        next_attempt_at=row["next_attempt_at"],
        finished_at=row["finished_at"],
        seq=row["seq"],
    )


def _try_text(attempt: DeliveryTry) -> Mapping[str, object]:
    return {
        "at": attempt.at.isoformat(),
        "status": attempt.status,
        "ms": attempt.ms,
        "error": attempt.error,
        "response": attempt.response,
        "retry_after_s": attempt.retry_after_s,
    }


def _try(stored: Any) -> DeliveryTry:
    values = {**stored, "at": datetime.fromisoformat(stored["at"])}
    return DeliveryTry(**values)
