"""Images that a Docker Engine of this machine has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import aiohttp

from hodei.adapters.firecracker.images.archives import read_archive
from hodei.adapters.firecracker.images.model import HUB, Layers, Reference, text, texts
from hodei.domain.errors import ImageUnavailable, ProviderUnavailable

ANSWER_S = 30.0
PIECE = 1 << 20


class EngineSource:
    """Asks the engine; nothing is pulled by it."""

    def __init__(self, host: str) -> None:
        self._path = host.removeprefix("unix://")

    async def find(self, reference: Reference) -> EngineImage | None:
        """The image if the engine has it; an engine that does not answer has none."""
        name = short_name(reference)
        try:
            async with self._session() as session, session.get(_url(name, "json")) as answer:
                if answer.status != 200:
                    return None
                found = await answer.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise ProviderUnavailable(
                f"the Docker Engine at unix://{self._path} does not answer: {error}"
            ) from error
        row = found if isinstance(found, Mapping) else {}
        image_id = text(row.get("Id"))
        known = [each.partition("@")[2] for each in texts(row.get("RepoDigests"))]
        shown = reference.digest if reference.digest in known else (known or [image_id])[0]
        size = row.get("Size")
        return EngineImage(
            source=self,
            id=image_id,
            digest=shown or image_id,
            size=size if isinstance(size, int) else 0,
        )

    async def save(self, image_id: str, target: Path) -> AsyncIterator[int]:
        """Bytes written so far of the image's archive. Raises ImageUnavailable."""
        try:
            async with (
                self._session(total=None) as session,
                session.get(_url(image_id, "get")) as answer,
            ):
                if answer.status != 200:
                    words = (await answer.text())[:200]
                    raise ImageUnavailable(f"the engine does not give the image: {words}")
                written = 0
                with open(target, "wb") as file:
                    async for piece in answer.content.iter_chunked(PIECE):
                        file.write(piece)
                        written += len(piece)
                        yield written
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ProviderUnavailable(f"the engine broke off: {error}") from error

    def _session(self, total: float | None = ANSWER_S) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(path=self._path),
            timeout=aiohttp.ClientTimeout(total=total, sock_read=ANSWER_S * 4),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineImage:
    """An image of an engine."""

    source: EngineSource
    id: str
    digest: str
    size: int

    @asynccontextmanager
    async def fetch(self, folder: Path) -> AsyncIterator[AsyncIterator[int | Layers]]:
        """Saved by its id: the very image that was looked at."""

        async def steps() -> AsyncIterator[int | Layers]:
            target = folder / "image.tar"
            async for written in self.source.save(self.id, target):
                yield min(99, 100 * written // max(self.size, written))
            images = read_archive(target)
            if len(images) != 1:
                raise ImageUnavailable("the engine gave an archive that is not of one image")
            async with images[0][0].fetch(folder) as inner:
                async for step in inner:
                    yield step

        yield steps()


def short_name(reference: Reference) -> str:
    """As engines know images of Docker Hub, too."""
    name = reference.repository
    if reference.registry != HUB:
        name = f"{reference.registry}/{name}"
    else:
        name = name.removeprefix("library/")
    return f"{name}@{reference.digest}" if reference.digest else f"{name}:{reference.tag}"


def _url(name: str, what: str) -> str:
    return f"http://docker/images/{quote(name, safe='/:@')}/{what}"
