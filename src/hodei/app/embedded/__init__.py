"""A PostgreSQL of our own: found, created, started, watched, restarted and stopped by Hodei.

    async with EmbeddedPostgres.start(data_dir) as postgres:
        pool = await asyncpg.create_pool(postgres.dsn)

The server listens on a unix socket in a private directory and on no network address.
"""

from __future__ import annotations

from hodei.app.embedded.binaries import PostgresBinaries, find_binaries
from hodei.app.embedded.errors import (
    BinariesMissing,
    DataDirectoryInUse,
    DataDirectoryUnusable,
    EmbeddedPostgresError,
    KeepsFailing,
    StartFailed,
    VersionMismatch,
)
from hodei.app.embedded.layout import default_data_dir
from hodei.app.embedded.supervisor import EmbeddedPostgres, running_dsn

__all__ = [
    "BinariesMissing",
    "DataDirectoryInUse",
    "DataDirectoryUnusable",
    "EmbeddedPostgres",
    "EmbeddedPostgresError",
    "KeepsFailing",
    "PostgresBinaries",
    "StartFailed",
    "VersionMismatch",
    "default_data_dir",
    "find_binaries",
    "running_dsn",
]
