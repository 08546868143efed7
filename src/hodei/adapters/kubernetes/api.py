"""Talking to an API server: the dozen calls that workers need, patient where it asks for it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from io import BytesIO
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from aiohttp import (
    ClientConnectionError,
    ClientError,
    ClientPayloadError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    ServerDisconnectedError,
    TCPConnector,
)
from yarl import URL

from hodei.adapters.kubernetes.credentials import Credentials
from hodei.adapters.kubernetes.errors import TOO_MANY, UNAUTHORIZED, ApiRefusal, unreachable
from hodei.adapters.kubernetes.kubeconfig import Access
from hodei.domain.errors import ProviderUnavailable
from hodei.domain.parsing.answers import Answer, inner, objects, text, whole

logger = logging.getLogger(__name__)

CONNECT_S = 5.0
ORDINARY_S = 30.0
MOST_TRIES = 5
LONGEST_PAUSE_S = 10.0
PAGE = 500
MOST_BYTES = 8 << 20
"""Of one event of a watch."""


class Api:
    """One API server. Raises ProviderUnavailable when it cannot be talked to, else ApiRefusal."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._credentials = Credentials(access)
        self._session: ClientSession | None = None
        self._opening = asyncio.Lock()
        self._calls: set[asyncio.Task[ClientResponse]] = set()
        self.asked = 0
        """Requests sent since it was made."""

    @property
    def server(self) -> str:
        """Its address."""
        return self._access.server

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._calls:
            await asyncio.wait(self._calls, timeout=CONNECT_S)
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """The answer to a question."""
        return await self._json("GET", path, params=params)

    async def post(
        self, path: str, body: Mapping[str, object], params: Mapping[str, str] | None = None
    ) -> Answer:
        """Creates something."""
        return await self._json("POST", path, params=params, body=body)

    async def put(self, path: str, body: Mapping[str, object]) -> Answer:
        """Replaces something."""
        return await self._json("PUT", path, body=body)

    async def delete(self, path: str, body: Mapping[str, object] | None = None) -> Answer:
        """Removes something, or asks for it."""
        return await self._json("DELETE", path, body=body or {})

    async def list(self, path: str, params: Mapping[str, str]) -> tuple[list[Answer], str]:
        """All items, page by page, and the version at which they were so."""
        items: list[Answer] = []
        ask = {**params, "limit": str(PAGE)}
        while True:
            page = await self.get(path, ask)
            items.extend(objects(page.get("items")))
            about = inner(page, "metadata")
            if not text(about, "continue"):
                return items, text(about, "resourceVersion")
            ask["continue"] = text(about, "continue")

    async def watch(
        self, path: str, params: Mapping[str, str], silence_s: float
    ) -> AsyncGenerator[Answer, None]:
        """Events as they come; ends when the server ends it or is silent for too long."""
        ask = {**params, "watch": "true", "allowWatchBookmarks": "true"}
        timeout = ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=silence_s)
        async with self._answer("GET", path, params=ask, timeout=timeout) as reply:
            async for line in _lines(reply):
                event = json.loads(line)
                if isinstance(event, dict):
                    yield event

    async def _json(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Answer:
        timeout = ClientTimeout(total=ORDINARY_S, sock_connect=CONNECT_S)
        for left in reversed(range(MOST_TRIES)):
            try:
                async with self._answer(
                    method, path, params=params, body=body, timeout=timeout
                ) as reply:
                    found = json.loads(await reply.content.read() or b"null")
                    return found if isinstance(found, dict) else {}
            except ApiRefusal as refusal:
                # It does not take more at the moment, and says when it will.
                if refusal.status != TOO_MANY or not left:
                    raise
                await asyncio.sleep(min(refusal.retry_after_s, LONGEST_PAUSE_S))
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def _answer(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        timeout: ClientTimeout,
    ) -> AsyncIterator[ClientResponse]:
        target = f"{self._access.server}{path}"
        if params:
            target = f"{target}?{urlencode(params)}"
        try:
            reply = await self._asked(method, URL(target, encoded=True), body, timeout)
            async with reply:
                if reply.status >= 400:
                    raise await _refusal(reply)
                yield reply
        except (ClientConnectionError, ClientPayloadError, OSError) as error:
            raise unreachable(self.server, _late(error, timeout) or error) from error
        except (ClientError, ValueError) as error:
            raise ProviderUnavailable(
                f"what answers at {self.server} is no Kubernetes API server: {error}"
            ) from error

    async def _asked(
        self, method: str, url: URL, body: Mapping[str, object] | None, timeout: ClientTimeout
    ) -> ClientResponse:
        content = None if body is None else json.dumps(body).encode()

        async def asked() -> ClientResponse:
            self.asked += 1
            headers = {"accept": "application/json", **await self._credentials.headers()}
            if content is not None:
                headers["content-type"] = "application/json"
            return await (await self._opened()).request(
                method,
                url,
                data=None if content is None else BytesIO(content),
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
                server_hostname=self._access.server_name or None,
            )

        try:
            reply = await self._whole(asked())
        except ServerDisconnectedError:
            # It ends idle connections, and restarts; whatever we order can be ordered twice.
            return await self._whole(asked())
        if reply.status == UNAUTHORIZED and self._credentials.refused():
            reply.release()
            await self._reopen()
            return await self._whole(asked())
        return reply

    async def _whole(self, call: Coroutine[None, None, ClientResponse]) -> ClientResponse:
        """The answer. A caller that leaves does not tear the call: a connection whose making is
        cut off at the wrong moment belongs to nobody, and nobody closes it."""
        task = asyncio.create_task(call)
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_unread)
            raise

    async def _opened(self) -> ClientSession:
        if self._session is None:
            async with self._opening:
                if self._session is None:
                    tls = await self._credentials.tls()
                    self._session = ClientSession(
                        connector=TCPConnector(ssl=tls, limit=0),
                        cookie_jar=DummyCookieJar(),
                        read_bufsize=MOST_BYTES,
                    )
        return self._session

    async def _reopen(self) -> None:
        """A program may have printed another certificate, which new connections show."""
        if self._access.program is None:
            return
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def _unread(task: asyncio.Task[ClientResponse]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()


async def _refusal(reply: ClientResponse) -> ApiRefusal:
    content = await reply.read()
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    answer: Answer = found if isinstance(found, dict) else {}
    words = text(answer, "message") or content.decode("utf-8", "replace")
    return ApiRefusal(reply.status, words, text(answer, "reason"), _pause(reply))


def refusal_of(status: Answer) -> ApiRefusal:
    """The refusal that a watch brings as an event."""
    return ApiRefusal(whole(status, "code") or 500, text(status, "message"), text(status, "reason"))


def _pause(reply: ClientResponse) -> float:
    """How long it wants to be left alone."""
    value = reply.headers.get("Retry-After", "")
    if value.isdecimal():
        return float(value)
    return 1.0 if reply.status == TOO_MANY else 0.0


def _late(error: BaseException, timeout: ClientTimeout) -> TimeoutError | None:
    """How long was waited in vain, if that is what happened."""
    if isinstance(error, ConnectionTimeoutError):
        return TimeoutError(f"no connection within {CONNECT_S:.0f} s")
    if isinstance(error, TimeoutError):
        return TimeoutError(f"no answer within {timeout.total or timeout.sock_read or 0:.0f} s")
    return None


async def _lines(reply: ClientResponse) -> AsyncIterator[bytes]:
    """The lines of an answer as they come; what is cut off in the middle is dropped."""
    rest = b""
    async for part in reply.content.iter_any():
        *lines, rest = (rest + part).split(b"\n")
        if len(rest) > MOST_BYTES:
            raise ValueError(f"a line of more than {MOST_BYTES} bytes")
        for line in lines:
            if line.strip():
                yield line
