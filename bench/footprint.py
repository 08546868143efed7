"""What Hodei takes while it has nothing to do: the server, idle workers, the agent itself."""

from __future__ import annotations

import asyncio
import os
import platform
import resource
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from statistics import linear_regression
from uuid import UUID, uuid4

import asyncpg

from bench import commands, processes
from bench.figures import Figure, quantile
from bench.system import System, connect, program, system
from hodei.adapters.postgres import PostgresStore
from hodei.agent.main import BAD_SETTINGS
from hodei.app.agent_code import agent_command
from hodei.domain.worker import Worker, WorkerState
from hodei.engine.enrol import digest
from hodei.ports.store import Unit
from hodei.wire.gen import scheduler_pb2

READY_S = 180.0
SETTLE_S = 2.0
IDLE_SETTLE_S = 5.0
"""Until the server's loops have seen that there is nothing to do."""
NO_CPU = 0.05
"""Percent of one CPU: 0 in the precision of the bar."""
REPLICA = "bench"
PATIENT = "UPDATE workers SET lease_until = now() + interval '10 minutes'"
REPORTED_S = 12.0
"""Until the database's connections have told its statistics of what they did before."""
TRANSACTIONS = """
SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()
"""
"""A backend reports its own a second late at most."""
IDLE_GRPC = """
import asyncio, grpc, uvloop
async def main():
    server = grpc.aio.server()
    server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(flush=True)
    await asyncio.sleep(3600)
uvloop.run(main())
"""


async def idle(quick: bool) -> list[Figure]:
    """The server alone, beside a gRPC server that serves nothing."""
    seconds = 5.0 if quick else 30.0
    async with system() as it, _idle_grpc() as bare_pid:
        await asyncio.sleep(IDLE_SETTLE_S)
        bare_start = processes.on_cpu_ms(bare_pid)
        memory, cpu = await _watch(it, seconds)
        bare_cpu = (processes.on_cpu_ms(bare_pid) - bare_start) / seconds / 10
    bare = await asyncio.to_thread(_bare_interpreter_mb)
    return [
        Figure(
            name="server idle, memory",
            value=memory,
            unit="MiB",
            floor=bare,
            floor_name="the same interpreter with grpc and asyncpg imported",
            bar=120,
        ),
        Figure(
            name=f"server idle, CPU over {seconds:.0f} s",
            value=cpu,
            unit="%",
            floor=bare_cpu,
            floor_name="a gRPC server that serves nothing, at the same time",
            bar=NO_CPU,
        ),
    ]


async def workers(quick: bool) -> list[Figure]:
    """The server with many connected workers that have no job."""
    count = 100 if quick else 1000
    seconds = 3.0 if quick else 10.0
    async with system() as it:
        tokens = await _insert_ready(it, count)
        await asyncio.sleep(SETTLE_S)
        before, _ = await _watch(it, 1.0)
        async with _fleet(it, tokens):
            await asyncio.sleep(SETTLE_S)
            memory, cpu = await _watch(it, seconds)
    return [
        Figure(
            name=f"{count:,} idle workers, memory more",
            value=memory - before,
            unit="MiB",
            bar=60 * count / 1000,
            details={"kib_per_worker": round((memory - before) * 1024 / count, 1)},
        ),
        Figure(name=f"{count:,} idle workers, server CPU", value=cpu, unit="%"),
    ]


