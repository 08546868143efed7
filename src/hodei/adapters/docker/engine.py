"""Talking to a Docker Engine: HTTP over its socket, in the version of the API both know."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from io import BytesIO
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode

from aiohttp import (
    BaseConnector,
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
    UnixConnector,
)
from yarl import URL

from hodei.adapters.docker.errors import EngineRefusal, unreachable
from hodei.adapters.docker.facts import Facts, read_facts
from hodei.adapters.docker.settings import DockerSettings, TlsFiles
from hodei.domain.errors import ProviderUnavailable
from hodei.domain.parsing.answers import Answer, text

OLDEST_API = (1, 41)
NEWEST_API = (1, 60)
CONNECT_S = 5.0
PROBE_S = 5.0
ORDINARY_S = 30.0
"""An engine that answers no question within this is down."""
WORK_S = 120.0
"""Creating, starting and removing: fifty at once on a slow machine queue up."""
MOST_BYTES = 1 << 20
"""Of one line of an answer that comes bit by bit."""


class Engine:
    """One engine. Raises ProviderUnavailable when it cannot be talked to, else EngineRefusal."""

    def __init__(self, settings: DockerSettings) -> None:
        self._settings = settings
        self._session: ClientSession | None = None
        self._facts: Facts | None = None
        self._probing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        # Reading certificates blocks, and a wrong one is a fault of the first call.
        self._facts = None
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def facts(self, *, fresh: bool = False) -> Facts:
        """What the engine is; asked once, and again when `fresh`."""
        known = self._facts
        if known is not None and not fresh:
            return known
        async with self._probing:
            if self._facts is not None and self._facts is not known:
                return self._facts
            version = await self._question("/version")
            prefix = api_prefix(self._settings.host, version)
            info = await self._question(f"{prefix}/info")
            self._facts = read_facts(version, info, prefix)
            return self._facts

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> object:
        """The answer to a question."""
        return await self._json("GET", path, params=params, limit_s=ORDINARY_S)

    async def post(
        self,
        path: str,
        body: object = None,
        params: Mapping[str, str] | None = None,
        limit_s: float = WORK_S,
    ) -> object:
        """The answer to an order, None when it has no content."""
        return await self._json("POST", path, params=params, body=body, limit_s=limit_s)

    async def delete(self, path: str, params: Mapping[str, str] | None = None) -> None:
        """Removes something."""
        await self._json("DELETE", path, params=params, limit_s=WORK_S)

    async def put_archive(self, container: str, folder: str, archive: bytes) -> None:
        """Unpacks a tar archive in a folder of a container that need not run."""
        path = f"/containers/{container}/archive"
        headers = {"content-type": "application/x-tar"}
        prefix = (await self.facts()).prefix
        async with self._answer(
            "PUT",
            prefix + path,
            params={"path": folder},
            content=archive,
            headers=headers,
            limit_s=WORK_S,
        ) as reply:
            await reply.read()

    async def stream(
        self, path: str, params: Mapping[str, str], headers: Mapping[str, str]
    ) -> AsyncGenerator[Answer, None]:
        """The objects of an answer that comes bit by bit; closing it stops the engine's work."""
        prefix = (await self.facts()).prefix
        async with self._answer(
            "POST", prefix + path, params=params, headers=headers, limit_s=None
        ) as reply:
            async for line in _lines(reply):
                item = json.loads(line)
                if isinstance(item, dict):
                    yield item

    async def _json(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
        limit_s: float,
    ) -> object:
        prefix = (await self.facts()).prefix
        content = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"} if content is not None else None
        async with self._answer(
            method, prefix + path, params=params, content=content, headers=headers, limit_s=limit_s
        ) as reply:
            return _decoded(await reply.read())

    async def _question(self, path: str) -> Answer:
        async with self._answer("GET", path, limit_s=PROBE_S) as reply:
            found = _decoded(await reply.read())
        return found if isinstance(found, dict) else {}

    @asynccontextmanager
    async def _answer(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        limit_s: float | None,
    ) -> AsyncIterator[ClientResponse]:
        host = self._settings.host
        timeout = ClientTimeout(total=limit_s, sock_connect=CONNECT_S)
        target = f"{path}?{urlencode(params)}" if params else path
        try:
            reply = await self._asked(method, target, content, headers, timeout)
            async with reply:
                if reply.status >= 400:
                    raise EngineRefusal(reply.status, _words(await reply.read()))
                yield reply
        except (ClientConnectionError, ClientPayloadError, OSError) as error:
            # After a restart it may be another engine, or another version of it.
            self._facts = None
            raise unreachable(host, _late(error, limit_s) or error) from error
        except (ClientError, ValueError) as error:
            message = f"what answers at {host} is no Docker Engine: {error}"
            raise ProviderUnavailable(message) from error

    async def _asked(
        self,
        method: str,
        target: str,
        content: bytes | None,
        headers: Mapping[str, str] | None,
        timeout: ClientTimeout,
    ) -> ClientResponse:
        url = URL(_base(self._settings) + target, encoded=True)

        async def asked() -> ClientResponse:
            body = None if content is None else BytesIO(content)
            return await self._opened().request(
                method, url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            )

        try:
            return await asked()
        except ServerDisconnectedError:
            # An engine ends connections that were idle for long, or dies and comes back; every
            # order can be given twice, because what it makes has its name from us.
            return await asked()

    def _opened(self) -> ClientSession:
        if self._session is None:
            self._session = _session(self._settings)
        return self._session


