"""The contract of the bus, kept by memory and by PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from hodei.adapters.memory import MemoryBus
from hodei.adapters.postgres import PostgresBus
from hodei.ports.bus import Bus
from hodei.testing.bus_contract import BusContract, Interrupt


class TestMemoryBus(BusContract):
    """One object is the bus of all replicas."""

    @pytest.fixture
    def memory(self) -> MemoryBus:
        return MemoryBus(capacity=200)

    @pytest.fixture
    def bus(self, memory: MemoryBus) -> Bus:
        return memory

    @pytest.fixture
    def other_bus(self, memory: MemoryBus) -> Bus:
        return memory

    @pytest.fixture
    def interrupt(self, memory: MemoryBus) -> Interrupt:
        async def cut() -> None:
            memory.interrupt()

        return cut

    @pytest.fixture
    def flood(self) -> int:
        return 250


class TestPostgresBus(BusContract):
    """Two buses with connections of their own on one database."""

    @pytest.fixture
    async def bus(self, postgres_dsn: str) -> AsyncIterator[Bus]:
        async with PostgresBus.open(postgres_dsn) as bus:
            yield bus

    @pytest.fixture
    async def other_bus(self, postgres_dsn: str) -> AsyncIterator[Bus]:
        async with PostgresBus.open(postgres_dsn) as bus:
            yield bus

    @pytest.fixture
    def interrupt(self, postgres_dsn: str) -> Interrupt:
        async def cut() -> None:
            session = await asyncpg.connect(postgres_dsn)
            try:
                await session.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            finally:
                await session.close()

        return cut

    @pytest.fixture
    def flood(self) -> int:
        return 1_100
