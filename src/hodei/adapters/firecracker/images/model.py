"""Images: their names, what they say about themselves, and where one comes from."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hodei.domain.errors import ImageUnavailable
from hodei.domain.spec import Architecture

HUB = "docker.io"
MACHINES: Mapping[str, Architecture] = {
    "amd64": Architecture.X86_64,
    "x86_64": Architecture.X86_64,
    "arm64": Architecture.ARM64,
    "aarch64": Architecture.ARM64,
}
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

Answer = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An image's name in its parts."""

    registry: str
    """Host of the registry; Docker Hub is docker.io."""
    repository: str
    tag: str
    digest: str
    """Empty when the name has none."""

    @property
    def full(self) -> str:
        """The same for every way to write it."""
        end = f"@{self.digest}" if self.digest else f":{self.tag}"
        return f"{self.registry}/{self.repository}{end}"


def parse_reference(image: str) -> Reference:
    """The parts of an image's name. Raises ImageUnavailable for a digest of another kind."""
    name, at, digest = image.partition("@")
    if at and not is_digest(digest):
        raise ImageUnavailable(f"the image {image} names a digest that is not sha256")
    before, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        before, tag = name, "latest"
    first, slash, rest = before.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, rest = HUB, before
    if first == HUB and "/" not in rest:
        rest = f"library/{rest}"
    return Reference(registry=first, repository=rest, tag=tag, digest=digest)


def is_digest(text: object) -> bool:
    """Whether it is a digest of the kind that everybody uses."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig:
    """What an image says about itself."""

    system: str
    machine: str
    env: Mapping[str, str]
    entrypoint: Sequence[str]
    user: str
    cwd: str
    stop_signal: str


def read_config(found: object) -> ImageConfig:
    """The configuration of an image as a value; what is not there is empty."""
    answer = found if isinstance(found, Mapping) else {}
    config = answer.get("config")
    config = config if isinstance(config, Mapping) else {}
    pairs = (entry.partition("=") for entry in texts(config.get("Env")))
    return ImageConfig(
        system=text(answer.get("os")),
        machine=text(answer.get("architecture")),
        env={name: value for name, _, value in pairs if name},
        entrypoint=texts(config.get("Entrypoint")),
        user=text(config.get("User")),
        cwd=text(config.get("WorkingDir")) or "/",
        stop_signal=text(config.get("StopSignal")),
    )


def require_machine(image: str, config: ImageConfig, here: Architecture) -> None:
    """Raises ImageUnavailable for an image that is made for another machine."""
    if config.system not in ("", "linux"):
        raise ImageUnavailable(f"the image {image} is made for {config.system}, not for linux")
    made_for = MACHINES.get(config.machine)
    if config.machine and made_for is not here:
        raise ImageUnavailable(
            f"the image {image} is made for {made_for or config.machine}; this machine is {here}"
        )


def text(value: object) -> str:
    """It if it is text, else nothing."""
    return value if isinstance(value, str) else ""


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def objects(value: object) -> tuple[Answer, ...]:
    """The objects of a list."""
    items = value if isinstance(value, list) else []
    return tuple(each for each in items if isinstance(each, Mapping))


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """An image fetched to this machine: its layers as tar files, perhaps packed, lowest first."""

    config: object
    files: Sequence[Path]


class Found(Protocol):
    """An image that a source has."""

    @property
    def digest(self) -> str:
        """Names the content, and is what is shown of it."""
        ...

    def fetch(self, folder: Path) -> AbstractAsyncContextManager[AsyncIterator[int | Layers]]:
        """Percent as it grows, then the layers, in `folder`. Raises ProviderError."""
        ...


class Source(Protocol):
    """Where images come from."""

    async def find(self, reference: Reference) -> Found | None:
        """The image, or None where this source has none of that name. Raises ProviderError."""
        ...
