"""Hints: they arrive, in order, bounded, and a commit needs no help to send them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg

from hodei.adapters.postgres import PostgresBus, PostgresStore
from hodei.adapters.postgres.bus import RESYNC, Subscription
from hodei.adapters.postgres.payload import MAX_BYTES, MAX_KEYS, decode, encode, merge
from hodei.ports.bus import Hint
from tests.integration.postgres.samples import assigned, stored_job


async def read(hints: AsyncIterator[Hint], topics: set[str]) -> dict[str, set[str]]:
    """Keys per topic, read until every topic was heard of."""
    heard: dict[str, set[str]] = {}
    async for hint in hints:
        heard.setdefault(hint.topic, set()).update(hint.keys)
        if topics <= heard.keys():
            break
    return heard


async def test_a_commit_tells_every_replica(store: PostgresStore, postgres_dsn: str) -> None:
    async with PostgresBus.open(postgres_dsn) as bus, bus.subscribe() as hints:
        job = await stored_job(store)
        heard = await read(hints, {"job", "queue", "event"})
        assert heard["job"] == {str(job.id)}
        unit = await assigned(store)
        heard = await read(hints, {"worker"})
        assert heard["worker"] == {str(unit.workers[0].id)}


async def test_hints_of_one_publisher_keep_their_order(postgres_dsn: str) -> None:
    async with PostgresBus.open(postgres_dsn) as bus, bus.subscribe() as hints:
        for number in range(50):
            await bus.publish(Hint(topic="terminal", data={"number": str(number)}))
        seen = [(await anext(hints)).data["number"] for _ in range(50)]
        assert seen == [str(number) for number in range(50)]


async def test_every_subscriber_hears_every_hint(postgres_dsn: str) -> None:
    async with (
        PostgresBus.open(postgres_dsn) as one,
        PostgresBus.open(postgres_dsn) as two,
        one.subscribe() as a,
        one.subscribe() as b,
        two.subscribe() as c,
    ):
        await two.publish(Hint(topic="queue"))
        assert [(await anext(hints)).topic for hints in (a, b, c)] == ["queue"] * 3


async def test_a_replica_is_not_told_of_its_own_queue(postgres_dsn: str) -> None:
    async with (
        PostgresStore.open(postgres_dsn, origin="one") as store,
        PostgresBus.open(postgres_dsn, origin="one") as one,
        PostgresBus.open(postgres_dsn, origin="two") as two,
        one.subscribe() as own,
        two.subscribe() as others,
    ):
        await stored_job(store)
        assert "queue" in await read(others, {"queue", "job", "event"})
        heard = await read(own, {"job", "event"})
        await two.publish(Hint(topic="terminal"))
        heard |= await read(own, {"terminal"})
        assert "queue" not in heard
        await one.publish(Hint(topic="queue", data={"scheduler": "changed"}))
        assert "queue" in await read(own, {"queue"})


async def test_a_stranger_on_the_channel_is_ignored(postgres_dsn: str) -> None:
    async with PostgresBus.open(postgres_dsn) as bus, bus.subscribe() as hints:
        session = await asyncpg.connect(postgres_dsn)
        for payload in ("", "not json", "{}", "[1]", '[["a"]]', '[["a", 1, 2]]'):
            await session.execute("SELECT pg_notify('hodei', $1)", payload)
        await session.close()
        await bus.publish(Hint(topic="queue"))
        assert await anext(hints) == Hint(topic="queue")


async def test_a_slow_subscriber_gets_resync() -> None:
    subscription = Subscription()
    for number in range(1_005):
        subscription.put(Hint(topic="job", keys=(str(number),)))
    assert await anext(subscription) == RESYNC
    assert [(await anext(subscription)).keys for _ in range(4)] == [
        (str(number),) for number in range(1_001, 1_005)
    ]


def test_payloads_fit_and_lose_nothing() -> None:
    hints = [Hint(topic="log", keys=tuple(str(uuid4()) for _ in range(100))) for _ in range(9)]
    payloads = [*encode(hints)]
    assert all(len(payload.encode()) <= MAX_BYTES for payload in payloads)
    assert [hint for payload in payloads for hint in decode(payload)] == hints


def test_a_hint_that_cannot_fit_means_everything() -> None:
    [payload] = encode([Hint(topic="log", keys=("k" * 9_000,), data={"a": "b"})])
    assert decode(payload) == [Hint(topic="log")]


def test_merging_keeps_each_key_once() -> None:
    hints = [
        Hint(topic="job", keys=("a", "b")),
        Hint(topic="queue"),
        Hint(topic="terminal", data={"x": "1"}),
        Hint(topic="job", keys=("b", "c")),
        Hint(topic="queue"),
    ]
    assert merge(hints) == [
        Hint(topic="job", keys=("a", "b", "c")),
        Hint(topic="queue"),
        Hint(topic="terminal", data={"x": "1"}),
    ]


def test_merging_does_not_narrow_what_was_meant() -> None:
    many = tuple(str(number) for number in range(MAX_KEYS + 1))
    assert merge([Hint(topic="job", keys=many)]) == [Hint(topic="job")]
    assert merge([Hint(topic="job", keys=("a",)), Hint(topic="job")]) == [Hint(topic="job")]
