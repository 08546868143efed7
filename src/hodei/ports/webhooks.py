"""Webhooks in the store: what they are, how far the feed was read for them, what is on its way.

Each event of the feed becomes a delivery of a webhook exactly once: deliveries are stored in the
transaction that moves the one place up to which the feed was read, and only from the place at
which it was found. Sending is at least once, by one replica at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from hodei.domain.events import Event
from hodei.domain.webhooks.delivery import Delivery, DeliveryState
from hodei.domain.webhooks.webhook import Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPart:
    """A stretch of the feed that no webhook was told of yet."""

    before: str
    """Where the reading of all replicas stood."""
    after: str
    """Where it stands after these."""
    events: Sequence[Event]
    """Those of the kinds and projects that were asked for, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A delivery of an event of the feed."""

    delivery: Delivery
    event_cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDelivery:
    """The newest attempt of a webhook."""

    id: UUID
    event: str
    state: DeliveryState
    at: datetime
    status: int | None
    """Of the answer; None: there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookState:
    """A webhook, and how it goes with its deliveries."""

    webhook: Webhook
    waiting: int = 0
    """Open deliveries."""
    last: LastDelivery | None = None


class WebhookStore(Protocol):
    """Webhooks by id, and by project and name; and their deliveries."""

    async def list_webhooks(self, project: str | None = None) -> Sequence[WebhookState]:
        """Of one project or of all, by project and name."""
        ...

    async def find_webhook(self, key: str, project: str) -> WebhookState | None:
        """The one with this id, wherever it is, or of this name in `project`."""
        ...

    async def enabled_webhooks(self) -> Sequence[Webhook]:
        """All of them, in no order."""
        ...

    async def put_webhook(self, webhook: Webhook) -> bool:
        """By compare-and-set on its version, 0 for a new one; saving makes it one higher.

        One that is new, or enabled again, hears of events from now on; `created_*` and
        `failing_since` of a stored one stay. False: somebody was quicker, or the name is taken
        in its project.
        """
        ...

    async def reseal_webhook(self, webhook: Webhook, resealed: Webhook) -> bool:
        """Other sealed forms of the same secret and headers; False when it was changed since it
        was read."""
        ...

    async def delete_webhook(self, webhook_id: UUID) -> bool:
        """With its deliveries; False when there is none."""
        ...

    async def webhook_feed(self, projects: Collection[str], *, limit: int) -> FeedPart | None:
        """What comes next in the feed, of these projects and of the kinds that webhooks can hear
        of; `limit` events are looked at. None: nothing is new, or no webhook is enabled."""
        ...

    async def add_deliveries(self, part: FeedPart, deliveries: Sequence[NewDelivery]) -> bool:
        """Stores the deliveries that a stretch leads to, and that it was read; those of webhooks
        which are gone, disabled, or newer than the event are left out.

        False, and nothing is stored, when another replica has read it.
        """
        ...

    async def add_delivery(self, delivery: Delivery) -> Delivery:
        """Stores one that belongs to no event of the feed; gives it as it is stored."""
        ...

    async def claim_deliveries(
        self, replica: str, *, each: int, limit: int, slack_s: float, without: Collection[UUID] = ()
    ) -> Sequence[Delivery]:
        """Takes open deliveries that are due, of enabled webhooks, the longest due first: at most
        `each` of one webhook, none of those in `without`. Each is leased for its webhook's
        timeout and the slack; one that was taken is taken again when its lease has run out."""
        ...

    async def save_delivery(self, delivery: Delivery) -> bool:
        """By compare-and-set on its version; ends its lease, and notes at its webhook whether it
        is failing. False: it was changed meanwhile, or is gone."""
        ...

    async def get_delivery(self, delivery_id: UUID) -> Delivery | None: ...

    async def list_deliveries(
        self,
        webhook_id: UUID,
        *,
        state: DeliveryState | None = None,
        event: str | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> Sequence[Delivery]:
        """The newest first, from the one before `after` (a `seq`), without their payloads."""
        ...

    async def purge_deliveries(self, before: datetime, *, limit: int) -> int:
        """Removes those that were made before, open or not; gives how many went."""
        ...
