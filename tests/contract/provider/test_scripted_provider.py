"""What the scripted provider does on request, at each of its steps."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from uuid import UUID

import pytest

from hodei.adapters.scripted.inspector import ScriptedInspector
from hodei.adapters.scripted.provider import ScriptedFactory, ScriptedProvider
from hodei.adapters.scripted.script import At
from hodei.domain.errors import (
    CapacityExhausted,
    ImageUnavailable,
    InvalidRequest,
    ProviderUnavailable,
)
from hodei.domain.provider import ObservedState
from hodei.domain.worker import Handle
from hodei.ports.provider import ProviderContext, ProvisionRequest, ProvisionStep
from hodei.testing.provider_harness import PROVIDER, started
from tests.contract.provider.test_scripted_contract import ScriptedHarness

CONTEXT = ProviderContext(
    installation_id="here",
    provider_id=PROVIDER,
    name="scripted",
    data_dir="/nowhere",
    agent_command=(),
)


def scripted(**settings: object) -> tuple[ScriptedProvider, ScriptedInspector]:
    inspector = ScriptedInspector()
    return ScriptedFactory(inspector.cloud).create(settings, CONTEXT), inspector


def request() -> ProvisionRequest:
    return ScriptedHarness().request()


async def state(provider: ScriptedProvider, worker_id: UUID) -> ObservedState:
    handle = Handle(provider=str(PROVIDER), worker_id=worker_id)
    return (await provider.observe([handle]))[worker_id].state


async def test_an_image_is_pulled_with_progress_and_a_digest() -> None:
    provider, _ = scripted()
    steps = [step async for step in provider.provision(request())]
    assert [(step.phase, step.percent) for step in steps] == [
        ("provisioning", None),
        ("provisioning", None),
        ("pulling", 0),
        ("pulling", 100),
        ("started", None),
    ]
    assert steps[-1].image_digest.startswith("sha256:")


@pytest.mark.parametrize("at", ["intent", "provisioning", "pulling", "started"])
async def test_fails_as_often_as_it_was_told(at: str) -> None:
    step = {"at": at, "do": "fail", "times": 2, "error": "capacity_exhausted", "message": "full"}
    provider, inspector = scripted(steps=[step])
    for _ in range(2):
        with pytest.raises(CapacityExhausted, match=r"^full$"):
            await started(provider, request())
    before = inspector.alive
    handle = await started(provider, request())
    assert inspector.alive - before == {handle.worker_id}


@pytest.mark.parametrize("at", ["intent", "provisioning", "pulling", "started"])
async def test_hangs_until_it_is_released(at: str) -> None:
    provider, inspector = scripted()
    inspector.hang(at)
    task = asyncio.create_task(started(provider, request()))
    await inspector.reached(at)
    assert not task.done()
    inspector.release()
    assert (await task).worker_id in inspector.alive


async def test_hangs_until_it_is_cancelled() -> None:
    provider, inspector = scripted(steps=[{"at": "pulling", "do": "hang"}])
    task = asyncio.create_task(started(provider, request()))
    await inspector.reached(At.PULLING)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(inspector.existing) == 1


async def test_dies_while_the_image_is_pulled() -> None:
    provider, inspector = scripted(steps=[{"at": "pulling", "do": "die"}])
    asked = request()
    with pytest.raises(ProviderUnavailable, match="died at pulling"):
        await started(provider, asked)
    assert await state(provider, asked.worker_id) is ObservedState.EXITED
    assert inspector.alive == frozenset()


async def test_dies_when_it_was_reported_as_started() -> None:
    provider, _ = scripted(steps=[{"at": "started", "do": "die"}])
    handle = await started(provider, request())
    assert await state(provider, handle.worker_id) is ObservedState.EXITED


async def test_the_agent_is_played_by_the_test_and_ends_with_its_worker() -> None:
    provider, inspector = scripted()
    played: list[UUID] = []
    forever = asyncio.Event()

    async def agent(asked: ProvisionRequest) -> None:
        played.append(asked.worker_id)
        await forever.wait()

    inspector.on_started(agent)
    handle = await started(provider, request())
    await asyncio.sleep(0)
    assert played == [handle.worker_id]
    task = inspector.cloud.workers[handle.worker_id].agent
    await provider.destroy(handle, grace_s=0)
    assert task is not None
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_agent_that_breaks_ends_its_worker() -> None:
    provider, inspector = scripted()

    async def agent(asked: ProvisionRequest) -> None:
        raise RuntimeError("broken")

    inspector.on_started(agent)
    handle = await started(provider, request())
    await inspector.agents_done()
    seen = (await provider.observe([handle]))[handle.worker_id]
    assert (seen.state, seen.exit_code) == (ObservedState.EXITED, 1)


@pytest.mark.parametrize(
    ("do", "left"),
    [
        ("hang", ObservedState.RUNNING),
        ("die", ObservedState.EXITED),
        ("fail", ObservedState.EXITED),
    ],
)
async def test_an_agent_that_never_enrols(do: str, left: ObservedState) -> None:
    provider, inspector = scripted(steps=[{"at": "enrol", "do": do}])
    played: list[UUID] = []

    async def agent(asked: ProvisionRequest) -> None:
        played.append(asked.worker_id)

    inspector.on_started(agent)
    handle = await started(provider, request())
    await inspector.agents_done()
    assert played == []
    assert await state(provider, handle.worker_id) is left


async def test_observing_can_be_blinded() -> None:
    provider, inspector = scripted(steps=[{"at": "observe", "do": "fail", "times": 1}])
    handle = await started(provider, request())
    assert await state(provider, handle.worker_id) is ObservedState.UNKNOWN
    assert await state(provider, handle.worker_id) is ObservedState.RUNNING
    inspector.hide(handle.worker_id)
    assert await state(provider, handle.worker_id) is ObservedState.UNKNOWN
    inspector.hide(handle.worker_id, False)
    inspector.die("observe")
    assert await state(provider, handle.worker_id) is ObservedState.EXITED
    inspector.vanish(handle.worker_id)
    assert await state(provider, handle.worker_id) is ObservedState.GONE


async def test_destroying_and_checking_can_fail() -> None:
    provider, inspector = scripted()
    handle = await started(provider, request())
    inspector.fail("destroy", error=ImageUnavailable, message="no")
    with pytest.raises(ImageUnavailable):
        await provider.destroy(handle, grace_s=0)
    await provider.destroy(handle, grace_s=0)
    inspector.fail("check", message="down for a while")
    assert (await provider.check()).reason == "down for a while"
    assert (await provider.check()).ok


async def test_a_worker_destroyed_in_mid_provision_does_not_come_up() -> None:
    provider, inspector = scripted()
    inspector.hang("started")
    asked = request()
    task = asyncio.create_task(started(provider, asked))
    await inspector.reached("started")
    await provider.destroy(Handle(provider=str(PROVIDER), worker_id=asked.worker_id), grace_s=0)
    inspector.release()
    with pytest.raises(ProviderUnavailable):
        await task
    assert inspector.existing == frozenset()


async def test_steps_before_the_fault_are_reported() -> None:
    provider, inspector = scripted(steps=[{"at": "pulling", "do": "fail"}])
    seen: list[ProvisionStep] = []
    with pytest.raises(ProviderUnavailable):
        async for step in provider.provision(request()):
            seen.append(step)
    assert [step.phase for step in seen] == ["provisioning", "provisioning", "pulling"]
    assert [call.at for call in inspector.calls] == [At.INTENT, At.PROVISIONING, At.PULLING]


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"steps": "all"}, "settings.steps"),
        ({"steps": ["x"]}, "settings.steps[0]"),
        ({"steps": [{"at": "nowhere", "do": "fail"}]}, "settings.steps[0].at"),
        ({"steps": [{"at": "check", "do": "die"}]}, "settings.steps[0].do"),
        ({"steps": [{"at": "check", "do": "fail", "error": "x"}]}, "settings.steps[0].error"),
        ({"steps": [{"at": "check", "do": "delay", "seconds": -1}]}, "settings.steps[0].seconds"),
        ({"steps": [{"at": "check", "do": "hang", "also": 1}]}, "settings.steps[0].also"),
        ({"max_workers": 0}, "settings.max_workers"),
        ({"images": "yes"}, "settings.images"),
        ({"architectures": ["z80"]}, "settings.architectures[0]"),
        ({"isolation": "strong"}, "settings.isolation"),
        ({"unheard_of": 1}, "settings.unheard_of"),
    ],
)
def test_a_wrong_setting_is_named(settings: Mapping[str, object], field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        ScriptedFactory().create(settings, CONTEXT)
    assert [violation.field for violation in caught.value.violations] == [field]
