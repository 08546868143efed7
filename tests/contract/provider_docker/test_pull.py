"""Pulling images from real and from misbehaving registries on the engine's own loopback."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest

from hodei.domain.errors import ImageUnavailable, ProviderUnavailable, ProvisionTimeout
from hodei.domain.spec import Architecture
from hodei.ports.provider import Provider, ProvisionRequest, ProvisionStep, SeesImages
from tests.contract.provider_docker.docker_harness import DockerHarness
from tests.contract.provider_docker.scripted_registry import ScriptedRegistry, scripted_registry
from tests.support.docker import ImageFiles, PrivateEngine, busybox_layer, digest, tar

OPEN_PORT, CLOSED_PORT = 5000, 5001
USER, WORD = "reader", "s3cret-w0rd"
MANY_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Registries:
    """Two real ones: one for everybody, one behind a password."""

    engine: PrivateEngine

    def publish(self, *, closed: bool = False, marker: bytes = b"1") -> str:
        """Puts a new image there, unknown to the engine; its name."""
        port = CLOSED_PORT if closed else OPEN_PORT
        name = f"127.0.0.1:{port}/team/app-{uuid4().hex[:8]}:1.0"
        self.put(name, marker)
        return name

    def put(self, name: str, marker: bytes) -> None:
        noise = tar({"noise": (os.urandom(MANY_BYTES), 0o644)})
        image = ImageFiles(name, [busybox_layer(), noise, tar({"marker": (marker, 0o644)})])
        self.engine.load(image)
        self.engine.push(name, USER, WORD)


@pytest.fixture(scope="module")
def registries(engine: PrivateEngine) -> Iterator[Registries]:
    users = engine.folder / "users"
    made = subprocess.run(
        ["htpasswd", "-Bbn", USER, WORD], capture_output=True, check=True, timeout=30
    )
    users.write_bytes(made.stdout)
    engine.run("registry", "open", OPEN_PORT)
    engine.run("registry", "closed", CLOSED_PORT, users)
    yield Registries(engine)


@pytest.fixture
async def harness(
    engine: PrivateEngine, bundle: Path, tmp_path: Path
) -> AsyncIterator[DockerHarness]:
    made = DockerHarness(engine, tmp_path, bundle, {})
    try:
        yield made
    finally:
        await made.sweep()


@pytest.fixture
async def scripted(engine: PrivateEngine) -> AsyncIterator[ScriptedRegistry]:
    # Layers of other tests would be taken from the engine's store.
    layer = tar({"noise": (os.urandom(MANY_BYTES), 0o644)})
    async with scripted_registry(engine, ImageFiles("", [layer])) as made:
        yield made


def asking(harness: DockerHarness, image: str, *, seconds: float = 60) -> ProvisionRequest:
    request = harness.request(seconds=seconds)
    return replace(request, spec=replace(request.spec, image=image))


async def steps_for(provider: Provider, request: ProvisionRequest) -> list[ProvisionStep]:
    """Provisions and destroys; the steps."""
    steps = [step async for step in provider.provision(request)]
    await provider.destroy(steps[-1].handle, grace_s=0)
    return steps


async def test_a_pull_shows_percent_and_ends_with_the_digest(
    harness: DockerHarness, registries: Registries
) -> None:
    image = await asyncio.to_thread(registries.publish)
    async with harness.create() as provider:
        steps = await steps_for(provider, asking(harness, image))
        percents = [step.percent for step in steps if step.phase == "pulling"]
        assert percents[0] == 0
        assert percents[-1] == 100
        assert percents == sorted(percents, key=lambda percent: percent or 0)
        known = harness.engine.get(f"/images/{image}/json")
        assert isinstance(known, dict)
        assert known["RepoDigests"] == [f"{image.rpartition(':')[0]}@{steps[-1].image_digest}"]

        again = await steps_for(provider, asking(harness, image))
        assert [step.phase for step in again] == ["provisioning", "started"]
        assert again[-1].image_digest == steps[-1].image_digest


async def test_an_image_by_its_digest(harness: DockerHarness, registries: Registries) -> None:
    image = await asyncio.to_thread(registries.publish)
    async with harness.create() as provider:
        found = (await steps_for(provider, asking(harness, image)))[-1].image_digest
        harness.engine.forget(image)
        named = f"{image.rpartition(':')[0]}@{found}"
        steps = await steps_for(provider, asking(harness, named))
        assert "pulling" in {step.phase for step in steps}
        assert steps[-1].image_digest == found


async def test_always_takes_what_the_tag_means_now(
    harness: DockerHarness, registries: Registries
) -> None:
    image = await asyncio.to_thread(registries.publish, marker=b"old")
    async with harness.create() as provider:
        old = (await steps_for(provider, asking(harness, image)))[-1].image_digest
        assert isinstance(provider, SeesImages)
        assert await provider.image_digests([image, "nobody/has:this"]) == {image: old}
        await asyncio.to_thread(registries.put, image, b"new")
        assert await provider.image_digests([image]) == {}, "the engine has it no more"
    harness.settings["pull_policy"] = "always"
    async with harness.create() as provider:
        assert isinstance(provider, SeesImages)
        seen = await provider.image_digests([image, "127.0.0.1:1/nobody/has:this"])
        new = (await steps_for(provider, asking(harness, image)))[-1].image_digest
        assert new != old
        assert seen == {image: new}


async def test_never_pulls_nothing(harness: DockerHarness, registries: Registries) -> None:
    image = await asyncio.to_thread(registries.publish)
    harness.settings["pull_policy"] = "never"
    async with harness.create() as provider:
        with pytest.raises(ImageUnavailable, match="pull_policy never forbids to pull"):
            await steps_for(provider, asking(harness, image))
        assert harness.traces() == []


async def test_a_login_opens_a_closed_registry(
    harness: DockerHarness, registries: Registries
) -> None:
    image = await asyncio.to_thread(registries.publish, closed=True)
    async with harness.create() as provider:
        with pytest.raises(ImageUnavailable, match="no basic auth credentials"):
            await steps_for(provider, asking(harness, image))
    for word in ("wrong", WORD):
        login = {f"127.0.0.1:{CLOSED_PORT}": {"username": USER, "password": word}}
        harness.settings["registries"] = login
        async with harness.create() as provider:
            assert WORD not in repr(vars(provider))
            if word == WORD:
                await steps_for(provider, asking(harness, image))
            else:
                with pytest.raises(ImageUnavailable) as raised:
                    await steps_for(provider, asking(harness, image))
                assert "unauthorized" in str(raised.value)
                assert word not in str(raised.value)
    assert harness.traces() == []


async def test_a_missing_image_is_told_in_the_registry_s_words(
    harness: DockerHarness, registries: Registries
) -> None:
    async with harness.create() as provider:
        for image in (
            f"127.0.0.1:{OPEN_PORT}/nobody/nothing:9",
            "127.0.0.1:5000/a@sha256:" + "0" * 64,
        ):
            with pytest.raises(ImageUnavailable) as raised:
                await steps_for(provider, asking(harness, image))
            assert "not found" in str(raised.value)
            assert "manifest unknown" in str(raised.value)
            assert not raised.value.retryable
        assert harness.traces() == []


async def test_a_registry_that_is_down_may_be_asked_again(harness: DockerHarness) -> None:
    async with harness.create() as provider:
        with pytest.raises(ProviderUnavailable, match="connection refused") as raised:
            await steps_for(provider, asking(harness, "127.0.0.1:9/team/app:1"))
        assert raised.value.retryable
        assert harness.traces() == []


async def test_a_registry_that_fails_may_be_asked_again(
    harness: DockerHarness, scripted: ScriptedRegistry
) -> None:
    scripted.failing = True
    async with harness.create() as provider:
        with pytest.raises(ProviderUnavailable) as raised:
            await steps_for(provider, asking(harness, scripted.name("fails")))
        assert raised.value.retryable


async def test_another_content_than_the_digest_says_is_refused(
    harness: DockerHarness, scripted: ScriptedRegistry
) -> None:
    scripted.lying = True
    async with harness.create() as provider:
        with pytest.raises(ImageUnavailable, match="verification failed"):
            await steps_for(provider, asking(harness, scripted.name("lies")))
        wrong = f"127.0.0.1:{scripted.port}/lies@{digest(b'another manifest')}"
        with pytest.raises(ImageUnavailable):
            await steps_for(provider, asking(harness, wrong))
        assert harness.traces() == []


async def test_cancelling_ends_the_pull_in_the_engine(
    harness: DockerHarness, scripted: ScriptedRegistry
) -> None:
    scripted.slow = True
    request = asking(harness, scripted.name("slow"))
    seen: list[ProvisionStep] = []

    async def provision(provider: Provider) -> None:
        async for step in provider.provision(request):
            seen.append(step)

    async with harness.create() as provider:
        task = asyncio.create_task(provision(provider))
        async with asyncio.timeout(90):
            await scripted.slowed.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        # The engine hangs up: nobody wants the layer any more.
        async with asyncio.timeout(90):
            await scripted.left.wait()
        await provider.destroy(seen[-1].handle, grace_s=0)
        assert seen[-1].phase == "pulling"
        assert harness.traces() == []


async def test_a_slow_pull_ends_with_the_deadline(
    harness: DockerHarness, scripted: ScriptedRegistry
) -> None:
    scripted.slow = True
    async with harness.create() as provider:
        with pytest.raises(ProvisionTimeout):
            await steps_for(provider, asking(harness, scripted.name("slow"), seconds=2))
        async with asyncio.timeout(90):
            await scripted.left.wait()
        assert harness.traces() == []


async def test_an_image_for_another_machine_is_refused(harness: DockerHarness) -> None:
    own = next(iter(await architectures(harness)))
    other = Architecture.ARM64 if own is Architecture.X86_64 else Architecture.X86_64
    name = "hodei-test/foreign:1"
    harness.engine.load(ImageFiles(name, [tar({"a": (b"", 0o644)})], architecture=str(other)))
    async with harness.create() as provider:
        with pytest.raises(ImageUnavailable, match=f"made for {other}; the engine runs {own}"):
            await steps_for(provider, asking(harness, name))
        assert harness.traces() == []


async def architectures(harness: DockerHarness) -> frozenset[Architecture]:
    async with harness.create() as provider:
        await provider.check()
        return provider.capabilities.architectures
