"""The behaviour that every provider owes the engine, as tests.

A provider's author subclasses ProviderContract, defines the fixture `harness`, and runs pytest
with pytest-asyncio:

    class TestMine(ProviderContract):
        @pytest.fixture
        def harness(self) -> ProviderHarness:
            return MyHarness()
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from uuid import UUID, uuid4

import pytest

from hodei.domain.errors import ProviderError, ProvisionTimeout
from hodei.domain.provider import ObservedState
from hodei.domain.worker import Handle
from hodei.ports.provider import Provider, ProvisionRequest, ProvisionStep
from hodei.testing.provider_harness import ProviderHarness, started, until

MANY = 20
MOST_STEPS = 20
# Passes of the event loop before the call is cancelled; the last ones are after its end.
CANCEL_AFTER = (0, 1, 2, 3, 5, 8, 13, 21, 55)
GRACE_S = 5.0
PHASES = ("provisioning", "pulling", "started")


@asynccontextmanager
async def steps_of(
    provider: Provider, request: ProvisionRequest
) -> AsyncIterator[AsyncGenerator[ProvisionStep, None]]:
    """`provision`, certainly closed where the caller leaves it."""
    steps = provider.provision(request)
    try:
        yield steps
    finally:
        close = getattr(steps, "aclose", None)
        if close is not None:
            await close()


async def stop_after(provider: Provider, request: ProvisionRequest, count: int) -> Handle | None:
    """Takes `count` steps and no more, like a server that dies; None: there are fewer."""
    taken = 0
    async with steps_of(provider, request) as steps:
        async for step in steps:
            taken += 1
            if taken == count:
                return step.handle
    return None


async def state_of(provider: Provider, handle: Handle) -> ObservedState:
    """The state alone."""
    return (await provider.observe([handle]))[handle.worker_id].state


async def owned(provider: Provider) -> set[UUID]:
    """Ids of what `list_owned` gives."""
    return {handle.worker_id for handle in await provider.list_owned()}


@pytest.mark.asyncio
class ProviderContract:
    """Subclass it; every test gets its own harness with empty infrastructure."""

    # Provisioning.

    async def test_the_first_step_comes_before_anything_exists(
        self, harness: ProviderHarness
    ) -> None:
        request = harness.request()
        async with harness.create() as provider:
            async with steps_of(provider, request) as steps:
                first = await anext(steps)
                assert harness.traces() == []
                assert await state_of(provider, first.handle) is ObservedState.GONE
            assert first.handle.worker_id == request.worker_id
            await provider.destroy(first.handle, grace_s=0)

    async def test_phases_come_in_order_and_end_with_started(
        self, harness: ProviderHarness
    ) -> None:
        request = harness.request()
        async with harness.create() as provider:
            steps = [step async for step in provider.provision(request)]
            ranks = [PHASES.index(step.phase) for step in steps]
            assert len(steps) > 1
            assert ranks == sorted(ranks)
            assert [step.phase for step in steps].count("started") == 1
            assert steps[-1].phase == "started"
            assert {step.handle.worker_id for step in steps} == {request.worker_id}
            assert {step.handle.provider for step in steps} == {steps[0].handle.provider}
            assert all(step.percent is None or 0 <= step.percent <= 100 for step in steps)
            assert harness.live(request.worker_id) == 1
            await provider.destroy(steps[-1].handle, grace_s=0)

    async def test_a_repeat_after_a_crash_makes_no_second_worker(
        self, harness: ProviderHarness
    ) -> None:
        for count in range(1, MOST_STEPS):
            request = harness.request()
            async with harness.create() as provider:
                stopped = await stop_after(provider, request, count)
            async with harness.create() as provider:
                handle = await started(provider, request)
                assert harness.live(request.worker_id) == 1
                assert await state_of(provider, handle) is ObservedState.RUNNING
                await provider.destroy(handle, grace_s=0)
            assert harness.traces() == []
            if stopped is None:
                return
        pytest.fail(f"provision took more than {MOST_STEPS} steps")

    async def test_every_handle_can_be_destroyed_after_a_crash(
        self, harness: ProviderHarness
    ) -> None:
        for count in range(1, MOST_STEPS):
            request = harness.request()
            async with harness.create() as provider:
                handle = await stop_after(provider, request, count)
            if handle is None:
                return
            async with harness.create() as provider:
                await provider.destroy(handle, grace_s=0)
                assert await state_of(provider, handle) is ObservedState.GONE
            assert harness.traces() == []
        pytest.fail(f"provision took more than {MOST_STEPS} steps")

    async def test_the_first_handle_is_enough_to_destroy_what_came_later(
        self, harness: ProviderHarness
    ) -> None:
        async with harness.create() as provider:
            steps = [step async for step in provider.provision(harness.request())]
            await provider.destroy(steps[0].handle, grace_s=GRACE_S)
            assert harness.traces() == []

    @pytest.mark.parametrize("passes", CANCEL_AFTER)
    async def test_a_cancelled_provision_leaves_what_destroy_removes(
        self, harness: ProviderHarness, passes: int
    ) -> None:
        request = harness.request()
        first: list[Handle] = []

        async def provision(provider: Provider) -> None:
            async with steps_of(provider, request) as steps:
                async for step in steps:
                    first.append(step.handle)

        async with harness.create() as provider:
            task = asyncio.create_task(provision(provider))
            for _ in range(passes):
                await asyncio.sleep(0)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            handle = first[0] if first else self.unknown()
            await provider.destroy(handle, grace_s=0)
            assert harness.live(request.worker_id) == 0
        assert harness.traces() == []

    async def test_a_passed_deadline_is_a_timeout_and_makes_nothing(
        self, harness: ProviderHarness
    ) -> None:
        async with harness.create() as provider:
            with pytest.raises(ProvisionTimeout):
                await started(provider, harness.request(seconds=-1))
            assert harness.traces() == []

    async def test_many_at_once(self, harness: ProviderHarness) -> None:
        requests = [harness.request() for _ in range(MANY)]
        async with harness.create() as provider:
            handles = await asyncio.gather(*(started(provider, each) for each in requests))
            assert [harness.live(each.worker_id) for each in requests] == [1] * MANY
            assert await owned(provider) == {each.worker_id for each in requests}
            seen = await provider.observe(handles)
            assert {each.state for each in seen.values()} == {ObservedState.RUNNING}
            await asyncio.gather(*(provider.destroy(each, grace_s=0) for each in handles))
            assert harness.traces() == []

    async def test_two_replicas_may_call_at_the_same_time(self, harness: ProviderHarness) -> None:
        request = harness.request()
        async with harness.create() as one, harness.create() as other:
            results = await asyncio.gather(
                started(one, request), started(other, request), return_exceptions=True
            )
            handles = [result for result in results if isinstance(result, Handle)]
            faults = [result for result in results if isinstance(result, BaseException)]
            assert handles
            assert all(isinstance(fault, ProviderError) for fault in faults)
            await until(lambda: harness.live(request.worker_id) == 1, "one worker is left")
            await asyncio.gather(
                one.destroy(handles[0], grace_s=0), other.destroy(handles[-1], grace_s=0)
            )
            assert harness.traces() == []

    # Secrets.

    async def test_the_password_is_nowhere_to_be_read(self, harness: ProviderHarness) -> None:
        secret = f"otp-{uuid4().hex}"
        request = harness.request(otp=secret)
        async with harness.create() as provider:
            steps = [step async for step in provider.provision(request)]
            assert harness.leaks(secret) == []
            seen = await provider.observe([steps[-1].handle])
            listed = await provider.list_owned()
            for shown in (request, steps, seen, listed, provider, await provider.check()):
                assert secret not in repr(shown)
            assert all(secret not in str(step.handle.data) for step in steps)
            await provider.destroy(steps[-1].handle, grace_s=0)

    # Observing.

    async def test_an_unknown_worker_is_gone(self, harness: ProviderHarness) -> None:
        handle = self.unknown()
        async with harness.create() as provider:
            assert await state_of(provider, handle) is ObservedState.GONE

    async def test_every_handle_gets_an_answer(self, harness: ProviderHarness) -> None:
        async with harness.create() as provider:
            handle, other = await started(provider, harness.request()), self.unknown()
            seen = await provider.observe([handle, other])
            assert {key: each.state for key, each in seen.items()} == {
                handle.worker_id: ObservedState.RUNNING,
                other.worker_id: ObservedState.GONE,
            }
            assert await provider.observe([]) == {}
            await provider.destroy(handle, grace_s=0)

    async def test_a_worker_that_ended_by_itself_has_exited(self, harness: ProviderHarness) -> None:
        async with harness.create() as provider:
            handle = await started(provider, harness.request())
            await harness.end(handle.worker_id, 3)
            seen = (await provider.observe([handle]))[handle.worker_id]
            assert seen.state is ObservedState.EXITED
            assert seen.exit_code in (3, None)
            assert await owned(provider) == {handle.worker_id}
            await provider.destroy(handle, grace_s=GRACE_S)
            assert harness.traces() == []

    async def test_another_replica_sees_the_same(self, harness: ProviderHarness) -> None:
        async with harness.create() as one, harness.create() as other:
            handle = await started(one, harness.request())
            assert await state_of(other, handle) is ObservedState.RUNNING
            assert await owned(other) == {handle.worker_id}
            await other.destroy(handle, grace_s=GRACE_S)
            assert await state_of(one, handle) is ObservedState.GONE
            assert harness.traces() == []

    # Destroying.

    async def test_destroying_leaves_nothing(self, harness: ProviderHarness) -> None:
        async with harness.create() as provider:
            handle = await started(provider, harness.request())
            await provider.destroy(handle, grace_s=GRACE_S)
            assert harness.live(handle.worker_id) == 0
            assert harness.traces() == []
            assert await state_of(provider, handle) is ObservedState.GONE
            assert await owned(provider) == set()

    async def test_destroying_twice_and_at_the_same_time(self, harness: ProviderHarness) -> None:
        async with harness.create() as provider:
            handle = await started(provider, harness.request())
            await asyncio.gather(*(provider.destroy(handle, grace_s=0) for _ in range(3)))
            await provider.destroy(handle, grace_s=GRACE_S)
            assert harness.traces() == []

    async def test_destroying_what_never_existed(self, harness: ProviderHarness) -> None:
        async with harness.create() as provider:
            await provider.destroy(self.unknown(), grace_s=GRACE_S)
            assert harness.traces() == []

    @pytest.mark.parametrize("grace_s", [0, GRACE_S])
    async def test_destroying_ends_the_children_too(
        self, harness: ProviderHarness, grace_s: float
    ) -> None:
        async with harness.create() as provider:
            handle = await started(provider, harness.request())
            child_lives = await harness.add_child(handle.worker_id)
            assert child_lives()
            await provider.destroy(handle, grace_s=grace_s)
            assert not child_lives()
            assert harness.traces() == []

    async def test_destroying_ends_the_children_of_an_ended_worker(
        self, harness: ProviderHarness
    ) -> None:
        async with harness.create() as provider:
            handle = await started(provider, harness.request())
            child_lives = await harness.add_child(handle.worker_id)
            await harness.end(handle.worker_id, 0)
            await provider.destroy(handle, grace_s=GRACE_S)
            assert not child_lives()
            assert harness.traces() == []

    async def test_destroying_one_leaves_the_others(self, harness: ProviderHarness) -> None:
        async with harness.create() as provider:
            handle = await started(provider, harness.request())
            other = await started(provider, harness.request())
            await provider.destroy(handle, grace_s=0)
            assert await state_of(provider, other) is ObservedState.RUNNING
            assert harness.live(other.worker_id) == 1
            await provider.destroy(other, grace_s=0)
            assert harness.traces() == []

    async def test_a_destroyed_worker_can_be_made_again(self, harness: ProviderHarness) -> None:
        request = harness.request()
        async with harness.create() as provider:
            for _ in range(2):
                handle = await started(provider, request)
                assert harness.live(request.worker_id) == 1
                await provider.destroy(handle, grace_s=0)
            assert harness.traces() == []

    # The sweep.

    async def test_only_the_own_installation_is_listed(self, harness: ProviderHarness) -> None:
        async with harness.create() as ours, harness.create("another") as theirs:
            mine = await started(ours, harness.request())
            their = await started(theirs, harness.request())
            assert await owned(ours) == {mine.worker_id}
            assert await owned(theirs) == {their.worker_id}
            await ours.destroy(mine, grace_s=0)
            assert await state_of(theirs, their) is ObservedState.RUNNING
            await theirs.destroy(their, grace_s=0)
            assert harness.traces() == []

    async def test_what_is_listed_can_be_destroyed(self, harness: ProviderHarness) -> None:
        async with harness.create() as provider:
            await asyncio.gather(*(started(provider, harness.request()) for _ in range(3)))
        async with harness.create() as provider:
            for handle in await provider.list_owned():
                await provider.destroy(handle, grace_s=0)
            assert await owned(provider) == set()
            assert harness.traces() == []

    # Health.

    async def test_check_answers(self, harness: ProviderHarness) -> None:
        async with harness.create() as provider:
            health = await provider.check()
            assert health.ok, health.reason
            assert isinstance(health.checked_at, datetime)
            assert provider.capabilities.max_workers >= 1
            assert harness.traces() == []

    def unknown(self) -> Handle:
        """A handle of a worker that nobody ever asked for."""
        return Handle(provider="contract", worker_id=uuid4())
