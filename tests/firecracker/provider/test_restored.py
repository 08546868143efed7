"""Guests that are restored from one snapshot keep the contract, and share nothing that matters."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import pytest

from hodei.domain.spec import Network, Resources
from hodei.testing.provider_contract import ProviderContract
from hodei.testing.provider_harness import INSTALLATION, started
from tests.firecracker.provider.frozen import Frozen, said_by, snapshots, steps_of
from tests.firecracker.provider.harness import FirecrackerHarness
from tests.support.processes import until

OWN = ("boot_id", "random", "mac", "address", "hostname", "password")


@pytest.fixture
def harness(frozen_harness: FirecrackerHarness) -> FirecrackerHarness:
    return frozen_harness


@pytest.mark.timeout(900)
class TestRestored(ProviderContract):
    """With Linux guests, all but those of other installations restored."""


async def seen_of(harness: FirecrackerHarness, worker_id: UUID) -> Mapping[str, str]:
    """What a guest says of itself."""
    await until(lambda: "clock" in said_by(harness, worker_id), within=120, what="the guest speaks")
    return said_by(harness, worker_id)


async def test_two_of_one_snapshot_differ(harness: FirecrackerHarness, frozen: Frozen) -> None:
    requests = [harness.request(otp="first-otp"), harness.request(otp="second-otp")]
    begun = time.time()
    async with harness.create() as provider:
        handles = [await started(provider, each) for each in requests]
        one, other = [await seen_of(harness, each.worker_id) for each in requests]
        ended = time.time()
        for each in requests:
            root = next(harness.folder.glob(f"{INSTALLATION}/vms/{each.worker_id}/jail/*/*/root"))
            # From the one memory file, and without a kernel to boot.
            assert (root / "memory").samefile(next(frozen.folder.glob("*/memory")))
            assert not (root / "vmlinux").exists()
        for handle in handles:
            await provider.destroy(handle, grace_s=0)
    for name in OWN:
        assert one[name] and other[name] and one[name] != other[name], (name, one, other)
    assert (one["password"], other["password"]) == ("first-otp", "second-otp")
    assert begun - 1 <= float(one["clock"]) <= ended + 1
    assert begun - 1 <= float(other["clock"]) <= ended + 1
    # What one of them wrote is not in the other, nor in the snapshot.
    assert (one["written"], other["written"]) == ("no", "no")
    assert harness.traces() == []


async def test_one_that_cannot_be_restored_is_booted(
    harness: FirecrackerHarness, frozen: Frozen
) -> None:
    with frozen.kept():
        state = next(frozen.folder.glob("*/state"))
        state.chmod(0o600)
        state.write_bytes(state.read_bytes()[:4096])
        request = harness.request(otp="late-otp")
        async with harness.create() as provider:
            steps = await steps_of(provider, request)
            reasons = [step.reason for step in steps if step.reason]
            assert len(reasons) == 1, steps
            assert "could not be restored, so it was booted" in reasons[0]
            assert steps[-1].phase == "started"
            # It is not tried again.
            assert snapshots(frozen.folder) == []
            await provider.destroy(steps[-1].handle, grace_s=0)
    assert harness.traces() == []


async def test_another_kind_is_not_restored_from_it(
    harness: FirecrackerHarness, frozen: Frozen
) -> None:
    request = harness.request()
    kinds = (
        replace(request.spec, network=Network.NONE),
        replace(request.spec, resources=Resources(cpu=1, memory_mb=65)),
        replace(request.spec, resources=Resources(cpu=1, memory_mb=64, storage_mb=17)),
    )
    async with harness.create() as provider:
        for spec in kinds:
            handle = await started(provider, replace(request, spec=replace(spec, project="p")))
            assert list(harness.folder.glob(f"{INSTALLATION}/vms/*/jail/*/*/root/vmlinux"))
            await provider.destroy(handle, grace_s=0)
    # None was made of a job's own.
    assert len(snapshots(frozen.folder)) == 1
    assert harness.traces() == []
