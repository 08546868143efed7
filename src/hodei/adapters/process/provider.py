"""The process provider: workers are processes of this machine that outlive the server.

It isolates nothing. It is for trying Hodei without an engine for containers, for tests, and for
trusted jobs that must start within milliseconds.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import shutil
import signal
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

from hodei.adapters.process import cgroups, proc
from hodei.adapters.process.errors import translated
from hodei.adapters.process.folder import as_worker_id, worker_ids
from hodei.adapters.process.handle import (
    Place,
    elsewhere,
    find_place,
    full_handle,
    noted_process,
    partial_handle,
)
from hodei.adapters.process.placement import capabilities, reject
from hodei.adapters.process.proc import Identity
from hodei.adapters.process.reaper import Reaper
from hodei.adapters.process.settings import ProcessSettings, parse_settings, settings_schema
from hodei.adapters.process.worker import Ending, Household, ProcessWorker
from hodei.domain.errors import ProviderUnavailable, WorkerElsewhere
from hodei.domain.provider import Capabilities, Health, Observation, ObservedState
from hodei.domain.worker import Handle
from hodei.ports.deadline import require_time
from hodei.ports.provider import ProviderContext, ProvisionRequest, ProvisionStep
from hodei.ports.threads import until_done

logger = logging.getLogger(__name__)

T = TypeVar("T")
THREADS = 4
KILL_PATIENCE_S = 10.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.001, 0.05


class ProcessProvider:
    """Implements the provider port with child processes, each in a session of its own."""

    def __init__(self, settings: ProcessSettings, context: ProviderContext) -> None:
        self._settings = settings
        self._context = context
        self._data_dir = Path(context.data_dir).absolute()
        installation, self._id = _slug(context.installation_id), str(context.provider_id)
        self._owner = f"{installation}:{self._id}:"
        self._group = f"hodei-{installation}-{self._id}"
        self._capabilities = capabilities(settings)
        self._boot = proc.boot_id()
        self._place = Place(mark="", host=os.uname().nodename)
        self._house = self._household(cgroups.no_trees("not looked for yet"))
        self._limits = ""
        self._reaper = Reaper()
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
        self._pool: ThreadPoolExecutor | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What this machine offers within the settings."""
        return self._capabilities

    async def __aenter__(self) -> Self:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="process-provider")
        await self._blocking(self._survey)
        for agent in await self._blocking(self._own_children):
            self._reaper.watch(agent)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._reaper.close()
        if self._pool is not None:
            # The group of all workers goes with the last of them.
            await self._blocking(cgroups.remove_base, self._house.trees)
            self._pool.shutdown(wait=False)
            self._pool = None

    async def check(self) -> Health:
        """Whether workers can be made here, and what limits them."""
        reason = await self._blocking(self._probe)
        details = {"isolation": "none", "cgroups": self._limits, "data_dir": str(self._data_dir)}
        return Health(ok=not reason, reason=reason, details=details, checked_at=datetime.now(UTC))

    async def provision(self, request: ProvisionRequest) -> AsyncGenerator[ProvisionStep, None]:
        """Two steps: the names of what will be, then the running process."""
        require_time(request)
        reject(request.spec, self._context.name, self._capabilities)
        partial = partial_handle(self._id, request.worker_id, self._place)
        yield ProvisionStep(handle=partial, phase="provisioning")
        require_time(request)
        with translated("start a worker"):
            async with self._turn(request.worker_id):
                identity = await self._start(request)
        yield ProvisionStep(handle=full_handle(partial, identity), phase="started")

    async def observe(self, handles: Sequence[Handle]) -> Mapping[UUID, Observation]:
        """One look at /proc for each worker."""
        return await self._blocking(self._observe, tuple(handles))

    async def destroy(self, handle: Handle, *, grace_s: float) -> None:
        """The agent is asked, then everything of the worker is killed, then its traces go."""
        reason = elsewhere(handle, self._place)
        if reason:
            raise WorkerElsewhere(f"cannot end the worker {handle.worker_id}: {reason}")
        worker = self._worker(handle)
        with translated("end a worker"):
            async with self._turn(handle.worker_id):
                # A start that was cancelled may still be on its way; then it is awaited.
                agent = await self._blocking(worker.alive)
            # Asking takes the turn of nobody, so that an impatient second call can cut it short.
            if agent is not None and grace_s > 0:
                await self._ask(agent, grace_s)
            async with self._turn(handle.worker_id):
                known = await self._blocking(worker.identity)
                await self._end(worker)
                if known is not None:
                    self._reaper.forget(known)

    async def list_owned(self) -> Sequence[Handle]:
        """Workers with a directory, a control group or a living process."""
        with translated("list the workers"):
            found = await self._blocking(self._find_owned)
        return [partial_handle(self._id, worker_id, self._place) for worker_id in found]

    def _worker(self, handle: Handle) -> ProcessWorker:
        return ProcessWorker(self._house, handle.worker_id, noted_process(handle))

    def _turn(self, worker_id: UUID) -> asyncio.Lock:
        return self._turns.setdefault(worker_id, asyncio.Lock())

    async def _start(self, request: ProvisionRequest) -> Identity:
        worker = ProcessWorker(self._house, request.worker_id)
        future = self._submit(worker.start, request)
        # Not after the await: a child needs somebody to collect it also when we are cancelled.
        future.add_done_callback(self._adopt)
        identity, _ = await until_done(future)
        logger.info(
            "worker process started",
            extra={"worker_id": str(request.worker_id), "pid": identity.pid},
        )
        return identity

    def _adopt(self, future: asyncio.Future[tuple[Identity, bool]]) -> None:
        if future.cancelled() or future.exception() is not None or self._pool is None:
            return
        identity, ours = future.result()
        if ours:
            self._reaper.watch(identity)

    async def _ask(self, agent: Identity, grace_s: float) -> None:
        """SIGTERM to the agent; returns when it has ended or the grace is over."""
        until = monotonic() + grace_s
        try:
            descriptor = os.pidfd_open(agent.pid)
        except OSError:
            return
        try:
            # Only now is it sure that the descriptor is of this process and no later one.
            if not proc.is_alive(agent, self._boot):
                return
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, signal.SIGTERM)
            await _readable(descriptor, until - monotonic())
        finally:
            os.close(descriptor)

    async def _end(self, worker: ProcessWorker) -> None:
        until = monotonic() + KILL_PATIENCE_S
        pause = FIRST_PAUSE_S
        while (left := await self._blocking(worker.end, self._reaper)) is not Ending.NOTHING:
            if monotonic() > until:
                raise ProviderUnavailable(f"of the worker there are left {left.value}")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _observe(self, handles: Sequence[Handle]) -> dict[UUID, Observation]:
        found = {}
        for handle in handles:
            reason = elsewhere(handle, self._place)
            if not reason:
                try:
                    found[handle.worker_id] = self._worker(handle).observe(self._reaper)
                    continue
                except OSError as error:
                    reason = f"cannot look at the worker: {error.strerror}"
            found[handle.worker_id] = Observation(state=ObservedState.UNKNOWN, reason=reason)
        return found

    def _find_owned(self) -> list[UUID]:
        found = worker_ids(self._house.workers)
        names = cgroups.workers_with_groups(self._house.trees)
        names |= set(proc.owners(self._owner).values())
        found |= {worker_id for name in names if (worker_id := as_worker_id(name)) is not None}
        return sorted(found)

    def _own_children(self) -> list[Identity]:
        """Agents that this very process started when the provider was open before."""
        children = []
        for worker_id in worker_ids(self._house.workers):
            known = ProcessWorker(self._house, worker_id).alive()
            stat = proc.read_stat(known.pid) if known else None
            if known and stat is not None and stat.parent == os.getpid():
                children.append(known)
        return children

    def _survey(self) -> None:
        """Finds out where we are, and which control groups we may make."""
        if not self._place.mark:
            self._place = find_place(self._data_dir)
        if self._settings.cgroups == "off":
            trees = cgroups.no_trees("switched off in the settings")
        else:
            trees = cgroups.find_trees(self._group)
        self._limits = trees.describe()
        self._house = self._household(trees)

    def _household(self, trees: cgroups.Trees) -> Household:
        return Household(
            workers=self._data_dir / "workers",
            locks=self._data_dir / "locks",
            owner=self._owner,
            boot=self._boot,
            trees=trees if trees.version else cgroups.existing_trees(self._group),
            grouped=trees.version > 0,
            agent=self._context.agent_command,
            pass_env=self._settings.pass_env,
            pids_max=self._settings.pids_max,
        )

    def _probe(self) -> str:
        """Tries what a worker needs; what is missing, or nothing."""
        self._survey()
        try:
            self._house.workers.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._house.workers) as file:
                file.write(b"probe")
        except OSError as error:
            return f"the data directory {self._data_dir} cannot be written: {error.strerror}"
        agent = self._context.agent_command
        if not agent or shutil.which(agent[0]) is None:
            return f"the agent's program {agent[0] if agent else ''!r} cannot be executed"
        return ""

    async def _blocking(self, work: Callable[..., T], *arguments: object) -> T:
        return await until_done(self._submit(work, *arguments))

    def _submit(self, work: Callable[..., T], *arguments: object) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)


class ProcessProviderFactory:
    """Makes process providers; found by its entry point."""

    type = "process"

    def settings_schema(self) -> Mapping[str, object]:
        """JSON Schema (2020-12) of the settings."""
        return settings_schema()

    def create(self, settings: Mapping[str, object], context: ProviderContext) -> ProcessProvider:
        """A provider that has not been opened. Raises InvalidRequest for bad settings."""
        return ProcessProvider(parse_settings(settings), context)


FACTORY = ProcessProviderFactory()


async def _readable(descriptor: int, timeout_s: float) -> None:
    """Waits until the process of a pidfd has ended, or the time is over."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        async with asyncio.timeout(timeout_s):
            await ended.wait()
    except TimeoutError:
        return
    finally:
        loop.remove_reader(descriptor)


def _slug(name: str) -> str:
    """`name` for a path; different names stay different."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:48]
    if plain == name:
        return plain
    return f"{plain}.{hashlib.sha256(name.encode()).hexdigest()[:12]}"
