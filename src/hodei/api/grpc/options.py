"""Options of gRPC connections: what every listener says, and when silence is an end."""

from __future__ import annotations

Options = tuple[tuple[str, int], ...]


def keepalive(silent_s: int) -> Options:
    """After so many seconds of silence the other side is asked whether it is there, and after half
    as many without an answer the connection is over."""
    return (
        ("grpc.keepalive_time_ms", silent_s * 1000),
        ("grpc.keepalive_timeout_ms", silent_s * 500),
    )


LISTENER: Options = (
    ("grpc.so_reuseport", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.server_handshake_timeout_ms", 10_000),
)
RELAY: Options = (("grpc.max_receive_message_length", 4 << 20), *keepalive(10))
"""Both ends, so that a server that fell from the network is noticed within 15 s."""
