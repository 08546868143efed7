"""The relay between servers: a terminal is the same through another one, and only servers may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import grpc
import pytest

from hodei.adapters.security.authority import SERVERS, WORKERS, Authorities
from hodei.adapters.security.relay_tls import RelayTls
from hodei.api.grpc.relay import BROKEN, RelayServer
from hodei.api.grpc.relay_client import GrpcRelay
from hodei.domain.errors import Conflict, Unavailable
from hodei.domain.job import Job
from hodei.engine.sessions import Session
from hodei.engine.terminals import (
    TAKEN_STEP,
    WINDOW,
    Opening,
    Terminal,
    TerminalEnd,
    TerminalOutput,
    Terminals,
)
from hodei.ports.certificates import CurrentCertificate
from hodei.ports.peer import TerminalOrder
from hodei.wire.gen import relay_pb2 as pb
from hodei.wire.gen import relay_pb2_grpc as pb_grpc
from tests.support.ports import free_port
from tests.unit.engine.simulated_agent import Link
from tests.unit.engine.world import World, world

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
HOST = "127.0.0.1"
ANN = Opening(actor="ann", via="ssh", argv=("ls", "a b"), address="192.0.2.7", tty=False)
SOON_S = 60
"""For what happens at once, on a machine of any speed."""


def shown(key: bytes = KEY, whose: str = SERVERS) -> CurrentCertificate:
    """What a server with this secret key shows."""
    return RelayTls(Authorities(lambda: (key,), whose), HOST).current


async def until(true: Callable[[], object]) -> None:
    """Returns once it is; what makes it so comes over the network."""
    async with asyncio.timeout(SOON_S):
        while not true():
            await asyncio.sleep(0.005)


@dataclass(frozen=True, slots=True)
class Pair:
    """A job on a worker of the first server, and the second one that is asked for a terminal."""

    world: World
    job: Job
    link: Link
    server: RelayServer
    address: str

    @property
    def session(self) -> Session:
        """The worker's, at the first server."""
        assert self.link.session is not None
        return self.link.session

    def asking(self, tls: CurrentCertificate | None = None) -> Terminals:
        """Terminals of the second server, which shows `tls`."""
        engine = self.world.replicas[1].engine
        relay = GrpcRelay("127.0.0.1:1", tls or shown())
        return Terminals(engine.core, engine.jobs, engine.sessions, relay)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[tuple[Terminal, TerminalOrder]]:
        """A terminal through the second server, and what the worker was told."""
        async with self.asking().open(str(self.job.id), ANN) as terminal:
            order = self.link.said[-1][1]
            assert isinstance(order, TerminalOrder)
            yield terminal, order

    def rows(self) -> list[tuple[str, str, dict[str, object]]]:
        """The record: kind, actor and facts."""
        return [
            (event.kind.value, event.actor, dict(event.data))
            for _, event in self.world.tables.events
            if event.job_id == self.job.id and event.kind.value.startswith("terminal.")
        ]

    def reason(self) -> object:
        """Of the end that was recorded, which is the only one."""
        [closed] = [data for kind, _, data in self.rows() if kind == "terminal.closed"]
        return closed["reason"]

    def ended(self) -> bool:
        """Whether an end was recorded."""
        return any(kind == "terminal.closed" for kind, _, _ in self.rows())


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    """The first server lets other servers in."""
    async with world(replicas=2) as w:
        job, agent = await w.run_job()
        assert agent.link is not None
        server = RelayServer(w.engine)
        address = f"{HOST}:{free_port()}"
        server.listen(address, shown())
        await server.start()
        await w.home.store.announce_server(w.home.name, address)
        try:
            yield Pair(w, job, agent.link, server, address)
        finally:
            await server.stop(0)


async def test_it_is_the_same_as_a_direct_one_and_recorded_once(pair: Pair) -> None:
    async with pair.open() as (terminal, order):
        assert (order.argv, order.pipes, order.window) == (("ls", "a b"), True, WINDOW)
        (opened,) = pair.rows()
        before = len(pair.link.said)
        await terminal.write(b"ls\n")
        terminal.resize(40, 120)
        terminal.signal("INT")
        terminal.end_input()
        await until(lambda: len(pair.link.said) == before + 4)
        events = pair.session.terminals.pop(order.terminal_id)
        events.on_output(b"file\n", False)
        events.on_output(b"odd\n", True)
        events.on_exited(7, "")
        assert await terminal.read() == TerminalOutput(b"file\n")
        assert await terminal.read() == TerminalOutput(b"odd\n", stderr=True)
        assert await terminal.read() == TerminalEnd(exit_code=7)
    # What was typed waits its turn; what was said to the program does not.
    assert sorted(pair.link.said[before:], key=str) == [
        ("resize_terminal", (order.terminal_id, 40, 120)),
        ("signal_terminal", (order.terminal_id, 2)),
        ("terminal_input", (order.terminal_id, b"", True)),
        ("terminal_input", (order.terminal_id, b"ls\n", False)),
    ]
    about = {"terminal": order.terminal_id, "via": "ssh"}
    by = {"command": "ls 'a b'", "tty": False, "address": "192.0.2.7"}
    assert opened == ("terminal.opened", "ann", about | by | {"replica": pair.world.home.name})
    end = {"exit_code": 7, "reason": "", "bytes_in": 3, "bytes_out": 9, "seconds": 0}
    assert pair.rows()[1:] == [("terminal.closed", "ann", about | end)]


