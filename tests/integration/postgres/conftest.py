"""Fixtures of the PostgreSQL tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hodei.adapters.postgres import PostgresStore
from tests.support.postgres import (
    empty_dsn,
    postgres_dsn,
    postgres_server,
    postgres_template,
)

__all__ = ["empty_dsn", "postgres_dsn", "postgres_server", "postgres_template"]


@pytest.fixture
async def store(postgres_dsn: str) -> AsyncIterator[PostgresStore]:
    """A store on a database of the test's own."""
    async with PostgresStore.open(postgres_dsn, pool_size=4) as opened:
        yield opened
