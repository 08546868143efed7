"""The live socket: one per client, with up to 64 topics."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketDisconnect

from hodei.api.access.gate import Grant
from hodei.api.access.table import REST
from hodei.api.http.body import parse_json
from hodei.api.http.callers import Caller, caller_of
from hodei.api.http.operations import Api, origin_of
from hodei.api.http.schemas.frames import MAX_SINCE, MAX_TOPIC
from hodei.api.http.schemas.logs import compact
from hodei.api.http.websocket.channel import error_frame
from hodei.api.http.websocket.pace import Pace
from hodei.api.http.websocket.subscriptions import ClientGone, Subscriptions
from hodei.api.http.websocket.topics import Topics
from hodei.api.http.websocket.visitor import Visitor
from hodei.domain.audit import Interface
from hodei.domain.errors import HodeiError, InvalidRequest, Unauthenticated, Unavailable
from hodei.domain.parsing.limits import Whole
from hodei.domain.parsing.reader import Report, open_section, text_fault
from hodei.domain.serial import time_to_text

MAX_FAULTS = 20
MAX_TEXT = 8192
"""Bytes of one client frame."""
PING_S = 15.0
NO_CREDENTIAL = 4401
TRY_AGAIN = 1013
POLICY = 1008
GONE = (WebSocketDisconnect, RuntimeError)
"""What sending raises once the socket is closed."""
_SINCE = Whole(least=1, most=MAX_SINCE)


def live_endpoint(api: Api, topics: Topics) -> Callable[[WebSocket], Awaitable[None]]:
    """GET /ws."""

    async def live(websocket: WebSocket) -> None:
        caller = await admitted(api, websocket)
        if caller is not None:
            await LiveSocket(api, topics, websocket, caller).run()

    return live


async def admitted(api: Api, websocket: WebSocket) -> Caller | None:
    """Accepts the socket; closes it again, for None, when the credential is not accepted."""
    await websocket.accept()
    try:
        return await caller_of(api.identity, websocket)
    except Unauthenticated as error:
        await refused(api, websocket, error)
        await _turn_away(websocket, error)
    except Unavailable as error:
        await websocket.close(TRY_AGAIN, str(error)[:120])
    return None


async def _turn_away(websocket: WebSocket, error: Unauthenticated) -> None:
    await websocket.send_text(error_frame(error))
    await websocket.close(NO_CREDENTIAL, str(error)[:120])


async def refused(api: Api, connection: HTTPConnection, error: HodeiError) -> None:
    """Tells the audit log that somebody was not let in, or not any more."""
    origin = origin_of(connection, Interface.WEBSOCKET)
    await Grant(api.gate, REST["openLive"], origin).note(error)


async def still_admitted(
    api: Api, connection: HTTPConnection, subscriptions: Subscriptions
) -> None:
    """Looks again at what whoever listens may hear.

    Raises Unauthenticated when they have signed out, or may not hear anything any more.
    """
    try:
        caller = await caller_of(api.identity, connection)
        await subscriptions.judge(caller.principal)
    except Unauthenticated as error:
        await refused(api, connection, error)
        raise
    except Unavailable:
        return  # the store will be back, and nobody is turned away for its absence


def visitor_of(api: Api, connection: HTTPConnection, caller: Caller, kind: Interface) -> Visitor:
    """Whoever listens over this connection."""
    return Visitor(api.gate, origin_of(connection, kind), caller.principal)


def ping_frame(api: Api) -> str:
    """Says that the connection lives, and what the server's clock is."""
    return compact({"op": "ping", "at": time_to_text(api.engine.core.clock.now())})


class LiveSocket:
    """One open socket."""

    def __init__(self, api: Api, topics: Topics, websocket: WebSocket, caller: Caller) -> None:
        self._api = api
        self._websocket = websocket
        self._lock = asyncio.Lock()
        visitor = visitor_of(api, websocket, caller, Interface.WEBSOCKET)
        self._topics = Subscriptions(topics, visitor, self.send)
        self._faults = 0
        self._pace = Pace(api.engine.core.clock.monotonic())

    async def run(self) -> None:
        """Until the client goes."""
        pinging = asyncio.create_task(self._ping())
        clock = self._api.engine.core.clock
        try:
            while True:
                message = await self._websocket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                if (delay := self._pace.delay(clock.monotonic())) > 0:
                    await asyncio.sleep(delay)
                if not await self._take(message.get("text") or "", message.get("bytes")):
                    return
        except (ClientGone, *GONE):
            return
        finally:
            pinging.cancel()
            await asyncio.gather(pinging, return_exceptions=True)
            await self._topics.close()

    async def _take(self, text: str, binary: bytes | None) -> bool:
        """One frame; False when the socket was closed for it."""
        try:
            if binary is not None:
                raise InvalidRequest.of("frame", "must be text, not binary")
            op, topic, since = _read_frame(text)
            if op == "sub":
                await self._topics.add(topic, since)
            else:
                await self._topics.drop(topic)
        except HodeiError as error:
            self._faults += 1
            await self.send(error_frame(error))
            if self._faults >= MAX_FAULTS:
                await self._websocket.close(POLICY, "too many bad frames")
                return False
        return True

    async def send(self, text: str) -> None:
        """One frame; waits while the socket is full. Raises ClientGone."""
        async with self._lock:
            try:
                await self._websocket.send_text(text)
            except GONE as error:
                raise ClientGone from error

    async def _ping(self) -> None:
        """Browsers do not show protocol pings to pages, so there are frames as well.

        Whoever has signed out meanwhile, or was not heard of for long, is turned away.
        """
        loop = asyncio.get_running_loop()
        due = loop.time() + PING_S
        try:
            while True:
                await self._api.engine.standing.wait(max(0.0, due - loop.time()))
                await still_admitted(self._api, self._websocket, self._topics)
                if loop.time() >= due:
                    due = loop.time() + PING_S
                    await self.send(ping_frame(self._api))
        except Unauthenticated as error:
            try:
                await _turn_away(self._websocket, error)
            except GONE:
                return
        except ClientGone:
            return


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
