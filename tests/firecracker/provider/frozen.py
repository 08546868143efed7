"""A snapshot of a booted guest, made once for all tests; its stand-in tells what it sees."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from hodei.domain.spec import Resources
from hodei.ports.provider import Provider, ProvisionRequest, ProvisionStep
from hodei.testing.provider_harness import INSTALLATION
from tests.firecracker.provider.harness import FirecrackerHarness
from tests.support.docker import BUSYBOX
from tests.support.processes import until

BOOT_S = 240.0
# Each program that it starts takes seconds here. The last line comes when all others have.
STAND_IN = """#!/.hodei/bin/busybox sh
written=no
[ -e /written ] && written=yes
echo 1 >/written
read -r boot_id </proc/sys/kernel/random/boot_id
read -r random </proc/sys/kernel/random/uuid
read -r hostname </proc/sys/kernel/hostname
read -r password <"$HODEI_AGENT_OTP_FILE"
card=$(/.hodei/bin/busybox ifconfig eth0)
mac=${card#*HWaddr }
address=${card#*inet addr:}
echo "seen written=$written
seen boot_id=$boot_id
seen random=$random
seen hostname=$hostname
seen password=$password
seen mac=${mac%% *}
seen address=${address%% *}
seen clock=$EPOCHSECONDS"
exec /.hodei/bin/busybox sleep 36000
"""


class LinuxHarness(FirecrackerHarness):
    """Of guests that boot Linux, each on a whole CPU, if only other programs leave it."""

    def request(
        self, worker_id: UUID | None = None, *, seconds: float = 800, otp: str = "otp-unset"
    ) -> ProvisionRequest:
        made = super().request(worker_id, seconds=seconds, otp=otp)
        return replace(made, spec=replace(made.spec, resources=Resources(cpu=1, memory_mb=64)))


@dataclass(frozen=True, slots=True)
class Frozen:
    """Where the one snapshot lies."""

    folder: Path

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Whatever is done to it, it is there again afterwards."""
        safe = self.folder.with_name("kept")
        shutil.copytree(self.folder, safe)
        try:
            yield
        finally:
            shutil.rmtree(self.folder)
            safe.rename(self.folder)


def telling_bundle(folder: Path) -> Path:
    """A bundle whose agent prints what it sees on the console."""
    programs = folder / "bin"
    programs.mkdir(parents=True)
    shutil.copy(BUSYBOX, programs / "busybox")
    agent = programs / "hodei-agent"
    agent.write_text(STAND_IN, encoding="ascii")
    for path in (folder, programs, agent, programs / "busybox"):
        path.chmod(0o755)
    return folder


def snapshots(folder: Path) -> list[Path]:
    """Those that are whole."""
    return [path for path in folder.glob("*") if not path.name.startswith("new-")]


async def freeze(harness: FirecrackerHarness) -> Frozen:
    """Boots a guest, and returns when it was written down."""
    folder = harness.folder / INSTALLATION / "snapshots"
    request = harness.request()
    async with harness.create() as provider:
        (*_, last) = await steps_of(provider, request)
        await until(
            lambda: bool(snapshots(folder)),
            within=BOOT_S,
            what=lambda: f"a snapshot of {console_of(harness, request.worker_id)}",
        )
        # The guest itself goes on, and gets its orders.
        await until(
            lambda: "clock" in said_by(harness, request.worker_id),
            within=BOOT_S,
            what=lambda: f"the guest goes on: {console_of(harness, request.worker_id)}",
        )
        await provider.destroy(last.handle, grace_s=0)
    return Frozen(folder)


async def steps_of(provider: Provider, request: ProvisionRequest) -> Sequence[ProvisionStep]:
    """All steps of making a worker."""
    return [step async for step in provider.provision(request)]


def console_of(harness: FirecrackerHarness, worker_id: UUID) -> str:
    """What a guest has printed."""
    path = harness.folder / INSTALLATION / "vms" / str(worker_id) / "console"
    return path.read_text("utf-8", "replace") if path.exists() else ""


def said_by(harness: FirecrackerHarness, worker_id: UUID) -> Mapping[str, str]:
    """What its stand-in has told so far, in whole lines."""
    lines = console_of(harness, worker_id).replace("\r", "").split("\n")[:-1]
    told = [line.removeprefix("seen ") for line in lines if line.startswith("seen ")]
    return dict(line.split("=", 1) for line in told if "=" in line)
