"""A user of the public gRPC interface, who believes what it says and nothing else."""

from __future__ import annotations

import json
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypedDict, Unpack

import grpc

from hodei.wire.gen import (
    jobs_pb2,
    jobs_pb2_grpc,
    logs_pb2,
    logs_pb2_grpc,
    providers_pb2,
    providers_pb2_grpc,
    scheduler_pb2,
    scheduler_pb2_grpc,
)
from tests.support.processes import PATIENCE_S, agent_of, send, until_told

OPTIONS = (("grpc.max_receive_message_length", 128 << 20), ("grpc.use_local_subchannel_pool", 1))
CALL_S = 60.0
PENDING = jobs_pb2.JOB_STATE_PENDING
RUNNING = jobs_pb2.JOB_STATE_RUNNING
SUCCEEDED = jobs_pb2.JOB_STATE_SUCCEEDED
FAILED = jobs_pb2.JOB_STATE_FAILED
CANCELLED = jobs_pb2.JOB_STATE_CANCELLED
TIMEOUT = jobs_pb2.JOB_STATE_TIMEOUT
FINAL = frozenset({SUCCEEDED, FAILED, CANCELLED, TIMEOUT})
AWAY = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})

State = jobs_pb2.JobState.ValueType


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One attempt's log as it was read, every number from 1 without a gap."""

    lines: tuple[logs_pb2.LogLine, ...]
    end: logs_pb2.LogEnd

    @property
    def text(self) -> list[str]:
        """The lines' text."""
        return [line.text for line in self.lines]


class Varied(TypedDict, total=False):
    """What these tests vary in a spec."""

    name: str
    env: Mapping[str, str]
    timeout_ms: int
    grace_ms: int
    memory_mb: int
    retry: jobs_pb2.RetryPolicy


def shell(script: str, **varied: Unpack[Varied]) -> jobs_pb2.JobSpec:
    """The spec of a shell job."""
    return _spec("shell", script, varied)


def python(script: str, **varied: Unpack[Varied]) -> jobs_pb2.JobSpec:
    """The spec of a Python job."""
    return _spec("python", script, varied)


def _spec(kind: str, script: str, varied: Varied) -> jobs_pb2.JobSpec:
    env = varied.get("env", {})
    return jobs_pb2.JobSpec(
        name=varied.get("name", "fault"),
        command=jobs_pb2.Command(type=kind, script=script),
        env={key: jobs_pb2.EnvValue(value=value) for key, value in env.items()},
        timeout_ms=varied.get("timeout_ms", 120_000),
        grace_ms=varied.get("grace_ms", 500),
        resources=jobs_pb2.Resources(cpu=0.1, memory_mb=varied.get("memory_mb", 512)),
        retry=varied.get("retry"),
    )


