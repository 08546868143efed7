"""A receiver of webhooks that keeps what it gets, and answers well, badly, late, or not at all."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Answering = Callable[["Talk"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Talk:
    """One connection whose request was read."""

    receiver: Receiver
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, text: bytes) -> None:
        """Sends it."""
        self.writer.write(text)
        await self.writer.drain()

    async def until_left(self) -> None:
        """Returns when the other side hung up."""
        await self.reader.read()
        self.receiver.ended.set()

    async def pour(self, drop: bytes) -> None:
        """The same again and again, until the other side hangs up."""
        while True:
            await self.say(drop)
            self.receiver.sent += len(drop)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(slots=True)
class Receiver:
    """What came, and how the next one is answered."""

    port: int = 0
    answering: Answering | None = None
    """None: well."""
    received: list[Received] = field(default_factory=list)
    sent: int = 0
    """Bytes of an endless answer that the network took."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the other side hung up during an answer."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    async def until(self, count: int) -> list[Received]:
        """Returns when so many requests have come."""
        while len(self.received) < count:
            self._news.clear()
            await self._news.wait()
        return self.received

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            self.received.append(await _read(reader))
            self._news.set()
            await (self.answering or well)(Talk(self, reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            self.ended.set()
        finally:
            writer.close()


async def well(talk: Talk) -> None:
    """200, with a word."""
    await talk.say(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthank")


def status(code: int, extra: str = "") -> Answering:
    """An answer with this status; `extra` are header lines."""

    async def answer(talk: Talk) -> None:
        await talk.say(f"HTTP/1.1 {code} X\r\n{extra}Content-Length: 2\r\n\r\nno".encode())

    return answer


async def hangs(talk: Talk) -> None:
    """Nothing, until the other side hangs up."""
    await talk.until_left()


async def repeats(talk: Talk) -> None:
    """What it was sent in a header."""
    text = talk.receiver.received[-1].headers.get("x-team", "").encode()
    await talk.say(b"HTTP/1.1 500 X\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))


async def lies(talk: Talk) -> None:
    """A longer answer is promised than comes."""
    await talk.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nshort")


async def breaks(talk: Talk) -> None:
    """Ends in the middle of the status line."""
    await talk.say(b"HTTP/1.1 20")


async def babbles(talk: Talk) -> None:
    """No HTTP at all."""
    await talk.say(b"220 mail.example ESMTP\r\n")


async def endless_body(talk: Talk) -> None:
    """A body that never ends."""
    await talk.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    await talk.pour(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")


async def endless_headers(talk: Talk) -> None:
    """Headers that never end."""
    await talk.say(b"HTTP/1.1 200 OK\r\n")
    await talk.pour(b"X-A: " + b"y" * 0x1000 + b"\r\n")


async def slow_body(talk: Talk) -> None:
    """A good status, and a body that never comes."""
    await talk.say(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
    await talk.until_left()


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(path=head[0].split(" ")[1], headers=headers, body=body)


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None, *, port: int = 0) -> AsyncIterator[Receiver]:
    """A receiver on loopback."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", port, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
