"""An API server that answers what a test tells it to, on loopback and without TLS."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from hodei.adapters.kubernetes.api import Api
from hodei.adapters.kubernetes.kubeconfig import Access

PODS = "/api/v1/namespaces/jobs/pods"


class Watch:
    """One watch that somebody has opened; what it sends is up to the test."""

    def __init__(self, query: Mapping[str, str]) -> None:
        self.query = dict(query)
        self.chunks: asyncio.Queue[bytes | None] = asyncio.Queue()

    def event(self, kind: str, body: Mapping[str, object]) -> None:
        """One whole event."""
        self.raw(json.dumps({"type": kind, "object": body}).encode() + b"\n")

    def raw(self, chunk: bytes) -> None:
        """Bytes as they are."""
        self.chunks.put_nowait(chunk)

    def end(self) -> None:
        """The server has no more to say."""
        self.chunks.put_nowait(None)


class ScriptedApi:
    """What was asked, what is listed, and the answers that come before any other."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.tokens: list[str] = []
        self.lists: list[tuple[list[dict[str, Any]], str]] = []
        self.refusals: list[tuple[int, dict[str, str]]] = []
        self.watches: asyncio.Queue[Watch] = asyncio.Queue()
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Any call."""
        self.asked.append((request.method, request.path_qs))
        self.tokens.append(request.headers.get("authorization", ""))
        if self.refusals:
            status, headers = self.refusals.pop(0)
            body = {"kind": "Status", "code": status, "message": f"scripted {status}"}
            return web.json_response(body, status=status, headers=headers)
        if request.query.get("watch") == "true":
            return await self._watch(request)
        items, version = self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]
        about = {"resourceVersion": version}
        return web.json_response({"kind": "PodList", "metadata": about, "items": items})

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        watch = Watch(request.query)
        reply = web.StreamResponse()
        await reply.prepare(request)
        self.watches.put_nowait(watch)
        while (chunk := await watch.chunks.get()) is not None:
            await reply.write(chunk)
        return reply


@asynccontextmanager
async def scripted_api() -> AsyncIterator[ScriptedApi]:
    """Listens until the block is over."""
    script = ScriptedApi()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", script.answer)
    runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    script.url = f"http://{host}:{port}"
    try:
        yield script
    finally:
        await runner.cleanup()


@asynccontextmanager
async def api_of(script: ScriptedApi, **access: Any) -> AsyncIterator[Api]:
    """A client of it."""
    async with Api(Access(server=script.url, namespace="jobs", **access)) as api:
        yield api


def pod(uid: str, version: int) -> dict[str, Any]:
    """As little of a pod as there can be."""
    return {"metadata": {"uid": uid, "name": uid, "resourceVersion": str(version)}}


GONE = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}
