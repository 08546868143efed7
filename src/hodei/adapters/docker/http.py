"""A small HTTP/1.1 client for engines: kept connections, answers read whole or bit by bit.

A general client spends more time on a call than an engine's answer takes, several times for each
container. This one knows what engines say and nothing else: no redirects, cookies or proxies.
"""

from __future__ import annotations

import asyncio
from asyncio import IncompleteReadError, LimitOverrunError, StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress

IDLE_CONNECTIONS = 16
MOST_HEADERS = 100
MOST_BYTES = 64 << 20
"""Of an answer that is read whole, or of one line of another."""
_WITHOUT_BODY = frozenset({204, 304})

Opener = Callable[[], Awaitable[tuple[StreamReader, StreamWriter]]]


class NoHttp(ValueError):
    """What answers does not speak HTTP as engines do."""


class Reply:
    """One answer, as far as it was read."""

    def __init__(self, status: int, headers: Mapping[str, str], reader: StreamReader) -> None:
        self.status = status
        self.limit_s: float | None = None
        """For the rest of an answer that is read whole."""
        self._headers = headers
        self._reader = reader
        self.complete = False
        """Whether nothing of it is left on the connection."""

    @property
    def keeps(self) -> bool:
        """Whether the connection can be used again."""
        framed = "content-length" in self._headers or self._chunked or self._empty
        return self.complete and framed and self._headers.get("connection", "") != "close"

    @property
    def _chunked(self) -> bool:
        return self._headers.get("transfer-encoding", "").lower() == "chunked"

    @property
    def _empty(self) -> bool:
        return self.status in _WITHOUT_BODY

    async def read(self) -> bytes:
        """The rest of it."""
        parts, size = [], 0
        try:
            async with asyncio.timeout(self.limit_s):
                async for part in self.parts():
                    parts.append(part)
                    size += len(part)
                    if size > MOST_BYTES:
                        raise NoHttp(f"an answer of more than {MOST_BYTES} bytes")
        except TimeoutError as error:
            raise late(self.limit_s) from error
        return b"".join(parts)

    async def lines(self) -> AsyncIterator[bytes]:
        """One line after the other, without their ends."""
        rest = b""
        async for part in self.parts():
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                yield line
            if len(rest) > MOST_BYTES:
                raise NoHttp(f"a line of more than {MOST_BYTES} bytes")
        if rest:
            yield rest

    async def parts(self) -> AsyncIterator[bytes]:
        """The body as it comes."""
        if self._chunked and not self._empty:
            while size := _hexadecimal(await _line(self._reader)):
                yield await _exactly(self._reader, size)
                await _exactly(self._reader, 2)
            while await _line(self._reader):
                continue  # trailers
        elif not self._empty:
            length = self._headers.get("content-length")
            left = None if length is None else _decimal(length)
            while left is None or left > 0:
                part = await self._reader.read(min(left or 65_536, 65_536))
                if not part and left:
                    raise broken()
                if not part:
                    break
                left = None if left is None else left - len(part)
                yield part
        self.complete = True


class Client:
    """Connections to one engine. Raises OSError when it cannot be talked to, else NoHttp."""

    def __init__(self, opener: Opener, host: str) -> None:
        self._opener = opener
        self._host = host
        self._idle: list[tuple[StreamReader, StreamWriter]] = []

    @asynccontextmanager
    async def exchange(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        content: bytes | None,
        limit_s: float | None,
    ) -> AsyncIterator[Reply]:
        """Sends a request; its answer, whose head has come. Leaving early ends it for the engine.

        `limit_s` is for the head of the answer, and again for the rest where that is read whole.
        """
        fields = {"host": self._host, **headers}
        if content is not None or method in ("POST", "PUT"):
            fields["content-length"] = str(len(content or b""))
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        request = f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")
        streams, reply = await self._send(request, content, limit_s)
        reply.limit_s = limit_s
        try:
            yield reply
        finally:
            if reply.keeps and len(self._idle) < IDLE_CONNECTIONS:
                self._idle.append(streams)
            else:
                streams[1].close()

    def close(self) -> None:
        """Ends the connections that nobody uses."""
        idle, self._idle = self._idle, []
        for _, writer in idle:
            writer.close()

    async def _send(
        self, request: bytes, content: bytes | None, limit_s: float | None
    ) -> tuple[tuple[StreamReader, StreamWriter], Reply]:
        while True:
            kept = self._kept()
            streams = kept or await self._opener()
            try:
                async with asyncio.timeout(limit_s):
                    return streams, await _exchanged(*streams, request, content)
            except ConnectionError:
                streams[1].close()
                # An engine ends connections that were idle for long, or dies and comes back.
                if kept is None:
                    raise
            except TimeoutError as error:
                streams[1].close()
                raise late(limit_s) from error
            except BaseException:
                streams[1].close()
                raise

    def _kept(self) -> tuple[StreamReader, StreamWriter] | None:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        return None


def broken() -> ConnectionError:
    """The other side hung up."""
    return ConnectionResetError("the connection broke in the middle of an answer")


def late(limit_s: float | None) -> TimeoutError:
    """The other side does not answer."""
    return TimeoutError(f"no answer within {limit_s or 0:.0f} s")


async def _exchanged(
    reader: StreamReader, writer: StreamWriter, request: bytes, content: bytes | None
) -> Reply:
    writer.write(request + content if content and len(content) < 65_536 else request)
    if content and len(content) >= 65_536:
        writer.write(content)
    with suppress(ConnectionError):  # it may have answered before it had read everything
        await writer.drain()
    while True:
        status = _status(await _line(reader))
        headers: dict[str, str] = {}
        while line := await _line(reader):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
            if len(headers) > MOST_HEADERS:
                raise NoHttp("too many header fields")
        if status >= 200:
            return Reply(status, headers, reader)


def _status(line: bytes) -> int:
    version, _, rest = line.partition(b" ")
    code = rest[:3]
    if version not in (b"HTTP/1.1", b"HTTP/1.0") or not code.isdigit():
        raise NoHttp(f"it began with {line[:40]!r}")
    return int(code)


async def _line(reader: StreamReader) -> bytes:
    try:
        return (await reader.readuntil(b"\r\n"))[:-2]
    except IncompleteReadError as error:
        if error.partial:
            raise NoHttp(f"it said {error.partial[:40]!r}") from error
        raise broken() from error
    except LimitOverrunError as error:
        raise NoHttp("a header of more than 64 KiB") from error


async def _exactly(reader: StreamReader, size: int) -> bytes:
    if size > MOST_BYTES:
        raise NoHttp(f"a chunk of {size} bytes")
    try:
        return await reader.readexactly(size)
    except IncompleteReadError as error:
        raise broken() from error


def _hexadecimal(line: bytes) -> int:
    try:
        return int(line.partition(b";")[0], 16)
    except ValueError:
        raise NoHttp(f"a chunk of {line[:20]!r} bytes") from None


def _decimal(text: str) -> int:
    if not text.isdecimal():
        raise NoHttp(f"a body of {text[:20]!r} bytes")
    return int(text)