def segment(name: str) -> str:
    """A name as part of a path; image names keep their slashes."""
    return quote(name, safe="/:@")


def _base(settings: DockerSettings) -> str:
    """The beginning of every address; over a unix socket the host's name means nothing."""
    if settings.local:
        return "http://docker"
    scheme, _, address = settings.host.rstrip("/").partition("://")
    secure = settings.tls is not None or scheme == "https"
    return f"{'https' if secure else 'http'}://{address}"


def _session(settings: DockerSettings) -> ClientSession:
    connector: BaseConnector
    if settings.local:
        connector = UnixConnector(settings.host.removeprefix("unix://"), limit=0)
    elif _base(settings).startswith("https"):
        connector = TCPConnector(ssl=_tls(settings.tls or TlsFiles()), limit=0)
    else:
        connector = TCPConnector(limit=0)
    return ClientSession(
        connector=connector,
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("Accept-Encoding",),
    )


def _late(error: BaseException, limit_s: float | None) -> TimeoutError | None:
    """How long was waited in vain, if that is what happened."""
    if isinstance(error, ConnectionTimeoutError):
        return TimeoutError(f"no connection within {CONNECT_S:.0f} s")
    if isinstance(error, TimeoutError) and limit_s is not None:
        return TimeoutError(f"no answer within {limit_s:.0f} s")
    return None


async def _lines(reply: ClientResponse) -> AsyncIterator[bytes]:
    """The lines of an answer as they come, empty ones left out."""
    rest = b""
    async for part in reply.content.iter_any():
        *lines, rest = (rest + part).split(b"\n")
        if len(rest) > MOST_BYTES:
            raise ValueError(f"a line of more than {MOST_BYTES} bytes")
        for line in lines:
            if line.strip():
                yield line
    if rest.strip():
        yield rest


def _tls(files: TlsFiles) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=files.ca or None)
        if files.cert:
            context.load_cert_chain(files.cert, files.key)
    except OSError as error:
        given = ", ".join(filter(None, (files.ca, files.cert, files.key)))
        why = error.strerror or str(error)
        raise ProviderUnavailable(f"the TLS files {given} cannot be used: {why}") from error
    return context


def api_prefix(host: str, version: Answer) -> str:
    """`/v1.41`, or the oldest that a newer engine still speaks."""
    newest, oldest = _numbers(text(version, "ApiVersion")), _numbers(text(version, "MinAPIVersion"))
    if newest is None:
        raise ProviderUnavailable(f"what answers at {host} is no Docker Engine")
    if newest < OLDEST_API:
        raise ProviderUnavailable(
            f"the Docker Engine at {host} speaks API {newest[0]}.{newest[1]}; "
            f"{OLDEST_API[0]}.{OLDEST_API[1]} (Docker 20.10) or newer is needed"
        )
    spoken = max(OLDEST_API, oldest or OLDEST_API)
    if spoken > NEWEST_API:
        raise ProviderUnavailable(
            f"the Docker Engine at {host} speaks API {spoken[0]}.{spoken[1]} and newer; "
            f"this server knows {NEWEST_API[0]}.{NEWEST_API[1]} and older"
        )
    return f"/v{spoken[0]}.{spoken[1]}"


def _numbers(version: str) -> tuple[int, int] | None:
    major, _, minor = version.partition(".")
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else None


def _decoded(content: bytes) -> object:
    found: object = json.loads(content) if content.strip() else None
    return found


def _words(content: bytes) -> str:
    try:
        found = _decoded(content)
    except ValueError:
        return content.decode("utf-8", "replace")
    return text(found, "message") if isinstance(found, dict) else ""
