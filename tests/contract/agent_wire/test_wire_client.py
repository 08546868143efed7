"""The agent's gRPC client against the real server of grpc.aio."""

from __future__ import annotations

import resource
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hodei.agent import rpc_headers as codes
from hodei.agent.http2.connection import STREAM_WINDOW
from hodei.agent.rpc import Channel, ConnectionLost, RpcError, Stream

from .conftest import DETAILS, Authority, Server

Anywhere = tuple[Server, str, bytes | None]
PATIENCE_S = 60.0
KIB_64 = 65_536


_opened: list[Channel] = []


@pytest.fixture(autouse=True)
def _leave_nothing_open() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def connected(address: str, ca: bytes | None = None) -> Channel:
    channel = Channel(address, ca=ca)
    _opened.append(channel)
    channel.connect(5)
    return channel


def drive_until(channel: Channel, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        assert channel.drive(deadline), "nothing happened in time"


def drive_while_idle(channel: Channel, done: Callable[[], bool]) -> None:
    """Like `drive_until`, for conditions that change elsewhere than on the socket."""
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < deadline, "nothing happened in time"
        channel.drive(time.monotonic() + 0.01)


def collect(channel: Channel, stream: Stream, count: int) -> list[bytes]:
    messages: list[bytes] = []

    def enough() -> bool:
        messages.extend(stream.receive())
        return len(messages) >= count or stream.status() is not None

    drive_until(channel, enough)
    return messages


# ---------------------------------------------------------------------- unary calls


def test_a_unary_call_is_answered(anywhere: Anywhere) -> None:
    _, address, ca = anywhere
    channel = connected(address, ca)
    for payload in (b"", b"hello", bytes(range(256)) * 4000):
        assert channel.unary("/t.S/unary", payload, timeout_s=10) == payload


def test_a_failed_call_carries_code_message_and_details(anywhere: Anywhere) -> None:
    _, address, ca = anywhere
    channel = connected(address, ca)
    with pytest.raises(RpcError) as caught:
        channel.unary("/t.S/fail", b"", timeout_s=10)
    assert caught.value.code == codes.FAILED_PRECONDITION
    assert caught.value.message == "100 % »nicht« möglich\n"
    assert caught.value.details == DETAILS
    assert str(caught.value).startswith("FAILED_PRECONDITION: 100 %")
    assert channel.unary("/t.S/unary", b"still here", timeout_s=10) == b"still here"


def test_an_unknown_method_is_unimplemented(server: Server) -> None:
    channel = connected(server.address)
    with pytest.raises(RpcError) as caught:
        channel.unary("/t.S/nothing", b"", timeout_s=10)
    assert caught.value.code == codes.UNIMPLEMENTED


def test_metadata_arrives_and_trailers_are_readable(server: Server) -> None:
    channel = connected(server.address)
    metadata = (("hodei-session", "abc"), ("trace-bin", b"\x00\xff\x80"))
    seen = channel.unary("/t.S/metadata", b"", metadata=metadata, timeout_s=10).decode()
    assert "hodei-session='abc'" in seen
    assert r"trace-bin=b'\x00\xff\x80'" in seen
    stream = channel.open_stream("/t.S/fail")
    stream.send(b"")
    stream.close_send()
    drive_until(channel, lambda: stream.status() is not None)
    trailers = dict(stream.trailers())
    assert trailers[b"who"] == b"me"
    assert codes.binary(trailers[b"why-bin"]) == b"\x00\xff"
    assert stream.details == DETAILS


def test_a_deadline_ends_the_call_on_both_sides(server: Server) -> None:
    channel = connected(server.address)
    with pytest.raises(RpcError) as caught:
        channel.unary("/t.S/never", b"", timeout_s=0.2)
    assert caught.value.code == codes.DEADLINE_EXCEEDED
    assert server.service.left.wait(PATIENCE_S)
    assert channel.unary("/t.S/unary", b"next", timeout_s=10) == b"next"


def test_headers_beyond_one_frame_are_sent_and_received(tmp_path: Path) -> None:
    server = Server(f"unix:{tmp_path}/s")
    server.start(
        (("grpc.max_metadata_size", 1 << 20), ("grpc.absolute_max_metadata_size", 1 << 20))
    )
    channel = connected(server.address)
    metadata = (("long", "y" * 50_000),)
    seen = channel.unary("/t.S/metadata", b"", metadata=metadata, timeout_s=10)
    assert b"y" * 50_000 in seen
    assert channel.unary("/t.S/huge_trailers", b"50000", timeout_s=10) == b"done"
    with pytest.raises(RpcError) as caught:
        channel.unary("/t.S/huge_trailers", b"70000", timeout_s=10)
    assert caught.value.code in (codes.RESOURCE_EXHAUSTED, codes.INTERNAL)
    assert channel.unary("/t.S/unary", b"next", timeout_s=10) == b"next"
    server.close()


# ---------------------------------------------------------------------- streams


def test_ten_thousand_small_messages_come_back(anywhere: Anywhere) -> None:
    _, address, ca = anywhere
    channel = connected(address, ca)
    stream = channel.open_stream("/t.S/echo")
    sent = [b"%d" % number for number in range(10_000)]
    for message in sent:
        stream.send(message)
    stream.close_send()
    assert collect(channel, stream, len(sent)) == sent
    drive_until(channel, lambda: stream.status() is not None)
    assert stream.status() == (codes.OK, "")


def send_with_back_pressure(channel: Channel, stream: Stream, total: int) -> int:
    """Sends 64 KiB messages and returns the largest backlog seen."""
    chunk = bytes(range(256)) * 256
    largest = 0
    for _ in range(total // KIB_64):
        largest = max(largest, stream.send(chunk))
        drive_until(channel, lambda: stream.backlog() < 1 << 20)
    return largest


def test_a_hundred_megabytes_go_up(anywhere: Anywhere) -> None:
    _, address, ca = anywhere
    channel = connected(address, ca)
    stream = channel.open_stream("/t.S/count")
    total = 1600 * KIB_64
    assert send_with_back_pressure(channel, stream, total) <= (1 << 20) + 2 * KIB_64
    stream.close_send()
    assert collect(channel, stream, 1) == [b"%d" % total]


def test_sixteen_megabytes_are_echoed(anywhere: Anywhere) -> None:
    _, address, ca = anywhere
    channel = connected(address, ca)
    stream = channel.open_stream("/t.S/echo")
    chunk = bytes(range(256)) * 256
    received: list[bytes] = []

    def has_room() -> bool:
        received.extend(stream.receive())
        return stream.backlog() < 1 << 20

    for _ in range(256):
        stream.send(chunk)
        drive_until(channel, has_room)
    stream.close_send()
    received += collect(channel, stream, 256 - len(received))
    assert len(received) == 256 and set(received) == {chunk}


def test_a_message_longer_than_the_window_arrives(server: Server) -> None:
    channel = connected(server.address)
    payload = bytes(range(256)) * (4 * STREAM_WINDOW // 256)
    assert channel.unary("/t.S/unary", payload, timeout_s=10) == payload


def test_a_message_beyond_the_limit_ends_its_call_only(server: Server) -> None:
    channel = connected(server.address)
    with pytest.raises(RpcError) as caught:
        channel.unary("/t.S/unary", bytes((16 << 20) + 1), timeout_s=15)
    assert caught.value.code == codes.RESOURCE_EXHAUSTED
    assert channel.unary("/t.S/unary", b"next", timeout_s=10) == b"next"


def test_a_slow_server_makes_the_backlog_grow_and_not_the_memory(server: Server) -> None:
    channel = connected(server.address)
    stream = channel.open_stream("/t.S/slow")
    drive_while_idle(channel, server.service.entered.is_set)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    chunk = bytes(KIB_64)
    queued = 0
    # One object queued many times: what grows is only what the client makes of it.
    while stream.backlog() < 256 << 20:
        stream.send(chunk)
        queued += len(chunk)
        channel.on_writable()
    drive_while_idle(channel, lambda: not channel.wants_write())
    assert stream.backlog() > 200 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10
    server.release()
    stream.close_send()
    assert collect(channel, stream, 1) == [b"%d" % queued]


def test_messages_nobody_takes_hold_the_server_back(server: Server) -> None:
    channel = connected(server.address)
    stream = channel.open_stream("/t.S/flood")
    stream.send(b"400")
    stream.close_send()
    other = 0

    def quiet() -> bool:
        nonlocal other
        other += 1
        return other > 20 and not select.select([channel.fileno()], [], [], 0.2)[0]

    drive_while_idle(channel, quiet)
    first = stream.receive()
    assert 0 < len(first) * KIB_64 <= STREAM_WINDOW
    # The connection is not blocked by the stream.
    assert channel.unary("/t.S/unary", b"other", timeout_s=10) == b"other"
    assert len(first) + len(collect(channel, stream, 400 - len(first))) == 400


def test_cancelling_reaches_the_server(server: Server) -> None:
    channel = connected(server.address)
    stream = channel.open_stream("/t.S/hold")
    stream.send(b"one")
    assert collect(channel, stream, 1) == [b"one"]
    stream.cancel()
    stream.cancel()
    channel.on_writable()
    assert server.service.left.wait(PATIENCE_S)
    assert stream.status() == (codes.CANCELLED, "cancelled by the agent")
    assert stream.send(b"too late") == 0


def test_a_server_that_ends_early_cuts_the_upload_off(server: Server) -> None:
    channel = connected(server.address)
    stream = channel.open_stream("/t.S/hold")
    stream.send(b"last")
    for _ in range(100):
        stream.send(bytes(KIB_64))
    drive_until(channel, lambda: stream.status() is not None)
    assert stream.status() == (codes.OK, "")
    assert stream.receive() == [b"last"]
    assert stream.backlog() < 2 << 20
    assert channel.unary("/t.S/unary", b"next", timeout_s=10) == b"next"


# ---------------------------------------------------------------------- connections


def test_a_graceful_stop_lets_the_stream_finish_and_refuses_new_calls(server: Server) -> None:
    channel = connected(server.address)
    stream = channel.open_stream("/t.S/hold")
    stream.send(b"one")
    assert collect(channel, stream, 1) == [b"one"]
    stopped = server.begin_stop(10)
    drive_until(channel, lambda: channel.going_away)
    with pytest.raises(ConnectionLost, match="going away"):
        channel.unary("/t.S/unary", b"", timeout_s=5)
    stream.send(b"last")
    assert collect(channel, stream, 1) == [b"last"]
    drive_until(channel, lambda: stream.status() is not None)
    assert stream.status() == (codes.OK, "")
    stopped()
    with pytest.raises(ConnectionLost, match="going away"):
        drive_until(channel, lambda: False)


def test_a_stop_without_grace_ends_the_stream_with_a_status(server: Server) -> None:
    channel = connected(server.address)
    stream = channel.open_stream("/t.S/hold")
    stream.send(b"one")
    assert collect(channel, stream, 1) == [b"one"]
    stopped = server.begin_stop(0)
    with pytest.raises(ConnectionLost):
        drive_until(channel, lambda: False)
    status = stream.status()
    assert status is not None and status[0] in (codes.UNAVAILABLE, codes.CANCELLED)
    stopped()


def test_a_restarted_server_is_reached_again(anywhere: Anywhere) -> None:
    server, address, ca = anywhere
    channel = connected(address, ca)
    assert channel.unary("/t.S/unary", b"first", timeout_s=10) == b"first"
    server.stop()
    with pytest.raises(ConnectionLost):
        drive_until(channel, lambda: False)
    assert not channel.connected
    with pytest.raises(ConnectionLost):
        channel.unary("/t.S/unary", b"", timeout_s=1)
    with pytest.raises(ConnectionLost):
        channel.fileno()
    with pytest.raises(ConnectionLost, match="cannot connect"):
        channel.connect(1)
    if server.port > 1:
        server.address = f"127.0.0.1:{server.port}"
    server.start()
    channel.connect(5)
    assert channel.unary("/t.S/unary", b"second", timeout_s=10) == b"second"


def test_pings_of_both_sides_are_answered(tmp_path: Path) -> None:
    server = Server(f"unix:{tmp_path}/s")
    server.start(
        (
            ("grpc.keepalive_time_ms", 100),
            ("grpc.keepalive_timeout_ms", 2000),
            ("grpc.http2.max_pings_without_data", 0),
            ("grpc.keepalive_permit_without_calls", 1),
        )
    )
    channel = connected(server.address)
    stream = channel.open_stream("/t.S/hold")
    channel.ping()
    drive_until(channel, lambda: channel.pongs == 1)
    # The server would give up on an unanswered ping of its own long before this is over.
    until = time.monotonic() + 0.6
    while time.monotonic() < until:
        channel.drive(until)
    stream.send(b"last")
    assert collect(channel, stream, 1) == [b"last"]
    server.close()


def test_tls_checks_the_authority_and_the_name(authority: Authority) -> None:
    server = Server("127.0.0.1:0", authority.certificate)
    server.start()
    address = f"tls://127.0.0.1:{server.port}"
    with pytest.raises(ConnectionLost, match="certificate verify failed"):
        Channel(address).connect(5)
    with pytest.raises(ConnectionLost, match="Hostname mismatch"):
        Channel(address, ca=authority.ca, server_name="wrong.test").connect(5)
    with pytest.raises(ConnectionLost, match="not a PEM certificate"):
        Channel(address, ca=b"nonsense").connect(5)
    channel = Channel(address, ca=authority.ca, server_name="other.test")
    channel.connect(5)
    assert channel.unary("/t.S/unary", b"hi", timeout_s=10) == b"hi"
    channel.close()
    plain = connected(f"tcp://127.0.0.1:{server.port}")
    with pytest.raises(ConnectionLost):
        plain.unary("/t.S/unary", b"", timeout_s=5)
    server.close()


# ---------------------------------------------------------------------- bad servers


@pytest.fixture
def listener(tmp_path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.bind(f"{tmp_path}/raw")
    made.listen(1)
    return made


def answering(listener: socket.socket, answer: bytes) -> threading.Thread:
    """Accepts once, answers the first bytes, and closes."""

    def serve() -> None:
        accepted, _ = listener.accept()
        with accepted, listener:
            accepted.recv(1000)
            accepted.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "closed|reset|Broken pipe"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak HTTP/2"),
        (bytes(9) + b"garbage", "does not speak HTTP/2"),
    ],
)
def test_a_server_of_another_kind_is_a_lost_connection(
    listener: socket.socket, answer: bytes, reason: str
) -> None:
    thread = answering(listener, answer)
    channel = connected(f"unix:{listener.getsockname()}")
    with pytest.raises(ConnectionLost, match=reason):
        channel.unary("/t.S/unary", b"", timeout_s=5)
    thread.join()


def test_the_last_words_of_a_server_that_closed_are_read(listener: socket.socket) -> None:
    settings = bytes.fromhex("000000040000000000")
    goaway = bytes.fromhex("00000b0700000000000000000000000002") + b"bye"
    thread = answering(listener, settings + goaway)
    channel = connected(f"unix:{listener.getsockname()}")
    thread.join()
    # Whether the write or the read notices first, the reason is the server's own.
    with pytest.raises(ConnectionLost, match="INTERNAL_ERROR: bye"):
        while True:
            channel.ping()
            channel.on_writable()


def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(ConnectionLost, match="No such file"):
        Channel(f"unix:{tmp_path}/none").connect(1)
    with pytest.raises(ConnectionLost, match="not connected"):
        Channel("unix:/x").fileno()
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
    with pytest.raises(ConnectionLost, match="refused"):
        Channel(f"127.0.0.1:{port}").connect(1)
    free.close()


def test_a_mute_server_runs_into_the_timeout(listener: socket.socket, authority: Authority) -> None:
    channel = connected(f"unix:{listener.getsockname()}")
    with pytest.raises(RpcError) as caught:
        channel.unary("/t.S/unary", b"", timeout_s=0.1)
    assert caught.value.code == codes.DEADLINE_EXCEEDED
    channel.close()
    listener.close()
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"tls://127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(ConnectionLost, match="timed out"):
            Channel(address, ca=authority.ca).connect(0.2)


def test_closing_twice_is_harmless(server: Server) -> None:
    channel = connected(server.address)
    stream = channel.open_stream("/t.S/hold")
    channel.close()
    channel.close()
    assert stream.status() == (codes.CANCELLED, "the channel was closed")
    assert not channel.wants_write()
