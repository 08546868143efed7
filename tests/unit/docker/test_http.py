"""The client for engines against a scripted server that says what it is told, byte by byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hodei.adapters.docker.http import Client, NoHttp, Reply

OK = b"HTTP/1.1 200 OK\r\n"
PLAIN = OK + b"Content-Length: 5\r\n\r\nhello"
CHUNKED = (
    OK + b"Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: x\r\n\r\n"
)
HANG_UP = b""


class Scripted:
    """Answers each request with the next of its answers, in pieces of `piece` bytes."""

    def __init__(self, path: Path, answers: Sequence[bytes], piece: int) -> None:
        self.path = str(path)
        self.answers = list(answers)
        self.piece = piece
        self.requests: list[bytes] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await self._request(reader):
                self.requests.append(head)
                answer = self.answers.pop(0)
                for start in range(0, len(answer), self.piece):
                    writer.write(answer[start : start + self.piece])
                    await writer.drain()
                    await asyncio.sleep(0)
                if not answer or b"Connection: close" in answer:
                    break
        finally:
            writer.close()

    async def _request(self, reader: asyncio.StreamReader) -> bytes:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                head += await reader.readexactly(int(line.partition(b":")[2]))
        return head


@asynccontextmanager
async def scripted(
    folder: Path, *answers: bytes, piece: int = 1 << 20
) -> AsyncIterator[tuple[Client, Scripted]]:
    """A server with these answers, and a client of it."""
    script = Scripted(folder / "s", answers, piece)
    server = await asyncio.start_unix_server(script.serve, script.path)
    client = Client(lambda: asyncio.open_unix_connection(script.path), "engine")
    try:
        yield client, script
    finally:
        client.close()
        server.close()
        await server.wait_closed()


async def ask(client: Client, method: str = "GET", content: bytes | None = None) -> bytes:
    async with client.exchange(method, "/x?y=z", {}, content, 5.0) as reply:
        assert reply.status == 200
        return await reply.read()


@pytest.mark.parametrize("piece", [1, 2, 7, 1 << 20])
async def test_every_kind_of_answer_in_every_kind_of_piece(tmp_path: Path, piece: int) -> None:
    early = b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN
    to_the_end = OK + b"Connection: close\r\n\r\nhello"
    answers = (PLAIN, CHUNKED, early, PLAIN, to_the_end)
    async with scripted(tmp_path, *answers, piece=piece) as (client, script):
        for _ in answers:
            assert await ask(client) == b"hello"
        assert script.connections == 1, "all on one connection"
        assert script.requests[0] == b"GET /x?y=z HTTP/1.1\r\nhost: engine\r\n\r\n"


async def test_a_body_goes_out_with_its_length(tmp_path: Path) -> None:
    large = bytes(200_000)
    async with scripted(tmp_path, PLAIN, PLAIN, PLAIN) as (client, script):
        for content in (None, b"{}", large):
            await ask(client, "POST", content)
        bodies = [request.partition(b"\r\n\r\n")[2] for request in script.requests]
        assert bodies == [b"", b"{}", large]
        assert b"content-length: 0" in script.requests[0]


async def test_an_answer_without_content(tmp_path: Path) -> None:
    nothing = b"HTTP/1.1 204 No Content\r\n\r\n"
    async with scripted(tmp_path, nothing, PLAIN) as (client, script):
        async with client.exchange("POST", "/", {}, None, 5.0) as reply:
            assert (reply.status, await reply.read()) == (204, b"")
        assert await ask(client) == b"hello"
        assert script.connections == 1


async def test_a_kept_connection_that_has_ended_is_replaced(tmp_path: Path) -> None:
    async with scripted(tmp_path, PLAIN, HANG_UP, PLAIN) as (client, script):
        assert await ask(client) == b"hello"
        # The server hangs up in the face of the second request: it is sent once more.
        assert await ask(client) == b"hello"
        assert script.connections == 2


async def test_a_new_connection_that_ends_is_an_error(tmp_path: Path) -> None:
    closing = OK + b"Connection: close\r\n"
    chunk = closing + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel"
    for answer in (HANG_UP, closing + b"Content-Length: 9\r\n\r\nhel", chunk):
        async with scripted(tmp_path, answer) as (client, _):
            with pytest.raises(ConnectionError, match="broke in the middle"):
                await ask(client)
        (tmp_path / "s").unlink(missing_ok=True)


@pytest.mark.parametrize(
    "answer",
    [
        b"220 mail.example ESMTP\r\n",
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        OK + b"Content-Length: five\r\n\r\nhello",
        OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        OK + b"".join(b"X-%d: y\r\n" % n for n in range(200)) + b"\r\n",
        OK + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
    ],
)
async def test_what_is_not_http_is_told(tmp_path: Path, answer: bytes) -> None:
    async with scripted(tmp_path, answer) as (client, _):
        with pytest.raises(NoHttp):
            await ask(client)


async def test_a_stream_is_read_line_by_line_and_left_early(tmp_path: Path) -> None:
    stream = OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n6\r\ntwo\nth\r\n3\r\nree\r\n"
    async with scripted(tmp_path, stream + b"0\r\n\r\n", stream, PLAIN, piece=3) as (
        client,
        script,
    ):
        assert [line async for line in lines(client)] == [b"one", b"two", b"three"]
        seen = []
        async for line in lines(client):
            seen.append(line)
            if line == b"two":
                break
        assert seen == [b"one", b"two"]
        # What was left unread is on no connection that is used again.
        assert await ask(client) == b"hello"
        assert script.connections == 2


async def lines(client: Client) -> AsyncIterator[bytes]:
    reply: Reply
    async with client.exchange("POST", "/images/create", {}, None, None) as reply:
        async for line in reply.lines():
            yield line


async def test_silence_is_an_error_in_the_head_and_in_the_body(tmp_path: Path) -> None:
    async with scripted(tmp_path, OK, OK + b"Content-Length: 9\r\n\r\nhel") as (client, _):
        for _ in range(2):
            with pytest.raises(TimeoutError, match="no answer within 0 s"):
                async with client.exchange("GET", "/", {}, None, 0.05) as reply:
                    await reply.read()
