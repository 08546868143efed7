"""The live socket: one per client, with up to 64 topics.

Every topic is a task that sends at the client's pace, so that a slow client holds up nothing
but its own topics. One watcher per socket tells the topics what happened.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from hodei.api.http.body import parse_json
from hodei.api.http.callers import caller_of
from hodei.api.http.operations import Api
from hodei.api.http.schemas.frames import MAX_SINCE, MAX_TOPIC
from hodei.api.http.schemas.logs import compact
from hodei.api.http.websocket.channel import Channel, Feed, error_frame
from hodei.api.http.websocket.topics import feed_of
from hodei.domain.errors import HodeiError, InvalidRequest, Unauthenticated, Unavailable
from hodei.domain.parsing.limits import Whole
from hodei.domain.parsing.reader import Report, open_section, text_fault
from hodei.domain.serial import time_to_text

logger = logging.getLogger(__name__)

MAX_TOPICS = 64
MAX_FAULTS = 20
MAX_TEXT = 8192
"""Bytes of one client frame."""
PING_S = 15.0
RETRY_S = 1.0
NO_CREDENTIAL = 4401
TRY_AGAIN = 1013
POLICY = 1008
GONE = (WebSocketDisconnect, RuntimeError)
"""What sending raises once the socket is closed."""
_SINCE = Whole(least=1, most=MAX_SINCE)


def live_endpoint(api: Api) -> Callable[[WebSocket], Awaitable[None]]:
    """GET /ws."""

    async def live(websocket: WebSocket) -> None:
        if not await admitted(api, websocket):
            return
        await LiveSocket(api, websocket).run()

    return live


async def admitted(api: Api, websocket: WebSocket) -> bool:
    """Accepts the socket; closes it again when the credential is not accepted."""
    await websocket.accept()
    try:
        await caller_of(api.engine, api.identity, websocket)
    except Unauthenticated as error:
        await _turn_away(websocket, error)
        return False
    except Unavailable as error:
        await websocket.close(TRY_AGAIN, str(error)[:120])
        return False
    return True


async def _turn_away(websocket: WebSocket, error: Unauthenticated) -> None:
    await websocket.send_text(error_frame(error))
    await websocket.close(NO_CREDENTIAL, str(error)[:120])


class LiveSocket:
    """One open socket."""

    def __init__(self, api: Api, websocket: WebSocket) -> None:
        self._api = api
        self._websocket = websocket
        self._lock = asyncio.Lock()
        self._feeds: dict[str, Feed] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._helpers: list[asyncio.Task[None]] = []
        self._watching = asyncio.Event()
        self._faults = 0

    async def run(self) -> None:
        """Until the client goes."""
        self._helpers.append(asyncio.create_task(self._ping()))
        try:
            while True:
                message = await self._websocket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                if not await self._take(message.get("text") or "", message.get("bytes")):
                    return
        except GONE:
            return
        finally:
            tasks = [*self._tasks.values(), *self._helpers]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _take(self, text: str, binary: bytes | None) -> bool:
        """One frame; False when the socket was closed for it."""
        try:
            if binary is not None:
                raise InvalidRequest.of("frame", "must be text, not binary")
            await self._obey(*_read_frame(text))
        except HodeiError as error:
            self._faults += 1
            await self.send(error_frame(error))
            if self._faults >= MAX_FAULTS:
                await self._websocket.close(POLICY, "too many bad frames")
                return False
        return True

    async def _obey(self, op: str, topic: str, since: int | None) -> None:
        task = self._tasks.pop(topic, None)
        self._feeds.pop(topic, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if op == "unsub":
            return
        if len(self._tasks) >= MAX_TOPICS:
            raise InvalidRequest.of("topic", f"at most {MAX_TOPICS} topics per socket", topic)
        feed = feed_of(self._api.engine, topic, since)
        await self._watch()
        self._feeds[topic] = feed
        self._tasks[topic] = asyncio.create_task(self._serve(topic, feed))

    async def send(self, text: str) -> None:
        """One frame; waits while the socket is full."""
        async with self._lock:
            await self._websocket.send_text(text)

    async def _serve(self, topic: str, feed: Feed) -> None:
        channel = Channel(topic, self.send)
        try:
            while True:
                try:
                    await feed.run(channel)
                    break
                except Unavailable:
                    await asyncio.sleep(RETRY_S)
                    await channel.resync()
        except HodeiError as error:
            await self._say(channel.error(error.code, str(error)))
        except GONE:
            return
        except Exception:
            logger.exception("live topic failed", extra={"topic": topic})
            await self._say(channel.error("internal", "internal error; see the server's log"))
        self._feeds.pop(topic, None)
        self._tasks.pop(topic, None)

    async def _say(self, sending: Awaitable[None]) -> None:
        try:
            await sending
        except GONE:
            return

    async def _watch(self) -> None:
        """Begins to watch, once; what happens from then on is not missed."""
        if not self._watching.is_set():
            self._helpers.append(asyncio.create_task(self._pump()))
            await self._watching.wait()

    async def _pump(self) -> None:
        async with self._api.engine.live.watch() as batches:
            self._watching.set()
            async for batch in batches:
                for feed in list(self._feeds.values()):
                    feed.notice(batch)

    async def _ping(self) -> None:
        """Browsers do not show protocol pings to pages, so there are frames as well.

        Whoever has signed out meanwhile, or was not heard of for long, is turned away.
        """
        try:
            while True:
                await asyncio.sleep(PING_S)
                await self._still_admitted()
                now = time_to_text(self._api.engine.core.clock.now())
                await self.send(compact({"op": "ping", "at": now}))
        except Unauthenticated as error:
            await self._say(_turn_away(self._websocket, error))
        except GONE:
            return

    async def _still_admitted(self) -> None:
        try:
            await caller_of(self._api.engine, self._api.identity, self._websocket)
        except Unavailable:
            return  # the store will be back, and nobody is turned away for its absence


def _read_frame(text: str) -> tuple[str, str, int | None]:
    """Operation, topic and since. Raises InvalidRequest."""
    if len(text) > MAX_TEXT:
        raise InvalidRequest.of("frame", f"must be at most {MAX_TEXT} characters")
    try:
        data = parse_json(text.encode())
    except InvalidRequest as error:
        raise InvalidRequest.of("frame", error.violations[0].message) from None
    report = Report()
    frame = open_section(report, "", data, ("op", "topic", "since"), {})
    report.close()
    op, topic = frame.get("op"), frame.get("topic")
    since = frame.whole_or_none("since", _SINCE)
    if op not in ("sub", "unsub"):
        report.add("op", "must be sub or unsub", op)
    if not isinstance(topic, str) or not 1 <= len(topic) <= MAX_TOPIC or text_fault(topic):
        report.add("topic", f"must be text of 1 to {MAX_TOPIC} characters", topic)
    report.close()
    return str(op), str(topic), since
