"""Webhooks without their secrets, and deliveries."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from hodei.api.http.schemas.model import Model
from hodei.domain.webhooks.delivery import Delivery, DeliveryState, DeliveryTry
from hodei.domain.webhooks.webhook import WebhookEvent
from hodei.engine.webhooks.webhooks import Stored
from hodei.ports.store import Page
from hodei.ports.webhooks import LastDelivery, WebhookState


class WebhookFilters(Model):
    """Which jobs a webhook hears of; what is null lets every job through."""

    template: str | None
    """Id or name of the template that the job was made from."""
    schedule: str | None
    """Id or name of the schedule that submitted it."""
    name: str | None
    """Pattern of its name: `*` any text, `?` one character, `[abc]` one of these."""
    labels: dict[str, str]
    """All of these."""


class LastDeliveryView(Model):
    """The newest attempt of a webhook."""

    id: UUID
    event: str
    state: DeliveryState
    at: datetime
    status: int | None
    """Of the answer; null: there was none."""

    @classmethod
    def of(cls, last: LastDelivery) -> LastDeliveryView:
        """The newest attempt as it is shown."""
        return cls(id=last.id, event=last.event, state=last.state, at=last.at, status=last.status)


class WebhookView(Model):
    """A webhook; its secret and the values of its headers are in no answer."""

    id: UUID
    project: str
    name: str
    url: str
    events: list[WebhookEvent]
    filters: WebhookFilters
    headers: list[str]
    """Names only."""
    enabled: bool
    format: str
    """`json`: the payload of docs/webhooks.md."""
    timeout_ms: int
    """Of one attempt."""
    version: int
    failing_since: datetime | None
    """First of the failures since the last delivery that arrived."""
    last_delivery: LastDeliveryView | None
    waiting: int
    """Deliveries that are still to arrive."""
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str

    @classmethod
    def of(cls, state: WebhookState) -> WebhookView:
        """A webhook as it is shown."""
        one = state.webhook
        return cls(
            id=one.id,
            project=one.project,
            name=one.name,
            url=one.url,
            events=[event for event in WebhookEvent if event in one.events],
            filters=WebhookFilters(
                template=one.filters.template,
                schedule=one.filters.schedule,
                name=one.filters.name,
                labels=dict(one.filters.labels),
            ),
            headers=sorted(one.headers),
            enabled=one.enabled,
            format="json",
            timeout_ms=one.timeout_ms,
            version=one.version,
            failing_since=one.failing_since,
            last_delivery=LastDeliveryView.of(state.last) if state.last else None,
            waiting=state.waiting,
            created_at=one.created_at,
            created_by=one.created_by,
            updated_at=one.updated_at,
            updated_by=one.updated_by,
        )


class StoredWebhook(WebhookView):
    """A webhook as it was just stored."""

    secret: str | None
    """The one that was made for it, shown this once; null: none was made."""

    @classmethod
    def stored(cls, stored: Stored) -> StoredWebhook:
        """A webhook with the secret that was made."""
        return cls(**WebhookView.of(stored.state).model_dump(), secret=stored.secret)


class WebhookList(Model):
    """Webhooks, by project and name."""

    items: list[WebhookView]


class DeliveryAttempt(Model):
    """One attempt at a delivery."""

    at: datetime
    status: int | None
    """Of the answer; null: there was none."""
    ms: int
    error: str
    """Why it did not arrive; empty: it did."""
    response: str
    """The beginning of the answer's body, 1 KiB at most."""

    @classmethod
    def of(cls, attempt: DeliveryTry) -> DeliveryAttempt:
        """An attempt as it is shown."""
        return cls(
            at=attempt.at,
            status=attempt.status,
            ms=attempt.ms,
            error=attempt.error,
            response=attempt.response,
        )


class DeliveryView(Model):
    """One event on its way to one webhook."""

    id: UUID
    webhook_id: UUID
    project: str
    event: str
    job_id: UUID | None
    state: DeliveryState
    """pending: not tried yet; failed: tried, and due again; dead: tried often enough."""
    created_at: datetime
    finished_at: datetime | None
    next_attempt_at: datetime | None
    """null: none follows."""
    tries: int
    """Since it was last wanted."""
    attempts: list[DeliveryAttempt]
    """The last 20, the oldest first."""
    payload: str | None
    """The JSON text that is sent; null in lists."""

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryView:
        """A delivery as it is shown."""
        return cls(
            id=delivery.id,
            webhook_id=delivery.webhook_id,
            project=delivery.project,
            event=delivery.event,
            job_id=delivery.job_id,
            state=delivery.state,
            created_at=delivery.created_at,
            finished_at=delivery.finished_at,
            next_attempt_at=delivery.next_attempt_at,
            tries=delivery.tries,
            attempts=[DeliveryAttempt.of(each) for each in delivery.attempts],
            payload=delivery.payload or None,
        )


class DeliveryPage(Model):
    """Deliveries of one webhook, the newest first."""

    items: list[DeliveryView]
    next_cursor: str | None
    """Asks for the next page; null at the end."""

    @classmethod
    def of(cls, page: Page[Delivery]) -> DeliveryPage:
        """A page as it is shown."""
        return cls(items=[DeliveryView.of(each) for each in page.items], next_cursor=page.cursor)
