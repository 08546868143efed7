"""Sends spans to an OpenTelemetry collector: OTLP over HTTP, in JSON.

Nothing waits for it: spans lie in a bounded queue until they are sent, a batch a second, and the
oldest go when a collector stays away.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from hodei.domain.tracing import Kind, Span

logger = logging.getLogger(__name__)

PAUSE_S = 1.0
"""Between a span and the batch that it is sent with."""
BATCH = 512
MOST_WAITING = 20_000
PATIENCE_S = 10.0
RETRY_S = 10.0
AGAIN = frozenset({429, 502, 503, 504})
"""Answers after which the same may be sent again, as OTLP has it."""
KINDS = {Kind.INTERNAL: 1, Kind.SERVER: 2}
ERROR = 2
Counted = Callable[[str, int], None]
"""Hears how many spans were `sent`, `refused` or `dropped`."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class OtlpExporter:
    """The queue of one replica; `async with` sends until the end, and then what is left."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        resource: Mapping[str, str],
        counted: Counted,
    ) -> None:
        """`url` is where the collector takes traces; `resource` is said of this server."""
        self._url = url
        self._counted = counted
        self._resource = attributes(resource)
        self._waiting = deque[Span]()
        self._wake = asyncio.Event()
        self._http = httpx.AsyncClient(timeout=PATIENCE_S, headers=headers, trust_env=False)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> OtlpExporter:
        self._task = asyncio.create_task(self._run(), name="traces")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        try:
            async with asyncio.timeout(2):
                while self._waiting:
                    await self._send()
        except (httpx.HTTPError, TimeoutError) as error:
            extra = {"error": str(error) or type(error).__name__, "spans": len(self._waiting)}
            logger.warning("spans are lost", extra=extra)
            self._counted("dropped", len(self._waiting))
        await self._http.aclose()

    def add(self, spans: Iterable[Span]) -> None:
        """Takes spans in; returns at once."""
        for span in spans:
            self._make_room(1)
            self._waiting.append(span)
        if self._waiting:
            self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(PAUSE_S)
            self._wake.clear()
            try:
                while self._waiting:
                    await self._send()
            except httpx.HTTPError as error:
                extra = {"error": str(error) or type(error).__name__, "spans": len(self._waiting)}
                logger.warning("spans wait for the collector", extra=extra)
                self._wake.set()
                await asyncio.sleep(RETRY_S)

    def _make_room(self, count: int) -> None:
        over = len(self._waiting) + count - MOST_WAITING
        if over > 0:
            for _ in range(over):
                self._waiting.popleft()
            self._counted("dropped", over)

    async def _send(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        try:
            answer = await self._http.post(self._url, json=request(batch, self._resource))
            if answer.status_code in AGAIN:
                answer.raise_for_status()
        except BaseException:
            # Those that have come meanwhile are newer: of these the oldest stay away.
            kept = batch[max(0, len(self._waiting) + len(batch) - MOST_WAITING) :]
            if len(kept) < len(batch):
                self._counted("dropped", len(batch) - len(kept))
            self._waiting.extendleft(reversed(kept))
            raise
        refused = len(batch) if not answer.is_success else min(_rejected(answer), len(batch))
        if refused:
            extra = {"status": answer.status_code, "spans": refused}
            logger.warning("the collector refuses spans", extra=extra)
            self._counted("refused", refused)
        if refused < len(batch):
            self._counted("sent", len(batch) - refused)


def _rejected(answer: httpx.Response) -> int:
    """Spans that a collector did not take of those that it was sent."""
    try:
        return int(answer.json()["partialSuccess"]["rejectedSpans"])
    except (ValueError, LookupError, TypeError):
        return 0


def request(spans: Iterable[Span], resource: list[dict[str, Any]]) -> dict[str, Any]:
    """The body of an ExportTraceServiceRequest."""
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": resource},
                "scopeSpans": [
                    {"scope": {"name": "hodei"}, "spans": [_span(span) for span in spans]}
                ],
            }
        ]
    }


def _span(span: Span) -> dict[str, Any]:
    made: dict[str, Any] = {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "name": span.name,
        "kind": KINDS[span.kind],
        "startTimeUnixNano": _nanoseconds(span.begun),
        "endTimeUnixNano": _nanoseconds(span.ended),
        "attributes": attributes(span.attributes),
        "status": {"code": ERROR} if span.failed else {},
    }
    if span.parent_id is not None:
        made["parentSpanId"] = span.parent_id
    return made


def attributes(given: Mapping[str, str | int]) -> list[dict[str, Any]]:
    """Names and values; 64-bit numbers are text in JSON."""
    return [
        {
            "key": name,
            "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value},
        }
        for name, value in given.items()
    ]


def _nanoseconds(at: datetime) -> str:
    return str((at - _EPOCH) // timedelta(microseconds=1) * 1000)
