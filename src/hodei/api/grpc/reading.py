"""Requests that are no messages: refused as the sender's fault, on every service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.message import DecodeError

from hodei.domain.errors import InvalidRequest

if TYPE_CHECKING:
    Handler = grpc.RpcMethodHandler[Any, Any]

OURS = "/hodei.v1."


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What a servicer would have got, had the bytes been a message."""

    reason: str


def reading(deserialize: Callable[[bytes], Any] | None) -> Callable[[bytes], Any] | None:
    """Left to itself, gRPC reports a malformed request as a failure of the server."""
    if deserialize is None:
        return None

    def read(data: bytes) -> Any:
        try:
            return deserialize(data)
        except DecodeError as error:
            return Unreadable(str(error))

    return read


def readable(request: Any) -> Any:
    """The request. Raises InvalidRequest."""
    if isinstance(request, Unreadable):
        raise InvalidRequest.of("", f"the request is not valid protobuf: {request.reason}")
    return request


def lenient(method: str, handler: Handler) -> Handler:
    """The same handler, which is given what is no message as Unreadable: for services whose
    servicers ask `readable` themselves, those of agents."""
    read = reading(handler.request_deserializer)
    if handler.unary_unary is not None:
        return grpc.unary_unary_rpc_method_handler(
            handler.unary_unary, read, handler.response_serializer
        )
    assert handler.stream_stream is not None, f"{method} is of a kind that agents do not call"
    return grpc.stream_stream_rpc_method_handler(
        handler.stream_stream, read, handler.response_serializer
    )