async def scale_workers(quick: bool) -> list[Figure]:
    """What many idle workers cost one server and its database, and by the straight line through
    that, what one more of them does."""
    counts = (50, 100, 200) if quick else (1000, 4000, 10_000)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # each is a connection
    seconds = 3.0 if quick else 10.0
    points = [await _loaded(count, seconds) for count in counts]
    figures = []
    for name, unit in (("server memory", "MiB"), ("server CPU", "%"), ("PostgreSQL CPU", "%")):
        values = [point[name] for point in points]
        figures += [
            Figure(name=f"{count:,} idle workers, {name}", value=value, unit=unit)
            for count, value in zip(counts, values, strict=True)
        ]
        slope, start = linear_regression(counts, values)
        figures.append(
            Figure(
                name=f"1,000 idle workers more, {name}",
                value=slope * 1000,
                unit=unit,
                details={"without_any": round(start, 2)},
            )
        )
    for count, point in zip(counts, points, strict=True):
        figures.append(
            Figure(
                name=f"{count:,} idle workers, transactions",
                value=point["transactions"],
                unit="1/s",
                details={
                    "list_all_ms": round(point["list"], 1),
                    "all_connected_after_s": round(point["connected"], 2),
                },
            )
        )
    return figures


async def _loaded(count: int, seconds: float) -> dict[str, float]:
    """Figures of one server with so many idle workers."""
    async with system() as it, asyncpg.create_pool(it.dsn, min_size=1, max_size=1) as pool:
        tokens = await _insert_ready(it, count)
        called = time.perf_counter()
        async with _fleet(it, tokens):
            connected = time.perf_counter() - called
            await asyncio.sleep(REPORTED_S)
            before, done = it.usage(), await pool.fetchval(TRANSACTIONS)
            began = time.perf_counter()
            memory, cpu = await _watch(it, seconds)
            spent, took = it.usage().since(before), time.perf_counter() - began
            done = await pool.fetchval(TRANSACTIONS) - done
            asked = time.perf_counter()
            await it.scheduler.GetAvailableWorkers(
                scheduler_pb2.GetAvailableWorkersRequest(all=True)
            )
            listed = time.perf_counter() - asked
    return {
        "server memory": memory,
        "server CPU": cpu,
        "PostgreSQL CPU": spent["postgres"] / 10 / took,
        "transactions": done / took,
        "list": listed * 1000,
        "connected": connected,
    }


async def agent(quick: bool) -> list[Figure]:
    """The agent from its start until the server has registered it, and its memory."""
    rounds = 5 if quick else 30
    async with system() as it:
        runs = [await _start_agent(it) for _ in range(rounds)]
        bare = [await asyncio.to_thread(_bare_start, it) for _ in range(rounds)]
        loaded = [await asyncio.to_thread(_start_without_settings, it) for _ in range(rounds)]
    floor, main = quantile(bare, 0.5), quantile(loaded, 0.5)
    started = quantile([ms for ms, _ in runs], 0.5)
    return [
        Figure(
            name="agent, exec to registered, p50",
            value=started,
            unit="ms",
            floor=floor,
            floor_name="the same interpreter started and ended with nothing to do",
        ),
        Figure(name="agent, its modules loaded", value=main - floor, unit="ms"),
        Figure(name="agent, main() to registered", value=started - main, unit="ms", bar=20),
        Figure(name="agent, memory", value=max(mb for _, mb in runs), unit="MiB", bar=16),
    ]


@asynccontextmanager
async def _idle_grpc() -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", IDLE_GRPC), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(READY_S):
            await process.stdout.readline()
        yield process.pid
    finally:
        process.kill()
        await process.wait()


async def _watch(it: System, seconds: float) -> tuple[float, float]:
    """MiB resident, and percent of one CPU over the time."""
    before, start = processes.on_cpu_ms(it.server_pid), time.perf_counter()
    await asyncio.sleep(seconds)
    used = processes.on_cpu_ms(it.server_pid) - before
    share = used / 10 / (time.perf_counter() - start)
    return processes.resident_mb(it.server_pid), share


