"""How tests look at the workers of process providers: /proc, control groups, directories."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

from hodei.adapters.process.provider import FACTORY, ProcessProvider
from hodei.ports.provider import ProviderContext
from hodei.testing.provider_harness import INSTALLATION, PROVIDER, ProviderHarness, until

STAND_IN = Path(__file__).with_name("stand_in_agent.py")
AGENT = (sys.executable, "-I", "-S", str(STAND_IN))
DEAD = "ZX"


class ProcessHarness(ProviderHarness):
    """Everything of it carries a random tag, so that tests at the same time do not meet."""

    def __init__(self, data_dir: Path, settings: dict[str, object]) -> None:
        self.tag = uuid4().hex[:12]
        self.data_dir = data_dir
        self.settings = settings
        self.agent: tuple[str, ...] = AGENT

    def context(self, installation: str = INSTALLATION) -> ProviderContext:
        """Each installation has a data directory of its own."""
        return ProviderContext(
            installation_id=f"{self.tag}-{installation}",
            provider_id=PROVIDER,
            name="process",
            data_dir=str(self.data_dir / installation),
            agent_command=self.agent,
        )

    def create(self, installation: str = INSTALLATION) -> ProcessProvider:
        return FACTORY.create(self.settings, self.context(installation))

    def live(self, worker_id: UUID) -> int:
        return len(self.agents(worker_id))

    def agents(self, worker_id: UUID) -> list[int]:
        """Leaders of a session that carry the worker's mark; the stray child leads none."""
        marked = self.marked(str(worker_id))
        return [pid for pid in marked if os.getsid(pid) == pid]

    def marked(self, end: str = "") -> list[int]:
        """Living processes whose mark has our tag and ends so."""
        found = []
        for name in os.listdir("/proc"):
            with suppress(OSError):
                if not name.isdecimal() or state(int(name)) in DEAD:
                    continue
                block = environment(int(name)).split(b"\0")
                marks = [item for item in block if item.startswith(b"HODEI_WORKER=")]
                if any(self.tag.encode() in m and m.endswith(end.encode()) for m in marks):
                    found.append(int(name))
        return found

    def folder(self, worker_id: UUID) -> Path:
        """The agent's own directory."""
        found = list(self.data_dir.glob(f"*/workers/{worker_id}/agent"))
        return found[0] if found else self.data_dir / "no such worker"

    def groups(self) -> list[str]:
        """Control groups of our workers."""
        found = []
        for path in Path("/sys/fs/cgroup").glob(f"*/hodei-*{self.tag}*/**/"):
            if not path.name.startswith("hodei-"):
                found.append(str(path))
        return found

    def traces(self) -> Sequence[str]:
        shown = []
        for pid in self.marked():
            with suppress(OSError):
                shown.append(Path(f"/proc/{pid}/cmdline").read_bytes().decode())
        return [*shown, *map(str, self.data_dir.glob("*/workers/*")), *self.groups()]

    async def ready(self, worker_id: UUID) -> int:
        """Waits until the agent listens to signals; its pid."""
        file = self.folder(worker_id) / "ready"
        await until(file.exists, "the stand-in is ready")
        return int(file.read_text("ascii"))

    async def add_child(self, worker_id: UUID) -> Callable[[], bool]:
        os.kill(await self.ready(worker_id), signal.SIGUSR1)
        file = self.folder(worker_id) / "child"
        await until(file.exists, "the stray child runs")
        child = int(file.read_text("ascii"))
        return lambda: state(child) not in DEAD

    async def end(self, worker_id: UUID, exit_code: int) -> None:
        pid = await self.ready(worker_id)
        (self.folder(worker_id) / "code").write_text(str(exit_code), encoding="ascii")
        os.kill(pid, signal.SIGUSR2)
        await until(lambda: state(pid) in DEAD, "the stand-in has ended")

    async def sweep(self) -> None:
        """Ends whatever a failed test left behind."""
        for folder in await asyncio.to_thread(lambda: list(self.data_dir.glob("*/workers"))):
            async with self.create(folder.parent.name) as provider:
                for handle in await provider.list_owned():
                    await provider.destroy(handle, grace_s=0)


def state(pid: int) -> str:
    """The letter of /proc/PID/stat; X when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def environment(pid: int) -> bytes:
    """/proc/PID/environ; not the nothing that it holds while an exec is under way."""
    for _ in range(100):
        block = Path(f"/proc/{pid}/environ").read_bytes()
        # A thread of the kernel has no program, and raises here.
        if block or not os.readlink(f"/proc/{pid}/exe"):
            return block
        time.sleep(0.001)
    return b""