async def test_neither_way_has_more_than_the_windows_under_way(pair: Pair) -> None:
    async with pair.open() as (terminal, order):
        events = pair.session.terminals[order.terminal_id]
        # One window between the servers and one to the worker, whatever is written.
        writing = asyncio.create_task(terminal.write(b"x" * 10 * WINDOW))
        at_worker = [("terminal_input", (order.terminal_id, b"x" * (1 << 16), False))] * 4
        await until(lambda: [said for said in pair.link.said if said in at_worker] == at_worker)
        assert not writing.done()
        assert terminal.bytes_in <= 2 * WINDOW
        for _ in range(8):
            events.on_output(b"y" * TAKEN_STEP, False)
        # The person reads nothing: the first server passes a window on, and takes no more.
        taken = ("terminal_taken", (order.terminal_id, TAKEN_STEP))
        await until(lambda: pair.link.said.count(taken) >= 4)
        assert pair.link.said.count(taken) == 4
        got = 0
        while got < 8 * TAKEN_STEP:
            piece = await terminal.read()
            assert isinstance(piece, TerminalOutput)
            got += len(piece.data)
        writing.cancel()


async def test_who_leaves_closes_it_and_who_is_put_out_is_recorded_so(pair: Pair) -> None:
    async with pair.open() as (_, order):
        pass
    assert pair.link.said[-1] == ("close_terminal", order.terminal_id)
    assert pair.reason() == "left by the person"
    pair.world.tables.events.clear()
    async with pair.open() as (terminal, _):
        terminal.finish("the token was withdrawn")
        assert await terminal.read() == TerminalEnd(exit_code=255, error="the token was withdrawn")
    assert pair.reason() == "the token was withdrawn"


async def test_the_server_that_holds_the_worker_goes(pair: Pair) -> None:
    async with pair.open() as (terminal, _):
        await pair.server.stop(0)
        end = await terminal.read()
        assert isinstance(end, TerminalEnd)
        assert end.exit_code == 255
        assert "which holds the job, was lost" in end.error


async def test_the_server_that_asked_goes(pair: Pair) -> None:
    tls = shown()()
    credentials = grpc.ssl_channel_credentials(tls.clients, tls.key, tls.chain)
    attempt_id = str(pair.session.attempt_id)
    opening = pb.EnterOpen(job_id=str(pair.job.id), attempt_id=attempt_id, actor="ann", via="cli")
    opening.terminal.rows = opening.terminal.columns = 50
    channel = grpc.aio.secure_channel(pair.address, credentials)
    gone = asyncio.Event()

    async def requests() -> AsyncIterator[pb.EnterRequest]:
        yield pb.EnterRequest(open=opening)
        await gone.wait()

    call = pb_grpc.RelayServiceStub(channel).Enter(requests())
    assert isinstance(await call.read(), pb.EnterResponse)
    await channel.close(None)
    await until(pair.ended)
    assert pair.reason() == BROKEN
    assert pair.session.terminals == {}


@pytest.mark.parametrize(
    "tls",
    [shown(OTHER_KEY), shown(KEY, WORKERS)],
    ids=["another installation", "a worker's authority"],
)
async def test_nobody_else_is_let_in(pair: Pair, tls: CurrentCertificate) -> None:
    asking = asyncio.create_task(_opened(pair.asking(tls), str(pair.job.id)))
    async with asyncio.timeout(SOON_S):
        while not asking.done():
            await pair.world.clock.advance(0.1)
            await asyncio.sleep(0.005)
    with pytest.raises(Unavailable, match=rf"enter it from there \(that server .*{pair.address}"):
        await asking
    assert pair.rows() == []


async def test_a_client_without_a_certificate_is_hung_up_on(pair: Pair) -> None:
    believed = shown()().clients
    for channel in (
        grpc.aio.secure_channel(pair.address, grpc.ssl_channel_credentials(believed)),
        grpc.aio.insecure_channel(pair.address),
    ):
        async with channel:
            call = pb_grpc.RelayServiceStub(channel).Enter(iter(()))
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await call.read()
            assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_what_it_refuses(pair: Pair) -> None:
    engine = pair.world.engine
    with pytest.raises(Conflict, match="has just ended"):
        async with engine.terminals.enter(pair.job.id, uuid4(), ANN):
            pass
    attempt_id = pair.session.attempt_id
    assert attempt_id is not None
    elsewhere = pair.world.replicas[1].engine
    with pytest.raises(Unavailable, match="just left"):
        async with elsewhere.terminals.enter(pair.job.id, attempt_id, ANN):
            pass
    assert pair.rows() == []


def test_the_certificate_is_made_again_when_the_keys_change() -> None:
    keys = [KEY]
    tls = RelayTls(Authorities(lambda: tuple(keys), SERVERS), HOST)
    first = tls.current()
    assert tls.current() is first
    keys.insert(0, OTHER_KEY)
    second = tls.current()
    assert second is not first
    # Both keys count: a server that has only the old one yet is let in.
    assert Authorities(lambda: (KEY,), SERVERS).accepted(datetime.now(UTC)).encode() in (
        second.clients
    )


async def _opened(terminals: Terminals, key: str) -> None:
    async with terminals.open(key, ANN):
        pass
