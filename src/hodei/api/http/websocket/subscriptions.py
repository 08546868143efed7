"""The topics of one client, whatever carries their frames.

Every topic is a task that sends at the client's pace, so that a slow client holds up nothing
but its own topics. One watcher per client tells the topics what happened.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable

from hodei.api.http.websocket.channel import Channel, Feed, SendText
from hodei.api.http.websocket.topics import Topics, check, depends_on_projects
from hodei.api.http.websocket.visitor import Visitor
from hodei.domain.access.principal import Principal
from hodei.domain.errors import (
    Conflict,
    Forbidden,
    HodeiError,
    InvalidRequest,
    NotFound,
    Unavailable,
)

logger = logging.getLogger(__name__)

MAX_TOPICS = 64
RETRY_S = 1.0


class ClientGone(Exception):
    """What `send` raises once nobody listens any more."""


class Subscriptions:
    """Topics of one client. `send` takes one frame and waits while the client is busy."""

    def __init__(self, topics: Topics, visitor: Visitor, send: SendText) -> None:
        self._topics = topics
        self._visitor = visitor
        self._send = send
        self._deciding = asyncio.Lock()
        """No topic begins by rights that are judged anew meanwhile."""
        self._feeds: dict[str, Feed] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._pumping: asyncio.Task[None] | None = None
        self._watching = asyncio.Event()
        self._ended = asyncio.Event()

    async def add(self, topic: str, since: int | None) -> None:
        """Begins a topic, anew when it was there; one that the visitor may not have ends at once.

        Raises InvalidRequest.
        """
        async with self._deciding:
            await self._add(topic, since)

    async def _add(self, topic: str, since: int | None) -> None:
        await self._drop(topic)
        if len(self._tasks) >= MAX_TOPICS:
            raise InvalidRequest.of("topic", f"at most {MAX_TOPICS} topics per client", topic)
        try:
            feed = await self._topics.feed(topic, since, self._visitor)
        except (NotFound, Forbidden, Conflict) as error:
            await self._end(topic, error)
            return
        await self._watch()
        self._ended.clear()
        self._feeds[topic] = feed
        self._tasks[topic] = asyncio.create_task(self._serve(topic, feed))

    async def drop(self, topic: str) -> None:
        """Ends a topic; nothing happens when it is not there."""
        async with self._deciding:
            await self._drop(topic)

    async def _drop(self, topic: str) -> None:
        task = self._tasks.pop(topic, None)
        self._feeds.pop(topic, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def judge(self, principal: Principal) -> None:
        """Goes on for somebody whose rights may have changed: ends what is not theirs any more,
        and shows anew what depends on the projects that they may see."""
        async with self._deciding:
            before, self._visitor.principal = self._visitor.principal, principal
            if principal.roles == before.roles:
                return
            for topic in list(self._tasks):
                await self._judge(topic)

    async def _judge(self, topic: str) -> None:
        try:
            await check(topic, self._visitor)
        except (NotFound, Forbidden, Conflict) as error:
            await self._drop(topic)
            await self._end(topic, error)
            return
        if depends_on_projects(topic):
            await self._drop(topic)
            await _say(Channel(topic, self._send).resync())
            await self._add(topic, None)

    async def _end(self, topic: str, error: HodeiError) -> None:
        await _say(Channel(topic, self._send).error(error.code, str(error)))
        if not self._tasks:
            self._ended.set()

    async def until_ended(self) -> None:
        """Until every topic that was begun has come to its end."""
        await self._ended.wait()

    async def close(self) -> None:
        """Ends everything."""
        tasks = [*self._tasks.values(), *([self._pumping] if self._pumping else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, topic: str, feed: Feed) -> None:
        channel = Channel(topic, self._send)
        try:
            while True:
                try:
                    await feed.run(channel)
                    break
                except Unavailable:
                    await asyncio.sleep(RETRY_S)
                    await channel.resync()
        except HodeiError as error:
            await _say(channel.error(error.code, str(error)))
        except ClientGone:
            return
        except Exception:
            logger.exception("live topic failed", extra={"topic": topic})
            await _say(channel.error("internal", "internal error; see the server's log"))
        self._feeds.pop(topic, None)
        self._tasks.pop(topic, None)
        if not self._tasks:
            self._ended.set()

    async def _watch(self) -> None:
        """Begins to watch, once; what happens from then on is not missed."""
        if self._pumping is None:
            self._pumping = asyncio.create_task(self._pump())
        await self._watching.wait()

    async def _pump(self) -> None:
        async with self._topics.watch() as batches:
            self._watching.set()
            async for batch in batches:
                for feed in list(self._feeds.values()):
                    feed.notice(batch)


async def _say(sending: Awaitable[None]) -> None:
    try:
        await sending
    except ClientGone:
        return
