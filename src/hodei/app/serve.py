"""`hodei serve`: the engine with its interfaces, from start to a clean stop.

What is checked and opened, in this order: the ports and the data directory (nothing slow is
started in vain), the engine with its database, then the interfaces. Closing is the reverse.
Stopping never touches a running job: its agent goes on and finds the next server.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import gc
import json
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from hodei.api.grpc.relay import RelayServer
from hodei.api.grpc.server import GrpcServer, WorkerServer
from hodei.api.http.app import create_app
from hodei.api.http.server import HttpServer
from hodei.api.identity import Identity
from hodei.app import listening
from hodei.app.certificates import kept_fresh, public_certificate
from hodei.app.entrance import setup_code
from hodei.app.gateway import Gateway
from hodei.app.logging import configure
from hodei.app.monitoring import Instruments, MetricsServer, sources_of
from hodei.app.relay import RelayEndpoint, relay_endpoint
from hodei.app.settings import Settings, read_settings
from hodei.app.tracing import export_of
from hodei.app.wiring import open_engine
from hodei.app.workers_endpoint import WorkersEndpoint, workers_endpoint
from hodei.domain.errors import HodeiError, InvalidRequest, Unavailable

if TYPE_CHECKING:
    import ssl

    from hodei.api.ssh.server import SshServer
    from hodei.engine.engine import Engine
    from hodei.ports.certificates import CurrentCertificate

logger = logging.getLogger(__name__)

BAD_START = 2
"""Exit code when a setting, a port, the database or the data directory does not fit."""
STOP_SECONDS = 10.0
"""A stop that takes longer is cut off."""
GRACE_SECONDS = 1.0
"""For calls that are under way; the streams of agents never end by themselves."""

Serving = Callable[["Addresses", asyncio.Event], Awaitable[int]]
"""Called when everything serves; its result is the exit code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where a running server is reached."""

    url: str
    """REST, WebSocket and web pages."""
    grpc: str
    """host:port of gRPC."""
    metrics: str | None
    """Prometheus text."""
    ssh: str | None
    """host:port of the SSH gateway."""
    agents: str | None
    """host:port at which agents of other machines call."""
    data_dir: Path
    public_url: str | None = None
    """Where people reach it, when that is another address."""
    certificate: str = ""
    """PEM of what HTTP and gRPC show; empty: they are plain."""
    sign_in: bool = False
    """Whether everybody has to sign in."""
    setup_code: str | None = field(default=None, repr=False)
    """What the first administrator has to know; None: nothing, or there is one."""


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Addresses]:
    """Everything that one server process is, ready for requests.

    Raises InvalidRequest, Unavailable and the errors of the embedded PostgreSQL.
    """
    refuse_taken_ports(settings)
    async with AsyncExitStack() as stack:
        stack.enter_context(_data_dir(settings.data_dir))
        certificate = public_certificate(settings)
        if listening.readable(settings):
            logger.warning(
                "passwords, tokens and logs cross the network unencrypted (HODEI_ALLOW_PLAINTEXT)",
                extra={"host": settings.host},
            )
        gateway = Gateway(settings) if settings.ssh_port else None
        endpoint = workers_endpoint(settings)
        meter, others = Instruments(), relay_endpoint(settings)
        engine = await stack.enter_async_context(
            open_engine(settings, endpoint, meter, others.relay() if others else None)
        )
        identity = Identity(engine.access, dev_mode=settings.dev_mode)
        host = settings.host
        grpc_server = GrpcServer(engine, identity, agents=ip_address(host).is_loopback, meter=meter)
        shown = (lambda: certificate.current) if certificate else None
        grpc_port = grpc_server.listen(_join(host, settings.grpc_port), shown)
        await grpc_server.start()
        stack.push_async_callback(grpc_server.stop, GRACE_SECONDS)
        await _workers(stack, engine, endpoint)
        if others:
            await _relay(stack, engine, others)
        app = create_app(
            engine,
            identity,
            allowed_hosts=listening.host_names(settings),
            allowed_origins=listening.origins(settings),
            meter=meter,
        )
        http_server = HttpServer(app, tls=_http_tls(shown), proxies=settings.trusted_proxies)
        http_port = await http_server.start(host, settings.http_port)
        stack.push_async_callback(http_server.stop, GRACE_SECONDS)
        files = {"public": certificate, "agents": endpoint.tls.files if endpoint.tls else None}
        watched = MetricsServer(sources_of(engine, meter, settings.data_dir, files))
        addresses = Addresses(
            url=f"{'https' if shown else 'http'}://{_join(_reached(host), http_port)}",
            grpc=_join(_reached(host), grpc_port),
            metrics=await _metrics(stack, watched, settings),
            ssh=await _ssh(stack, gateway.server(engine, identity), settings) if gateway else None,
            agents=endpoint.address,
            data_dir=settings.data_dir,
            public_url=settings.public_url,
            certificate=certificate.current.chain.decode("ascii", "replace") if certificate else "",
            sign_in=await identity.sign_in_needed(),
            setup_code=await setup_code(settings, engine),
        )
        await stack.enter_async_context(kept_fresh(files.values()))
        stack.enter_context(_noted(addresses))
        yield addresses


async def _workers(stack: AsyncExitStack, engine: Engine, endpoint: WorkersEndpoint) -> None:
    server = WorkerServer(engine)
    server.listen_unix(endpoint.socket)
    if endpoint.address and endpoint.tls:
        server.listen_tls(endpoint.address, endpoint.tls.current)
    await server.start()
    stack.push_async_callback(server.stop, GRACE_SECONDS)


def _http_tls(shown: CurrentCertificate | None) -> ssl.SSLContext | None:
    if shown is None:
        return None
    from hodei.adapters.security.http_tls import http_context

    return http_context(shown)


async def _metrics(stack: AsyncExitStack, server: MetricsServer, settings: Settings) -> str | None:
    if not settings.metrics_port:
        return None
    port = await server.start(settings.metrics_host, settings.metrics_port)
    stack.push_async_callback(server.stop)
    return f"http://{_join(_reached(settings.metrics_host), port)}/metrics"


async def _relay(stack: AsyncExitStack, engine: Engine, others: RelayEndpoint) -> None:
    server = RelayServer(engine)
    server.listen(others.address, others.tls.current)
    await server.start()
    stack.push_async_callback(server.stop, GRACE_SECONDS)


async def _ssh(stack: AsyncExitStack, server: SshServer, settings: Settings) -> str:
    port = await server.start(settings.host, settings.ssh_port)
    stack.push_async_callback(server.stop, GRACE_SECONDS)
    return _join(settings.host, port)


# ---- checks before anything is started


def refuse_taken_ports(settings: Settings) -> None:
    """Raises Unavailable, naming the setting, when a port cannot be listened on."""
    host = settings.host
    agents, agent_port = settings.agent_listen or (host, 0)
    others, relay_port = settings.relay_listen or (host, 0)
    ports = (
        ("HODEI_HTTP_PORT", host, settings.http_port),
        ("GRPC_PORT", host, settings.grpc_port),
        ("HODEI_METRICS_PORT", settings.metrics_host, settings.metrics_port),
        ("HODEI_SSH_PORT", host, settings.ssh_port),
        ("HODEI_AGENT_LISTEN", agents, agent_port),
        ("HODEI_RELAY_LISTEN", others, relay_port),
    )
    for name, address, port in ports:
        if not port:
            continue
        same = [other for other, _, given in ports if given == port and other != name]
        if same:
            raise Unavailable(f"{name}: port {port} is {same[0]} too; give each its own")
        with contextlib.closing(_socket(address)) as probe:
            try:
                probe.bind((address, port))
            except OSError as error:
                raise Unavailable(_port_fault(name, address, port, error)) from error


def _socket(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


def _port_fault(name: str, host: str, port: int, error: OSError) -> str:
    where = _join(host, port)
    if error.errno == errno.EADDRINUSE:
        return (
            f"{name}: {where} is in use by another program (another Hodei?); stop that one, "
            f"or choose another port: {name}={port + 1 if port < 65_535 else port - 1}"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{name}: this user may not listen on {where}; choose a port from 1024 on"
    return f"{name}: cannot listen on {where}: {error.strerror}"


def _reached(host: str) -> str:
    """An address of this machine at which one that listens on `host` is reached."""
    if not ip_address(host).is_unspecified:
        return host
    return "::1" if ":" in host else "127.0.0.1"


def _join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


# ---- the data directory: one server at a time, and a note of where it is


@contextmanager
def _data_dir(data_dir: Path) -> Iterator[None]:
    """Holds the data directory; the kernel lets go of it with the process."""
    run = data_dir / "run"
    try:
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(run / "server.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(
            f"HODEI_DATA_DIR: {data_dir} cannot be written: {error.strerror}; make it belong to "
            "the user that runs Hodei, or choose another directory"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Unavailable(_held_by(data_dir)) from None
    try:
        yield
    finally:
        os.close(descriptor)


def _held_by(data_dir: Path) -> str:
    note = read_note(data_dir)
    who = f"process {note['pid']} at {note['url']}" if note else "another process"
    return (
        f"HODEI_DATA_DIR: {data_dir} is in use by a Hodei that runs already ({who}); use that "
        "one, stop it, or choose another directory"
    )


def note_path(data_dir: Path) -> Path:
    """The file that says where the server of a data directory is reached, while it serves."""
    return data_dir / "run" / "server.json"


def read_note(data_dir: Path) -> dict[str, str] | None:
    """What the running server noted; None when there is none, or it was killed meanwhile."""
    try:
        note = json.loads(note_path(data_dir).read_text())
        os.kill(int(note["pid"]), 0)
    except PermissionError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return {str(name): str(value) for name, value in note.items()}


@contextmanager
def _noted(addresses: Addresses) -> Iterator[None]:
    path = note_path(addresses.data_dir)
    note = {
        "pid": os.getpid(),
        "url": addresses.url,
        "http": int(addresses.url.rpartition(":")[2]),
        "grpc": addresses.grpc,
        "metrics": addresses.metrics,
        "agents": addresses.agents,
        "ssh": addresses.ssh,
    }
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(note))
    fresh.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


# ---- the process


def run_server(when_ready: Serving, *, log_level: str | None = None) -> int:
    """Runs a server in this process until `when_ready` returns; gives its exit code.

    SIGINT and SIGTERM set the event that `when_ready` gets; the second one ends the process
    at once. What keeps the server from starting is said on stderr, one line per fault.
    """
    try:
        settings = read_settings()
    except InvalidRequest as error:
        return _refuse(error)
    traced = export_of(settings, "") is not None
    configure(log_level or settings.log_level, settings.log_format, traced=traced)
    try:
        return uvloop.run(_run(settings, when_ready))
    except (HodeiError, OSError) as error:
        return _refuse(error)


async def _run(settings: Settings, when_ready: Serving) -> int:
    stop = asyncio.Event()
    _handle_signals(stop)
    starting = asyncio.ensure_future(_serve(settings, when_ready, stop))
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    asyncio.get_running_loop().call_later(STOP_SECONDS, _cut_off)
    return await starting


async def _serve(settings: Settings, when_ready: Serving, stop: asyncio.Event) -> int:
    async with serving(settings) as addresses:
        # What is loaded by now lives as long as the process: the collector may skip it.
        gc.collect()
        gc.freeze()
        _take_descriptors()
        return await when_ready(addresses, stop)


def _take_descriptors() -> None:
    """Each agent is a connection: the soft limit that shells and systemd give ends at 1024.

    Jobs of the process provider get what the server was started with.
    """
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _handle_signals(stop: asyncio.Event) -> None:
    def heard(number: signal.Signals) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, heard, number)


def _cut_off() -> None:
    """Something does not stop: jobs are safe all the same, since nothing here holds them."""
    logger.error("stopping took too long; the rest is cut off", extra={"seconds": STOP_SECONDS})
    os._exit(1)


def _refuse(error: HodeiError | OSError) -> int:
    for line in start_faults(error):
        print(f"hodei: {line}", file=sys.stderr)
    return BAD_START


def start_faults(error: HodeiError | OSError) -> Sequence[str]:
    """One line per fault: which setting, what was found, what to do."""
    if isinstance(error, InvalidRequest):
        return [
            f"{v.field}: {v.message}" + (f" (given: {v.value})" if v.value else "")
            for v in error.violations
        ]
    if isinstance(error, OSError):
        return [f"cannot start: {error}"]
    return [" ".join(str(error).split())]


def entrance_words(addresses: Addresses) -> str:
    """Who gets in, and how, in one line."""
    url = addresses.public_url or addresses.url
    if addresses.setup_code is not None:
        return (
            f"no user yet: make the administrator at {url}/setup with the setup code "
            f"{addresses.setup_code}"
        )
    if addresses.sign_in:
        return f"sign in at {url}/sign-in, or with `hodei login`"
    return "no sign-in: whoever is on this machine may do everything, until there is a user"


async def until_stopped(addresses: Addresses, stop: asyncio.Event) -> int:
    """Says that the server is ready and waits for the signal to stop."""
    parts = [f"http {addresses.url}", f"grpc {addresses.grpc}"]
    if addresses.metrics:
        parts.append(f"metrics {addresses.metrics}")
    if addresses.agents:
        parts.append(f"agents tls://{addresses.agents}")
    if addresses.ssh:
        parts.append(f"ssh {addresses.ssh}")
    print(f"hodei is ready: {', '.join(parts)}, data {addresses.data_dir}", flush=True)
    print(f"hodei: {entrance_words(addresses)}", flush=True)
    await stop.wait()
    return 0
