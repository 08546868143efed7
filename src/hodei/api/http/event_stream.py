"""Server-sent events: text of named events, kept alive, and over when the server stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from starlette.responses import Response, StreamingResponse

from hodei.api.http.query import Schema

KEEP_ALIVE_S = 15.0
EVENT_SCHEMA: Schema = {
    "type": "object",
    "description": "One event at a time.",
    "properties": {
        "event": {"type": "string"},
        "id": {"type": "string"},
        "data": {"type": "string", "description": "JSON."},
        "retry": {"type": "integer"},
    },
}
HEADERS = {"X-Accel-Buffering": "no"}
"""A proxy that gathered the events would hold them back."""


def event(kind: str, data: str, event_id: str = "") -> str:
    """One event; `data` is JSON, which has no bare line ends. An empty kind is `message`."""
    ident = f"id: {event_id}\n" if event_id else ""
    name = f"event: {kind}\n" if kind else ""
    return f"{ident}{name}data: {data}\n\n"


def stream_of(events: AsyncGenerator[str, None], stopping: asyncio.Event) -> Response:
    """The answer that sends events until they end, the client goes, or the server stops."""
    content = _until(events, stopping)
    return StreamingResponse(content, headers=HEADERS, media_type="text/event-stream")


async def _until(
    events: AsyncGenerator[str, None], stopping: asyncio.Event
) -> AsyncIterator[bytes]:
    """The events with a comment when nothing happens for long, until the server stops."""
    ending = asyncio.ensure_future(stopping.wait())
    coming: asyncio.Future[str] | None = None
    try:
        while not stopping.is_set():
            coming = coming or asyncio.ensure_future(anext(events))
            either: set[asyncio.Future[Any]] = {coming, ending}
            await asyncio.wait(either, timeout=KEEP_ALIVE_S, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                yield b": still here\n\n"
                continue
            try:
                yield coming.result().encode("utf-8", "replace")
            except StopAsyncIteration:
                return
            coming = None
    finally:
        ending.cancel()
        if coming is not None:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
        await events.aclose()
