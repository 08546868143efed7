"""Operations: each is declared once, and both routing and the OpenAPI document come from that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Receive, Send
from starlette.types import Scope as Connection

from hodei.api.access.gate import NOBODY, Gate, Grant, Origin
from hodei.api.access.rules import Scope
from hodei.api.access.table import REST
from hodei.api.http.callers import Caller, caller_of
from hodei.api.http.encodings import pack
from hodei.api.http.problems import MethodNotAllowed
from hodei.api.http.query import AnyParameter, Parameter, Query, Repeated, Schema
from hodei.api.identity import Identity
from hodei.domain.access.principal import Principal
from hodei.domain.audit import Interface
from hodei.domain.errors import HodeiError, NotFound
from hodei.domain.parsing.reader import text_fault
from hodei.engine.engine import Engine
from hodei.engine.subject import about_job

T = TypeVar("T")

PREFIX = "/api/v1"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
TEMPLATE = "hodei.template"
"""In the scope of a request: the template of its path."""
MAX_KEY = 200
"""Characters of an id or name in a path."""
PASSER_BY = Caller(principal=NOBODY)
"""Who calls a public operation is not looked at."""


@dataclass(frozen=True, slots=True)
class Api:
    """What every operation is given."""

    engine: Engine
    identity: Identity
    gate: Gate
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server is about to end: streams end too."""


class Call:
    """One request to one operation, its query already checked."""

    __slots__ = ("_job", "api", "caller", "grant", "query", "request")

    def __init__(
        self, api: Api, request: Request, query: Query, caller: Caller, grant: Grant
    ) -> None:
        self.api = api
        self.request = request
        self.query = query
        self.caller = caller
        self.grant = grant
        self._job: str | None = None

    @property
    def actor(self) -> str:
        """Name of who calls."""
        return self.caller.principal.name

    @property
    def engine(self) -> Engine:
        """The engine."""
        return self.api.engine

    def get(self, parameter: Parameter[T] | Repeated[T]) -> T:
        """The value of a query parameter."""
        return self.query.get(parameter)

    @property
    def visible(self) -> frozenset[str] | None:
        """Projects whose jobs the caller may know of; None: all."""
        return self.grant.visible

    async def lost(self) -> HodeiError:
        """Returns once the caller may not go on, with the reason; what is open then ends."""

        async def who() -> Principal:
            return (await caller_of(self.api.identity, self.request)).principal

        error = await self.grant.lost(who)
        await self.grant.note(error)
        return error

    async def admit_job(self) -> None:
        """Lets the caller in to the job in the path. Raises NotFound, Forbidden, Conflict."""
        self._job = await self.grant.job(self.key("job"))
        about_job(self._job)

    def key(self, kind: str) -> str:
        """The id or name of a `kind` in the path. Raises NotFound for what cannot be one."""
        if self._job is not None:
            return self._job
        value: str = self.request.path_params["key"]
        if len(value) > MAX_KEY or text_fault(value):
            raise NotFound(kind, value)
        return value


Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a status carries: a model, other content types, or both."""

    description: str
    model: type[BaseModel] | None = None
    content: Mapping[str, Schema] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Header to description."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    """Below /api/v1; `{key}` is an id or a name."""
    name: str
    """operationId."""
    tag: str
    summary: str
    handle: Handler
    answers: Mapping[int, Answer]
    description: str = ""
    key: str = "Id of the job, or a unique beginning of it (4 characters at least)."
    query: Sequence[AnyParameter] = ()
    body: Schema | None = None
    body_required: bool = True
    body_example: object = None
    headers: Mapping[str, Schema] = field(default_factory=dict)
    errors: Sequence[int] = ()
    """Statuses besides those that every operation may have."""
    public: bool = False
    """Answers without a credential being looked at, as its rule says."""


class Resource:
    """All operations of one path, as an ASGI application."""

    def __init__(self, api: Api, operations: Sequence[Operation]) -> None:
        self._api = api
        self._template = PREFIX + operations[0].path
        self._by_method = {operation.method: operation for operation in operations}
        self._declared = {
            operation.method: {parameter.name: parameter for parameter in operation.query}
            for operation in operations
        }
        if "GET" in self._by_method:
            self._by_method["HEAD"] = self._by_method["GET"]
            self._declared["HEAD"] = self._declared["GET"]
        self._allow = ", ".join(sorted(self._by_method))

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        scope[TEMPLATE] = self._template
        operation = self._by_method.get(scope["method"])
        if operation is None:
            raise MethodNotAllowed(scope["method"], self._allow)
        request = Request(scope, receive)
        response = await pack(await self._answer(operation, request), request)
        await response(scope, receive, send)

    async def _answer(self, operation: Operation, request: Request) -> Response:
        api, rule, caller = self._api, REST.get(operation.name), PASSER_BY
        async with api.gate.passing(rule, origin_of(request, Interface.REST)) as grant:
            grant.target = request.path_params.get("key", "")
            if grant.rule.scope is not Scope.PUBLIC:
                caller = await caller_of(api.identity, request)
                grant.principal = caller.principal
                if request.method not in SAFE_METHODS:
                    caller.check_change(request)
                grant.enter(caller.principal)
            query = Query(request.scope["query_string"], self._declared[request.method])
            call = Call(api, request, query, caller, grant)
            if grant.rule.scope is Scope.JOB:
                await call.admit_job()
            return await operation.handle(call)


def origin_of(connection: HTTPConnection, interface: Interface) -> Origin:
    """Where a request comes from."""
    return Origin(interface, connection.client.host if connection.client else "local")


def json_response(model: BaseModel, status: int = 200, **headers: str) -> Response:
    """A model as JSON; header names are given with `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = model.model_dump_json()
    return Response(content, status, headers=named or None, media_type="application/json")


def ok(model: type[BaseModel], description: str) -> dict[int, Answer]:
    """The answers of an operation that only has 200."""
    return {200: Answer(description=description, model=model)}


def by_path(operations: Sequence[Operation]) -> dict[str, list[Operation]]:
    """Operations of the same path together, in the order of first mention."""
    grouped: dict[str, list[Operation]] = {}
    for operation in operations:
        grouped.setdefault(operation.path, []).append(operation)
    return grouped
