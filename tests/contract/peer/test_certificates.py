"""What an agent shows to a TLS server: for enrolling, for its session, and after a renewal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import grpc
import pytest

from hodei.adapters.security.authority import Authorities
from hodei.adapters.security.leaves import IssuedCertificates, server_certificate
from hodei.wire.gen import worker_pb2 as pb
from tests.contract.peer.conftest import Bench
from tests.contract.peer.scripted_server import OTP, ScriptedServer
from tests.support.ports import free_port

OLD, NEW = b"o" * 32, b"n" * 32
WORKER = uuid4()


def keys(*secrets: bytes) -> Authorities:
    """An installation with these secret keys."""
    return Authorities(lambda: secrets)


def credentials(authorities: Authorities) -> grpc.ServerCredentials:
    """Of a server that takes its own workers only."""
    made = server_certificate(authorities, ["127.0.0.1"], datetime.now(UTC))
    return grpc.ssl_server_credentials([(made.key, made.chain)], made.clients, True)


def issued(authorities: Authorities, session: bytes | None) -> pb.Certificate:
    """A certificate of the worker, and whom it is to believe."""
    now = datetime.now(UTC)
    source = IssuedCertificates(authorities)
    made = source.issue(WORKER, session, now=now, not_after=now + timedelta(hours=1))
    return pb.Certificate(identity=made.pem, authorities=source.authorities(now))


def same(shown: Sequence[bytes], expected: Sequence[pb.Certificate]) -> bool:
    """Whether these certificates were shown, in this order."""
    return len(shown) == len(expected) and all(
        each.identity.startswith(pem.decode().strip())
        for pem, each in zip(shown, expected, strict=True)
    )


@pytest.fixture
async def secure(tmp_path: Path) -> AsyncIterator[Bench]:
    """A server behind TLS."""
    bench = Bench(tmp_path, ScriptedServer(f"127.0.0.1:{free_port()}"))
    bench.server.credentials = credentials(keys(OLD))
    await bench.server.start()
    yield bench
    await bench.close()


async def start(bench: Bench, enrolling: pb.Certificate) -> None:
    """An agent with a certificate for enrolling."""
    await bench.start_agent(
        SERVER=f"tls://{bench.server.address}",
        OTP=f"{OTP}\n{enrolling.identity}",
        CA=enrolling.authorities,
    )


async def test_it_shows_the_newest_one(secure: Bench) -> None:
    server = secure.server
    first, second = issued(keys(OLD), b"1" * 32), issued(keys(NEW, OLD), b"2" * 32)
    server.certificate = first
    await start(secure, issued(keys(OLD), None))
    record = await secure.begin("echo on; exec sleep 60")
    await server.until(lambda: record.chunks)
    assert same(server.shown, [first])
    # Another secret key begins to count, and the agent learns of it over the stream.
    await server.send(pb.ServerFrame(certificate=second))
    await server.cut()
    await server.until(lambda: len(server.hellos) == 2)
    assert same(server.shown, [first, second])
    # A server that knows the new key only is one that the agent believes by now.
    await server.stop()
    server.credentials = credentials(keys(NEW))
    await server.start()
    await server.until(lambda: len(server.hellos) == 3)
    await secure.cancel(record)
    await server.until(lambda: record.exits)
    assert record.is_whole()


@pytest.mark.parametrize("enrolling", [issued(keys(NEW), None), pb.Certificate()])
async def test_it_is_not_let_in_without_one_of_the_installation(
    secure: Bench, enrolling: pb.Certificate
) -> None:
    believed = keys(OLD).accepted(datetime.now(UTC))
    await start(secure, pb.Certificate(identity=enrolling.identity, authorities=believed))
    await secure.logged("registration failed")
    assert not secure.server.registrations


async def test_it_does_not_speak_to_another_server(secure: Bench) -> None:
    await start(secure, issued(keys(NEW), None))
    await secure.logged("certificate verify failed")
    assert not secure.server.registrations
