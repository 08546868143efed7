"""The same client for programs without asyncio: a private event loop in one thread runs it."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from hodei.client import values
from hodei.client.asynchronous import AsyncClient, JobRef
from hodei.client.automation import AutomationCalls
from hodei.client.mapping import Input, MapResult, Spec
from hodei.client.portal import Portal
from hodei.client.transport import Authority
from hodei.client.values import (
    Explanation,
    Job,
    LogLine,
    Plan,
    Provider,
    QueueStatus,
    Worker,
)


class Client(AutomationCalls):
    """`AsyncClient` with blocking calls; the methods mean the same and raise the same."""

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        ca: Authority = None,
        **options: float,
    ) -> None:
        self._portal = Portal()
        try:
            self._client = self._portal.call(_made(url, token, ca, options))
        except BaseException:
            self._portal.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._portal.call(self._client.close())
        self._portal.close()

    def submit(
        self,
        spec: Spec | None = None,
        /,
        *,
        idempotency_key: str | None = None,
        traceparent: str | None = None,
        **fields: Any,
    ) -> Job:
        """See AsyncClient.submit."""
        return self._portal.call(
            self._client.submit(
                spec, idempotency_key=idempotency_key, traceparent=traceparent, **fields
            )
        )

    def submit_many(
        self,
        specs: Iterable[Spec],
        *,
        idempotency_key: str | None = None,
        traceparent: str | None = None,
    ) -> builtins.list[str]:
        """See AsyncClient.submit_many."""
        return self._portal.call(
            self._client.submit_many(
                specs, idempotency_key=idempotency_key, traceparent=traceparent
            )
        )

    def get(self, job: JobRef) -> Job:
        """See AsyncClient.get."""
        return self._portal.call(self._client.get(job))

    def list(self, **filters: Any) -> Iterator[Job]:
        """See AsyncClient.list."""
        return self._portal.iterate(self._client.list(**filters))

    def cancel(self, job: JobRef, reason: str = "") -> Job:
        """See AsyncClient.cancel."""
        return self._portal.call(self._client.cancel(job, reason))

    def rerun(self, job: JobRef, **overrides: Any) -> Job:
        """See AsyncClient.rerun."""
        return self._portal.call(self._client.rerun(job, **overrides))

    def set_priority(self, job: JobRef, priority: str) -> Job:
        """See AsyncClient.set_priority."""
        return self._portal.call(self._client.set_priority(job, priority))

    def explain(self, job: JobRef) -> Explanation:
        """See AsyncClient.explain."""
        return self._portal.call(self._client.explain(job))

    def plan(self, spec: Spec | None = None, /, **fields: Any) -> Plan:
        """See AsyncClient.plan."""
        return self._portal.call(self._client.plan(spec, **fields))

    def wait(self, job: JobRef, timeout: float | None = None) -> Job:
        """See AsyncClient.wait."""
        return self._portal.call(self._client.wait(job, timeout))

    def watch(self, job: JobRef) -> Iterator[Job]:
        """See AsyncClient.watch."""
        return self._portal.iterate(self._client.watch(job))

    def logs(
        self, job: JobRef, *, follow: bool = True, attempt: int | None = None, from_line: int = 1
    ) -> Iterator[LogLine]:
        """See AsyncClient.logs."""
        return self._portal.iterate(
            self._client.logs(job, follow=follow, attempt=attempt, from_line=from_line)
        )

    def output(self, job: JobRef, stream: str = "stdout") -> str:
        """See AsyncClient.output."""
        return self._portal.call(self._client.output(job, stream))

    def map(
        self, spec: Spec, inputs: Iterable[Input], *, idempotency_key: str | None = None
    ) -> Iterator[MapResult]:
        """See AsyncClient.map."""
        return self._portal.iterate(self._client.map(spec, inputs, idempotency_key=idempotency_key))

    def list_templates(self, **filters: str) -> builtins.list[values.Raw]:
        """See AsyncClient.list_templates."""
        return self._portal.call(self._client.list_templates(**filters))

    def get_template(self, key: str, **which: Any) -> values.Raw:
        """See AsyncClient.get_template."""
        return self._portal.call(self._client.get_template(key, **which))

    def put_template(self, config: Mapping[str, Any], *, project: str = "default") -> values.Raw:
        """See AsyncClient.put_template."""
        return self._portal.call(self._client.put_template(config, project=project))

    def delete_template(self, key: str, *, project: str | None = None) -> None:
        """See AsyncClient.delete_template."""
        self._portal.call(self._client.delete_template(key, project=project))

    def run_template(
        self, key: str, parameters: Mapping[str, object] | None = None, **more: Any
    ) -> Job:
        """See AsyncClient.run_template."""
        return self._portal.call(self._client.run_template(key, parameters, **more))

    def render_template(
        self, key: str, parameters: Mapping[str, object] | None = None, **which: Any
    ) -> values.Raw:
        """See AsyncClient.render_template."""
        return self._portal.call(self._client.render_template(key, parameters, **which))

    def template_stats(self, key: str, **params: Any) -> values.Raw:
        """See AsyncClient.template_stats."""
        return self._portal.call(self._client.template_stats(key, **params))

    def providers(self) -> builtins.list[Provider]:
        """See AsyncClient.providers."""
        return self._portal.call(self._client.providers())

    def create_provider(self, config: Mapping[str, Any]) -> Provider:
        """See AsyncClient.create_provider."""
        return self._portal.call(self._client.create_provider(config))

    def workers(self, *, gone: bool = False) -> builtins.list[Worker]:
        """See AsyncClient.workers."""
        return self._portal.call(self._client.workers(gone=gone))

    def queue(self) -> QueueStatus:
        """See AsyncClient.queue."""
        return self._portal.call(self._client.queue())

    def metrics(self, **params: str | int) -> values.Raw:
        """See AsyncClient.metrics."""
        return self._portal.call(self._client.metrics(**params))

    def ready(self) -> values.Raw:
        """See AsyncClient.ready."""
        return self._portal.call(self._client.ready())


async def _made(
    url: str | None, token: str | None, ca: Authority, options: Mapping[str, float]
) -> AsyncClient:
    return AsyncClient(url, token, ca=ca, **options)
