"""Images of registries, by the distribution protocol: manifests and blobs, each by its digest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from yarl import URL

from hodei.adapters.firecracker.images.archives import MOST_JSON, choose
from hodei.adapters.firecracker.images.model import (
    HUB,
    Answer,
    Layers,
    Reference,
    is_digest,
    objects,
    text,
)
from hodei.domain.errors import ImageUnavailable, ProviderUnavailable, shorten
from hodei.domain.parsing.settings import RegistryLogin
from hodei.domain.spec import Architecture

HUB_HOST = "registry-1.docker.io"
ACCEPT = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
SILENCE_S = 60.0
CONNECT_S = 15.0
PIECE = 1 << 20
_LOCAL = re.compile(r"(localhost|127\.\d+\.\d+\.\d+)(:\d+)?")
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class RegistrySource:
    """Asks the registry that an image's name says."""

    def __init__(self, logins: Mapping[str, RegistryLogin], machine: Architecture) -> None:
        self._logins = logins
        self._machine = machine

    async def find(self, reference: Reference) -> RegistryImage | None:
        """The image's manifest now. Raises ImageUnavailable, ProviderUnavailable."""
        async with _Registry(reference, self._logins.get(reference.registry)) as registry:
            digest, manifest = await registry.manifest(reference.digest or reference.tag)
            shown = digest
            if rows := objects(manifest.get("manifests")):
                digest, manifest = await registry.manifest(choose(rows, self._machine))
        return RegistryImage(
            reference=reference,
            login=self._logins.get(reference.registry),
            digest=shown,
            manifest=manifest,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryImage:
    """An image of a registry."""

    reference: Reference
    login: RegistryLogin | None = field(repr=False)
    digest: str
    manifest: Answer = field(repr=False)

    @asynccontextmanager
    async def fetch(self, folder: Path) -> AsyncIterator[AsyncIterator[int | Layers]]:
        """Its blobs, each checked against its digest while it comes."""
        async with _Registry(self.reference, self.login) as registry:
            yield self._steps(registry, folder)

    async def _steps(self, registry: _Registry, folder: Path) -> AsyncIterator[int | Layers]:
        row = self.manifest.get("config")
        config_row = row if isinstance(row, Mapping) else {}
        layers = objects(self.manifest.get("layers"))
        sizes = [_size(each) for each in (config_row, *layers)]
        total, done = max(1, sum(sizes)), 0
        files = []
        for index, (each, size) in enumerate(zip((config_row, *layers), sizes, strict=True)):
            path = folder / f"blob-{index}"
            async for written in registry.blob(text(each.get("digest")), size, path):
                yield min(99, 100 * (done + written) // total)
            done += size
            files.append(path)
        yield Layers(config=_json(files[0].read_bytes()), files=files[1:])


class _Registry:
    """One repository of one registry, while something is asked of it."""

    def __init__(self, reference: Reference, login: RegistryLogin | None) -> None:
        self._reference = reference
        self._login = login
        host = HUB_HOST if reference.registry == HUB else reference.registry
        # Only this very machine's own may be without TLS.
        scheme = "http" if _LOCAL.fullmatch(host) else "https"
        self._base = f"{scheme}://{host}/v2/{reference.repository}"
        self._authorization = ""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=SILENCE_S)
        self._session = aiohttp.ClientSession(timeout=timeout, auto_decompress=False)

    async def __aenter__(self) -> _Registry:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def manifest(self, name: str) -> tuple[str, Answer]:
        """A manifest with its digest, which is computed and not believed."""
        async with self._get(f"manifests/{name}", {"Accept": ACCEPT}) as answer:
            content = await answer.content.read(MOST_JSON + 1)
            while len(content) <= MOST_JSON and (more := await answer.content.read(PIECE)):
                content += more
        if len(content) > MOST_JSON:
            raise self._unavailable("its manifest is too large")
        found = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if is_digest(name) and found != name:
            raise self._unavailable(f"the registry gave {found} for {name}")
        return found, _json(content)

    async def blob(self, digest: str, size: int, target: Path) -> AsyncIterator[int]:
        """Bytes written so far. Raises ImageUnavailable when it is not what its digest says."""
        if not is_digest(digest):
            raise self._unavailable(f"its manifest names the digest {shorten(digest)!r}")
        summing, written = hashlib.sha256(), 0
        async with self._get(f"blobs/{digest}", {}) as answer:
            with open(target, "wb") as file:
                async for piece in answer.content.iter_chunked(PIECE):
                    written += len(piece)
                    if written > size:
                        raise self._unavailable(f"{digest} is larger than its manifest says")
                    file.write(piece)
                    summing.update(piece)
                    yield written
        found = f"sha256:{summing.hexdigest()}"
        if found != digest:
            raise self._unavailable(f"the registry gave {found} for {digest}")

    @asynccontextmanager
    async def _get(
        self, path: str, headers: Mapping[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        url = URL(f"{self._base}/{path}", encoded=True)
        try:
            for attempt in range(2):
                sent = dict(headers)
                if self._authorization:
                    sent["Authorization"] = self._authorization
                async with self._session.get(url, headers=sent) as answer:
                    if answer.status == 401 and attempt == 0:
                        await self._authorize(answer.headers.get("WWW-Authenticate", ""))
                        continue
                    if answer.status != 200:
                        raise await self._refused(answer)
                    yield answer
                    return
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            words = str(error) or type(error).__name__
            name = self._reference.registry
            raise ProviderUnavailable(f"the registry {name} does not answer: {words}") from error

    async def _authorize(self, challenge: str) -> None:
        scheme, _, rest = challenge.partition(" ")
        login = None
        if self._login is not None:
            login = aiohttp.BasicAuth(self._login.username, self._login.password)
        if scheme.lower() == "basic":
            if login is None:
                raise self._unavailable("the registry wants a login; set the provider's registries")
            self._authorization = login.encode()
            return
        given = dict(_PARAMETER.findall(rest))
        realm = given.get("realm", "")
        if scheme.lower() != "bearer" or not realm.startswith(("https://", "http://")):
            raise self._unavailable(f"the registry wants {shorten(challenge)!r}")
        if login is not None and realm.startswith("http://") and not self._base.startswith("http:"):
            raise self._unavailable("the registry wants the password in the clear")
        scope = given.get("scope", f"repository:{self._reference.repository}:pull")
        query = {"scope": scope}
        if "service" in given:
            query["service"] = given["service"]
        async with self._session.get(URL(realm).update_query(query), auth=login) as answer:
            if answer.status != 200:
                raise await self._refused(answer)
            found = _json(await answer.read())
        token = text(found.get("token")) or text(found.get("access_token"))
        self._authorization = f"Bearer {token}"

    async def _refused(
        self, answer: aiohttp.ClientResponse
    ) -> ImageUnavailable | ProviderUnavailable:
        content = (await answer.content.read(4096)).decode("utf-8", "replace")
        try:
            rows = objects(_json(content.encode()).get("errors"))
        except ImageUnavailable:
            rows = ()
        words = "; ".join(text(row.get("message")) for row in rows) or f"status {answer.status}"
        if answer.status in _PASSING:
            name = self._reference.registry
            return ProviderUnavailable(f"the registry {name} does not answer: {words}")
        return self._unavailable(words)

    def _unavailable(self, why: str) -> ImageUnavailable:
        return ImageUnavailable(f"the image {self._reference.full} cannot be had: {why}")


def _size(row: Answer) -> int:
    value = row.get("size")
    return value if isinstance(value, int) and value >= 0 else 0


def _json(content: bytes) -> Answer:
    try:
        found = json.loads(content)
    except ValueError as error:
        raise ImageUnavailable(f"the registry's answer cannot be read: {error}") from error
    return found if isinstance(found, Mapping) else {}
