"""Clients that send too much, too slowly, or in the name of somebody else."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import grpc
import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from hodei.api.http import connection
from hodei.api.http import server as http_server
from hodei.api.http.app import create_app
from hodei.api.http.server import HttpServer
from hodei.api.identity import Identity
from tests.integration.http.jobs import problem_of
from tests.integration.http.running import Running

GET = b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@asynccontextmanager
async def _serving(server: Running) -> AsyncIterator[int]:
    identity = Identity(server.engine.access, dev_mode=True)
    http = HttpServer(create_app(server.engine, identity))
    listening = await http.start("127.0.0.1", 0)
    try:
        yield listening
    finally:
        await http.stop(0.1)


@pytest.fixture
async def port(server: Running, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """Of a server in this loop that keeps no connection for long."""
    monkeypatch.setattr(http_server, "KEEP_ALIVE_S", 1)
    async with _serving(server) as listening:
        yield listening


@pytest.fixture
async def hurried(server: Running, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """Of one that is no more patient than a test."""
    monkeypatch.setattr(connection, "HEAD_S", 1.0)
    monkeypatch.setattr(connection, "SILENCE_S", 0.7)
    monkeypatch.setattr(connection, "BODY_S", 1.5)
    async with _serving(server) as listening:
        yield listening


async def _exchange(port: int, *pieces: bytes, pause_s: float = 0.0) -> bytes:
    """Everything that the server says until it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def say() -> None:
        with suppress(OSError):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause_s)

    saying = asyncio.create_task(say())
    try:
        with suppress(ConnectionResetError):
            return await reader.read()
        return b""
    finally:
        saying.cancel()
        await asyncio.gather(saying, return_exceptions=True)
        writer.close()


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


async def test_whoever_says_nothing_is_hung_up_on(hurried: int) -> None:
    assert await _exchange(hurried) == b""


async def test_a_head_must_come_in_time_however_many_bytes_trickle(hurried: int) -> None:
    trickle = [GET, *(b"X-%d: y\r\n" % number for number in range(400))]
    assert _status(await _exchange(hurried, *trickle, pause_s=0.05)) == 408


async def test_a_body_must_go_on_coming_and_come_to_an_end(hurried: int) -> None:
    silent = await _exchange(hurried, POST + b"Content-Length: 100\r\n\r\n{")
    assert silent == b"", "its handler was reading: nothing is answered"
    # It would go on for longer than any test may last.
    endless = [POST + b"Content-Length: 100000\r\n\r\n", *([b" "] * 90_000)]
    assert await _exchange(hurried, *endless, pause_s=0.05) == b""


async def test_a_second_request_on_a_connection_has_the_same_limits(hurried: int) -> None:
    answer = await _exchange(hurried, GET + b"\r\n", GET, pause_s=0.05)
    assert answer.startswith(b"HTTP/1.1 200") and b"HTTP/1.1 408" in answer


async def test_a_kept_connection_that_is_silent_is_not_cut_by_them(hurried: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{hurried}/api/v1") as http:
        for _ in range(2):
            assert (await http.get("/health")).status_code == 200
            await asyncio.sleep(1.2)


@pytest.mark.parametrize(
    "pieces",
    [
        [GET + b"X-Large: " + b"x" * (1 << 17) + b"\r\n\r\n"],
        [GET, *([b"X-Large: " + b"x" * 1000 + b"\r\n"] * 100), b"\r\n"],
        [GET, b"X-Endless: ", *([b"x" * 8192] * 20)],
        [GET + b"".join(b"X-%d: y\r\n" % number for number in range(300)) + b"\r\n"],
        [b"GET /" + b"x" * (1 << 17) + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    ],
    ids=["one value", "many values", "no end", "many names", "path"],
)
async def test_heads_are_bounded(port: int, pieces: list[bytes]) -> None:
    assert _status(await _exchange(port, *pieces)) in (431, 0)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /api/v1/health HTTP/1.1\r\n\r\n",
        GET + b"Host: evil.example\r\n\r\n",
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}   ",
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"Transfer-Encoding: chunked, identity\r\n\r\n",
        GET + b"X-A: b\x00c\r\n\r\n",
        GET + b" folded: line\r\n\r\n",
        b"GET http://evil.example/api/v1/health HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"CONNECT evil.example:80 HTTP/1.1\r\nHost: evil.example:80\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
async def test_requests_that_two_readers_might_read_differently_are_refused(
    port: int, head: bytes
) -> None:
    answer = await _exchange(port, head)
    assert _status(answer) in (400, 403, 404, 405, 0), answer[:200]


async def test_no_header_comes_out_of_what_was_sent(port: int) -> None:
    for path in (
        "/api/v1/jobs/x%0d%0aSet-Cookie:%20a=b",
        "/x%0d%0aSet-Cookie:%20a=b",
        "/api/v1/jobs?q=%0d%0aSet-Cookie:%20a=b",
    ):
        answer = await _exchange(
            port,
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode(),
        )
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert b"\r\nset-cookie" not in head, path


async def test_a_method_is_the_one_of_the_request_line(port: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1") as http:
        for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
            answer = await http.post("/providers/local", headers={header: "DELETE"})
            assert answer.status_code == 405
        assert (await http.get("/providers/local?_method=DELETE")).status_code == 400
        assert (await http.request("TRACE", "/health")).status_code == 405


async def test_no_page_of_another_place_is_answered_to(port: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        asked = {
            "Origin": "https://evil.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        }
        for answer in (
            await http.options("/api/v1/jobs", headers=asked),
            await http.get("/api/v1/health", headers=asked),
            await http.post("/api/v1/jobs", headers=asked, json={}),
            await http.get("/", headers=asked),
        ):
            allowing = [name for name in answer.headers if name.startswith("access-control")]
            assert allowing == []
        refused = await http.post(
            "/api/v1/jobs", content="{}", headers={"Content-Type": "text/plain"}
        )
        assert problem_of(refused)["status"] == 415, "no form can send what is read here"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil", ""])
async def test_a_socket_opens_for_pages_of_this_server_only(port: int, origin: str) -> None:
    for path in ("ws", "jobs/abcd/terminal"):
        url = f"ws://127.0.0.1:{port}/api/v1/{path}"
        with pytest.raises(InvalidStatus) as refused:
            await connect(url, additional_headers={"Origin": origin})
        assert refused.value.response.status_code == 403


async def test_what_unpacks_to_more_than_a_frame_may_be_closes_the_socket(port: int) -> None:
    async with connect(f"ws://127.0.0.1:{port}/api/v1/ws") as socket:
        assert any(type(one).__name__ == "PerMessageDeflate" for one in socket.protocol.extensions)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.send("x" * (64 << 20))
            while True:
                await socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009


async def test_a_packed_body_is_not_unpacked(port: int) -> None:
    bomb = zlib.compress(b" " * (4 << 20))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1") as http:
        for coding in ("gzip", "deflate", "br", "zstd", "gzip, gzip"):
            headers = {"Content-Type": "application/json", "Content-Encoding": coding}
            answer = await http.post("/jobs", content=bomb, headers=headers)
            assert problem_of(answer)["code"] == "unsupported_media_type"


async def test_a_packed_message_over_grpc_counts_by_what_it_unpacks_to(server: Running) -> None:
    options = (("grpc.max_send_message_length", 256 << 20),)
    target = f"127.0.0.1:{server.grpc_port}"
    async with grpc.aio.insecure_channel(target, options) as channel:
        call = channel.unary_unary("/hodei.v1.JobExecutionService/QueueJobs", bytes, bytes)(
            bytes(64 << 20), compression=grpc.Compression.Gzip
        )
        assert await call.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
