"""Live topics as server-sent events, for where a WebSocket cannot pass."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from starlette.responses import Response

from hodei.api.http import event_stream
from hodei.api.http.event_stream import EVENT_SCHEMA, event, stream_of
from hodei.api.http.operations import Answer, Call, Operation
from hodei.api.http.query import Bad, Repeated, whole
from hodei.api.http.schemas.frames import MAX_SINCE, MAX_TOPIC
from hodei.api.http.websocket.channel import error_frame
from hodei.api.http.websocket.socket import ping_frame, still_admitted, visitor_of
from hodei.api.http.websocket.subscriptions import Subscriptions
from hodei.api.http.websocket.topics import Topics
from hodei.api.http.websocket.visitor import Visitor
from hodei.domain.audit import Interface
from hodei.domain.errors import InvalidRequest, Unauthenticated

MAX_TOPICS = 8
"""Of one page; a browser has few connections, and each stream holds one."""


def _read_topics(values: Sequence[str]) -> Sequence[str]:
    if len(values) > MAX_TOPICS or any(not 1 <= len(value) <= MAX_TOPIC for value in values):
        raise Bad(f"must be 1 to {MAX_TOPICS} topics of 1 to {MAX_TOPIC} characters")
    return tuple(dict.fromkeys(values))


TOPIC: Repeated[Sequence[str]] = Repeated(
    name="topic",
    description="A topic of the WebSocket; may be given several times.",
    schema={
        "type": "array",
        "items": {"type": "string", "minLength": 1, "maxLength": MAX_TOPIC},
        "minItems": 1,
        "maxItems": MAX_TOPICS,
        "examples": [["summary", "jobs"]],
    },
    read=_read_topics,
    default=(),
)
SINCE = whole(
    "since", "Of logs: the next line wanted; 0: the last 200.", least=0, most=MAX_SINCE, default=0
)


async def live_events(call: Call) -> Response:
    """GET /events."""
    topics, since = call.get(TOPIC), call.get(SINCE) or None
    if not topics:
        raise InvalidRequest.of("topic", "is required: at least one topic")
    known: Topics = call.request.app.state.topics
    visitor = visitor_of(call.api, call.request, call.caller, Interface.REST)
    for topic in topics:
        # Refused while there is a status to refuse it with.
        await known.feed(topic, since, visitor)
    return stream_of(_events(call, known, visitor, topics, since), call.api.stopping)


async def _events(
    call: Call, known: Topics, visitor: Visitor, topics: Sequence[str], since: int | None
) -> AsyncGenerator[str, None]:
    frames: asyncio.Queue[str] = asyncio.Queue(1)
    subscriptions = Subscriptions(known, visitor, frames.put)
    ended = asyncio.ensure_future(subscriptions.until_ended())
    watching = asyncio.ensure_future(_watch(call, subscriptions))
    coming = asyncio.ensure_future(frames.get())
    try:
        yield f"retry: 1000\n{event('', ping_frame(call.api))}"
        for topic in topics:
            await subscriptions.add(topic, since)
        loop = asyncio.get_running_loop()
        due = loop.time() + event_stream.KEEP_ALIVE_S
        while not ended.done() or coming.done() or not frames.empty():
            left = max(0.0, due - loop.time())
            either: set[asyncio.Future[Any]] = {coming, ended, watching}
            await asyncio.wait(either, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                text, coming = coming.result(), asyncio.ensure_future(frames.get())
                yield event("", text)
            if watching.done():
                yield event("", error_frame(watching.result()))
                return
            if loop.time() >= due:
                due = loop.time() + event_stream.KEEP_ALIVE_S
                yield event("", ping_frame(call.api))
    finally:
        for task in (watching, ended, coming):
            task.cancel()
        await subscriptions.close()


async def _watch(call: Call, subscriptions: Subscriptions) -> Unauthenticated:
    """Ends topics as rights to them end; returns when whoever listens may hear nothing more."""
    while True:
        await call.engine.standing.wait()
        try:
            await still_admitted(call.api, call.request, subscriptions)
        except Unauthenticated as error:
            return error


OPERATIONS = (
    Operation(
        method="GET",
        path="/events",
        name="streamEvents",
        tag="live",
        summary="Live topics as server-sent events",
        description="Each event is one frame of the WebSocket as JSON: data, resync, end, error "
        "and ping. The stream is over when all its topics have ended.",
        handle=live_events,
        answers={200: Answer(description="Frames.", content={"text/event-stream": EVENT_SCHEMA})},
        query=(TOPIC, SINCE),
        errors=(404, 409),
    ),
)
