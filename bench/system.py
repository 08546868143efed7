"""A whole Hodei for one measurement: PostgreSQL, a server process, a client; gone afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

import asyncpg
import grpc

from bench import processes
from hodei.app.embedded import EmbeddedPostgres
from hodei.app.workers_endpoint import agent_socket
from hodei.wire.gen import (
    jobs_pb2,
    jobs_pb2_grpc,
    logs_pb2_grpc,
    providers_pb2,
    providers_pb2_grpc,
    scheduler_pb2,
    scheduler_pb2_grpc,
)
from tests.support.proxy import Heard, Proxy

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

ROOT = Path(__file__).resolve().parent.parent
START_S, STOP_S, WAIT_S = 180.0, 15.0, 120.0
POLL_S = 0.02
PROVIDER = "local"
SOCKET = ".s.PGSQL.5432"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """CPU milliseconds by part."""

    server: float
    postgres: float
    agents: float
    commands: float
    """Of the jobs' own processes."""

    def since(self, earlier: Usage, per: int = 1) -> dict[str, float]:
        """What was spent meanwhile, divided by `per`."""
        return {
            name: round((getattr(self, name) - getattr(earlier, name)) / per, 3)
            for name in ("server", "postgres", "agents", "commands")
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A running Hodei and how to reach it."""

    dsn: str
    url: str
    """REST."""
    data_dir: Path
    server_pid: int
    postgres: EmbeddedPostgres
    channel: grpc.aio.Channel

    @property
    def jobs(self) -> jobs_pb2_grpc.JobExecutionServiceAsyncStub:
        """JobExecutionService."""
        return jobs_pb2_grpc.JobExecutionServiceStub(self.channel)

    @property
    def logs(self) -> logs_pb2_grpc.LogStreamServiceAsyncStub:
        """LogStreamService."""
        return logs_pb2_grpc.LogStreamServiceStub(self.channel)

    @property
    def scheduler(self) -> scheduler_pb2_grpc.SchedulerServiceAsyncStub:
        """SchedulerService."""
        return scheduler_pb2_grpc.SchedulerServiceStub(self.channel)

    @property
    def providers(self) -> providers_pb2_grpc.ProviderManagementServiceAsyncStub:
        """ProviderManagementService."""
        stub = providers_pb2_grpc.ProviderManagementServiceStub(self.channel)
        return stub

    @property
    def agent_target(self) -> str:
        """Where agents reach the server."""
        return f"unix:{agent_socket(self.data_dir)}"

    def usage(self) -> Usage:
        """CPU time so far."""
        postgres = processes.spent(processes.family(self.postgres.pid))
        agents = processes.spent(processes.agents(os.getpid()))
        return Usage(
            server=processes.spent([self.server_pid]).own,
            postgres=postgres.own + postgres.reaped,
            agents=agents.own,
            commands=agents.reaped,
        )

    async def pause(self, paused: bool) -> None:
        """Stops or resumes dispatch."""
        await self.scheduler.ConfigureScheduler(
            scheduler_pb2.ConfigureSchedulerRequest(paused=paused)
        )

    async def allow_workers(self, count: int) -> None:
        """Lets the process provider have so many workers at the same time."""
        config = providers_pb2.ProviderConfig(
            name=PROVIDER, type="process", settings=json.dumps({"max_workers": count})
        )
        await self.providers.UpdateProvider(
            providers_pb2.UpdateProviderRequest(provider=PROVIDER, config=config)
        )

    async def submit_many(self, specs: Iterable[jobs_pb2.JobSpec], bulk: int = 1000) -> list[str]:
        """Submits in calls of `bulk` jobs; the ids."""
        requests = [jobs_pb2.QueueJobRequest(spec=spec) for spec in specs]
        ids: list[str] = []
        for start in range(0, len(requests), bulk):
            part = jobs_pb2.QueueJobsRequest(jobs=requests[start : start + bulk])
            ids += (await self.jobs.QueueJobs(part)).job_ids
        return ids

    async def until_idle(self, poll_s: float = POLL_S) -> None:
        """Returns when no job waits or runs; looking costs the server something, too.
        Raises TimeoutError."""
        async with asyncio.timeout(WAIT_S):
            while True:
                status = await self.scheduler.GetQueueStatus(scheduler_pb2.GetQueueStatusRequest())
                if not (status.pending or status.assigned or status.running):
                    return
                await asyncio.sleep(poll_s)

    async def retire_workers(self) -> None:
        """Ends the workers in the regular way, so that nothing of them is left."""
        await self.providers.DisableProvider(
            providers_pb2.DisableProviderRequest(provider=PROVIDER)
        )
        async with asyncio.timeout(STOP_S):
            while (
                await self.scheduler.GetAvailableWorkers(
                    scheduler_pb2.GetAvailableWorkersRequest(all=True)
                )
            ).workers:
                await asyncio.sleep(0.1)


@asynccontextmanager
async def system(
    agents: tuple[str, int] | None = None, heard: Mapping[str, Heard] | None = None
) -> AsyncIterator[System]:
    """Starts everything in a directory of its own; afterwards nothing of it is left.

    `agents`: where those of other machines reach the server. `heard`: what hears each piece on the
    wires `postgres` (server to database) and `agents` (agents to server).
    """
    before = set(processes.family(os.getpid()))
    with _directory() as data_dir:
        try:
            async with (
                EmbeddedPostgres.start(data_dir / "postgres") as postgres,
                _wires(postgres, data_dir, heard) as wires,
                _server(postgres, data_dir, agents, wires) as running,
            ):
                try:
                    yield running
                finally:
                    if processes.agents(os.getpid()):
                        await running.retire_workers()
        finally:
            processes.end_all(set(processes.family(os.getpid())) - before)


@asynccontextmanager
async def database() -> AsyncIterator[str]:
    """An empty PostgreSQL alone."""
    with _directory() as data_dir:
        async with EmbeddedPostgres.start(data_dir / "postgres") as postgres:
            yield postgres.dsn


async def program(module: str, *words: str) -> asyncio.subprocess.Process:
    """A process of one of the benchmark's own modules, that is spoken to through pipes."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *words),
        cwd=ROOT,
        env=environment(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )


def environment() -> dict[str, str]:
    """For processes of the benchmark's own modules."""
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}


