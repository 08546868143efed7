"""HTTP behind TLS or a proxy: what is cut off, what is believed, what browsers are told."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
import httpx
import pytest

from hodei.adapters.security.http_tls import http_context
from hodei.api.grpc import server as grpc_server
from hodei.api.http import server as http_server
from hodei.api.http.app import create_app
from hodei.api.http.server import HttpServer
from hodei.api.identity import Identity
from hodei.ports.certificates import ServerCertificate
from hodei.wire.gen import worker_pb2, worker_pb2_grpc
from tests.integration.http.running import Running
from tests.support.certificates import Authority

AUTHORITY = Authority()
NAME = "hodei.example.com"
STRICT = "strict-transport-security"


@dataclass(frozen=True, slots=True)
class Listening:
    """A server of the application."""

    port: int
    tls: bool

    def client(self) -> httpx.AsyncClient:
        """One that believes the authority."""
        context = ssl.create_default_context(cadata=AUTHORITY.pem.decode())
        scheme = "https" if self.tls else "http"
        return httpx.AsyncClient(base_url=f"{scheme}://127.0.0.1:{self.port}", verify=context)


@asynccontextmanager
async def listening(
    running: Running, *, tls: bool, proxies: Sequence[str] = ()
) -> AsyncIterator[Listening]:
    """The application with or without TLS."""
    pair = AUTHORITY.issue()
    shown = ServerCertificate(chain=pair.cert, key=pair.key)
    app = create_app(
        running.engine, Identity(running.engine.access, dev_mode=True), allowed_hosts=[NAME]
    )
    context = http_context(lambda: shown) if tls else None
    server = HttpServer(app, tls=context, proxies=proxies)
    port = await server.start("127.0.0.1", 0)
    try:
        yield Listening(port, tls)
    finally:
        await server.stop(0.1)


async def raw(port: int, said: bytes) -> bytes:
    """What a server answers before it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(said)
        return await asyncio.wait_for(reader.read(), 60)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_half_a_handshake_and_plain_text_are_cut_off(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "HANDSHAKE_S", 0.3)
    async with listening(server, tls=True) as https, https.client() as client:
        halves = [raw(https.port, said) for said in (b"", b"\x16\x03\x01") * 10]
        answers = await asyncio.gather(*halves, raw(https.port, b"GET / HTTP/1.1\r\n\r\n"))
        # A TLS alert is the most that they get.
        assert all(len(answer) <= 7 for answer in answers)
        assert (await client.get("/api/v1/openapi.json")).status_code == 200


async def test_agents_that_only_hold_a_connection_are_cut_off(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = "grpc.server_handshake_timeout_ms"
    quick = [(limit, 300), *(each for each in grpc_server.WORKER_OPTIONS if each[0] != limit)]
    monkeypatch.setattr(grpc_server, "WORKER_OPTIONS", quick)
    pair = AUTHORITY.issue()
    shown = ServerCertificate(chain=pair.cert, key=pair.key, clients=AUTHORITY.pem)
    workers = grpc_server.WorkerServer(server.engine)
    port = workers.listen_tls("127.0.0.1:0", lambda: shown)
    await workers.start()
    try:
        assert await asyncio.gather(*(raw(port, b"\x16") for _ in range(10))) == [b""] * 10
    finally:
        await workers.stop(0)


async def test_agents_find_nothing_where_they_need_no_certificate(server: Running) -> None:
    public = grpc_server.GrpcServer(
        server.engine, Identity(server.engine.access, dev_mode=True), agents=False
    )
    port = public.listen("127.0.0.1:0")
    await public.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await worker_pb2_grpc.WorkerAgentServiceStub(channel).Register(
                    worker_pb2.RegisterRequest(worker_id="w", otp="guess"), timeout=60
                )
            assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
    finally:
        await public.stop(0)


async def test_tls_to_a_plain_port_is_refused(server: Running) -> None:
    async with listening(server, tls=False) as plain:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", plain.port, ssl=True)
        async with plain.client() as client:
            assert (await client.get("/api/v1/openapi.json")).status_code == 200


async def test_browsers_are_told_to_come_by_tls_only(server: Running) -> None:
    async with listening(server, tls=True) as https, https.client() as client:
        named = await client.get("/api/v1/openapi.json", headers={"Host": NAME})
        assert named.headers[STRICT] == "max-age=31536000"
        # That name belongs to every server of the machine.
        assert STRICT not in (await client.get("/api/v1/openapi.json")).headers


async def test_only_a_trusted_proxy_speaks_for_others(server: Running) -> None:
    forwarded = {"Host": NAME, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    for proxies, believed in ((["127.0.0.0/8"], True), (["192.0.2.0/24"], False), ([], False)):
        async with listening(server, tls=False, proxies=proxies) as plain:
            async with plain.client() as client:
                answer = await client.get("/api/v1/openapi.json", headers=forwarded)
            assert (STRICT in answer.headers) is believed


async def test_the_address_that_was_called_is_a_name(server: Running) -> None:
    async with listening(server, tls=False) as plain, plain.client() as client:
        for host, status in (("127.0.0.1:1", 200), (NAME, 200), ("192.0.2.1", 403), ("evil", 403)):
            answer = await client.get("/api/v1/openapi.json", headers={"Host": host})
            assert answer.status_code == status, host
