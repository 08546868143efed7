"""Addresses, request heads, metadata and statuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hodei.agent import rpc_headers
from hodei.agent.http2 import errors
from hodei.agent.http2.hpack import Decoder
from hodei.agent.http2.transport import Target


@pytest.mark.parametrize(
    ("text", "authority", "place", "host", "port", "tls"),
    [
        ("unix:/run/h.sock", "localhost", "/run/h.sock", "localhost", 0, False),
        ("unix:///run/h.sock", "localhost", "/run/h.sock", "localhost", 0, False),
        ("unix:h.sock", "localhost", "h.sock", "localhost", 0, False),
        ("unix-abstract:name", "localhost", "\0name", "localhost", 0, False),
        ("vsock:2:5000", "localhost", (2, 5000), "localhost", 0, False),
        ("a.example:50051", "a.example:50051", "", "a.example", 50051, False),
        ("tcp://127.0.0.1:1", "127.0.0.1:1", "", "127.0.0.1", 1, False),
        ("tls://[::1]:443", "[::1]:443", "", "::1", 443, True),
    ],
)
def test_addresses_are_understood(
    text: str, authority: str, place: object, host: str, port: int, tls: bool
) -> None:
    target = Target(text)
    assert (target.authority, target.place, target.host) == (authority, place, host)
    assert (target.port, target.tls) == (port, tls)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "host",
        "host:",
        "host:x",
        "host:65536",
        ":5",
        "::1:5",
        "http://a:5",
        "tcp://a/b:5",
        "unix:",
        "unix://",
        "vsock:2",
        "vsock:x:1",
        "host:٣",
        "host:-1",
    ],
)
def test_other_addresses_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        Target(text)


def head_of(metadata: rpc_headers.Metadata, timeout_s: float | None = None) -> dict[bytes, bytes]:
    block = rpc_headers.request_head("/a/b", b"http", "localhost", metadata, timeout_s)
    return dict(Decoder(1 << 20).decode(block))


def test_the_head_of_a_call() -> None:
    head = head_of((("hodei-session", "abc"), ("trace-bin", b"\x00\xff")), 1.5)
    assert head == {
        b":method": b"POST",
        b":scheme": b"http",
        b":path": b"/a/b",
        b":authority": b"localhost",
        b"te": b"trailers",
        b"content-type": b"application/grpc",
        b"user-agent": b"hodei-agent",
        b"grpc-timeout": b"1500m",
        b"hodei-session": b"abc",
        b"trace-bin": b"AP8",
    }


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.0, b"1m"), (0.25, b"250m"), (99_999.0, b"99999000m"), (200_000.0, b"200000S")],
)
def test_timeouts_fit_eight_digits(seconds: float, expected: bytes) -> None:
    assert head_of((), seconds)[b"grpc-timeout"] == expected
    assert head_of((), 1e12)[b"grpc-timeout"] == b"99999999S"


@pytest.mark.parametrize(
    "pair",
    [
        ("Upper", "a"),
        ("", "a"),
        (":path", "a"),
        ("grpc-status", "0"),
        ("spa ce", "a"),
        ("ä", "a"),
        ("ok", "new\nline"),
        ("ok", "ä"),
        ("ok", b"\xff"),
        ("ok", "nul\0"),
    ],
)
def test_metadata_that_cannot_be_sent_is_refused(pair: tuple[str, str | bytes]) -> None:
    with pytest.raises(ValueError, match="metadata"):
        head_of((pair,))


@given(st.binary(max_size=50))
def test_binary_metadata_survives(value: bytes) -> None:
    assert rpc_headers.binary(head_of((("x-bin", value),))[b"x-bin"]) == value


@given(st.text(max_size=40))
def test_percent_encoding_is_undone(text: str) -> None:
    encoded = "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "replace"))
    assert rpc_headers.percent_decode(encoded.encode()) == text.encode("utf-8", "replace").decode()


@given(st.binary(max_size=40))
def test_percent_decoding_takes_anything(value: bytes) -> None:
    rpc_headers.percent_decode(value)


@pytest.mark.parametrize(
    ("value", "expected"), [(b"50%", "50%"), (b"%zz!", "%zz!"), (b"a%20b%", "a b%")]
)
def test_broken_escapes_stay(value: bytes, expected: str) -> None:
    assert rpc_headers.percent_decode(value) == expected


def test_statuses_come_from_trailers_http_and_resets() -> None:
    status = rpc_headers.trailing_status(
        [(b"grpc-status", b"5"), (b"grpc-message", b"a%C3%A4"), (b"grpc-status-details-bin", b"AQ")]
    )
    assert status == (rpc_headers.NOT_FOUND, "aä", b"\x01")
    for trailers in ([], [(b"grpc-status", b"x")], [(b"grpc-status", b"1" * 50)]):
        assert rpc_headers.trailing_status(trailers)[0] == rpc_headers.UNKNOWN
    grpc_type = (b"content-type", b"application/grpc+proto")
    assert rpc_headers.refusal([(b":status", b"200"), grpc_type]) is None
    for http, code in ((b"503", 14), (b"404", 12), (b"302", 2), (b"401", 16)):
        refused = rpc_headers.refusal([(b":status", http), (b"content-type", b"text/html")])
        assert refused is not None and refused[0] == code
    assert rpc_headers.refusal([(b":status", b"200"), (b"content-type", b"text/html")])
    assert rpc_headers.refusal([grpc_type]) == (13, "response without an HTTP status")
    assert rpc_headers.status_of_reset(errors.REFUSED_STREAM) == rpc_headers.UNAVAILABLE
    assert rpc_headers.status_of_reset(999) == rpc_headers.INTERNAL
    assert rpc_headers.status_name(14) == "UNAVAILABLE"
    assert rpc_headers.status_name(99) == "status 99"


def test_base64_that_is_none_is_nothing() -> None:
    assert rpc_headers.binary(b"a") == b""
