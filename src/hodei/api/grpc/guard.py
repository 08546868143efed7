"""What every public call goes through: who calls, what they may, and errors as rich statuses."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import TYPE_CHECKING, Any

import grpc

from hodei.api.access.gate import Gate, Grant, Origin
from hodei.api.access.rules import Rule, Scope
from hodei.api.access.streams import while_allowed
from hodei.api.access.table import GRPC
from hodei.api.grpc.correlation import begin
from hodei.api.grpc.errors import abort
from hodei.api.grpc.origin import source_of
from hodei.api.grpc.reading import lenient, readable, reading
from hodei.api.identity import Identity
from hodei.api.traced import TRACEPARENT, Request, begin_request
from hodei.domain.access.principal import Principal
from hodei.domain.audit import Interface
from hodei.domain.errors import HodeiError
from hodei.engine.subject import about_job
from hodei.engine.traces import Tracer
from hodei.ports.meter import CallMeter

if TYPE_CHECKING:
    from hodei.api.grpc.errors import Context
    from hodei.api.grpc.reading import Handler

_CODES = {code.value[0]: code for code in grpc.StatusCode}
_OUR_FAULT = frozenset(
    {
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)
"""Codes that are no answer to what was asked."""
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


class Guard:
    """Asks the gate before a servicer, and turns every error into a status with details."""

    def __init__(
        self, identity: Identity, gate: Gate, meter: CallMeter, tracer: Tracer | None
    ) -> None:
        self._identity = identity
        self._gate = gate
        self._meter = meter
        self._tracer = tracer

    def wrap(self, method: str, handler: Handler) -> Handler:
        """The handler that is served in its place. Raises TypeError for a kind of method that
        is not known here."""
        rule = GRPC.get(method)
        if rule is not None and rule.scope is Scope.WORKER:
            return lenient(method, handler)
        if handler.unary_unary is not None:
            return grpc.unary_unary_rpc_method_handler(
                self._unary(method, rule, handler.unary_unary),
                reading(handler.request_deserializer),
                handler.response_serializer,
            )
        if handler.unary_stream is not None:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(method, rule, handler.unary_stream),
                reading(handler.request_deserializer),
                handler.response_serializer,
            )
        raise TypeError(f"{method} is of a kind that is not guarded")

    async def _enter(self, grant: Grant, request: Any, context: Context) -> Any:
        """The request of somebody who may make it."""
        _grant.set(grant)
        if grant.rule.scope is not Scope.PUBLIC:
            grant.enter(await caller(context, self._identity))
        request = readable(request)
        fields = request.DESCRIPTOR.fields_by_name
        if grant.rule.scope is Scope.JOB:
            request.job_id = await grant.job(request.job_id)
            about_job(request.job_id)
        elif "provider" in fields and fields["provider"].message_type is None:
            grant.target = request.provider
        return request

    def _unary(
        self, method: str, rule: Rule | None, serve: Callable[..., Any]
    ) -> Callable[..., Any]:
        async def guarded(request: Any, context: Context) -> Any:
            with self._measured(method, context, streamed=False):
                return await passed(request, context)

        async def passed(request: Any, context: Context) -> Any:
            try:
                begin(context)
                async with self._gate.passing(rule, _origin(context)) as grant:
                    return await serve(await self._enter(grant, request, context), context)
            except grpc.aio.AbortError:
                raise
            except Exception as error:
                await abort(context, error)

        return guarded

    def _stream(
        self, method: str, rule: Rule | None, serve: Callable[..., Any]
    ) -> Callable[..., Any]:
        async def guarded(request: Any, context: Context) -> AsyncIterator[Any]:
            with self._measured(method, context, streamed=True):
                async with aclosing(passed(request, context)) as sent:
                    async for message in sent:
                        yield message

        async def passed(request: Any, context: Context) -> AsyncGenerator[Any, None]:
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

    @contextmanager
    def _measured(self, method: str, context: Context, *, streamed: bool) -> Iterator[None]:
        begun, code = perf_counter(), grpc.StatusCode.OK
        called = begin_request(self._tracer, _traceparent(context))
        try:
            yield
        except grpc.aio.AbortError:
            code = _code(context)
            raise
        except BaseException:  # cancelled: by the caller, or because the server stops
            code = grpc.StatusCode.CANCELLED
            raise
        finally:
            seconds = perf_counter() - begun
            self._meter.grpc(method.removeprefix("/"), code.name, seconds, streamed=streamed)
            if called is not None:
                _record(called, method.removeprefix("/"), code)


def _traceparent(context: Context) -> str | None:
    """Of several the last one; a binary value is none."""
    given = dict(context.invocation_metadata() or ()).get(TRACEPARENT)
    return given if isinstance(given, str) else None


def _record(called: Request, method: str, code: grpc.StatusCode) -> None:
    service, _, name = method.partition("/")
    known: dict[str, str | int] = {
        "rpc.system": "grpc",
        "rpc.service": service,
        "rpc.method": name,
        "rpc.grpc.status_code": code.value[0],
    }
    called.ended(method, failed=code in _OUR_FAULT, attributes=known)


def _code(context: Context) -> grpc.StatusCode:
    """What the call was ended with."""
    code = context.code()
    return code if isinstance(code, grpc.StatusCode) else _CODES.get(code, grpc.StatusCode.UNKNOWN)


def _origin(context: Context) -> Origin:
    return Origin(Interface.GRPC, source_of(context))
