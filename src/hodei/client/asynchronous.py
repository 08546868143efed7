"""The client: every call of the REST interface that a program needs, typed, for asyncio."""

from __future__ import annotations

import asyncio
import builtins
import uuid
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote

from hodei.client import logs, values
from hodei.client.audit import audit_params, export_audit
from hodei.client.live import hints
from hodei.client.mapping import Input, MapResult, Spec, fill
from hodei.client.paging import pages
from hodei.client.people import PeopleCalls
from hodei.client.schedules import ScheduleCalls
from hodei.client.templates import TemplateCalls
from hodei.client.terminal import Shell, open_shell
from hodei.client.transport import Authority, Transport, in_trace
from hodei.client.values import (
    Explanation,
    Job,
    LogLine,
    Plan,
    Provider,
    QueueStatus,
    Worker,
)
from hodei.client.vault import VaultCalls
from hodei.client.webhooks import WebhookCalls

BULK = 500
"""Jobs per bulk request; the server takes at most 1000 and a bounded body."""
OUTAGE_S = 300.0
"""How long following and waiting outlive a server that is away."""

JobRef = Job | str
"""A job, its id, or a unique beginning of its id (4 characters at least)."""


class AsyncClient(TemplateCalls, ScheduleCalls, WebhookCalls, VaultCalls, PeopleCalls):
    """Talks to one Hodei server; use it as an async context manager.

    `url` defaults to HODEI_URL, then http://127.0.0.1:8080; `token` to HODEI_TOKEN; `ca`, a PEM
    file of the authority to believe for https, to HODEI_CA_FILE, then those of the system.
    Requests that may be repeated safely are, for `patience_s`, while the server does not answer.
    Every method raises ApiError or one of its subclasses.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        ca: Authority = None,
        timeout_s: float = 30.0,
        patience_s: float = 10.0,
        outage_s: float = OUTAGE_S,
    ) -> None:
        self._transport = Transport(url, token, ca=ca, timeout_s=timeout_s, patience_s=patience_s)
        self._outage_s = outage_s

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        await self._transport.close()

    @property
    def url(self) -> str:
        """The server's address."""
        return self._transport.url

    # ---- jobs

    async def submit(
        self,
        spec: Spec | None = None,
        /,
        *,
        idempotency_key: str | None = None,
        traceparent: str | None = None,
        **fields: Any,
    ) -> Job:
        """Stores a job; `fields` are added to `spec` and win.

        The job goes on with the trace of `traceparent`, or else of the variable TRACEPARENT.

        A key is made when none is given, so that a request that is sent again because the
        connection broke never makes a second job. Raises InvalidRequest, IdempotencyMismatch.
        """
        key = idempotency_key or uuid.uuid4().hex
        body = {**(spec or {}), **fields}
        raw = await self._transport.call(
            "POST", "/jobs", body=body, headers={"Idempotency-Key": key, **in_trace(traceparent)}
        )
        return values.job_from(raw)

    async def submit_many(
        self,
        specs: Iterable[Spec],
        *,
        idempotency_key: str | None = None,
        traceparent: str | None = None,
    ) -> builtins.list[str]:
        """Stores jobs and returns their ids in order; each 500 are all stored, or none.

        They go on with a trace as that of `submit` does."""
        key = idempotency_key or uuid.uuid4().hex
        waiting = [dict(spec) for spec in specs]
        ids: list[str] = []
        for start in range(0, len(waiting), BULK):
            raw = await self._transport.call(
                "POST",
                "/jobs:bulk",
                body={"jobs": waiting[start : start + BULK]},
                headers={"Idempotency-Key": f"{key}:{start}", **in_trace(traceparent)},
            )
            ids += raw["job_ids"]
        return ids

    async def get(self, job: JobRef) -> Job:
        """The job with all its attempts. Raises NotFound; Conflict for an ambiguous id."""
        return values.job_from(await self._get(job))

    async def list(
        self,
        *,
        status: Sequence[str] = (),
        q: str | None = None,
        project: str | None = None,
        provider: str | None = None,
        by: str | None = None,
        labels: Mapping[str, str] | None = None,
        submitted_from: datetime | str | None = None,
        submitted_to: datetime | str | None = None,
        template: str | None = None,
        template_version: int | None = None,
        schedule: str | None = None,
        oldest_first: bool = False,
        limit: int | None = None,
    ) -> AsyncGenerator[Job, None]:
        """Jobs, newest first unless said otherwise, page after page, at most `limit`.

        `template` and `schedule` are the ids of what made them.
        """
        params: dict[str, str | int | Sequence[str] | None] = {
            "status": ",".join(status),
            "q": q,
            "project": project,
            "provider": provider,
            "by": by,
            "label": [f"{name}={value}" for name, value in (labels or {}).items()],
            "from": _moment(submitted_from),
            "to": _moment(submitted_to),
            "template": template,
            "template_version": template_version,
            "schedule": schedule,
            "sort": "created" if oldest_first else "-created",
            "counts": 0,
        }
        async for raw in pages(self._transport, "/jobs", params, limit):
            yield values.job_from(raw)

    async def counts(self, **filters: str) -> dict[str, int]:
        """Jobs per state; `filters` as in the REST interface (project, q, by, ...)."""
        raw = await self._transport.call("GET", "/jobs", params={**filters, "limit": 1})
        return dict(raw["counts"])

    async def cancel(self, job: JobRef, reason: str = "") -> Job:
        """Asks for the job's end; it is CANCELLED when nothing of it is left (see `wait`)."""
        body = {"reason": reason} if reason else {}
        raw = await self._transport.call("POST", f"{_job_path(job)}:cancel", body=body)
        return values.job_from(raw)

    async def rerun(self, job: JobRef, **overrides: Any) -> Job:
        """Submits the spec of a job again, as a new job; never sent twice.

        `overrides` are fields of the spec that shall be different, such as
        `resources={"memory_mb": 1024}`.
        """
        path = f"{_job_path(job)}:rerun"
        call = self._transport.call("POST", path, body=overrides or None, repeatable=False)
        return values.job_from(await call)

    async def set_priority(self, job: JobRef, priority: str) -> Job:
        """Moves a waiting job to its place among those of LOW, NORMAL or HIGH priority."""
        body = {"priority": priority.upper()}
        return values.job_from(await self._transport.call("PATCH", _job_path(job), body=body))

    async def explain(self, job: JobRef) -> Explanation:
        """Where the job is and why."""
        raw = await self._transport.call("GET", f"{_job_path(job)}/explain")
        return values.explanation_from(raw)

    async def plan(self, spec: Spec | None = None, /, **fields: Any) -> Plan:
        """What a spec would do if it were submitted now; nothing is stored."""
        body = {**(spec or {}), **fields}
        return values.plan_from(await self._transport.call("POST", "/jobs:plan", body=body))

    async def events(self, job: JobRef) -> builtins.list[values.Raw]:
        """What happened to the job, oldest first."""
        raw = await self._transport.call("GET", f"{_job_path(job)}/events")
        return list(raw["items"])

    # ---- waiting and following

    async def watch(self, job: JobRef) -> AsyncGenerator[Job, None]:
        """The job now and after every change, until it is finished."""
        seen: tuple[object, ...] | None = None
        raw = await self._get(job)
        async with aclosing(hints(self._transport, f"job:{raw['id']}")) as changes:
            async for _ in changes:
                found = values.job_from(await self._get(raw["id"], patience_s=self._outage_s))
                now = (found.state, found.attempts, found.raw["version"], found.phase, _mark(found))
                if now != seen:
                    seen = now
                    yield found
                if found.finished:
                    return

    async def wait(self, job: JobRef, timeout: float | None = None) -> Job:
        """The finished job. Raises TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout), aclosing(self.watch(job)) as changes:
            async for found in changes:
                if found.finished:
                    return found
        raise RuntimeError("a watch ends with a finished job")

    async def logs(
        self, job: JobRef, *, follow: bool = True, attempt: int | None = None, from_line: int = 1
    ) -> AsyncGenerator[LogLine, None]:
        """Lines in order, each once, also across a restart of the server.

        With `follow` the iterator waits for more until the job is finished, later attempts
        included; without, it ends with the last stored line. `attempt` limits it to one; when
        it does not follow, None means the newest. A negative `from_line` counts from the end.
        """
        async with aclosing(
            self.log_batches(job, follow=follow, attempt=attempt, from_line=from_line)
        ) as batches:
            async for batch in batches:
                for line in batch:
                    yield line

    async def log_batches(
        self, job: JobRef, *, follow: bool = True, attempt: int | None = None, from_line: int = 1
    ) -> AsyncGenerator[Sequence[LogLine], None]:
        """The same lines as `logs`, in the pieces in which they came."""
        job_id = (await self._get(job))["id"]
        read = logs.follow if follow else logs.stored
        batches = read(
            self._transport,
            job_id,
            attempt=attempt or 0,
            from_line=from_line,
            outage_s=self._outage_s,
        )
        async with aclosing(batches):
            async for batch in batches:
                yield batch

    async def output(self, job: JobRef, stream: str = "stdout") -> str:
        """Everything that the newest attempt has written to `stdout` or `stderr` so far."""
        parts: list[str] = []
        async for line in self.logs(job, follow=False):
            if line.stream == stream and not line.marker:
                parts.append(line.text + ("\n" if line.newline else ""))
        return "".join(parts)

    async def map(
        self, spec: Spec, inputs: Iterable[Input], *, idempotency_key: str | None = None
    ) -> AsyncGenerator[MapResult, None]:
        """Submits one job per input (see `hodei.client.mapping`); results in their order."""
        given = list(inputs)
        specs = [fill(spec, one) for one in given]
        ids = await self.submit_many(specs, idempotency_key=idempotency_key) if specs else []
        for index, (one, job_id) in enumerate(zip(given, ids, strict=True)):
            yield MapResult(index=index, input=one, job=await self.wait(job_id))

    def shell(
        self,
        job: JobRef,
        *,
        rows: int = 24,
        columns: int = 80,
        argv: Sequence[str] = (),
        tty: bool = True,
        term: str = "xterm-256color",
    ) -> AbstractAsyncContextManager[Shell]:
        """A shell (or `argv`) inside the running job, closed on leaving.

        Without `tty` it runs on three pipes: clean bytes, stderr apart, input that ends.
        """
        return open_shell(
            self._transport,
            _id(job),
            rows=rows,
            columns=columns,
            argv=argv,
            tty=tty,
            term=term,
        )

    # ---- providers, workers, queue, server

    async def providers(self) -> builtins.list[Provider]:
        """All, by name."""
        raw = await self._transport.call("GET", "/providers")
        return [values.provider_from(item) for item in raw["items"]]

    async def provider(self, key: str) -> Provider:
        """One, by id or name."""
        return values.provider_from(await self._transport.call("GET", _path("providers", key)))

    async def provider_types(self) -> dict[str, values.Raw]:
        """JSON Schema of the settings, by type."""
        raw = await self._transport.call("GET", "/provider-types")
        return {item["type"]: item["settings_schema"] for item in raw["items"]}

    async def create_provider(self, config: Mapping[str, Any]) -> Provider:
        """Creates one from name, type, settings and so on; never sent twice."""
        raw = await self._transport.call("POST", "/providers", body=config, repeatable=False)
        return values.provider_from(raw)

    async def update_provider(self, key: str, config: Mapping[str, Any]) -> Provider:
        """Replaces the configuration."""
        raw = await self._transport.call("PUT", _path("providers", key), body=config)
        return values.provider_from(raw)

    async def enable_provider(self, key: str, enabled: bool = True) -> Provider:
        """Lets it take jobs, or not; running ones go on."""
        verb = "enable" if enabled else "disable"
        raw = await self._transport.call("POST", f"{_path('providers', key)}:{verb}")
        return values.provider_from(raw)

    async def test_provider(self, key: str) -> values.Raw:
        """Checks it now: {ok, reason, details}."""
        raw: values.Raw = await self._transport.call("POST", f"{_path('providers', key)}:test")
        return raw

    async def delete_provider(self, key: str) -> None:
        """Removes it. Raises Conflict while workers of it live."""
        await self._transport.call("DELETE", _path("providers", key), repeatable=False)

    async def workers(self, *, gone: bool = False) -> builtins.list[Worker]:
        """Live workers, newest first; with `gone` also those that are no more."""
        raw = await self._transport.call("GET", "/workers", params={"all": int(gone)})
        return [values.worker_from(item) for item in raw["items"]]

    async def worker(self, key: str) -> Worker:
        """One, by id."""
        return values.worker_from(await self._transport.call("GET", _path("workers", key)))

    async def drain_worker(self, key: str) -> Worker:
        """It takes no further job and goes when it is idle."""
        path = f"{_path('workers', key)}:drain"
        return values.worker_from(await self._transport.call("POST", path))

    async def terminate_worker(self, key: str) -> Worker:
        """Destroys it now; its job ends as cancelled."""
        path = f"{_path('workers', key)}:terminate"
        return values.worker_from(await self._transport.call("POST", path, repeatable=False))

    async def queue(self) -> QueueStatus:
        """The queue in numbers, with its first entries in `raw`."""
        return values.queue_from(await self._transport.call("GET", "/queue"))

    async def configure_queue(self, *, paused: bool) -> None:
        """Pauses dispatch, or resumes it."""
        await self._transport.call("PATCH", "/queue/settings", body={"paused": paused})

    def audit(
        self,
        *,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        limit: int | None = None,
        **filters: str,
    ) -> AsyncGenerator[values.Raw, None]:
        """Rows of the audit log, the newest first; `filters` as in the REST interface."""
        return pages(self._transport, "/audit", audit_params(start, end, filters), limit)

    def export_audit(
        self,
        *,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        **filters: str,
    ) -> AsyncGenerator[str, None]:
        """All rows that fit as lines of JSON, the oldest first."""
        return export_audit(self._transport, audit_params(start, end, filters))

    async def metrics(self, **params: str | int) -> values.Raw:
        """Aggregates over jobs; `params` as in the REST interface."""
        raw: values.Raw = await self._transport.call("GET", "/metrics/jobs", params=params)
        return raw

    async def ready(self) -> values.Raw:
        """Whether server and database answer. Raises Unavailable when they do not."""
        raw: values.Raw = await self._transport.call("GET", "/ready")
        return raw

    async def summary(self) -> values.Raw:
        """The numbers of the dashboard."""
        raw: values.Raw = await self._transport.call("GET", "/summary")
        return raw

    async def version(self) -> str:
        """The server's version."""
        return str((await self._transport.call("GET", "/version"))["version"])

    # ---- inside

    async def _get(self, job: JobRef, *, patience_s: float | None = None) -> Any:
        return await self._transport.call("GET", _job_path(job), patience_s=patience_s)


def _id(job: JobRef) -> str:
    return job.id if isinstance(job, Job) else job


def _job_path(job: JobRef) -> str:
    return _path("jobs", _id(job))


def _path(kind: str, key: str) -> str:
    return f"/{kind}/{quote(key, safe='')}"


def _moment(at: datetime | str | None) -> str | None:
    return at.isoformat() if isinstance(at, datetime) else at


def _mark(job: Job) -> str:
    """What changes within a phase: the progress of a pull, the wish to cancel."""
    last = job.tries[-1].phases[-1].detail if job.tries and job.tries[-1].phases else ""
    return f"{last} {job.cancel_requested_at}"
