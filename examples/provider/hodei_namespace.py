"""A provider in one file: each worker is an agent in a PID namespace of its own.

It shows what a provider owes, and is no more than an example: jobs see the whole machine. When the
first process of a PID namespace ends, the kernel ends every other one in it, whatever it did to
hide; that is all the cleaning up of processes there is to do here.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from hodei.domain.errors import (
    InvalidRequest,
    ProviderUnavailable,
    ProvisionTimeout,
    SpecRejected,
)
from hodei.domain.provider import Capabilities, Health, Isolation, Observation, ObservedState
from hodei.domain.spec import Architecture, Network
from hodei.domain.worker import Handle
from hodei.ports.provider import ProviderContext, ProvisionRequest, ProvisionStep, WorkerSpec

MARK = "HODEI_NAMESPACE_WORKER"
# The wrapper notes how the agent ended, for a server that was not there at that moment.
WRAPPER = """
exit=$1; shift
unshare --pid --mount-proc --fork --kill-child=KILL -- "$@"
echo $? >"$exit.new" && mv "$exit.new" "$exit"
"""
WRAPPED = ("setsid", "--fork", "sh", "-c", WRAPPER, "worker")
KEPT = ("PATH", "LANG", "TZ")
LOOK_S = 0.02
KILL_PATIENCE_S = 10.0
ARCHITECTURES = {"x86_64": Architecture.X86_64, "aarch64": Architecture.ARM64}


class NamespaceProvider:
    """Implements hodei.ports.provider.Provider."""

    def __init__(self, max_workers: int, context: ProviderContext) -> None:
        self._context = context
        self._owner = f"{context.installation_id}:{context.provider_id}:"
        self._workers = Path(context.data_dir) / "workers"
        machine = ARCHITECTURES.get(os.uname().machine)
        self.capabilities = Capabilities(
            isolation=Isolation.NONE,
            images=False,
            architectures=frozenset({machine} if machine else ()),
            max_workers=max_workers,
        )

    async def __aenter__(self) -> Self:
        self._workers.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Workers outlive the provider: another server, or the next one, takes them over."""

    async def check(self) -> Health:
        """Tries what a worker needs, and nothing else."""
        reason = ""
        try:
            probe = await asyncio.create_subprocess_exec("unshare", "--pid", "--fork", "true")
            if await probe.wait() != 0:
                reason = "unshare may not make a PID namespace: run the server as root"
        except OSError as error:
            reason = f"unshare cannot be run: {error.strerror}; install util-linux"
        return Health(ok=not reason, reason=reason, checked_at=datetime.now(UTC))

    async def provision(self, request: ProvisionRequest) -> AsyncGenerator[ProvisionStep, None]:
        """Two steps: the name of what will be, then the running agent."""
        self._reject(request.spec)
        _require_time(request)
        handle = self._handle(request.worker_id)
        # Saved by the engine before we go on, so that a crash leaves nothing unknown.
        yield ProvisionStep(handle=handle, phase="provisioning")
        _require_time(request)
        try:
            self._start(request)
        except OSError as error:
            raise ProviderUnavailable(f"cannot start a worker: {error}") from error
        yield ProvisionStep(handle=handle, phase="started")

    async def observe(self, handles: Sequence[Handle]) -> Mapping[UUID, Observation]:
        """One look at /proc for all of them."""
        marks = await asyncio.to_thread(marked, self._owner)
        return {each.worker_id: self._look(each.worker_id, marks) for each in handles}

    async def destroy(self, handle: Handle, *, grace_s: float) -> None:
        """Asks, waits, kills, and removes the directory; what is not there is no fault."""
        mark = f"{self._owner}{handle.worker_id}"
        if grace_s > 0:
            # The agent alone: without its parent it would be killed at once.
            self._signal(mark, signal.SIGTERM, only=is_first)
            await self._gone(mark, grace_s)
        if not await self._killed(mark):
            raise ProviderUnavailable(f"processes of worker {handle.worker_id} do not end")
        with self._alone(), suppress(FileNotFoundError):
            shutil.rmtree(self._workers / str(handle.worker_id))

    async def list_owned(self) -> Sequence[Handle]:
        """By process or by directory: either may be all that is left."""
        marks = await asyncio.to_thread(marked, self._owner)
        found = {mark.removeprefix(self._owner) for mark in marks.values()}
        found |= {path.name for path in self._workers.iterdir()}
        return [self._handle(UUID(name)) for name in sorted(found)]

    def _handle(self, worker_id: UUID) -> Handle:
        # Everything follows from the worker's id; a provider that is told a name keeps it here.
        return Handle(provider=str(self._context.provider_id), worker_id=worker_id)

    def _reject(self, spec: WorkerSpec) -> None:
        for asked, what in (
            (spec.image is not None, "runs no images; leave the image out"),
            (spec.resources.gpus > 0, "has no GPUs"),
            (spec.resources.storage_mb > 0, "cannot limit storage"),
            (spec.network is Network.NONE, "cannot cut a job off the network"),
        ):
            if asked:
                raise SpecRejected(f"the namespace provider {self._context.name!r} {what}")

    def _start(self, request: ProvisionRequest) -> None:
        """Does nothing when the worker is there; it takes a few milliseconds, so it may block."""
        mark = f"{self._owner}{request.worker_id}"
        folder = self._workers / str(request.worker_id)
        with self._alone():
            if mark in marked(self._owner).values() or (folder / "exit").exists():
                return
            (folder / "agent").mkdir(mode=0o700, parents=True, exist_ok=True)
            otp = folder / "otp"
            otp.touch(mode=0o600)
            otp.write_text(request.enrolment.otp, encoding="utf-8")
            with (folder / "log").open("ab") as log:
                subprocess.run(
                    # An orphan from its first moment: it is to outlive this server.
                    [*WRAPPED, str(folder / "exit"), *self._context.agent_command],
                    check=True,
                    cwd=folder / "agent",
                    env=_environment(request, folder, mark),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )

    def _look(self, worker_id: UUID, marks: Mapping[int, str]) -> Observation:
        folder = self._workers / str(worker_id)
        if f"{self._owner}{worker_id}" in marks.values():
            return Observation(state=ObservedState.RUNNING)
        with suppress(OSError, ValueError):
            code = int((folder / "exit").read_text("ascii"))
            return Observation(state=ObservedState.EXITED, exit_code=code)
        if folder.exists():
            return Observation(state=ObservedState.EXITED, reason="its processes are gone")
        return Observation(state=ObservedState.GONE)

    def _signal(
        self, mark: str, number: signal.Signals, only: Callable[[int], bool] = lambda pid: True
    ) -> None:
        for pid, found in marked(self._owner).items():
            if found == mark and only(pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    async def _gone(self, mark: str, within_s: float) -> bool:
        clock = asyncio.get_running_loop().time
        until = clock() + within_s
        while mark in (await asyncio.to_thread(marked, self._owner)).values():
            if clock() >= until:
                return False
            await asyncio.sleep(LOOK_S)
        return True

    async def _killed(self, mark: str) -> bool:
        clock = asyncio.get_running_loop().time
        until = clock() + KILL_PATIENCE_S
        while not await self._gone(mark, 0):
            if clock() >= until:
                return False
            # At each look: one that is being forked meanwhile was not there to be signalled.
            self._signal(mark, signal.SIGKILL)
            await asyncio.sleep(LOOK_S)
        return True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other server of this machine starts or removes a worker meanwhile."""
        with (self._workers.parent / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def marked(owner: str) -> dict[int, str]:
    """Processes of this provider by pid, with the mark that each has in its environment."""
    found = {}
    for name in filter(str.isdecimal, os.listdir("/proc")):
        for entry in _read_environment(name).split(b"\0"):
            text = entry.decode("utf-8", "replace")
            if text.startswith(f"{MARK}={owner}"):
                found[int(name)] = text.removeprefix(f"{MARK}=")
    return found


def is_first(pid: int) -> bool:
    """Whether the process is the first one of a PID namespace below ours."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text("utf-8", "replace").splitlines():
            if line.startswith("NSpid:"):
                inside = line.split()[2:]
                return bool(inside) and inside[-1] == "1"
    return False


def _read_environment(pid: str) -> bytes:
    with suppress(OSError):
        for _ in range(100):
            # For a moment of each exec it is empty; a kernel thread has no program either.
            block = Path(f"/proc/{pid}/environ").read_bytes()
            if block or not os.readlink(f"/proc/{pid}/exe"):
                return block
    return b""


def _environment(request: ProvisionRequest, folder: Path, mark: str) -> dict[str, str]:
    """What the agent is told; the password is in a file, as environments are easily seen."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    enrolment = request.enrolment
    return {
        **kept,
        MARK: mark,
        "HODEI_AGENT_SERVER": ",".join(enrolment.servers),
        "HODEI_AGENT_WORKER_ID": str(request.worker_id),
        "HODEI_AGENT_OTP_FILE": str(folder / "otp"),
        "HODEI_AGENT_DIR": str(folder / "agent"),
        "HODEI_AGENT_WORKDIR": "attempt",
        "HODEI_AGENT_LIMITS": "rlimit",
        "HODEI_AGENT_CA": enrolment.ca_pem,
    }


def _require_time(request: ProvisionRequest) -> None:
    if datetime.now(UTC) >= request.deadline:
        raise ProvisionTimeout("the deadline for starting the worker has passed")


class NamespaceFactory:
    """What the entry point leads to."""

    type = "namespace"

    def settings_schema(self) -> Mapping[str, object]:
        """The form of a new provider is made from this."""
        most = {
            "type": "integer",
            "minimum": 1,
            "maximum": 1000,
            "default": 4,
            "title": "Most workers at the same time",
        }
        return {
            "type": "object",
            "properties": {"max_workers": most},
            "additionalProperties": False,
        }

    def create(self, settings: Mapping[str, object], context: ProviderContext) -> NamespaceProvider:
        """Settings come as the schema lets them through; what it cannot say is checked here."""
        most = settings.get("max_workers", 4)
        if not isinstance(most, int) or not 1 <= most <= 1000:
            raise InvalidRequest.of("max_workers", "must be from 1 to 1000", most)
        return NamespaceProvider(most, context)


FACTORY = NamespaceFactory()
