"""One list and one watch, whatever the server does to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hodei.adapters.kubernetes import watching
from hodei.adapters.kubernetes.watching import PodWatch
from tests.unit.kubernetes.scripted_api import (
    GONE,
    PODS,
    ScriptedApi,
    Watch,
    api_of,
    pod,
    scripted_api,
)


@asynccontextmanager
async def followed(uid: str = "a") -> AsyncIterator[tuple[ScriptedApi, PodWatch, asyncio.Event]]:
    """Somebody waits for news of a pod; the first list is empty, at version 10."""
    async with scripted_api() as script, api_of(script) as api:
        script.lists = [([], "10")]
        watch = PodWatch(api, PODS, "hodei.provider=p")
        try:
            with watch.following(uid) as news:
                yield script, watch, news
        finally:
            await watch.close()


async def heard(watch: PodWatch, news: asyncio.Event, uid: str, version: int) -> None:
    """Returns once this version of the pod is known."""
    while (found := watch.pod(uid)) is None or found != pod(uid, version):
        await news.wait()
        news.clear()


async def opened(script: ScriptedApi) -> Watch:
    """The next watch that is opened."""
    return await script.watches.get()


async def test_it_goes_on_from_the_list_and_hears_what_happens() -> None:
    async with followed() as (script, watch, news):
        first = await opened(script)
        assert first.query["resourceVersion"] == "10"
        assert first.query["allowWatchBookmarks"] == "true"
        assert first.query["labelSelector"] == "hodei.provider=p"
        first.event("ADDED", pod("a", 11))
        await heard(watch, news, "a", 11)
        first.event("MODIFIED", pod("a", 12))
        await heard(watch, news, "a", 12)
        first.event("DELETED", pod("a", 13))
        while not watch.is_gone("a"):
            await news.wait()
            news.clear()
        assert watch.pod("a") is None
        assert len(script.asked) == 2


async def test_after_an_end_it_goes_on_from_the_bookmark() -> None:
    async with followed() as (script, watch, news):
        first = await opened(script)
        first.event("BOOKMARK", {"metadata": {"resourceVersion": "40"}})
        first.end()
        second = await opened(script)
        assert second.query["resourceVersion"] == "40"
        second.event("ADDED", pod("a", 41))
        await heard(watch, news, "a", 41)
        assert [path for _, path in script.asked if "watch" not in path] == [script.asked[0][1]]


@pytest.mark.parametrize("in_stream", [True, False])
async def test_a_forgotten_version_is_listed_anew(in_stream: bool) -> None:
    async with followed() as (script, watch, news):
        first = await opened(script)
        script.lists = [([pod("a", 90)], "100")]
        if in_stream:
            first.event("ERROR", GONE)
        else:
            script.refusals = [(410, {})]
            first.end()
        await heard(watch, news, "a", 90)
        second = await opened(script)
        assert second.query["resourceVersion"] == "100"


async def test_what_is_not_listed_any_more_is_gone() -> None:
    async with followed() as (script, watch, news):
        first = await opened(script)
        first.event("ADDED", pod("a", 11))
        await heard(watch, news, "a", 11)
        script.lists = [([], "100")]
        first.event("ERROR", GONE)
        while not watch.is_gone("a"):
            await news.wait()
            news.clear()


async def test_half_a_line_and_no_json_are_no_events() -> None:
    async with followed() as (script, watch, news):
        first = await opened(script)
        first.raw(b'{"type": "ADDED", "obj')
        first.end()
        second = await opened(script)
        second.raw(b"this is no JSON\n")
        third = await opened(script)
        assert third.query["resourceVersion"] == "10"
        third.event("ADDED", pod("a", 11))
        await heard(watch, news, "a", 11)


async def test_a_server_that_is_busy_or_broken_is_asked_again() -> None:
    async with followed() as (script, watch, news):
        first = await opened(script)
        script.refusals = [(429, {"Retry-After": "0"}), (500, {}), (503, {})]
        first.end()
        second = await opened(script)
        second.event("ADDED", pod("a", 11))
        await heard(watch, news, "a", 11)
        assert script.refusals == []
        assert watch.fault == ""


async def test_a_list_does_not_take_back_what_the_watch_told() -> None:
    async with followed() as (script, watch, news):
        first = await opened(script)
        first.event("ADDED", pod("a", 11))
        await heard(watch, news, "a", 11)
        # Both lists are older than that event.
        script.lists = [([], "10"), ([pod("a", 9)], "9")]
        await watch.look()
        assert watch.pod("a") == pod("a", 11)
        await watch.look()
        assert watch.pod("a") == pod("a", 11)


async def test_many_who_wait_cost_one_list_and_one_watch() -> None:
    async with followed() as (script, watch, news):
        first = await opened(script)
        uids = [f"pod-{number}" for number in range(50)]

        async def wait(uid: str) -> None:
            with watch.following(uid) as own:
                while watch.pod(uid) is None:
                    await own.wait()
                    own.clear()

        waits = asyncio.gather(*(wait(uid) for uid in uids))
        await asyncio.gather(watch.look(), watch.look(), watch.look())
        for number, uid in enumerate(uids):
            first.event("ADDED", pod(uid, 20 + number))
        await waits
        # The first list, the watch, and one list for the three who looked at the same time.
        assert len(script.asked) == 3
        assert not news.is_set()


async def test_nobody_looks_while_the_watch_tells_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with followed() as (script, watch, news):
        first = await opened(script)
        first.event("ADDED", pod("a", 11))
        await heard(watch, news, "a", 11)
        # A list and the watch; with this patience every wait ends without news.
        asked = len(script.asked)
        monkeypatch.setattr(watching, "LOOK_AGAIN_S", 0.05)
        first.event("ADDED", pod("b", 12))
        with watch.following("b") as other:
            await heard(watch, other, "b", 12)
        monkeypatch.setattr(watching, "monotonic", lambda: watch.heard_at)
        await watch.news("a", news, 60)
        assert len(script.asked) == asked
        # Of a pod that it never told of, it may have missed the end.
        await watch.news("c", news, 60)
        assert len(script.asked) == asked + 1
        monkeypatch.setattr(watching, "monotonic", lambda: watch.heard_at + 1)
        await watch.news("a", news, 60)
        assert len(script.asked) == asked + 2
