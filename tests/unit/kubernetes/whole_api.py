"""An API server that answers all that a check asks, as real ones do; a test spoils some of it."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import yaml
from aiohttp import web

HERE = "/api/v1/namespaces/jobs"
RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
NODES = "/api/v1/nodes"
ALL_RIGHTS = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
NODE = {
    "metadata": {"name": "one", "labels": {}},
    "spec": {},
    "status": {
        "allocatable": {"cpu": "2", "memory": "4Gi"},
        "nodeInfo": {"architecture": "amd64"},
        "conditions": [{"type": "Ready", "status": "True"}],
    },
}

Answers = Mapping[str, tuple[int, Mapping[str, Any]]]
"""By method and path: status and body."""


def refusal(status: int, words: str) -> tuple[int, Mapping[str, Any]]:
    """What says no, in the server's own words."""
    return status, {"kind": "Status", "code": status, "message": words}


def rights(*rules: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
    """What an account may do."""
    return 201, {"status": {"resourceRules": list(rules), "incomplete": False}}


WELL: Answers = {
    "GET /version": (200, {"gitVersion": "v1.33.1"}),
    f"GET {HERE}": (200, {"kind": "Namespace", "metadata": {"name": "jobs"}}),
    f"POST {RULES}": rights(ALL_RIGHTS),
    f"GET {NODES}": (200, {"kind": "NodeList", "items": [NODE]}),
    f"GET {HERE}/resourcequotas": (200, {"kind": "ResourceQuotaList", "items": []}),
    f"POST {HERE}/pods": (201, {"kind": "Pod", "metadata": {"uid": "u"}}),
}


@asynccontextmanager
async def whole_api(
    answers: Answers, tls: ssl.SSLContext | None = None, asked: list[str] | None = None
) -> AsyncIterator[str]:
    """Listens until the block is over; its address. What it is asked is noted in `asked`."""

    async def answer(request: web.Request) -> web.Response:
        call = f"{request.method} {request.path}"
        if asked is not None:
            asked.append(call)
        nothing = refusal(404, f"{request.path} not found")
        status, body = {**WELL, **answers}.get(call, nothing)
        return web.json_response(body, status=status)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        host, port = runner.addresses[0][:2]
        yield f"{'https' if tls else 'http'}://{host}:{port}"
    finally:
        await runner.cleanup()


def kubeconfig(server: str, **cluster: str) -> str:
    """The text of one that leads there, into the namespace `jobs`."""
    return yaml.safe_dump(
        {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "namespace": "jobs"}}],
            "clusters": [{"name": "c", "cluster": {"server": server, **cluster}}],
        }
    )
