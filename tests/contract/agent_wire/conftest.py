"""A real gRPC server, of grpc.aio, in a thread of its own with its own loop."""

from __future__ import annotations

import asyncio
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import grpc
import grpc.aio
import pytest

T = TypeVar("T")
Context = grpc.aio.ServicerContext[bytes, bytes]
DETAILS = bytes(range(256))


class Service:
    """What the test server does; payloads are raw bytes."""

    def __init__(self) -> None:
        # Set by a test to let `slow` take one more message, or `hold` finish.
        self.go = asyncio.Semaphore(0)
        self.entered = threading.Event()
        self.left = threading.Event()
        self.taken = 0

    async def unary(self, request: bytes, context: Context) -> bytes:
        return request

    async def fail(self, request: bytes, context: Context) -> bytes:
        context.set_trailing_metadata(
            (("grpc-status-details-bin", DETAILS), ("why-bin", b"\x00\xff"), ("who", "me"))
        )
        await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "100 % »nicht« möglich\n")

    async def huge_trailers(self, request: bytes, context: Context) -> bytes:
        context.set_trailing_metadata((("big", "x" * int(request)),))
        return b"done"

    async def metadata(self, request: bytes, context: Context) -> bytes:
        lines = [f"{key}={value!r}" for key, value in context.invocation_metadata() or ()]
        return "\n".join(lines).encode()

    async def never(self, request: bytes, context: Context) -> bytes:
        self.entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.left.set()
        return b""

    async def echo(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        async for request in requests:
            yield request

    async def count(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        total = 0
        async for request in requests:
            total += len(request)
        yield b"%d" % total

    async def slow(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        self.entered.set()
        await self.go.acquire()
        async for request in requests:
            self.taken += len(request)
        yield b"%d" % self.taken

    async def flood(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        async for request in requests:
            for _ in range(int(request)):
                yield bytes(65_536)

    async def hold(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        self.entered.set()
        try:
            async for request in requests:
                yield request
                if request == b"last":
                    return
        finally:
            self.left.set()

    def handler(self) -> grpc.GenericRpcHandler[bytes, bytes]:
        unary = (self.unary, self.fail, self.huge_trailers, self.metadata, self.never)
        streams = (self.echo, self.count, self.slow, self.flood, self.hold)
        methods: dict[str, Any] = {
            one.__name__: grpc.unary_unary_rpc_method_handler(one) for one in unary
        }
        methods |= {one.__name__: grpc.stream_stream_rpc_method_handler(one) for one in streams}
        return grpc.method_handlers_generic_handler("t.S", methods)


class Server:
    """Runs the service at one address; every method blocks and may be called by the test."""

    def __init__(self, address: str, certificate: tuple[bytes, bytes] | None = None) -> None:
        self.address = address
        self.port = 0
        self._certificate = certificate
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.service: Service
        self._server: grpc.aio.Server

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def start(self, options: tuple[tuple[str, int], ...] = ()) -> None:
        self.run(self._start(options))

    async def _start(self, options: tuple[tuple[str, int], ...]) -> None:
        self.service = Service()
        limits = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
        self._server = grpc.aio.server(options=(*limits, *options))
        self._server.add_generic_rpc_handlers((self.service.handler(),))
        if self._certificate:
            credentials = grpc.ssl_server_credentials([self._certificate])
            self.port = self._server.add_secure_port(self.address, credentials)
        else:
            self.port = self._server.add_insecure_port(self.address)
        await self._server.start()

    def stop(self, grace: float | None = None) -> None:
        self.run(self._server.stop(grace))

    def begin_stop(self, grace: float) -> Callable[[], None]:
        """Starts a graceful stop; the returned function waits for its end."""
        pending = asyncio.run_coroutine_threadsafe(self._server.stop(grace), self._loop)
        return lambda: pending.result(20)

    def release(self) -> None:
        self._loop.call_soon_threadsafe(self.service.go.release)

    def close(self) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server at a unix socket."""
    running = Server(f"unix:{tmp_path}/s")
    running.start()
    yield running
    running.close()


class Authority:
    """A certificate authority, and a server certificate for localhost and 127.0.0.1."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256"]
        self._openssl(
            "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca"
        )
        self._openssl("req", *key, "-keyout", "s.key", "-out", "s.csr", "-subj", "/CN=server")
        (directory / "ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1,DNS:other.test")
        signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "ext"]
        self._openssl("x509", "-req", "-in", "s.csr", "-out", "s.pem", *signing)
        self.ca = (directory / "ca.pem").read_bytes()
        self.certificate = (
            (directory / "s.key").read_bytes(),
            (directory / "s.pem").read_bytes(),
        )

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(
            ["openssl", *arguments], cwd=self._directory, check=True, capture_output=True
        )


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Made once per run."""
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(params=["unix", "tcp", "tls"])
def anywhere(
    request: pytest.FixtureRequest, tmp_path: Path, authority: Authority
) -> Iterator[tuple[Server, str, bytes | None]]:
    """A server over each transport, its address for the client, and the CA to trust."""
    if request.param == "unix":
        running = Server(f"unix:{tmp_path}/s")
        running.start()
        yield running, f"unix:{tmp_path}/s", None
    else:
        tls = request.param == "tls"
        running = Server("127.0.0.1:0", authority.certificate if tls else None)
        running.start()
        scheme = "tls" if tls else "tcp"
        yield running, f"{scheme}://127.0.0.1:{running.port}", authority.ca if tls else None
    running.close()
