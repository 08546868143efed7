"""From an event to a receiver: told once, sent until it arrives, whoever dies in between."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network

import pytest

from hodei.adapters.security.sealing import SivSealer
from hodei.adapters.webhooks.sender import HttpSender
from hodei.domain.change import changed
from hodei.domain.errors import Conflict, InvalidRequest, NotFound, StaleVersion
from hodei.domain.webhooks.addresses import Allowed
from hodei.domain.webhooks.delivery import Delivery, DeliveryState, Patience
from hodei.domain.webhooks.parsing import WebhookConfig, parse_webhook
from hodei.engine.core import Core
from hodei.engine.webhooks.courier import Courier
from hodei.engine.webhooks.outbox import Outbox
from hodei.engine.webhooks.webhooks import Stored, Webhooks
from tests.support import receiver as answers
from tests.support.receiver import Receiver, receiving
from tests.unit.engine.world import Replica, World, world

PATIENCE = Patience(tries=3, initial_s=10, factor=2, jitter=0)
SECRET = "0123456789abcdef"


class Teller:
    """What one replica has for webhooks, run step by step."""

    def __init__(self, core: Core, allowed: Allowed) -> None:
        self.core = core
        self.sender = HttpSender(allowed)
        self.outbox = Outbox(core)
        self.courier = Courier(core, self.sender, self.outbox, PATIENCE)

    async def once(self) -> None:
        """Reads what is new, sends what is due, and returns when all that is over."""
        await self.outbox.run_once()
        while await self.courier.run_once():
            await self.courier.rest()


@dataclass(slots=True)
class Site:
    """An installation and a receiver."""

    world: World
    receiver: Receiver
    tellers: list[Teller]
    webhooks: Webhooks

    async def hook(self, **more: object) -> Stored:
        """A webhook that calls the receiver."""
        return await self.webhooks.create(self.config(**more), actor="ana")

    def config(self, **more: object) -> WebhookConfig:
        """One that calls the receiver."""
        plain: Mapping[str, object] = {
            "name": "chat",
            "url": self.receiver.url,
            "events": ["job.submitted"],
        }
        return parse_webhook({**plain, **more})

    async def deliveries(self, stored: Stored) -> list[Delivery]:
        """Those of a webhook, the newest first."""
        return list((await self.webhooks.deliveries(stored.state.webhook.id)).items)

    def teller(self, replica: Replica, allowed: Allowed) -> Teller:
        """That of a replica."""
        made = Teller(replica.engine.core, allowed)
        self.tellers.append(made)
        return made


LOOPBACK = Allowed(networks=(ip_network("127.0.0.0/8"),))


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with world(2) as made, receiving() as receiver:
        core = made.engine.core
        webhooks = Webhooks(core, made.engine.projects, HttpSender(LOOPBACK))
        site = Site(made, receiver, [], webhooks)
        for replica in made.replicas:
            site.teller(replica, LOOPBACK)
        yield site
        for teller in site.tellers:
            await teller.courier.stop()


async def test_an_event_arrives_with_its_signature(site: Site) -> None:
    stored = await site.hook(secret=SECRET, headers={"X-Team": "data"})
    job = await site.world.submit(name="nightly", labels={"team": "data"})
    await site.tellers[0].once()
    [got] = site.receiver.received
    body = json.loads(got.body)
    [delivery] = await site.deliveries(stored)
    assert (body["event"], body["job"]["id"], body["job"]["name"]) == (
        *("job.submitted", str(job.id)),
        "nightly",
    )
    assert body["id"] == got.headers["hodei-delivery"] == str(delivery.id)
    assert (got.headers["hodei-event"], got.headers["x-team"]) == ("job.submitted", "data")
    t, _, v1 = got.headers["hodei-signature"].partition(",v1=")
    signed = t.removeprefix("t=").encode() + b"." + got.body
    assert v1 == hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert (delivery.state, delivery.attempts[0].status) == (DeliveryState.DELIVERED, 200)


async def test_each_event_is_told_once_whoever_reads(site: Site) -> None:
    stored = await site.hook()
    for _ in range(20):
        await site.world.submit()
    for _ in range(3):
        await asyncio.gather(*(teller.outbox.run_once() for teller in site.tellers))
    assert len(await site.deliveries(stored)) == 20


async def test_only_what_was_asked_for_is_told(site: Site) -> None:
    stored = await site.hook(events=["job.succeeded"], filters={"name": "a*"})
    for name in ("apple", "pear"):
        job, agent = await site.world.run_job(name=name)
        agent.exit(0)
        await site.world.pass_time(2)
        assert site.world.job(job.id).finished
    await site.tellers[0].outbox.run_once()
    [delivery] = await site.deliveries(stored)
    whole = await site.webhooks.delivery(str(delivery.id))
    told = json.loads(whole.payload)
    assert (told["event"], told["job"]["name"]) == ("job.succeeded", "apple")
    assert told["job"]["outcome"]["exit_code"] == 0


async def test_a_receiver_that_fails_is_tried_again_until_it_takes_it(site: Site) -> None:
    stored = await site.hook()
    await site.world.submit()
    site.receiver.answering = answers.status(500)
    await site.tellers[0].once()
    [delivery] = await site.deliveries(stored)
    assert (delivery.state, delivery.attempts[0].error) == (DeliveryState.FAILED, "answered 500")
    state = await site.webhooks.get("chat", "default")
    assert (state.waiting, state.webhook.failing_since is not None) == (1, True)
    await site.tellers[0].once()
    assert len(site.receiver.received) == 1
    site.receiver.answering = None
    await site.world.clock.advance(10.5)
    await site.tellers[1].once()
    first, second = site.receiver.received
    assert first.body == second.body
    assert first.headers["hodei-delivery"] == second.headers["hodei-delivery"]
    assert first.headers["hodei-signature"] != second.headers["hodei-signature"]
    state = await site.webhooks.get("chat", "default")
    assert (state.waiting, state.webhook.failing_since) == (0, None)


async def test_what_never_arrives_is_dead_until_a_person_wants_it(site: Site) -> None:
    stored = await site.hook()
    await site.world.submit()
    site.receiver.answering = answers.breaks
    for _ in range(PATIENCE.tries):
        await site.tellers[0].once()
        await site.world.clock.advance(100)
    await site.tellers[0].once()
    [delivery] = await site.deliveries(stored)
    assert (delivery.state, len(site.receiver.received)) == (DeliveryState.DEAD, 3)
    site.receiver.answering = None
    await site.webhooks.redeliver(delivery.id)
    await site.tellers[0].once()
    [delivery] = await site.deliveries(stored)
    assert (delivery.state, len(delivery.attempts)) == (DeliveryState.DELIVERED, 4)


async def test_a_server_that_dies_while_it_sends_loses_nothing(site: Site) -> None:
    stored = await site.hook(timeout_ms=30_000)
    await site.world.submit()
    site.receiver.answering = answers.hangs
    first, second = site.tellers
    await first.outbox.run_once()
    assert await first.courier.run_once() == 1
    await site.receiver.until(1)
    await first.courier.stop()
    site.receiver.answering = None
    await second.once()
    assert len(site.receiver.received) == 1
    await site.world.clock.advance(36)
    await second.once()
    [delivery] = await site.deliveries(stored)
    assert (delivery.state, len(site.receiver.received)) == (DeliveryState.DELIVERED, 2)


async def test_one_that_hangs_keeps_no_other_waiting(site: Site) -> None:
    await site.hook(name="slow", timeout_ms=30_000)
    for _ in range(20):
        await site.world.submit()
    site.receiver.answering = answers.hangs
    teller = site.tellers[0]
    await teller.outbox.run_once()
    await teller.courier.run_once()
    await site.receiver.until(4)
    async with receiving() as other:
        stored = await site.hook(name="quick", url=other.url)
        await site.world.submit()
        await teller.outbox.run_once()
        assert await teller.courier.run_once() == 1
        await other.until(1)
        assert len(site.receiver.received) == 4
        while (await site.deliveries(stored))[0].state is not DeliveryState.DELIVERED:
            await asyncio.sleep(0.01)


async def test_nothing_of_a_secret_is_shown(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    site.receiver.answering = answers.repeats
    given = {"X-Team": "sesame-header"}
    stored = await site.hook(url=site.receiver.url + "?t=sesame-url", headers=given)
    await site.world.submit()
    await site.tellers[0].once()
    [delivery] = await site.deliveries(stored)
    assert delivery.attempts[0].response == "***"
    assert stored.secret is not None and stored.secret.startswith("whsec_")
    shown = f"{stored!r} {delivery!r} {site.world.tables.webhooks} {caplog.text}"
    for secret in (stored.secret, "sesame-header"):
        assert secret not in shown
    assert "sesame-url" not in caplog.text


async def test_without_a_webhook_nothing_is_read(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, outbox, looks = site.world.home.store, site.tellers[0].outbox, list[str]()
    enabled = store.enabled_webhooks
    looked = asyncio.Event()

    async def counted() -> object:
        looks.append("look")
        looked.set()
        return await enabled()

    monkeypatch.setattr(store, "enabled_webhooks", counted)
    task = asyncio.create_task(outbox.run())
    await looked.wait()
    for _ in range(50):
        outbox.wake()
        await asyncio.sleep(0)
    assert await site.tellers[0].courier.run_once() == 0
    assert looks == ["look"]
    looked.clear()
    outbox.changed()
    await looked.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_test_delivery_is_sent_whatever_is_asked_for(site: Site) -> None:
    stored = await site.hook(events=["job.failed"])
    made = await site.webhooks.test(stored.state.webhook, actor="bo")
    await site.tellers[0].once()
    body = json.loads(site.receiver.received[0].body)
    assert (body["event"], body["job"], body["actor"]) == ("webhook.test", None, "bo")
    assert (await site.webhooks.delivery(str(made.id))).state is DeliveryState.DELIVERED


async def test_an_address_that_is_not_allowed_is_refused_and_said(site: Site) -> None:
    closed = Webhooks(site.world.engine.core, site.world.engine.projects, HttpSender(Allowed()))
    for url in ("http://127.0.0.1/", "http://0x7f.1/", "https://169.254.169.254/latest/"):
        with pytest.raises(InvalidRequest) as raised:
            await closed.create(site.config(url=url), actor="ana")
        [violation] = raised.value.violations
        assert (violation.field, violation.value) == ("url", url)
        assert "must be a public address" in violation.message
        assert "HODEI_WEBHOOK_ALLOW" in violation.message
    stored = await site.hook()
    with pytest.raises(InvalidRequest):
        await closed.update(stored.state.webhook.id, site.config(), actor="ana")
    # One that was allowed when it was stored is judged at every call.
    refusing = site.teller(site.world.replicas[0], Allowed())
    await site.world.submit()
    await refusing.once()
    [delivery] = await site.deliveries(stored)
    assert "may not be called" in delivery.attempts[0].error
    assert site.receiver.received == []


async def test_what_is_configured_anew(site: Site) -> None:
    stored = await site.hook(headers={"X-Team": "data", "X-Old": "1"}, secret=SECRET)
    assert stored.secret is None
    webhook_id = stored.state.webhook.id
    kept = site.config(headers={"X-Team": None}, version=1)
    await site.webhooks.update(webhook_id, kept, actor="bo")
    await site.world.submit()
    await site.tellers[0].once()
    [got] = site.receiver.received
    assert got.headers["x-team"] == "data"
    assert "x-old" not in got.headers
    with pytest.raises(StaleVersion, match="at version 2"):
        await site.webhooks.update(webhook_id, kept, actor="bo")
    with pytest.raises(InvalidRequest, match=r"headers\.X-New: must be text"):
        await site.webhooks.update(webhook_id, site.config(headers={"X-New": None}), actor="bo")
    made = await site.webhooks.update(webhook_id, site.config(rotate_secret=True), actor="bo")
    assert made.secret is not None
    with pytest.raises(InvalidRequest, match="stays in its project"):
        await site.webhooks.update(webhook_id, site.config(project="web"), actor="bo")
    with pytest.raises(Conflict, match="has a webhook named 'chat' already"):
        await site.hook()
    with pytest.raises(NotFound):
        await site.hook(name="x", project="none")
    await site.webhooks.delete(webhook_id)
    with pytest.raises(NotFound):
        await site.webhooks.get("chat", "default")


async def test_what_another_key_sealed_is_sealed_anew(site: Site) -> None:
    stored = await site.hook(secret=SECRET, headers={"X-Team": "data"})
    core = site.world.engine.core
    both = changed(core, sealer=SivSealer(b"n" * 32, b"k" * 32))
    webhooks = Webhooks(both, site.world.engine.projects, HttpSender(LOOPBACK))
    assert await webhooks.reseal() == (1, 0)
    assert await webhooks.reseal() == (0, 0)
    await site.world.submit()
    await site.tellers[0].once()
    [delivery] = await site.deliveries(stored)
    assert delivery.attempts[0].error == (
        "its secret or a header cannot be opened: a key is missing on this server"
    )
    assert site.receiver.received == []
