"""Images that lie on this machine: OCI layouts, and archives as `docker save` writes them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hodei.adapters.firecracker.images.model import (
    Answer,
    Layers,
    Reference,
    is_digest,
    objects,
    parse_reference,
    text,
    texts,
)
from hodei.domain.errors import ImageUnavailable, ProviderError
from hodei.domain.spec import Architecture
from hodei.ports.threads import to_its_end

NAME, FULL_NAME = "org.opencontainers.image.ref.name", "io.containerd.image.name"
MOST_JSON = 8 << 20
MACHINE_NAMES: Mapping[Architecture, str] = {
    Architecture.X86_64: "amd64",
    Architecture.ARM64: "arm64",
}


class FolderSource:
    """Folders of an operator: each an OCI layout itself, or with layouts and archives in it."""

    def __init__(self, folders: Sequence[str], machine: Architecture) -> None:
        self._folders = [Path(each) for each in folders]
        self._machine = machine

    async def find(self, reference: Reference) -> LayoutImage | ArchiveImage | None:
        """The first of that name."""
        return await asyncio.to_thread(self._find, reference)

    def _find(self, reference: Reference) -> LayoutImage | ArchiveImage | None:
        for folder in self._folders:
            if found := self._in_layout(folder, reference):
                return found
            try:
                entries = sorted(folder.iterdir())
            except OSError:
                continue
            for entry in entries:
                look = self._in_layout if entry.is_dir() else _in_archive
                if image := look(entry, reference):
                    return image
        return None

    def _in_layout(self, folder: Path, reference: Reference) -> LayoutImage | None:
        index = folder / "index.json"
        if not index.is_file():
            return None
        for row in objects(_json(index.read_bytes()).get("manifests")):
            digest = text(row.get("digest"))
            if is_digest(digest) and (_named(row, reference) or digest == reference.digest):
                return LayoutImage(folder=folder, digest=digest, machine=self._machine)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutImage:
    """An image of an OCI layout."""

    folder: Path
    digest: str
    machine: Architecture

    @asynccontextmanager
    async def fetch(self, folder: Path) -> AsyncIterator[AsyncIterator[int | Layers]]:
        """Its blobs, checked where they lie."""

        async def steps() -> AsyncIterator[int | Layers]:
            yield await asyncio.to_thread(self._layers)

        yield steps()

    def _layers(self) -> Layers:
        manifest = _json(self._blob(self.digest).read_bytes())
        if rows := objects(manifest.get("manifests")):
            digest = choose(rows, self.machine)
            manifest = _json(self._blob(digest).read_bytes())
        config_row = manifest.get("config")
        config = text(config_row.get("digest")) if isinstance(config_row, Mapping) else ""
        files = [self._blob(text(row.get("digest"))) for row in objects(manifest.get("layers"))]
        return Layers(config=_json(self._blob(config).read_bytes()), files=files)

    def _blob(self, digest: str) -> Path:
        if not is_digest(digest):
            raise ImageUnavailable(f"the layout {self.folder} names the digest {digest!r}")
        path = self.folder / "blobs" / "sha256" / digest.removeprefix("sha256:")
        if not path.is_file():
            raise ImageUnavailable(f"the layout {self.folder} lacks {digest}")
        require_digest(path, digest)
        return path


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveImage:
    """An image of an archive."""

    path: Path
    digest: str
    """Of its configuration, as engines name images."""
    config: str
    layers: Sequence[str]

    @asynccontextmanager
    async def fetch(self, folder: Path) -> AsyncIterator[AsyncIterator[int | Layers]]:
        """Its layers, copied out of it."""

        async def steps() -> AsyncIterator[int | Layers]:
            yield await to_its_end(self._layers, folder)

        yield steps()

    def _layers(self, folder: Path) -> Layers:
        wanted = {name: folder / f"layer-{index}" for index, name in enumerate(self.layers)}
        config: Answer = {}
        try:
            with tarfile.open(self.path, "r:") as archive:
                for name in (self.config, *wanted):
                    source = archive.extractfile(_member(archive, name))
                    if source is None:
                        raise ImageUnavailable(f"{self.path} lacks {name}")
                    if name == self.config:
                        config = _json(source.read(MOST_JSON))
                    else:
                        with open(wanted[name], "wb") as target:
                            shutil.copyfileobj(source, target, 1 << 20)
        except (tarfile.TarError, KeyError) as error:
            raise ImageUnavailable(f"{self.path} cannot be read: {error}") from error
        return Layers(config=config, files=[wanted[name] for name in self.layers])


def read_archive(path: Path) -> list[tuple[ArchiveImage, tuple[str, ...]]]:
    """The images of an archive, with their names. Raises ImageUnavailable, OSError."""
    found = []
    try:
        with tarfile.open(path, "r:") as archive:
            listing = archive.extractfile("manifest.json")
            rows = json.loads(listing.read(MOST_JSON)) if listing else []
            for row in objects(rows):
                config = text(row.get("Config"))
                source = archive.extractfile(config)
                content = source.read(MOST_JSON) if source else b""
                digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
                image = ArchiveImage(
                    path=path, digest=digest, config=config, layers=texts(row.get("Layers"))
                )
                found.append((image, texts(row.get("RepoTags"))))
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise ImageUnavailable(f"{path} is no archive of images: {error}") from error
    return found


def choose(rows: Sequence[Answer], machine: Architecture) -> str:
    """The manifest for this machine, of a list of manifests. Raises ImageUnavailable."""
    offers = []
    for row in rows:
        platform = row.get("platform")
        platform = platform if isinstance(platform, Mapping) else {}
        name = text(platform.get("architecture"))
        if text(platform.get("os")) == "linux" and name == MACHINE_NAMES[machine]:
            return text(row.get("digest"))
        offers.append(name)
    if len(rows) == 1 and not offers[0]:
        return text(rows[0].get("digest"))
    has = ", ".join(sorted({each for each in offers if each and each != "unknown"}))
    raise ImageUnavailable(f"the image is made for {has or 'no machine'}; this one is {machine}")


def require_digest(path: Path, digest: str) -> None:
    """Raises ImageUnavailable when the file holds something else. Blocks."""
    with open(path, "rb") as file:
        found = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    if found != digest:
        raise ImageUnavailable(f"what should be {digest} is {found}: the image is damaged")


def _in_archive(path: Path, reference: Reference) -> ArchiveImage | None:
    if path.suffix != ".tar":
        return None
    try:
        for image, tags in read_archive(path):
            if reference.digest == image.digest:
                return image
            if not reference.digest and any(_same(tag, reference) for tag in tags):
                return image
    except (ProviderError, OSError):
        # Whatever else lies there is none of our business.
        return None
    return None


def _named(row: Answer, reference: Reference) -> bool:
    marks = row.get("annotations")
    marks = marks if isinstance(marks, Mapping) else {}
    names = [text(marks.get(FULL_NAME)), text(marks.get(NAME))]
    return not reference.digest and any(_same(name, reference) for name in names if name)


def _same(name: str, reference: Reference) -> bool:
    try:
        return parse_reference(name).full == reference.full
    except ImageUnavailable:
        return False


def _member(archive: tarfile.TarFile, name: str) -> tarfile.TarInfo:
    """Engines before 25 write a layer that two images share once, and link to it."""
    member = archive.getmember(name)
    if member.issym():
        return archive.getmember(
            os.path.normpath(os.path.join(os.path.dirname(name), member.linkname))
        )
    return member


def _json(content: bytes) -> Answer:
    try:
        found = json.loads(content)
    except ValueError as error:
        raise ImageUnavailable(f"the image's description cannot be read: {error}") from error
    return found if isinstance(found, Mapping) else {}
