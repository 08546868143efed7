"""What every public call goes through: who calls, and errors as rich statuses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.message import DecodeError

from hodei.api.grpc.correlation import begin
from hodei.api.grpc.errors import abort
from hodei.api.identity import Identity
from hodei.domain.access.principal import Principal
from hodei.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from hodei.api.grpc.errors import Context

    Handler = grpc.RpcMethodHandler[Any, Any]
    Interceptor = grpc.aio.ServerInterceptor[Any, Any]
else:
    Handler = grpc.RpcMethodHandler
    Interceptor = grpc.aio.ServerInterceptor

WORKER_SERVICE = "/hodei.v1.WorkerAgentService/"
"""Agents have sessions of their own."""

Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[Handler]]


async def caller(context: Context, identity: Identity) -> Principal:
    """Who calls. Raises Unauthenticated."""
    for key, value in context.invocation_metadata() or ():
        if key == "authorization":
            text = value if isinstance(value, str) else value.decode("latin-1")
            return await identity.principal(text)
    return await identity.principal(None)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What a servicer would have got, had the bytes been a message."""

    reason: str


def _reading(deserialize: Callable[[bytes], Any] | None) -> Callable[[bytes], Any] | None:
    """Left to itself, gRPC reports a malformed request as a failure of the server."""
    if deserialize is None:
        return None

    def read(data: bytes) -> Any:
        try:
            return deserialize(data)
        except DecodeError as error:
            return Unreadable(str(error))

    return read


def _readable(request: Any) -> Any:
    """The request. Raises InvalidRequest."""
    if isinstance(request, Unreadable):
        raise InvalidRequest.of("", f"the request is not valid protobuf: {request.reason}")
    return request


class ErrorInterceptor(Interceptor):
    """Turns every error of a servicer into a status with details; checks the credential."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        handler = await continuation(handler_call_details)
        ours = handler_call_details.method.startswith("/hodei.v1.")
        if handler is None or not ours:
            return handler
        if handler_call_details.method.startswith(WORKER_SERVICE):
            return handler
        if handler.unary_unary is not None:
            return grpc.unary_unary_rpc_method_handler(
                self._unary(handler.unary_unary),
                _reading(handler.request_deserializer),
                handler.response_serializer,
            )
        if handler.unary_stream is not None:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(handler.unary_stream),
                _reading(handler.request_deserializer),
                handler.response_serializer,
            )
        return handler

    def _unary(self, serve: Callable[..., Any]) -> Callable[..., Any]:
        async def guarded(request: Any, context: Context) -> Any:
            try:
                begin(context)
                await caller(context, self._identity)
                return await serve(_readable(request), context)
            except grpc.aio.AbortError:
                raise
            except Exception as error:
                await abort(context, error)

        return guarded

    def _stream(self, serve: Callable[..., Any]) -> Callable[..., Any]:
        async def guarded(request: Any, context: Context) -> AsyncIterator[Any]:
            try:
                begin(context)
                await caller(context, self._identity)
                async for message in serve(_readable(request), context):
                    yield message
            except grpc.aio.AbortError:
                raise
            except Exception as error:
                await abort(context, error)

        return guarded
