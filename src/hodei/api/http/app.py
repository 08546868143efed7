"""The ASGI application: the web UI, every operation and both WebSockets over one engine."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from hodei import __version__
from hodei.api.access.gate import Gate
from hodei.api.http import (
    routes_actions,
    routes_audit,
    routes_jobs,
    routes_live,
    routes_logs,
    routes_metrics,
    routes_oidc,
    routes_profile,
    routes_projects,
    routes_providers,
    routes_queue,
    routes_schedules,
    routes_secrets,
    routes_session,
    routes_system,
    routes_template_runs,
    routes_templates,
    routes_tokens,
    routes_triggers,
    routes_users,
    routes_webhooks,
    routes_workers,
)
from hodei.api.http.guard import Guard
from hodei.api.http.measured import Measured
from hodei.api.http.noted import wrong_place_noted
from hodei.api.http.openapi import document
from hodei.api.http.operations import PREFIX, Api, Operation, Resource, by_path
from hodei.api.http.pages import BUILT, Pages
from hodei.api.http.problems import MethodNotAllowed
from hodei.api.http.websocket.socket import live_endpoint
from hodei.api.http.websocket.terminal import terminal_endpoint
from hodei.api.http.websocket.topics import Topics
from hodei.api.identity import Identity
from hodei.engine.engine import Engine
from hodei.ports.meter import CallMeter, Unmetered

OPERATIONS: tuple[Operation, ...] = (
    *routes_jobs.OPERATIONS,
    *routes_actions.OPERATIONS,
    *routes_logs.OPERATIONS,
    *routes_providers.OPERATIONS,
    *routes_workers.OPERATIONS,
    *routes_queue.OPERATIONS,
    *routes_metrics.OPERATIONS,
    *routes_projects.OPERATIONS,
    *routes_secrets.OPERATIONS,
    *routes_schedules.OPERATIONS,
    *routes_templates.OPERATIONS,
    *routes_template_runs.OPERATIONS,
    *routes_triggers.OPERATIONS,
    *routes_webhooks.OPERATIONS,
    *routes_live.OPERATIONS,
    *routes_session.OPERATIONS,
    *routes_audit.OPERATIONS,
    *routes_oidc.OPERATIONS,
    *routes_profile.OPERATIONS,
    *routes_users.OPERATIONS,
    *routes_tokens.OPERATIONS,
    *routes_system.OPERATIONS,
)


class _Key(Convertor[str]):
    """An id or a name: a colon ends it, because a verb follows."""

    regex = "[^/:]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("key", _Key())


class HodeiApi(FastAPI):
    """FastAPI with a document that comes from the operations, not from its own routes."""

    def openapi(self) -> dict[str, Any]:
        return openapi_document()


def create_app(
    engine: Engine,
    identity: Identity,
    *,
    allowed_hosts: Collection[str] = (),
    allowed_origins: Collection[str] = (),
    ui: Path = BUILT,
    meter: CallMeter | None = None,
) -> FastAPI:
    """The application. `app.state.api.stopping` ends its streams when set.

    `allowed_hosts` are names of this server besides those of loopback; `allowed_origins` are
    origins besides its own whose pages may change things, such as http://localhost:5173. `ui`
    is the directory of the built web UI; `meter` hears of every request.
    """
    app = HodeiApi(
        title="Hodei", version=__version__, openapi_url=None, docs_url=None, redoc_url=None
    )
    gate = Gate(engine.jobs, engine.audit, engine.core.clock, engine.standing)
    api = Api(engine=engine, identity=identity, gate=gate)
    topics = Topics(engine)
    app.state.api = api
    app.state.topics = topics
    app.router.redirect_slashes = False
    for path, operations in by_path(OPERATIONS).items():
        full = PREFIX + path.replace("{key}", "{key:key}")
        app.router.routes.append(Route(full, Resource(api, operations)))
    app.router.routes += [
        Route(f"{PREFIX}/openapi.json", _openapi_endpoint()),
        WebSocketRoute(f"{PREFIX}/ws", live_endpoint(api, topics)),
        WebSocketRoute(f"{PREFIX}/jobs/{{key:key}}/terminal", terminal_endpoint(api)),
        Route(f"{PREFIX}/ws", _websocket_only),
        Route(f"{PREFIX}/jobs/{{key:key}}/terminal", _websocket_only),
        # The last one: whatever is not of the API belongs to the web UI.
        Route("/{path:path}", Pages(ui)),
    ]
    # The router's own refusals go on to the guard, which words them like every other error.
    app.add_exception_handler(HTTPException, _pass_on)
    app.add_middleware(
        Guard, hosts=allowed_hosts, origins=allowed_origins, told=wrong_place_noted(engine)
    )
    app.add_middleware(Measured, meter=meter or Unmetered(), tracer=engine.core.tracer)
    return app


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document of all operations; the same for every installation."""
    return document(OPERATIONS, __version__)


def _openapi_endpoint() -> Callable[[Request], Awaitable[Response]]:
    content = json.dumps(openapi_document(), separators=(",", ":")).encode()

    async def openapi(request: Request) -> Response:
        return Response(content, media_type="application/json")

    return openapi


async def _pass_on(request: Request, error: Exception) -> Response:
    raise error


async def _websocket_only(request: Request) -> Response:
    raise MethodNotAllowed(request.method, "a WebSocket")
