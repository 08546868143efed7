"""Talking to a Docker Engine: HTTP over its socket, in the version of the API both know."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode

from hodei.adapters.docker.answers import Answer, text
from hodei.adapters.docker.errors import EngineRefusal, unreachable
from hodei.adapters.docker.facts import Facts, read_facts
from hodei.adapters.docker.http import Client, Opener, Reply
from hodei.adapters.docker.settings import DockerSettings, TlsFiles
from hodei.domain.errors import ProviderUnavailable

OLDEST_API = (1, 41)
NEWEST_API = (1, 60)
CONNECT_S = 5.0
PROBE_S = 5.0
ORDINARY_S = 30.0
"""An engine that answers no question within this is down."""
WORK_S = 120.0
"""Creating, starting and removing: fifty at once on a slow machine queue up."""


class Engine:
    """One engine. Raises ProviderUnavailable when it cannot be talked to, else EngineRefusal."""

    def __init__(self, settings: DockerSettings) -> None:
        self._settings = settings
        self._client: Client | None = None
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
        client, self._client = self._client, None
        if client is not None:
            client.close()

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
            async for line in reply.lines():
                if line.strip():
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
    ) -> AsyncIterator[Reply]:
        host = self._settings.host
        target = f"{path}?{urlencode(params)}" if params else path
        try:
            async with self._opened().exchange(
                method, target, headers or {}, content, limit_s
            ) as reply:
                if reply.status >= 400:
                    raise EngineRefusal(reply.status, _words(await reply.read()))
                yield reply
        except OSError as error:
            # After a restart it may be another engine, or another version of it.
            self._facts = None
            raise unreachable(host, error) from error
        except ValueError as error:
            message = f"what answers at {host} is no Docker Engine: {error}"
            raise ProviderUnavailable(message) from error

    def _opened(self) -> Client:
        if self._client is None:
            self._client = _client(self._settings)
        return self._client


def segment(name: str) -> str:
    """A name as part of a path; image names keep their slashes."""
    return quote(name, safe="/:@")


def _client(settings: DockerSettings) -> Client:
    if settings.local:
        path = settings.host.removeprefix("unix://")
        return Client(_within(lambda: asyncio.open_unix_connection(path)), "docker")
    scheme, _, address = settings.host.rstrip("/").partition("://")
    name, _, port = address.rpartition(":")
    secure = settings.tls is not None or scheme == "https"
    context = _tls(settings.tls or TlsFiles()) if secure else None
    plain = name.strip("[]")
    return Client(_within(lambda: asyncio.open_connection(plain, int(port), ssl=context)), address)


def _within(opener: Opener) -> Opener:
    """The same, which does not take long."""

    async def opened() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            async with asyncio.timeout(CONNECT_S):
                return await opener()
        except TimeoutError as error:
            raise TimeoutError(f"no connection within {CONNECT_S:.0f} s") from error

    return opened


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
