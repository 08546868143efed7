"""The whole memory store, put together from its parts."""

from __future__ import annotations

from uuid import UUID, uuid4

from hodei.adapters.memory.api_tokens import ApiTokens
from hodei.adapters.memory.audit import AuditRows
from hodei.adapters.memory.commits import Commits
from hodei.adapters.memory.faults import MemoryFaults
from hodei.adapters.memory.feed import Feed
from hodei.adapters.memory.hosts import Hosts
from hodei.adapters.memory.jobs import Jobs
from hodei.adapters.memory.loads import Loads
from hodei.adapters.memory.logs import Logs
from hodei.adapters.memory.maintenance import Maintenance
from hodei.adapters.memory.projects import Projects
from hodei.adapters.memory.providers import Providers
from hodei.adapters.memory.queue import Queue
from hodei.adapters.memory.schedules import Schedules
from hodei.adapters.memory.secrets import Secrets
from hodei.adapters.memory.servers import Servers
from hodei.adapters.memory.sign_ins import SignIns
from hodei.adapters.memory.stats import Stats
from hodei.adapters.memory.tables import Tables
from hodei.adapters.memory.templates import Templates
from hodei.adapters.memory.triggers import Triggers
from hodei.adapters.memory.use import Use
from hodei.adapters.memory.users import Users
from hodei.adapters.memory.webhooks import Webhooks
from hodei.adapters.memory.workers import Workers
from hodei.ports.bus import Bus
from hodei.ports.clock import Chance, Clock


class MemoryStore(
    Commits,
    Queue,
    Jobs,
    Workers,
    Loads,
    Logs,
    Stats,
    Use,
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
):
    """Implements `hodei.ports.store.Store` in one process.

    Stores that share `tables` are replicas of one installation; `bus` gets the hints, and
    `faults` says what shall fail.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        tables: Tables | None = None,
        bus: Bus | None = None,
        faults: MemoryFaults | None = None,
        chance: Chance | None = None,
    ) -> None:
        if tables is None:
            made_up: UUID = chance.uuid() if chance else uuid4()
            tables = Tables(str(made_up))
        super().__init__(tables, clock, bus, faults or MemoryFaults())

    @property
    def tables(self) -> Tables:
        """What this store shares with its replicas."""
        return self._tables
