"""The least HTTP client that keeps its connections: a full one would cost more than the server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import SplitResult, urlsplit

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
CREATED = b"HTTP/1.1 201"


class Poster:
    """Posts one and the same document again and again."""

    def __init__(self, place: SplitResult, request: bytes) -> None:
        self._place = place
        self._request = request
        self._idle: list[Connection] = []

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, path: str, document: object) -> AsyncIterator[Poster]:
        """Connects when a call needs it; hangs up with the context."""
        place = urlsplit(url)
        body = json.dumps(document).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {place.netloc}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        poster = cls(place, head.encode() + body)
        try:
            yield poster
        finally:
            for _, writer in poster._idle:
                writer.close()

    async def _connection(self) -> Connection:
        """One that is kept, or a new one: the server hangs up on those that say nothing."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self._place.hostname, self._place.port)

    async def post(self) -> None:
        """One call. Raises RuntimeError for any answer but 201."""
        reader, writer = connection = await self._connection()
        writer.write(self._request)
        head = await reader.readuntil(b"\r\n\r\n")
        fields = head.lower().split(b"\r\n")
        length = next(int(f.partition(b":")[2]) for f in fields if f.startswith(b"content-length:"))
        body = await reader.readexactly(length)
        if not head.startswith(CREATED):
            raise RuntimeError(f"the server answered {head!r} {body!r}")
        self._idle.append(connection)
