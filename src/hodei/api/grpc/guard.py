"""What every public call goes through: who calls, and errors as rich statuses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import grpc

from hodei.api.grpc.correlation import begin
from hodei.api.grpc.errors import abort
from hodei.api.grpc.reading import (
    OURS,
    Continuation,
    Handler,
    Interceptor,
    lenient,
    readable,
    reading,
)
from hodei.api.identity import Identity
from hodei.domain.access.principal import Principal

if TYPE_CHECKING:
    from hodei.api.grpc.errors import Context

WORKER_SERVICE = "/hodei.v1.WorkerAgentService/"
"""Agents have sessions of their own."""


async def caller(context: Context, identity: Identity) -> Principal:
    """Who calls. Raises Unauthenticated."""
    for key, value in context.invocation_metadata() or ():
        if key == "authorization":
            text = value if isinstance(value, str) else value.decode("latin-1")
            return await identity.principal(text)
    return await identity.principal(None)


class ErrorInterceptor(Interceptor):
    """Turns every error of a servicer into a status with details; checks the credential."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        handler = await continuation(handler_call_details)
        if handler is None or not handler_call_details.method.startswith(OURS):
            return handler
        if handler_call_details.method.startswith(WORKER_SERVICE):
            return lenient(handler)
        if handler.unary_unary is not None:
            return grpc.unary_unary_rpc_method_handler(
                self._unary(handler.unary_unary),
                reading(handler.request_deserializer),
                handler.response_serializer,
            )
        if handler.unary_stream is not None:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(handler.unary_stream),
                reading(handler.request_deserializer),
                handler.response_serializer,
            )
        return handler

    def _unary(self, serve: Callable[..., Any]) -> Callable[..., Any]:
        async def guarded(request: Any, context: Context) -> Any:
            try:
                begin(context)
                await caller(context, self._identity)
                return await serve(readable(request), context)
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
                async for message in serve(readable(request), context):
                    yield message
            except grpc.aio.AbortError:
                raise
            except Exception as error:
                await abort(context, error)

        return guarded