def _bare_interpreter_mb() -> float:
    code = "import os, asyncpg, grpc; print(open('/proc/self/status').read())"
    text = commands.run_bare([sys.executable, "-c", code]).decode()
    line = next(line for line in text.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


async def _store_workers(it: System, workers: Sequence[Worker]) -> None:
    """Writes rows as the provisioner would have, held by a replica that never was."""
    async with PostgresStore.open(it.dsn, pool_size=1) as store:
        for start in range(0, len(workers), 200):
            units = [
                Unit(workers=(worker,), replica=REPLICA) for worker in workers[start : start + 200]
            ]
            await store.commit(units)


async def _provider(it: System) -> UUID:
    connection = await connect(it.dsn)
    try:
        found: UUID = await connection.fetchval("SELECT id FROM providers")
        return found
    finally:
        await connection.close()


async def _insert_ready(it: System, count: int) -> dict[UUID, str]:
    """Workers that have enrolled already; id -> session token."""
    now, provider = datetime.now(UTC), await _provider(it)
    tokens = {uuid4(): secrets.token_urlsafe(32) for _ in range(count)}
    rows = [
        Worker(
            id=worker_id,
            provider_id=provider,
            state=WorkerState.READY,
            reusable=True,
            session_digest=digest(token),
            agent_version="0.1.0",
            architecture=platform.machine(),
            created_at=now,
            enrolled_at=now,
            ready_at=now,
        )
        for worker_id, token in tokens.items()
    ]
    await _store_workers(it, rows)
    # Until they have called, nobody may find them silent, however many there are.
    connection = await connect(it.dsn)
    try:
        await connection.execute(PATIENT)
    finally:
        await connection.close()
    return tokens


@asynccontextmanager
async def _fleet(it: System, tokens: dict[UUID, str]) -> AsyncIterator[None]:
    process = await program("bench.fleet", it.agent_target)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        lines = "".join(f"{worker_id} {token}\n" for worker_id, token in tokens.items())
        process.stdin.write(lines.encode() + b"\n")
        async with asyncio.timeout(READY_S):
            if not await process.stdout.readline():
                raise RuntimeError("the fleet did not connect; its reason is above")
        yield
        if process.returncode is not None:
            raise RuntimeError("the fleet fell apart; its reason is above")
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _start_agent(it: System) -> tuple[float, float]:
    """Ms from exec to `registered`, and MiB once it waits for work."""
    worker_id, otp = uuid4(), secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    row = Worker(
        id=worker_id,
        provider_id=await _provider(it),
        state=WorkerState.STARTING,
        reusable=True,
        otp_digest=digest(otp),
        otp_expires_at=now + timedelta(minutes=1),
        created_at=now,
    )
    await _store_workers(it, [row])
    directory = it.data_dir / "agent"
    directory.mkdir(exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HODEI_AGENT_SERVER": it.agent_target,
        "HODEI_AGENT_WORKER_ID": str(worker_id),
        "HODEI_AGENT_OTP": otp,
        "HODEI_AGENT_DIR": str(directory),
    }
    start = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *agent_command(it.data_dir), env=environment, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(READY_S):
            await _read_until(process.stderr, b"registered")
            took = (time.perf_counter() - start) * 1000
            await _read_until(process.stderr, b"welcomed")
        await asyncio.sleep(0.1)
        return took, processes.resident_mb(process.pid)
    finally:
        process.terminate()
        await process.communicate()


async def _read_until(lines: asyncio.StreamReader, word: bytes) -> None:
    async for line in lines:
        if word in line:
            return
    raise RuntimeError(f"the agent ended and never said {word.decode()}")


def _start_without_settings(it: System) -> float:
    """Milliseconds of an agent whose main() ends at its first look at the settings."""
    start = time.perf_counter()
    done = subprocess.run(agent_command(it.data_dir), env={}, capture_output=True, check=False)
    if done.returncode != BAD_SETTINGS:
        raise RuntimeError(f"an agent without settings ended with {done.returncode}")
    return (time.perf_counter() - start) * 1000


def _bare_start(it: System) -> float:
    program = agent_command(it.data_dir)[:-1]
    start = time.perf_counter()
    commands.run_bare([*program, "-c", "pass"])
    return (time.perf_counter() - start) * 1000
