"""Where a call comes from, as the audit log has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    import grpc


def source_of(context: grpc.aio.ServicerContext[Any, Any]) -> str:
    """The peer's address without its port; `unix` for a socket of this machine."""
    return source_from(context.peer())


def source_from(peer: str) -> str:
    """The same from gRPC's own words, such as `ipv6:%5B::1%5D:50123`."""
    kind, _, rest = peer.partition(":")
    if kind not in ("ipv4", "ipv6"):
        return "unix" if kind.startswith("unix") else peer
    address, _, _ = unquote(rest).rpartition(":")
    return address.removeprefix("[").removesuffix("]")
