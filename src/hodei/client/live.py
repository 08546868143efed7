"""Hints that something changed: from the server's WebSocket, or from the clock without it.

A hint carries no truth: whoever gets one asks the server again. So nothing is lost when frames
are, and a server that restarts is only a pause.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from hodei.client.transport import Transport

CONNECTED_POLL_S = 5.0
"""How long silence on a healthy socket is believed."""
BROKEN_POLL_S = 1.0
MAX_FRAME = 8 << 20


async def hints(transport: Transport, topic: str) -> AsyncGenerator[None, None]:
    """Yields at once, then whenever `topic` may have changed; never ends by itself."""
    yield
    while True:
        try:
            async with aclosing(_frames(transport, topic)) as frames:
                async for _ in frames:
                    yield
        except (OSError, TimeoutError, WebSocketException):
            await asyncio.sleep(BROKEN_POLL_S)
            yield


async def _frames(transport: Transport, topic: str) -> AsyncGenerator[None, None]:
    async with connect(
        transport.socket_url("/ws"),
        ssl=transport.tls,
        additional_headers=transport.headers(),
        user_agent_header=None,
        proxy=None,
        open_timeout=5.0,
        close_timeout=1.0,
        max_size=MAX_FRAME,
    ) as socket:
        await socket.send(json.dumps({"op": "sub", "topic": topic}))
        # What changed before the subscription began would go unnoticed.
        yield
        while True:
            try:
                async with asyncio.timeout(CONNECTED_POLL_S):
                    await socket.recv()
            except TimeoutError:
                pass
            yield
