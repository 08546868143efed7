"""Images for guests: from a registry that is good or bad, from a layout, within their limits."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from hodei.domain.errors import ImageUnavailable, ProviderUnavailable
from hodei.ports.provider import Provider, ProvisionRequest, ProvisionStep
from hodei.testing.provider_harness import INSTALLATION, started
from tests.contract.provider_docker.scripted_registry import ScriptedRegistry
from tests.firecracker.provider.frozen import steps_of
from tests.firecracker.provider.harness import FirecrackerHarness
from tests.support.docker import ImageFiles, busybox_layer, tar

MIB = 1 << 20


def noise(size: int, seed: int) -> bytes:
    """What no file system makes smaller."""
    return random.Random(seed).randbytes(size)


@asynccontextmanager
async def serving(image: ImageFiles) -> AsyncIterator[ScriptedRegistry]:
    """A registry on loopback."""
    registry = ScriptedRegistry(image)
    server = await asyncio.start_server(registry.serve, "127.0.0.1", 0)
    registry.port = server.sockets[0].getsockname()[1]
    try:
        yield registry
    finally:
        server.close()
        for writer in list(registry.writers):
            writer.transport.abort()


def of(harness: FirecrackerHarness, image: str) -> ProvisionRequest:
    made = harness.request()
    return replace(made, spec=replace(made.spec, image=image))


def kept(harness: FirecrackerHarness) -> Sequence[str]:
    """What the cache of root file systems holds."""
    return sorted(path.name for path in (harness.folder / INSTALLATION / "images").glob("*"))


async def end(provider: Provider, steps: Sequence[ProvisionStep]) -> None:
    await provider.destroy(steps[-1].handle, grace_s=0)


async def test_pulled_once_from_a_registry(harness: FirecrackerHarness) -> None:
    harness.settings["registry"] = True
    image = ImageFiles("", [busybox_layer(), tar({"etc/more": (b"more", 0o644)})])
    async with serving(image) as registry, harness.create() as provider:
        steps = await steps_of(provider, of(harness, registry.name("some/image")))
        pulls = [step.percent for step in steps if step.phase == "pulling"]
        assert pulls[0] == 0
        assert pulls[-1] == 100
        said = f"sha256:{hashlib.sha256(registry.manifest).hexdigest()}"
        assert {step.image_digest for step in steps if step.image_digest} == {said}
        assert len(kept(harness)) == 2
        await end(provider, steps)
        again = await steps_of(provider, of(harness, registry.name("other/name")))
        assert [step.phase for step in again] == ["provisioning", "started"]
        await end(provider, again)
    assert harness.traces() == []


async def test_a_registry_that_lies_or_is_out(harness: FirecrackerHarness) -> None:
    harness.settings["registry"] = True
    async with serving(ImageFiles("", [busybox_layer()])) as registry, harness.create() as provider:
        registry.lying = True
        with pytest.raises(ImageUnavailable, match="the registry gave sha256:"):
            await started(provider, of(harness, registry.name("some/image")))
        registry.lying, registry.failing = False, True
        with pytest.raises(ProviderUnavailable, match="503"):
            await started(provider, of(harness, registry.name("some/image")))
        assert kept(harness) == []
    assert harness.traces() == []


async def test_cancelled_in_the_middle_of_a_pull(harness: FirecrackerHarness) -> None:
    harness.settings["registry"] = True
    async with serving(ImageFiles("", [busybox_layer()])) as registry, harness.create() as provider:
        registry.slow = True
        task = asyncio.create_task(started(provider, of(harness, registry.name("some/image"))))
        await asyncio.wait_for(registry.slowed.wait(), 60)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        await asyncio.wait_for(registry.left.wait(), 60)
        assert kept(harness) == []
        registry.slow = False
        steps = await steps_of(provider, of(harness, registry.name("some/image")))
        await end(provider, steps)
    assert harness.traces() == []


async def test_larger_than_what_is_allowed(harness: FirecrackerHarness, tmp_path: Path) -> None:
    layer = tar({"big": (noise(17 * MIB, 1), 0o644)})
    (tmp_path / "big.tar").write_bytes(ImageFiles("big:1", [layer]).archive())
    harness.settings |= {"image_folders": [str(tmp_path)], "max_image_mb": 16}
    async with harness.create() as provider:
        with pytest.raises(ImageUnavailable, match="larger than 16 MiB"):
            await started(provider, of(harness, "big:1"))
    assert kept(harness) == []
    assert harness.traces() == []


async def test_the_cache_keeps_to_its_budget_and_guests_keep_what_they_use(
    harness: FirecrackerHarness, tmp_path: Path
) -> None:
    names = [f"part:{number}" for number in range(3)]
    for number, name in enumerate(names):
        layer = tar({"part": (noise(28 * MIB, number), 0o644)})
        (tmp_path / f"{number}.tar").write_bytes(ImageFiles(name, [layer]).archive())
    harness.settings |= {"image_folders": [str(tmp_path)], "cache_mb": 64}
    async with harness.create() as provider:
        made = []
        for name in names:
            made.append(await steps_of(provider, of(harness, name)))
        assert len([name for name in kept(harness) if name.endswith(".ext4")]) == 2
        handles = [steps[-1].handle for steps in made]
        assert [harness.live(handle.worker_id) for handle in handles] == [1, 1, 1]
        first = next(harness.folder.glob(f"*/vms/{handles[0].worker_id}/jail/*/*/root/image.ext4"))
        assert first.stat().st_nlink == 1
        for steps in made:
            await end(provider, steps)
        # It comes back, as the first did.
        again = await steps_of(provider, of(harness, names[0]))
        assert "pulling" in [step.phase for step in again]
        await end(provider, again)
    assert harness.traces() == []


async def test_from_a_layout_and_one_that_is_damaged(
    harness: FirecrackerHarness, tmp_path: Path
) -> None:
    blobs = layout(tmp_path / "good", ImageFiles("", [busybox_layer()]), "good:1")
    assert len(blobs) == 3
    other = ImageFiles("", [busybox_layer(), tar({"etc/more": (b"more", 0o644)})])
    blobs = layout(tmp_path / "bad", other, "bad:1")
    blobs[-1].write_bytes(bytes(blobs[-1].stat().st_size))
    harness.settings["image_folders"] = [str(tmp_path)]
    async with harness.create() as provider:
        await end(provider, await steps_of(provider, of(harness, "good:1")))
        before = kept(harness)
        with pytest.raises(ImageUnavailable):
            await started(provider, of(harness, "bad:1"))
        assert kept(harness) == before
    assert harness.traces() == []


def layout(folder: Path, image: ImageFiles, name: str) -> list[Path]:
    """Writes an OCI layout; its blobs: configuration, manifest, layers."""
    places: list[Path] = []

    def blob(content: bytes, kind: str) -> dict[str, object]:
        found = hashlib.sha256(content).hexdigest()
        place = folder / "blobs" / "sha256" / found
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        places.append(place)
        return {"mediaType": kind, "digest": f"sha256:{found}", "size": len(content)}

    kind = "application/vnd.oci.image"
    config = blob(image.config, f"{kind}.config.v1+json")
    layers = [blob(layer, f"{kind}.layer.v1.tar") for layer in image.layers]
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{kind}.manifest.v1+json",
        "config": config,
        "layers": layers,
    }
    described = blob(json.dumps(manifest).encode(), f"{kind}.manifest.v1+json")
    described["annotations"] = {"org.opencontainers.image.ref.name": name}
    index = {"schemaVersion": 2, "manifests": [described]}
    (folder / "index.json").write_text(json.dumps(index), "utf-8")
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}', "utf-8")
    return [places[0], places[-1], *places[1:-1]]
