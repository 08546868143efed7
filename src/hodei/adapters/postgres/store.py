"""The PostgreSQL store: its parts put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from hodei.adapters.postgres.api_tokens import ApiTokens
from hodei.adapters.postgres.audit import AuditRows
from hodei.adapters.postgres.census import CensusRows
from hodei.adapters.postgres.database import Database
from hodei.adapters.postgres.feed import Feed
from hodei.adapters.postgres.hosts import Hosts
from hodei.adapters.postgres.jobs import Jobs
from hodei.adapters.postgres.listing import Listing
from hodei.adapters.postgres.loads import Loads
from hodei.adapters.postgres.log_rows import Packer
from hodei.adapters.postgres.logs import Logs
from hodei.adapters.postgres.maintenance import Maintenance
from hodei.adapters.postgres.metrics import Metrics
from hodei.adapters.postgres.migrate import check_version
from hodei.adapters.postgres.notifier import Notifier
from hodei.adapters.postgres.projects import Projects
from hodei.adapters.postgres.providers import Providers
from hodei.adapters.postgres.queue import Queue
from hodei.adapters.postgres.schedules import Schedules
from hodei.adapters.postgres.secrets import Secrets
from hodei.adapters.postgres.servers import Servers
from hodei.adapters.postgres.sign_ins import SignIns
from hodei.adapters.postgres.templates import Templates
from hodei.adapters.postgres.triggers import Triggers
from hodei.adapters.postgres.users import Users
from hodei.adapters.postgres.webhooks import Webhooks
from hodei.adapters.postgres.workers import Workers
from hodei.ports.pool import PoolUse

DEFAULT_POOL_SIZE = 8


class PostgresStore(
    Jobs,
    Queue,
    Listing,
    Workers,
    Loads,
    Logs,
    Metrics,
    Providers,
    Feed,
    Hosts,
    Servers,
    SignIns,
    AuditRows,
    Secrets,
    Projects,
    Schedules,
    Templates,
    Triggers,
    Users,
    ApiTokens,
    Webhooks,
    Maintenance,
    CensusRows,
):
    """Implements `Store`. What it saves is told to every `PostgresBus` on the database."""

    def __init__(self, database: Database, notifier: Notifier) -> None:
        packer = Packer()
        self._database = database
        self._notifier = notifier
        self._packer = packer

    @classmethod
    @asynccontextmanager
    async def open(
        cls, dsn: str, *, pool_size: int = DEFAULT_POOL_SIZE, origin: str = ""
    ) -> AsyncIterator[Self]:
        """A store on a database whose schema is the one of this release; `origin` is the name
        of the replica, for the bus of the same replica to know its hints by.

        Raises Unavailable when the database does not answer, or when its schema is older or
        newer (see `migrate.upgrade`).
        """
        await check_version(dsn)
        async with (
            Database.open(dsn, pool_size=pool_size) as database,
            Notifier.open(database, origin) as notifier,
        ):
            yield cls(database, notifier)

    def pool_use(self) -> PoolUse:
        """What is made of its connections."""
        return self._database.use()
