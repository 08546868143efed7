"""Spans on their way to collectors that are away, slow or refuse them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from hodei.adapters.tracing import otlp
from hodei.adapters.tracing.otlp import OtlpExporter
from hodei.domain.tracing import Span
from tests.integration.monitoring.collector import Collector, running_collector

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NOBODY_LISTENS = "http://127.0.0.1:9/v1/traces"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    monkeypatch.setattr(otlp, "PAUSE_S", 0)
    with running_collector() as collector:
        collector.refuses = False
        yield collector


def exporter(url: str, counts: Counter[str]) -> OtlpExporter:
    def counted(result: str, count: int) -> None:
        counts[result] += count

    return OtlpExporter(url, headers={"x-team": "jobs"}, resource={}, counted=counted)


def spans(count: int) -> list[Span]:
    return [
        Span(trace_id="1" * 32, span_id=f"{i:016x}", parent_id=None, name="s", begun=NOW, ended=NOW)
        for i in range(1, count + 1)
    ]


async def told(counts: Counter[str], count: int) -> None:
    """Returns once the fate of so many spans is known; pytest's own timeout bounds the wait."""
    while counts.total() < count:
        await asyncio.sleep(0.01)


async def test_what_comes_is_sent_with_the_headers_that_were_set(collector: Collector) -> None:
    counts = Counter[str]()
    async with exporter(f"{collector.url}/v1/traces", counts) as sending:
        sending.add(spans(1200))
        await told(counts, 1200)
    assert len(collector.spans) == 1200 and counts == {"sent": 1200}
    assert {headers["x-team"] for headers in collector.headers} == {"jobs"}


async def test_a_dead_collector_holds_nobody_up_and_what_it_misses_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(otlp, "MOST_WAITING", 1000)
    monkeypatch.setattr(otlp, "PAUSE_S", 0)
    counts = Counter[str]()
    async with exporter(NOBODY_LISTENS, counts) as sending:
        sending.add(spans(1500))
        assert counts == {"dropped": 500}
        for _ in range(20):
            await asyncio.sleep(0)
        sending.add(spans(10))
    assert counts == {"dropped": 1510}


async def test_what_a_collector_refuses_is_not_sent_again(collector: Collector) -> None:
    counts = Counter[str]()
    async with exporter(f"{collector.url}/nothing-here", counts) as sending:
        sending.add(spans(3))
        await told(counts, 3)
    assert counts == {"refused": 3} and len(collector.headers) == 1


async def test_what_a_collector_takes_only_in_part_is_counted_so(collector: Collector) -> None:
    collector.answer = b'{"partialSuccess": {"rejectedSpans": "2"}}'
    counts = Counter[str]()
    async with exporter(f"{collector.url}/v1/traces", counts) as sending:
        sending.add(spans(5))
        await told(counts, 5)
    assert counts == {"refused": 2, "sent": 3}
