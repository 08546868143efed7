"""Root file systems made of images, each once, kept by digest within a budget of disk."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from hodei.adapters.firecracker.assets import READ_ONLY, tree_image
from hodei.adapters.firecracker.errors import translated
from hodei.adapters.firecracker.images.model import (
    Found,
    ImageConfig,
    Layers,
    Source,
    parse_reference,
    read_config,
    require_machine,
)
from hodei.adapters.firecracker.images.unpacking import BadLayer, Tree
from hodei.adapters.firecracker.images.users import User, resolve_user
from hodei.domain.errors import ImageUnavailable
from hodei.domain.spec import Architecture
from hodei.ports.threads import to_its_end

FORM = 1
"""Of what is written beside an image; another form makes it anew."""
FETCHED = 80
"""Percent of the work when everything is here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RootFs:
    """An ext4 image, never written to, and what the image said about itself."""

    path: Path
    digest: str
    config: ImageConfig
    user: User


class Images:
    """Of one provider; several servers may use its directory at once."""

    def __init__(
        self,
        folder: Path,
        sources: Sequence[Source],
        machine: Architecture,
        *,
        most_bytes: int,
        budget_bytes: int,
    ) -> None:
        self._folder = folder
        self._sources = sources
        self._machine = machine
        self._most = most_bytes
        self._budget = budget_bytes
        self._turns: dict[str, asyncio.Lock] = {}

    async def find(self, name: str) -> Found:
        """The image of that name, from the first source that has it. Raises ProviderError."""
        reference = parse_reference(name)
        for source in self._sources:
            found = await source.find(reference)
            if found is not None:
                return found
        raise ImageUnavailable(f"the image {name} is in none of the provider's sources")

    def cached(self, found: Found) -> RootFs | None:
        """Its root file system if it was made before."""
        path = self._path(found.digest)
        try:
            kept = json.loads(path.with_suffix(".json").read_text("utf-8"))
            if kept["form"] != FORM:
                return None
            os.utime(path)
        except (OSError, ValueError, KeyError):
            return None
        user = User(uid=kept["uid"], gid=kept["gid"], groups=tuple(kept["groups"]))
        return RootFs(path=path, digest=found.digest, config=read_config(kept["config"]), user=user)

    async def make(self, name: str, found: Found) -> AsyncGenerator[int | RootFs, None]:
        """Percent, then the root file system. Raises ProviderError."""
        async with self._turns.setdefault(found.digest, asyncio.Lock()):
            made = self.cached(found)
            if made is None:
                with translated("make the root file system"):
                    self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                    with tempfile.TemporaryDirectory(prefix="new-", dir=self._folder) as work:
                        async with aclosing(self._work(name, found, Path(work))) as steps:
                            async for percent in steps:
                                yield percent
                    made = self.cached(found)
                    await asyncio.to_thread(self._evict, self._path(found.digest))
        self._turns.pop(found.digest, None)
        if made is None:
            raise ImageUnavailable(f"the image {name} is larger than the provider's whole cache")
        yield made

    async def _work(self, name: str, found: Found, work: Path) -> AsyncGenerator[int, None]:
        layers: Layers | None = None
        async with found.fetch(work) as steps:
            async for step in steps:
                if isinstance(step, Layers):
                    layers = step
                else:
                    yield step * FETCHED // 100
        assert layers is not None
        config = read_config(layers.config)
        require_machine(name, config, self._machine)
        root = work / "tree"
        root.mkdir(mode=0o755)
        tree = Tree(root, self._most)
        for index, layer in enumerate(layers.files):
            yield FETCHED + 10 * index // len(layers.files)
            try:
                await to_its_end(tree.add, layer)
            except BadLayer as error:
                raise ImageUnavailable(f"layer {index + 1} of the image {name}: {error}") from error
        yield 90
        user = await to_its_end(resolve_user, config.user, root)
        await tree_image(root, work / "image")
        self._publish(found.digest, work, layers.config, user)

    def _publish(self, digest: str, work: Path, config: object, user: User) -> None:
        kept = {
            "form": FORM,
            "config": config,
            "uid": user.uid,
            "gid": user.gid,
            "groups": list(user.groups),
        }
        (work / "kept").write_text(json.dumps(kept), "utf-8")
        (work / "image").chmod(READ_ONLY)
        path = self._path(digest)
        # The description comes last: what has one is whole.
        os.replace(work / "image", path)
        os.replace(work / "kept", path.with_suffix(".json"))

    def _evict(self, newest: Path) -> None:
        """Removes what was not used for longest; guests that use it keep it."""
        rows = []
        for path in self._folder.glob("*.ext4"):
            try:
                seen = path.stat()
            except FileNotFoundError:
                continue
            rows.append((path != newest, -seen.st_mtime, seen.st_blocks * 512, path))
        total = 0
        for _, _, size, path in sorted(rows):
            total += size
            if total > self._budget:
                path.with_suffix(".json").unlink(missing_ok=True)
                path.unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        return self._folder / f"{hashlib.sha256(digest.encode()).hexdigest()[:40]}.ext4"
