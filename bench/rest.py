"""The least HTTP client that keeps its connections: a full one would cost more than the server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
CREATED = b"HTTP/1.1 201"


class Poster:
    """Posts one and the same document again and again."""

    def __init__(self, idle: asyncio.Queue[Connection], request: bytes) -> None:
        self._idle = idle
        self._request = request

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, path: str, document: object, connections: int
    ) -> AsyncIterator[Poster]:
        """Connects; hangs up with the context."""
        place = urlsplit(url)
        body = json.dumps(document).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {place.netloc}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        idle: asyncio.Queue[Connection] = asyncio.Queue()
        opened = [
            await asyncio.open_connection(place.hostname, place.port) for _ in range(connections)
        ]
        for connection in opened:
            idle.put_nowait(connection)
        try:
            yield cls(idle, head.encode() + body)
        finally:
            for _, writer in opened:
                writer.close()

    async def post(self) -> None:
        """One call. Raises RuntimeError for any answer but 201."""
        reader, writer = connection = await self._idle.get()
        writer.write(self._request)
        head = await reader.readuntil(b"\r\n\r\n")
        fields = head.lower().split(b"\r\n")
        length = next(int(f.partition(b":")[2]) for f in fields if f.startswith(b"content-length:"))
        body = await reader.readexactly(length)
        if not head.startswith(CREATED):
            raise RuntimeError(f"the server answered {head!r} {body!r}")
        self._idle.put_nowait(connection)
