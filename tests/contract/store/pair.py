"""Two stores that are asked the same, and must answer the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from typing import TypeVar
from uuid import UUID

from hodei.domain.errors import HodeiError
from hodei.domain.events import Event
from hodei.ports.aggregates import JobMetrics
from hodei.ports.store import JobFilter, JobRow, JobSort, Leased, LogState, Page, QueueEntry, Store
from hodei.testing.store_contract.stats import assert_like

T = TypeVar("T")
Call = Callable[[Store], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class Pair:
    """The store that is believed, and the one that is compared with it."""

    one: Store
    two: Store

    async def same(self, call: Call[T]) -> T:
        """Asks both; the answer of the first, when they agree."""
        first, second = await _answer(self.one, call), await _answer(self.two, call)
        if isinstance(first, JobMetrics) and isinstance(second, JobMetrics):
            _assert_metrics_alike(first, second)
        else:
            assert _plain(first) == _plain(second)
        if isinstance(first, HodeiError):
            raise first
        return first

    async def same_jobs(self, where: JobFilter, sort: JobSort, limit: int) -> list[JobRow]:
        """All pages of a list; each store goes on after its own cursors."""

        async def read(store: Store, cursor: str | None) -> Page[JobRow]:
            return await store.list_jobs(where, sort=sort, limit=limit, cursor=cursor)

        return await self._same_pages(read)

    async def same_queue(self, limit: int, projects: frozenset[str] | None) -> list[QueueEntry]:
        """All pages of the queue."""

        async def read(store: Store, cursor: str | None) -> Page[QueueEntry]:
            return await store.queue(limit=limit, cursor=cursor, projects=projects)

        return await self._same_pages(read)

    async def _same_pages(self, read: Callable[[Store, str | None], Awaitable[Page[T]]]) -> list[T]:
        items: list[T] = []
        cursors: list[str | None] = [None, None]
        while True:
            first, second = await read(self.one, cursors[0]), await read(self.two, cursors[1])
            assert first.items == second.items
            assert (first.cursor is None) == (second.cursor is None)
            items += first.items
            if first.cursor is None:
                return items
            cursors = [first.cursor, second.cursor]


async def _answer(store: Store, call: Call[T]) -> T | HodeiError:
    try:
        return await call(store)
    except HodeiError as error:
        return error


def _plain(value: object) -> object:
    """`value` without what each store makes up by itself."""
    match value:
        case HodeiError():
            return type(value)
        case Event():
            return replace(value, cursor="")
        case Leased():
            return value.worker, value.replica, value.lease_age_s > 0
        case LogState():
            return value.head
        case str() | bytes():
            return value
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case Sequence():
            return [_plain(item) for item in value]
        case _:
            assert (
                value is None or isinstance(value, bool | int | set | UUID) or is_dataclass(value)
            )
            return value


def _assert_metrics_alike(first: JobMetrics, second: JobMetrics) -> None:
    assert_like(first.total, second.total)
    assert len(first.series) == len(second.series)
    for one, two in zip(first.series, second.series, strict=True):
        assert_like(one, two)
    assert len(first.providers) == len(second.providers)
    for mine, theirs in zip(first.providers, second.providers, strict=True):
        assert abs(mine.run_ms - theirs.run_ms) <= 1
        assert replace(mine, run_ms=0) == replace(theirs, run_ms=0)