async def connect(dsn: str) -> Connection:
    """A plain connection."""
    return await asyncpg.connect(dsn, server_settings={"jit": "off"})


@contextmanager
def _directory() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="hodei-bench-"))
    path.chmod(0o755)  # PostgreSQL runs as a user of its own
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@asynccontextmanager
async def _wires(
    postgres: EmbeddedPostgres, data_dir: Path, heard: Mapping[str, Heard] | None
) -> AsyncIterator[dict[str, str]]:
    """Variables of a server whose wires are listened to."""
    if heard is None:
        yield {}
        return
    folder = data_dir / "wires"
    folder.mkdir()
    behind = Path(parse_qs(urlsplit(postgres.dsn).query)["host"][0])
    async with (
        Proxy(folder / SOCKET, behind / SOCKET, heard["postgres"]),
        Proxy(folder / "agents", agent_socket(data_dir), heard["agents"]) as agents,
    ):
        dsn = postgres.dsn.replace(quote(str(behind), safe=""), quote(str(folder), safe=""))
        yield {"BENCH_DATABASE": dsn, "BENCH_AGENTS": f"unix:{agents.path}"}


@asynccontextmanager
async def _server(
    postgres: EmbeddedPostgres,
    data_dir: Path,
    agents: tuple[str, int] | None,
    wires: Mapping[str, str],
) -> AsyncIterator[System]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.server"),
        *(wires.get("BENCH_DATABASE", postgres.dsn), str(data_dir)),
        *(map(str, agents) if agents else ()),
        cwd=ROOT,
        env=environment() | dict(wires),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_S):
            line = await process.stdout.readline()
        if not line:
            raise RuntimeError("the server did not start; its reason is above")
        addresses = json.loads(line)
        options = (("grpc.max_receive_message_length", 64 << 20),)
        async with grpc.aio.insecure_channel(addresses["grpc"], options=options) as channel:
            yield System(
                dsn=postgres.dsn,
                url=addresses["url"],
                data_dir=data_dir,
                server_pid=process.pid,
                postgres=postgres,
                channel=channel,
            )
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(STOP_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
