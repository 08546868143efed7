"""The audit log in the database: what is there stays as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from hodei.adapters.postgres import PostgresStore
from hodei.adapters.postgres.audit import audit_statement
from hodei.domain.audit import Entry, Interface, Result
from hodei.ports.audit import AuditFilter

LONG_AGO = datetime(2026, 1, 5, tzinfo=UTC)
ROW = Entry(at=LONG_AGO, actor="ana", action="token.create", target="ci", interface=Interface.REST)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'nobody'",
        "UPDATE audit_log SET actor = 'nobody' WHERE false",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "TRUNCATE audit_log CASCADE",
        "INSERT INTO audit_log (id, at) OVERRIDING SYSTEM VALUE VALUES (1, now()) "
        "ON CONFLICT (id) DO UPDATE SET actor = 'nobody'",
    ],
)
async def test_no_statement_changes_or_removes_a_row(
    store: PostgresStore, postgres_dsn: str, statement: str
) -> None:
    await store.add_audit([ROW])
    session = await asyncpg.connect(postgres_dsn)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await session.execute(statement)
    finally:
        await session.close()
    (kept,) = await store.list_audit(AuditFilter())
    assert replace(kept, id=0) == ROW


async def test_the_retention_function_spares_the_last_day_and_opens_no_door(
    store: PostgresStore, postgres_dsn: str
) -> None:
    await store.add_audit([ROW, replace(ROW, at=datetime.now(UTC) - timedelta(hours=1))])
    session = await asyncpg.connect(postgres_dsn)
    try:
        with pytest.raises(asyncpg.InvalidParameterValueError):
            await session.fetchval("SELECT audit_purge(now(), 100)")
        async with session.transaction():
            assert await session.fetchval("SELECT audit_purge(now() - interval '2d', 100)") == 1
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with session.transaction():
                    await session.execute("DELETE FROM audit_log")
    finally:
        await session.close()
    assert [row.action for row in await store.list_audit(AuditFilter())] == [
        "audit.retention",
        "token.create",
    ]


@pytest.mark.parametrize(
    ("where", "index"),
    [
        (AuditFilter(), "audit_log_pkey"),
        (AuditFilter(actor="n7"), "audit_log_actor"),
        (AuditFilter(project="p7"), "audit_log_project"),
        (AuditFilter(target="t7"), "audit_log_target"),
        (AuditFilter(result=Result.DENIED), "audit_log_refused"),
    ],
)
async def test_each_filter_has_its_index(
    store: PostgresStore, postgres_dsn: str, where: AuditFilter, index: str
) -> None:
    rows = [
        replace(
            ROW,
            actor=f"n{number % 500}",
            project=f"p{number % 500}",
            target=f"t{number % 500}",
            result=Result.OK if number % 300 else Result.DENIED,
        )
        for number in range(3000)
    ]
    await store.add_audit(rows)
    statement, arguments = audit_statement(where, after=None, limit=50, oldest=False)
    session = await asyncpg.connect(postgres_dsn)
    try:
        await session.execute("ANALYZE audit_log")
        plan = await session.fetch(f"EXPLAIN {statement}", *arguments)
    finally:
        await session.close()
    assert index in "\n".join(row[0] for row in plan)
