"""The store and the bus on PostgreSQL."""

from __future__ import annotations

from hodei.adapters.postgres.bus import PostgresBus
from hodei.adapters.postgres.migrate import (
    check_version,
    current_version,
    newest_version,
    upgrade,
)
from hodei.adapters.postgres.store import PostgresStore

__all__ = [
    "PostgresBus",
    "PostgresStore",
    "check_version",
    "current_version",
    "newest_version",
    "upgrade",
]
