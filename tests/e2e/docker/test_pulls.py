"""Images that have to be fetched: progress, cancelling, and the registry's own words."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from hodei.wire.gen import jobs_pb2
from tests.contract.provider_docker.scripted_registry import ScriptedRegistry, scripted_registry
from tests.e2e.docker.yard import Yard, job
from tests.support.docker import ImageFiles, busybox_layer, tar
from tests.support.observer import CANCELLED, FAILED, SUCCEEDED, Observer, phases

LAYER_BYTES = 6 << 20


@pytest.fixture
async def registry(yard: Yard) -> AsyncIterator[ScriptedRegistry]:
    """On the engine's own loopback, with an image that the engine does not have."""
    noise = tar({"noise": (os.urandom(LAYER_BYTES), 0o644)})
    last = tar({"last": (os.urandom(LAYER_BYTES), 0o644)})
    image = ImageFiles("", [busybox_layer(), noise, last])
    async with scripted_registry(yard.engine, image) as made:
        yield made


def shown(found: jobs_pb2.Job) -> list[int]:
    """The percents that the timeline shows now."""
    details = [mark.detail for mark in found.attempts[-1].phases if mark.phase == "PULLING"]
    return [int(detail.split()[0].rstrip("%")) for detail in details if "%" in detail]


async def test_percent_is_shown_and_the_digest_kept(
    observer: Observer, registry: ScriptedRegistry
) -> None:
    registry.slow = True
    job_id = await observer.submit(job("shell", "echo fetched", image=registry.name("shown")))
    await registry.slowed.wait()
    half = await observer.when(
        job_id,
        lambda found: bool(found.attempts) and any(0 < one < 100 for one in shown(found)),
        what="some percent",
    )
    assert phases(half)[-1] == "PULLING"
    await observer.cancel(job_id)
    await observer.finished(job_id)

    registry.slow = False
    job_id = await observer.submit(job("shell", "echo fetched", image=registry.name("shown")))
    done = await observer.finished(job_id)
    assert done.state == SUCCEEDED, done
    assert done.attempts[-1].image_digest.startswith("sha256:")
    assert "PULLING" in phases(done)


async def test_cancelling_ends_the_pull(
    yard: Yard, observer: Observer, registry: ScriptedRegistry, batches: str
) -> None:
    registry.slow = True
    job_id = await observer.submit(job("shell", "echo", image=registry.name("cancelled")))
    await registry.slowed.wait()
    await observer.cancel(job_id)
    done = await observer.finished(job_id)
    assert (done.state, done.outcome.cause) == (CANCELLED, "cancelled"), done
    async with asyncio.timeout(90):
        await registry.left.wait()
    await yard.nothing_left(but=batches)


async def test_what_the_registry_says(
    yard: Yard, observer: Observer, registry: ScriptedRegistry, batches: str
) -> None:
    registry.lying = True
    done = await observer.finished(
        await observer.submit(job("shell", "echo", image=registry.name("lied")))
    )
    assert (done.state, done.outcome.cause) == (FAILED, "image"), done
    assert "does not match" in done.outcome.message or "verif" in done.outcome.message

    await asyncio.to_thread(yard.engine.run, "registry", "empty", 5005)
    name = "127.0.0.1:5005/nobody/nothing:1"
    done = await observer.finished(await observer.submit(job("shell", "echo", image=name)))
    assert (done.state, done.outcome.cause) == (FAILED, "image"), done
    assert "manifest unknown" in done.outcome.message
    assert name in done.outcome.message
    await yard.nothing_left(but=batches)


async def test_a_registry_that_is_down(observer: Observer) -> None:
    spec = job("shell", "echo", image="127.0.0.1:5999/nobody:1")
    job_id = await observer.submit(spec)
    waiting = await observer.when(
        job_id, lambda found: len(found.attempts) > 1, what="a second attempt"
    )
    first = waiting.attempts[0].outcome
    assert first.cause == "provision"
    assert "connection refused" in first.message
    await observer.cancel(job_id)
    assert (await observer.finished(job_id)).state == CANCELLED
