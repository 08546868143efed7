"""The schema as text, to be compared with the one on record in `schema.txt`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg

SNAPSHOT = Path(__file__).with_name("schema.txt")

_COLUMNS = """
SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
    || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
    || CASE a.attidentity WHEN 'a' THEN ' identity' ELSE '' END
    || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT a.attisdropped
ORDER BY c.relname COLLATE "C", a.attnum
"""
_INDEXES = """
SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname COLLATE "C"
"""


async def describe(dsn: str) -> str:
    """Tables, columns and indexes, one per line."""
    session = await asyncpg.connect(dsn)
    try:
        lines = [
            row[0] for statement in (_COLUMNS, _INDEXES) for row in await session.fetch(statement)
        ]
    finally:
        await session.close()
    return "\n".join(lines) + "\n"


async def _write_down() -> None:
    from hodei.adapters.postgres import upgrade
    from tests.support.postgres import chosen_binaries, new_database, running_server

    with running_server(chosen_binaries()) as server:
        async with new_database(server) as dsn:
            await upgrade(dsn)
            SNAPSHOT.write_text(await describe(dsn))


if __name__ == "__main__":
    asyncio.run(_write_down())
