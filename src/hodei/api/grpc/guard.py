"""What every public call goes through: who calls, what they may, and errors as rich statuses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import grpc

from hodei.api.access.gate import Gate, Grant, Origin
from hodei.api.access.rules import Rule, Scope
from hodei.api.access.streams import while_allowed
from hodei.api.access.table import GRPC
from hodei.api.grpc.correlation import begin
from hodei.api.grpc.errors import abort
from hodei.api.grpc.origin import source_of
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
from hodei.domain.audit import Interface
from hodei.domain.errors import HodeiError

if TYPE_CHECKING:
    from hodei.api.grpc.errors import Context

_grant: ContextVar[Grant] = ContextVar("grant")


def granted() -> Grant:
    """The call that is being served."""
    return _grant.get()


async def caller(context: Context, identity: Identity) -> Principal:
    """Who calls. Raises Unauthenticated."""
    for key, value in context.invocation_metadata() or ():
        if key == "authorization":
            text = value if isinstance(value, str) else value.decode("latin-1")
            return await identity.principal(text)
    return await identity.principal(None)


class ErrorInterceptor(Interceptor):
    """Asks the gate before a servicer, and turns every error into a status with details."""

    def __init__(self, identity: Identity, gate: Gate) -> None:
        self._identity = identity
        self._gate = gate

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        handler = await continuation(handler_call_details)
        if handler is None or not handler_call_details.method.startswith(OURS):
            return handler
        rule = GRPC.get(handler_call_details.method)
        if rule is not None and rule.scope is Scope.WORKER:
            return lenient(handler)
        if handler.unary_unary is not None:
            return grpc.unary_unary_rpc_method_handler(
                self._unary(rule, handler.unary_unary),
                reading(handler.request_deserializer),
                handler.response_serializer,
            )
        if handler.unary_stream is not None:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(rule, handler.unary_stream),
                reading(handler.request_deserializer),
                handler.response_serializer,
            )
        raise TypeError(f"{handler_call_details.method} is of a kind that is not guarded")

    async def _enter(self, grant: Grant, request: Any, context: Context) -> Any:
        """The request of somebody who may make it."""
        _grant.set(grant)
        if grant.rule.scope is not Scope.PUBLIC:
            grant.enter(await caller(context, self._identity))
        request = readable(request)
        fields = request.DESCRIPTOR.fields_by_name
        if grant.rule.scope is Scope.JOB:
            request.job_id = await grant.job(request.job_id)
        elif "provider" in fields and fields["provider"].message_type is None:
            grant.target = request.provider
        return request

    def _unary(self, rule: Rule | None, serve: Callable[..., Any]) -> Callable[..., Any]:
        async def guarded(request: Any, context: Context) -> Any:
            try:
                begin(context)
                async with self._gate.passing(rule, _origin(context)) as grant:
                    return await serve(await self._enter(grant, request, context), context)
            except grpc.aio.AbortError:
                raise
            except Exception as error:
                await abort(context, error)

        return guarded

    def _stream(self, rule: Rule | None, serve: Callable[..., Any]) -> Callable[..., Any]:
        async def guarded(request: Any, context: Context) -> AsyncIterator[Any]:
            try:
                begin(context)
                async with self._gate.passing(rule, _origin(context)) as grant:
                    request = await self._enter(grant, request, context)

                    async def lost() -> HodeiError:
                        return await grant.lost(lambda: caller(context, self._identity))

                    async with aclosing(while_allowed(serve(request, context), lost)) as sent:
                        async for message in sent:
                            yield message
            except grpc.aio.AbortError:
                raise
            except Exception as error:
                await abort(context, error)

        return guarded


def _origin(context: Context) -> Origin:
    return Origin(Interface.GRPC, source_of(context))
