"""One worker of a process provider: starting, looking at and ending it, in blocking steps."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from errno import ESRCH
from pathlib import Path
from uuid import UUID

from hodei.adapters.process import proc
from hodei.adapters.process.cgroups import Trees, WorkerGroup
from hodei.adapters.process.folder import WorkerFolder
from hodei.adapters.process.launch import Surroundings, agent_environment, start
from hodei.adapters.process.proc import Identity
from hodei.adapters.process.reaper import Reaper
from hodei.domain.provider import Observation, ObservedState
from hodei.ports.provider import ProvisionRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """What all workers of one provider share."""

    workers: Path
    """Directory of the workers' directories."""
    locks: Path
    owner: str
    """Beginning of every marker: installation and provider."""
    boot: str
    trees: Trees
    """Where groups are, or may be left from before."""
    grouped: bool
    """Whether new workers get groups; rlimits otherwise."""
    agent: tuple[str, ...]
    pass_env: tuple[str, ...]
    pids_max: int


class Ending(Enum):
    """What was still there of a worker that is being ended."""

    PROCESSES = "processes that were killed and do not end"
    GROUPS = "control groups that the kernel does not let go of"
    NOTHING = ""


@contextmanager
def alone(locks: Path, worker_id: UUID) -> Iterator[None]:
    """No other server starts or ends this worker meanwhile; the lock falls with its holder."""
    locks.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Few files that stay, instead of one for each worker that somebody would have to remove.
    descriptor = os.open(locks / worker_id.hex[-2:], os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class ProcessWorker:
    """A worker by its id, whether it exists or not. All methods block; OSError goes through."""

    def __init__(self, house: Household, worker_id: UUID, noted: Identity | None = None) -> None:
        """`noted` is the process that the handle names."""
        self._house = house
        self._worker_id = worker_id
        self._noted = noted
        self._marker = f"{house.owner}{worker_id}"
        self.folder = WorkerFolder(house.workers, worker_id)
        self.group = WorkerGroup(house.trees, str(worker_id))

    def start(self, request: ProvisionRequest) -> tuple[Identity, bool]:
        """Starts the agent unless it runs; who it is, and whether it is a new child of ours."""
        with alone(self._house.locks, self._worker_id):
            running = self._running()
            return (running, False) if running is not None else (self._launch(request), True)

    def identity(self) -> Identity | None:
        """The agent's process, dead or alive; None when none was ever started."""
        return self.folder.identity() or self._noted

    def alive(self) -> Identity | None:
        """The agent's process if it lives."""
        known = self.identity()
        return known if known and proc.is_alive(known, self._house.boot) else None

    def observe(self, reaper: Reaper) -> Observation:
        """How it is now."""
        if self.alive():
            return Observation(state=ObservedState.RUNNING)
        if not self.folder.exists():
            return Observation(state=ObservedState.GONE, reason="there is no such process")
        known = self.identity()
        if known is None:
            return Observation(state=ObservedState.STARTING)
        if not reaper.collect(known):
            return Observation(state=ObservedState.RUNNING)
        code = reaper.exit_code(known)
        words = self.folder.last_words()
        ending = "the agent ended" if code is None else f"the agent ended with exit code {code}"
        reason = f"{ending}: {words}" if words else ending
        return Observation(state=ObservedState.EXITED, exit_code=code, reason=reason)

    def end(self, reaper: Reaper) -> Ending:
        """Kills what lives of it, and removes its traces once nothing does. Repeat until NOTHING.

        Looking and removing are one step for every server of this data directory, so that no
        start can come between them.
        """
        with alone(self._house.locks, self._worker_id):
            if self._kill(reaper):
                return Ending.PROCESSES
            if not self.group.remove():
                return Ending.GROUPS
            # Last, for as long as it is there the worker is listed.
            self.folder.remove()
            return Ending.NOTHING

    def _kill(self, reaper: Reaper) -> bool:
        agent = self.alive()
        # The walk over all processes is for those outside of the groups, so it may come last.
        found = self.group.kill() or proc.kill_family(agent.pid if agent else None, self._marker)
        known = self.identity()
        if known is not None:
            reaper.collect(known)
        return bool(found)

    def _running(self) -> Identity | None:
        if not self.folder.exists():
            return None
        alive = self.alive()
        if alive is not None:
            return alive
        if self.folder.identity() is not None:
            return None
        # Perhaps it has not come to noting who it is.
        for pid, rest in proc.owners(self._marker).items():
            found = proc.identify(pid, self._house.boot)
            if found is not None and not rest:
                return found
        return None

    def _launch(self, request: ProvisionRequest) -> Identity:
        self.folder.remove()
        self.folder.make(request.enrolment.otp, request.spec.labels)
        grouped = self._house.grouped
        entries: Sequence[str] = self.group.make(self._house.pids_max) if grouped else ()
        around = Surroundings(
            marker=self._marker,
            cgroup=self.group.path if grouped else "",
            pass_env=self._house.pass_env,
        )
        environment = agent_environment(request, self.folder, around, os.environ)
        pid = start(self.folder, entries, self._house.agent, environment)
        stat = proc.read_stat(pid)
        if stat is None:
            raise OSError(ESRCH, "the agent cannot be seen in /proc")
        return Identity(pid=pid, start=stat.start, boot=self._house.boot)
