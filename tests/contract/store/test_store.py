"""The contract of the store, kept by memory and by PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest

from hodei.adapters.memory import MemoryBus, MemoryStore
from hodei.adapters.postgres import PostgresBus, PostgresStore
from hodei.ports.bus import Bus
from hodei.ports.store import Store
from hodei.testing.fake_clock import FakeClock
from hodei.testing.store_contract import StoreContract

Advance = Callable[[float], Awaitable[None]]


class TestMemoryStore(StoreContract):
    """Two stores on the same tables, with time that the test owns."""

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock(datetime(2026, 6, 1, tzinfo=UTC))

    @pytest.fixture
    def bus(self) -> Bus:
        return MemoryBus()

    @pytest.fixture
    def memory(self, clock: FakeClock, bus: Bus) -> MemoryStore:
        return MemoryStore(clock, bus=bus)

    @pytest.fixture
    def store(self, memory: MemoryStore) -> Store:
        return memory

    @pytest.fixture
    def other_store(self, memory: MemoryStore, clock: FakeClock, bus: Bus) -> Store:
        return MemoryStore(clock, tables=memory.tables, bus=bus)

    @pytest.fixture
    def now(self, clock: FakeClock) -> Callable[[], datetime]:
        return clock.now

    @pytest.fixture
    def advance(self, clock: FakeClock) -> Advance:
        return clock.advance

    @pytest.fixture
    def short_lease(self) -> float:
        return 30.0


class TestPostgresStore(StoreContract):
    """Two stores with pools of their own on one database, whose time is the machine's."""

    @pytest.fixture
    async def store(self, postgres_dsn: str) -> AsyncIterator[Store]:
        async with PostgresStore.open(postgres_dsn) as store:
            yield store

    @pytest.fixture
    async def other_store(self, postgres_dsn: str) -> AsyncIterator[Store]:
        async with PostgresStore.open(postgres_dsn) as store:
            yield store

    @pytest.fixture
    async def bus(self, postgres_dsn: str) -> AsyncIterator[Bus]:
        async with PostgresBus.open(postgres_dsn) as bus:
            yield bus

    @pytest.fixture
    def now(self) -> Callable[[], datetime]:
        return lambda: datetime.now(UTC)

    @pytest.fixture
    def advance(self) -> Advance:
        return asyncio.sleep

    @pytest.fixture
    def short_lease(self) -> float:
        return 0.05
