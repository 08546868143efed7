"""Webhooks, how far the feed was read for them, and their deliveries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from hodei.domain.webhooks.delivery import (
    Delivery,
    DeliveryState,
    DeliveryTry,
    Patience,
    delivery_id,
    tried,
    wanted_again,
)
from hodei.domain.webhooks.webhook import Filters, Webhook, WebhookEvent
from hodei.ports.store import Store
from hodei.ports.webhooks import FeedPart, NewDelivery
from hodei.testing.store_contract.rows import T0, after, event_of, new_job, new_spec

Advance = Callable[[float], Awaitable[None]]
Now = Callable[[], datetime]


def new_webhook(name: str = "chat", project: str = "default") -> Webhook:
    """A webhook that nobody has stored."""
    return Webhook(
        id=uuid4(),
        project=project,
        name=name,
        url="https://hooks.example.com/x",
        events=frozenset({WebhookEvent.JOB_FAILED, WebhookEvent.JOB_SUBMITTED}),
        filters=Filters(name="nightly-*", labels={"team": "data"}),
        headers={"X-Team": "v2.a.sealed"},
        secret="v2.a.secret",
        timeout_ms=1000,
        created_at=T0,
        created_by="ana",
        updated_at=T0,
    )


async def stored(store: Store, webhook: Webhook) -> Webhook:
    """The webhook as the store has it."""
    assert await store.put_webhook(webhook)
    found = await store.find_webhook(str(webhook.id), "")
    assert found is not None
    return found.webhook


async def something_happens(store: Store, project: str = "default") -> None:
    """A job is submitted, which is one event."""
    job = new_job(new_spec(project=project))
    await store.submit([job], [event_of(job)])


async def to_read(store: Store, limit: int = 100) -> FeedPart:
    """What comes next in the feed, once no older transaction holds it back."""
    while (part := await store.webhook_feed(["default"], limit=limit)) is None:
        await asyncio.sleep(0.01)
    return part


def to_deliver(webhook: Webhook, part: FeedPart) -> list[NewDelivery]:
    """All of a stretch, for one webhook."""
    return [
        NewDelivery(
            delivery=replace(
                new_delivery(webhook), id=delivery_id(webhook.id, event.cursor), job_id=event.job_id
            ),
            event_cursor=event.cursor,
        )
        for event in part.events
    ]


def new_delivery(webhook: Webhook) -> Delivery:
    """A delivery that nobody has stored."""
    return Delivery(
        id=uuid4(),
        webhook_id=webhook.id,
        project=webhook.project,
        event="job.submitted",
        payload='{"ñ":1}',
        created_at=T0,
        next_attempt_at=T0,
    )


async def claimed(store: Store, *, each: int = 10, without: tuple[UUID, ...] = ()) -> list[UUID]:
    """Ids of the deliveries that are taken."""
    found = await store.claim_deliveries("one", each=each, limit=10, slack_s=0.2, without=without)
    return [one.id for one in found]


MISSED = DeliveryTry(at=after(1), status=500, ms=7, error="answered 500", response="no")
ARRIVED = DeliveryTry(at=after(9), status=204, ms=3)


class WebhookContract:
    """WebhookStore."""

    async def test_a_webhook_is_found_by_id_and_by_name(
        self, store: Store, other_store: Store
    ) -> None:
        chat, web = new_webhook(), new_webhook(project="web")
        assert await store.put_webhook(web)
        kept = await stored(store, chat)
        assert kept == replace(chat, version=1)
        for key, project in ((str(chat.id), "web"), ("chat", "default")):
            found = await other_store.find_webhook(key, project)
            assert found is not None
            assert (found.webhook, found.waiting, found.last) == (kept, 0, None)
        assert await store.find_webhook("chat", "none") is None
        assert await store.find_webhook(str(uuid4()), "default") is None
        names = [(s.webhook.project, s.webhook.name) for s in await store.list_webhooks()]
        assert names == [("default", "chat"), ("web", "chat")]
        assert [s.webhook for s in await store.list_webhooks("default")] == [kept]
        assert not await store.delete_project("default")

    async def test_only_the_version_that_was_read_is_changed(self, store: Store) -> None:
        kept = await stored(store, new_webhook())
        changed = replace(kept, url="https://other.example.com/", updated_by="bo", enabled=False)
        assert await store.put_webhook(changed)
        assert not await store.put_webhook(changed)
        found = await store.find_webhook("chat", "default")
        assert found is not None
        assert found.webhook == replace(changed, version=2)
        assert list(await store.enabled_webhooks()) == []

    async def test_a_name_is_there_once_in_a_project(self, store: Store) -> None:
        kept = await stored(store, new_webhook())
        assert not await store.put_webhook(new_webhook())
        other = await stored(store, new_webhook("other"))
        assert not await store.put_webhook(replace(other, name="chat"))
        assert await store.delete_webhook(kept.id)
        assert not await store.delete_webhook(kept.id)
        assert await store.put_webhook(replace(other, name="chat"))

    async def test_values_are_sealed_anew_unless_changed(self, store: Store) -> None:
        kept = await stored(store, new_webhook())
        again = replace(kept, secret="v2.b.secret", headers={"X-Team": "v2.b.sealed"})
        assert await store.reseal_webhook(kept, again)
        assert not await store.reseal_webhook(kept, again)
        found = await store.find_webhook("chat", "default")
        assert found is not None and found.webhook == again

    async def test_events_from_before_are_not_told(self, store: Store) -> None:
        assert await store.webhook_feed(["default"], limit=10) is None
        await something_happens(store)
        webhook = await stored(store, new_webhook())
        await something_happens(store)
        while len(events := await store.events(after="")) < 2:
            await asyncio.sleep(0.01)
        part = await to_read(store)
        whole = replace(part, after=events[-1].cursor, events=events)
        assert await store.add_deliveries(whole, to_deliver(webhook, whole))
        [delivery] = await store.list_deliveries(webhook.id)
        assert delivery.job_id == whole.events[-1].job_id

    async def test_what_one_replica_has_read_no_other_stores(
        self, store: Store, other_store: Store
    ) -> None:
        webhook = await stored(store, new_webhook())
        await something_happens(store)
        mine, theirs = await to_read(store), await to_read(other_store)
        assert await other_store.add_deliveries(theirs, to_deliver(webhook, theirs))
        assert not await store.add_deliveries(mine, to_deliver(webhook, mine))
        [delivery] = await store.list_deliveries(webhook.id)
        assert delivery.job_id == mine.events[0].job_id
        assert await store.webhook_feed(["default"], limit=10) is None

    async def test_what_was_not_stored_is_read_again(self, store: Store) -> None:
        await stored(store, new_webhook())
        await something_happens(store)
        assert [e.cursor for e in (await to_read(store)).events] == [
            e.cursor for e in (await to_read(store)).events
        ]

    async def test_a_stretch_of_other_projects_is_passed_over(self, store: Store) -> None:
        await stored(store, new_webhook())
        for project in ("web", "web", "default"):
            await something_happens(store, project)
        told: list[str] = []
        while not told:
            part = await to_read(store, limit=2)
            assert part.before != part.after
            told = [event.project for event in part.events]
            assert await store.add_deliveries(part, [])
        assert told == ["default"]

    async def test_one_that_is_disabled_is_told_nothing_of_that_time(self, store: Store) -> None:
        webhook = await stored(store, new_webhook())
        other = await stored(store, new_webhook("other"))
        assert await store.put_webhook(replace(webhook, enabled=False))
        await something_happens(store)
        part = await to_read(store)
        assert await store.put_webhook(replace(webhook, enabled=True, version=2))
        both = [*to_deliver(webhook, part), *to_deliver(other, part)]
        assert await store.add_deliveries(part, both)
        assert len(await store.list_deliveries(webhook.id)) == 0
        assert len(await store.list_deliveries(other.id)) == 1

    async def test_a_delivery_is_taken_by_one_and_again_when_its_lease_is_over(
        self, store: Store, other_store: Store, advance: Advance
    ) -> None:
        webhook = await stored(store, new_webhook())
        one = await store.add_delivery(new_delivery(webhook))
        assert await claimed(store) == [one.id]
        assert await claimed(other_store) == []
        await advance(1.3)
        assert await claimed(other_store) == [one.id]

    async def test_few_of_each_are_taken_and_none_of_the_disabled(self, store: Store) -> None:
        busy = await stored(store, new_webhook("busy"))
        calm = await stored(store, new_webhook("calm"))
        for webhook in (busy, busy, busy, calm):
            await store.add_delivery(new_delivery(webhook))
        assert len(await claimed(store, each=2, without=(calm.id,))) == 2
        assert len(await claimed(store, each=2)) == 2
        await store.add_delivery(new_delivery(calm))
        assert await store.put_webhook(replace(calm, enabled=False))
        assert await claimed(store) == []

    async def test_what_came_of_it_is_kept(self, store: Store, now: Now) -> None:
        webhook = await stored(store, new_webhook())
        delivery = await store.add_delivery(new_delivery(webhook))
        missed = replace(
            tried(delivery, MISSED, Patience(), 0.5), next_attempt_at=now() + timedelta(hours=1)
        )
        assert await store.save_delivery(missed)
        assert not await store.save_delivery(missed)
        assert await store.get_delivery(delivery.id) == replace(missed, version=2)
        found = await store.find_webhook("chat", "default")
        assert found is not None and found.last is not None
        assert (found.waiting, found.last.status, found.last.at) == (1, 500, MISSED.at)
        assert found.webhook.failing_since == MISSED.at
        assert await claimed(store) == []
        arrived = tried(replace(missed, version=2), ARRIVED, Patience(), 0.5)
        assert await store.save_delivery(arrived)
        found = await store.find_webhook("chat", "default")
        assert found is not None and found.last is not None
        assert (found.waiting, found.last.status, found.webhook.failing_since) == (0, 204, None)
        assert found.last.state is DeliveryState.DELIVERED

    async def test_one_that_is_wanted_again_is_due(self, store: Store, now: Now) -> None:
        webhook = await stored(store, new_webhook())
        delivery = await store.add_delivery(new_delivery(webhook))
        assert await claimed(store) == [delivery.id]
        assert await store.save_delivery(tried(delivery, MISSED, Patience(tries=1), 0.5))
        dead = await store.get_delivery(delivery.id)
        assert dead is not None and dead.state is DeliveryState.DEAD
        assert await store.save_delivery(wanted_again(dead, now() - timedelta(seconds=1)))
        assert await claimed(store) == [delivery.id]

    async def test_deliveries_are_listed_page_by_page(self, store: Store) -> None:
        webhook = await stored(store, new_webhook())
        ids = [(await store.add_delivery(new_delivery(webhook))).id for _ in range(3)]
        first = await store.list_deliveries(webhook.id, limit=2)
        assert [one.id for one in first] == ids[:0:-1]
        assert first[0].payload == ""
        rest = await store.list_deliveries(webhook.id, after=first[-1].seq)
        assert [one.id for one in rest] == ids[:1]
        assert list(await store.list_deliveries(webhook.id, state=DeliveryState.DEAD)) == []
        assert list(await store.list_deliveries(webhook.id, event="job.failed")) == []
        assert len(await store.list_deliveries(webhook.id, event="job.submitted")) == 3

    async def test_old_deliveries_go(self, store: Store) -> None:
        webhook = await stored(store, new_webhook())
        old = await store.add_delivery(new_delivery(webhook))
        new = await store.add_delivery(replace(new_delivery(webhook), created_at=after(100)))
        assert await store.purge_deliveries(after(50), limit=10) == 1
        assert await store.get_delivery(old.id) is None
        assert await store.get_delivery(new.id) is not None
        assert await store.delete_webhook(webhook.id)
        assert await store.get_delivery(new.id) is None