class Observer:
    """Calls one server; `target` is asked again whenever a connection is made."""

    def __init__(self, target: Callable[[], str]) -> None:
        self._target = target
        self._channel: grpc.aio.Channel | None = None
        self._connected_to = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._channel is not None:
            await self._channel.close(None)

    async def channel(self) -> grpc.aio.Channel:
        """A channel to where the server is now."""
        target = self._target()
        if self._channel is None or target != self._connected_to:
            if self._channel is not None:
                await self._channel.close(None)
            self._channel = grpc.aio.insecure_channel(target, options=OPTIONS)
            self._connected_to = target
        return self._channel

    async def jobs(self) -> jobs_pb2_grpc.JobExecutionServiceAsyncStub:
        """JobExecutionService."""
        return jobs_pb2_grpc.JobExecutionServiceStub(await self.channel())

    async def logs(self) -> logs_pb2_grpc.LogStreamServiceAsyncStub:
        """LogStreamService."""
        return logs_pb2_grpc.LogStreamServiceStub(await self.channel())

    async def scheduler(self) -> scheduler_pb2_grpc.SchedulerServiceAsyncStub:
        """SchedulerService."""
        return scheduler_pb2_grpc.SchedulerServiceStub(await self.channel())

    # ---- jobs

    async def submit(self, given: jobs_pb2.JobSpec, key: str = "") -> str:
        """The id of the accepted job."""
        request = jobs_pb2.QueueJobRequest(spec=given, idempotency_key=key)
        return (await (await self.jobs()).QueueJob(request, timeout=CALL_S)).id

    async def submit_many(self, given: list[jobs_pb2.JobSpec]) -> list[str]:
        """Ids in order."""
        request = jobs_pb2.QueueJobsRequest(
            jobs=[jobs_pb2.QueueJobRequest(spec=one) for one in given]
        )
        return list((await (await self.jobs()).QueueJobs(request, timeout=CALL_S)).job_ids)

    async def job(self, job_id: str) -> jobs_pb2.Job:
        """The job with its attempts."""
        return await (await self.jobs()).GetJob(
            jobs_pb2.GetJobRequest(job_id=job_id), timeout=CALL_S
        )

    async def job_or_none(self, job_id: str) -> jobs_pb2.Job | None:
        """The job, or None while the server is away."""
        try:
            return await self.job(job_id)
        except grpc.aio.AioRpcError as error:
            if error.code() not in AWAY:
                raise
            return None

    async def cancel(self, job_id: str) -> jobs_pb2.Job:
        """Asks for the end of a job."""
        request = jobs_pb2.CancelJobRequest(job_id=job_id)
        return await (await self.jobs()).CancelJob(request, timeout=CALL_S)

    async def when(
        self,
        job_id: str,
        holds: Callable[[jobs_pb2.Job], bool],
        *,
        what: str,
        within: float = PATIENCE_S,
    ) -> jobs_pb2.Job:
        """The job as soon as `holds` says yes; a server that is away is asked again."""
        seen: jobs_pb2.Job | None = None

        async def look() -> jobs_pb2.Job | None:
            nonlocal seen
            seen = await self.job_or_none(job_id) or seen
            return seen if seen is not None and holds(seen) else None

        return await until_told(look, within=within, what=lambda: f"{what}; it is {_short(seen)}")

    async def running(self, job_id: str) -> jobs_pb2.Job:
        """The job once the user's process is known to exist."""
        return await self.when(job_id, lambda job: job.state == RUNNING, what="the job runs")

    async def finished(self, job_id: str, within: float = PATIENCE_S) -> jobs_pb2.Job:
        """The job once its state is final."""
        return await self.when(
            job_id, lambda job: job.state in FINAL, within=within, what="the job is finished"
        )

    async def finished_all(self, job_ids: list[str]) -> list[jobs_pb2.Job]:
        """All of them, in order; asked one after the other, so many cost little."""
        return [await self.finished(job_id) for job_id in job_ids]

    async def list_all(self) -> list[jobs_pb2.Job]:
        """Every job there is."""
        found: list[jobs_pb2.Job] = []
        token = ""
        while True:
            request = jobs_pb2.ListJobsRequest(page_size=1000, page_token=token)
            page = await (await self.jobs()).ListJobs(request, timeout=CALL_S)
            found += page.jobs
            token = page.next_page_token
            if not token:
                return found

    # ---- logs

    async def log(self, job_id: str, attempt: int = 0) -> Log:
        """The whole log of a finished attempt, its numbering checked."""
        lines: list[logs_pb2.LogLine] = []
        async for batch in self.follow(job_id, attempt=attempt):
            lines += batch.lines
            if batch.HasField("end"):
                assert [line.number for line in lines] == list(range(1, len(lines) + 1))
                assert batch.end.total_lines == len(lines)
                return Log(lines=tuple(lines), end=batch.end)
        raise AssertionError("the log has no end")

    async def log_end(self, job_id: str) -> logs_pb2.LogEnd:
        """Only how the log ended, for one that is too long to be read here."""
        request = logs_pb2.SubscribeLogsRequest(job_id=job_id, tail=1)
        async for batch in (await self.logs()).SubscribeLogs(request, timeout=CALL_S):
            if batch.HasField("end"):
                return batch.end
        raise AssertionError("the log has no end")

    async def follow(
        self, job_id: str, *, attempt: int = 0, from_line: int = 1
    ) -> AsyncGenerator[logs_pb2.LogBatch, None]:
        """Batches as they come."""
        request = logs_pb2.SubscribeLogsRequest(job_id=job_id, attempt=attempt, from_line=from_line)
        async for batch in (await self.logs()).SubscribeLogs(request):
            yield batch

    async def lines(self, job_id: str, count: int) -> list[logs_pb2.LogLine]:
        """Waits until a job's log has `count` lines; the first thousand of them."""
        request = logs_pb2.GetLogsRequest(job_id=job_id, limit=1000)

        async def look() -> list[logs_pb2.LogLine] | None:
            try:
                found = await (await self.logs()).GetLogs(request, timeout=CALL_S)
            except grpc.aio.AioRpcError as error:
                if error.code() not in AWAY:
                    raise
                return None
            return list(found.lines) if found.total_lines >= count else None

        return await until_told(look, what=f"{count} lines of {job_id}")

    # ---- the rest

    async def pause(self, paused: bool) -> None:
        """Stops or starts the handing out of jobs."""
        request = scheduler_pb2.ConfigureSchedulerRequest(paused=paused)
        await (await self.scheduler()).ConfigureScheduler(request, timeout=CALL_S)

    async def configure_local(self, settings: str) -> providers_pb2.Provider:
        """Gives the process provider other settings (a JSON object)."""
        return await self._configure("local", "process", settings)

    async def configure_docker(self, **settings: object) -> providers_pb2.Provider:
        """Gives the Docker provider other settings."""
        return await self._configure("docker", "docker", json.dumps(settings))

    async def configure_firecracker(self, **settings: object) -> providers_pb2.Provider:
        """Replaces the settings of the seeded Firecracker provider."""
        return await self._configure("firecracker", "firecracker", json.dumps(settings))

    async def configure_kubernetes(self, **settings: object) -> providers_pb2.Provider:
        """Gives the Kubernetes provider other settings."""
        return await self._configure("kubernetes", "kubernetes", json.dumps(settings))

    async def providers(self) -> providers_pb2_grpc.ProviderManagementServiceAsyncStub:
        """ProviderManagementService."""
        return providers_pb2_grpc.ProviderManagementServiceStub(await self.channel())

    async def _configure(self, name: str, kind: str, settings: str) -> providers_pb2.Provider:
        request = providers_pb2.UpdateProviderRequest(
            provider=name,
            config=providers_pb2.ProviderConfig(name=name, type=kind, settings=settings),
        )
        return await (await self.providers()).UpdateProvider(request, timeout=CALL_S)

    async def reason(self, job_id: str) -> str:
        """Why a job waits, as it is explained."""
        request = scheduler_pb2.ExplainJobRequest(job_id=job_id)
        return (await (await self.scheduler()).ExplainJob(request, timeout=CALL_S)).reason

    async def workers(self) -> list[scheduler_pb2.Worker]:
        """Every worker that is not gone."""
        request = scheduler_pb2.GetAvailableWorkersRequest(all=True)
        found = await (await self.scheduler()).GetAvailableWorkers(request, timeout=CALL_S)
        return list(found.workers)

    async def end_worker(self, worker_id: str) -> None:
        """Kills an agent of this machine, if it lives, and waits until its row is gone."""
        agent = agent_of(worker_id)
        if agent:
            send(agent, signal.SIGKILL)

        async def gone() -> bool:
            return all(worker.id != worker_id for worker in await self.workers())

        await until_told(gone, what="the worker is gone")

    async def agent(self, job_id: str) -> int:
        """The pid of the agent of the newest attempt of a job; 0 when it does not live."""
        return agent_of((await self.job(job_id)).attempts[-1].worker_id)


@asynccontextmanager
async def refused(*codes: grpc.StatusCode) -> AsyncIterator[list[grpc.aio.AioRpcError]]:
    """The block must end with one of these statuses; it is handed back for a closer look."""
    caught: list[grpc.aio.AioRpcError] = []
    try:
        yield caught
    except grpc.aio.AioRpcError as error:
        assert error.code() in codes, error
        caught.append(error)
    else:
        raise AssertionError(f"not refused with {codes}")


def phases(job: jobs_pb2.Job, attempt: int = -1) -> list[str]:
    """The timeline of one attempt."""
    return [mark.phase for mark in job.attempts[attempt].phases]


def _short(job: jobs_pb2.Job | None) -> str:
    if job is None:
        return "not to be read"
    outcome = f", {job.outcome.cause}: {job.outcome.message}" if job.HasField("outcome") else ""
    return f"{jobs_pb2.JobState.Name(job.state)} {job.phase} of {job.attempt_count}{outcome}"
