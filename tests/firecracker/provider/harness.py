"""How tests look at the workers of Firecracker providers: by processes, links and directories."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

from hodei.adapters.firecracker.factory import FACTORY
from hodei.ports.provider import Provider, ProviderContext, ProvisionRequest
from hodei.testing.provider_harness import INSTALLATION, PROVIDER, ProviderHarness, until
from tests.support.firecracker import CGROUPS, IMAGE, clear, groups, left_overs, machines


class FirecrackerHarness(ProviderHarness):
    """One directory for all installations of a test."""

    image = IMAGE

    def __init__(self, folder: Path, bundle: Path, settings: dict[str, object]) -> None:
        self.folder = folder
        self.bundle = bundle
        self.settings = settings
        self.sockets = folder / "sockets"
        self.sockets.mkdir(parents=True, exist_ok=True)
        self._before = groups()

    def create(self, installation: str = INSTALLATION) -> Provider:
        context = ProviderContext(
            installation_id=installation,
            provider_id=PROVIDER,
            name="firecracker",
            data_dir=str(self.folder / installation),
            agent_command=(),
            agent_bundle=self.agent_bundle,
        )
        return FACTORY.create(self.settings, context)

    async def agent_bundle(self) -> str:
        """Where the bundle is."""
        return str(self.bundle)

    def request(
        self, worker_id: UUID | None = None, *, seconds: float = 60, otp: str = "otp-unset"
    ) -> ProvisionRequest:
        made = super().request(worker_id, seconds=seconds, otp=otp)
        servers = (f"unix:{self.sockets}/agent.sock",)
        return replace(made, enrolment=replace(made.enrolment, servers=servers))

    def live(self, worker_id: UUID) -> int:
        return len(machines(str(worker_id)))

    def traces(self) -> Sequence[str]:
        return [*left_overs(self.folder), *sorted(groups() - self._before)]

    def leaks(self, secret: str) -> Sequence[str]:
        shown = subprocess.run(["ps", "axeww"], capture_output=True, text=True, check=True).stdout
        found = [line for line in shown.splitlines() if secret in line]
        for path in self.folder.rglob("*"):
            if path.is_file() and path.stat().st_mode & 0o077:
                found += [str(path)] if secret.encode() in path.read_bytes() else []
        return found

    async def add_child(self, worker_id: UUID) -> Callable[[], bool]:
        nonce = f"3600.{uuid4().int % 10**12}"
        process = subprocess.Popen(["sleep", nonce], start_new_session=True)
        folders = [*CGROUPS.glob(f"hodei-fc/{worker_id}"), *CGROUPS.glob(f"*/hodei-fc/{worker_id}")]
        for folder in folders:
            (folder / "cgroup.procs").write_text(str(process.pid), "ascii")
        return lambda: process.poll() is None

    async def end(self, worker_id: UUID, exit_code: int) -> None:
        for pid in machines(str(worker_id)):
            os.kill(pid, signal.SIGKILL)
        await until(lambda: self.live(worker_id) == 0, "the monitor has ended")

    async def sweep(self) -> None:
        """Ends what a test left on purpose, or by failing."""
        for folder in self.folder.glob("*/vms"):
            async with self.create(folder.parent.name) as provider:
                for handle in await provider.list_owned():
                    await provider.destroy(handle, grace_s=0)
        await clear(self._before)
