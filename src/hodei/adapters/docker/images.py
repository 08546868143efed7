"""Images: what an engine has, what a registry gives, and how far a pull has come."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from hodei.adapters.docker.engine import Engine, segment
from hodei.adapters.docker.errors import EngineRefusal, pull_error, translated
from hodei.adapters.docker.facts import ARCHITECTURES
from hodei.domain.errors import ImageUnavailable
from hodei.domain.parsing.answers import Answer, inner, text, texts, whole
from hodei.domain.parsing.settings import RegistryLogin
from hodei.domain.spec import Architecture

HUB = "docker.io"
_DOWNLOAD_SHARE = 0.7
"""Of a layer's work; unpacking it is the rest."""
_DOWNLOADED = frozenset({"Verifying Checksum", "Download complete"})
_FINISHED = frozenset({"Pull complete", "Already exists"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An image's name in its parts."""

    name: str
    """As given, without tag and digest."""
    tag: str
    """The tag, the digest when there is one, else latest."""

    @property
    def registry(self) -> str:
        """Host of the registry; Docker Hub is docker.io."""
        first, slash, _ = self.name.partition("/")
        named = slash and ("." in first or ":" in first or first == "localhost")
        return first if named else HUB

    @property
    def repository(self) -> str:
        """Full name, the same for every way to write it."""
        if self.registry != HUB:
            return self.name
        path = self.name.removeprefix(f"{HUB}/")
        return f"{HUB}/{path if '/' in path else f'library/{path}'}"


def parse_reference(image: str) -> Reference:
    """The parts of an image's name. An engine without a tag would pull all of them."""
    name, at, digest = image.partition("@")
    before, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        before, tag = name, "latest"
    return Reference(name=before, tag=digest if at else tag)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image that the engine has."""

    id: str
    digest: str
    """In its registry; the id for one that was built here."""
    system: str
    machine: str
    env: Mapping[str, str]
    entrypoint: tuple[str, ...]
    stop_signal: str


def read_image(image: str, answer: Answer) -> Image:
    """The answer of an inspection as a value."""
    config = inner(answer, "Config")
    pairs = (entry.partition("=") for entry in texts(config, "Env"))
    return Image(
        id=text(answer, "Id"),
        digest=_digest(image, answer),
        system=text(answer, "Os"),
        machine=text(answer, "Architecture"),
        env={name: value for name, _, value in pairs},
        entrypoint=texts(config, "Entrypoint"),
        stop_signal=text(config, "StopSignal"),
    )


def require_machine(image: str, found: Image, machines: frozenset[Architecture]) -> None:
    """Raises ImageUnavailable for an image that is made for another machine."""
    made_for = ARCHITECTURES.get(found.machine)
    if found.system not in ("", "linux"):
        raise ImageUnavailable(f"the image {image} is made for {found.system}, not for linux")
    if found.machine and machines and made_for not in machines:
        has = ", ".join(sorted(machines))
        raise ImageUnavailable(
            f"the image {image} is made for {made_for or found.machine}; the engine runs {has}"
        )


class Images:
    """The images of one engine."""

    def __init__(self, engine: Engine, registries: Mapping[str, RegistryLogin]) -> None:
        self._engine = engine
        self._registries = registries

    async def find(self, image: str) -> Image | None:
        """The image if the engine has it."""
        with translated("look at its images"):
            try:
                answer = await self._engine.get(f"/images/{segment(image)}/json")
            except EngineRefusal as refusal:
                if refusal.status == 404:
                    return None
                raise
        return read_image(image, answer) if isinstance(answer, dict) else None

    async def pull(self, image: str) -> AsyncGenerator[int, None]:
        """Fetches the image; percent as they grow. Leaving it ends the engine's work on it.

        Raises ImageUnavailable with the registry's own words, or ProviderUnavailable when the
        registry may answer later.
        """
        reference = parse_reference(image)
        params = {"fromImage": reference.name, "tag": reference.tag}
        headers = _login(reference.registry, self._registries)
        progress = PullProgress()
        try:
            async with aclosing(self._engine.stream("/images/create", params, headers)) as items:
                async for item in items:
                    fault = text(inner(item, "errorDetail"), "message") or text(item, "error")
                    if fault:
                        raise pull_error(image, fault)
                    if progress.take(item):
                        yield progress.percent
        except EngineRefusal as refusal:
            raise pull_error(image, str(refusal)) from refusal


class PullProgress:
    """Percent of a pull from the engine's messages about its layers; it never falls."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._parts: dict[str, float] = {}
        self.percent = 0

    def take(self, message: Answer) -> bool:
        """Adds one message; whether the percent grew. 100 is only for the end of the pull."""
        layer, status = text(message, "id"), text(message, "status")
        if not layer or status.startswith("Pulling from"):
            return False
        part = self._part(layer, status, inner(message, "progressDetail"))
        self._parts[layer] = max(part, self._parts.get(layer, 0.0))
        before, self.percent = self.percent, max(self.percent, min(99, int(100 * self._share())))
        return self.percent > before

    def _part(self, layer: str, status: str, detail: Answer) -> float:
        current, total = whole(detail, "current"), whole(detail, "total")
        if status in _FINISHED:
            return 1.0
        if status in _DOWNLOADED:
            return _DOWNLOAD_SHARE
        if current is None or not total:
            return 0.0
        self._sizes[layer] = max(total, self._sizes.get(layer, 0))
        done = min(1.0, current / total)
        if status == "Extracting":
            return _DOWNLOAD_SHARE + (1 - _DOWNLOAD_SHARE) * done
        return _DOWNLOAD_SHARE * done

    def _share(self) -> float:
        # A layer whose size is not known yet counts like the average of the others.
        mean = sum(self._sizes.values()) / len(self._sizes) if self._sizes else 1.0
        weights = {layer: self._sizes.get(layer, mean) for layer in self._parts}
        whole_work = sum(weights.values())
        return sum(self._parts[layer] * weights[layer] for layer in weights) / (whole_work or 1.0)


def _digest(image: str, answer: Answer) -> str:
    wanted = parse_reference(image)
    known = [entry.partition("@") for entry in texts(answer, "RepoDigests")]
    same = [
        digest for name, _, digest in known if parse_reference(name).repository == wanted.repository
    ]
    if wanted.tag in same:
        return wanted.tag
    return same[0] if same else text(answer, "Id")


def _login(registry: str, registries: Mapping[str, RegistryLogin]) -> dict[str, str]:
    known = registries.get(registry)
    if known is None:
        return {}
    # What the engine calls Docker Hub.
    address = "https://index.docker.io/v1/" if registry == HUB else registry
    login = {
        "username": known.username,
        "password": known.password,
        "serveraddress": address,
    }
    packed = base64.urlsafe_b64encode(json.dumps(login).encode())
    return {"X-Registry-Auth": packed.decode("ascii")}
