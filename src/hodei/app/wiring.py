"""The composition root: the only place that knows every part.

What is opened, in this order, and closed in the reverse: the database (embedded or given), the
store and the bus on it, the engine with its loops. The interfaces are put on top by
`hodei.app.serve`.
"""

from __future__ import annotations

import importlib.metadata
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from hodei.adapters.postgres import PostgresBus, PostgresStore
from hodei.adapters.security.files import FileSecrets
from hodei.adapters.security.passwords import Argon2Passwords
from hodei.adapters.system import LinuxHost, PackagedZones, SystemChance, SystemClock
from hodei.adapters.webhooks.sender import HttpSender
from hodei.app.agent_code import agent_command
from hodei.app.bundle import BundleSupply
from hodei.app.database import upgraded
from hodei.app.docker_environment import docker_settings, refuse_closed_socket
from hodei.app.embedded import EmbeddedPostgres, running_dsn
from hodei.app.entrance import entrance
from hodei.app.keys import sealer_of
from hodei.app.kubernetes_environment import kubernetes_settings
from hodei.app.monitoring import Instruments
from hodei.app.settings import Settings, replica_name
from hodei.app.tracing import open_tracer
from hodei.app.workers_endpoint import WorkersEndpoint
from hodei.domain.errors import InvalidRequest, Violation
from hodei.engine.commit import Committer
from hodei.engine.core import Core, Timings
from hodei.engine.engine import Engine
from hodei.engine.janitor import Retention
from hodei.engine.providers import ProviderConfig
from hodei.engine.traces import Tracer
from hodei.ports.provider import ProviderFactory
from hodei.ports.relay import Relay
from hodei.ports.store import Unit

logger = logging.getLogger(__name__)

PATIENCE_S = 0.008
"""Of a save that may go together with others; what is alone is saved at once."""
FLAGGED_TYPES = {
    "docker_enabled": ("HODEI_DOCKER_ENABLED", "docker"),
    "k8s_enabled": ("HODEI_K8S_ENABLED", "kubernetes"),
    "fc_enabled": ("HODEI_FC_ENABLED", "firecracker"),
}
SEEDED = {"docker": docker_settings, "kubernetes": kubernetes_settings}
"""What the environment says about the settings of a seeded provider, by type."""


def provider_factories() -> dict[str, ProviderFactory]:
    """Installed provider types, by name."""
    found: dict[str, ProviderFactory] = {}
    for point in importlib.metadata.entry_points(group="hodei.providers"):
        try:
            factory: ProviderFactory = point.load()
            found[factory.type] = factory
        except Exception:
            # Whatever a foreign package does when it is imported, the others' jobs go on.
            logger.exception(
                "the provider type %s cannot be loaded from %s", point.name, point.value
            )
    return found


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[str]:
    """The DSN of the given database, or of an embedded one that runs as long as the context."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    async with EmbeddedPostgres.start(settings.data_dir / "postgres") as postgres:
        yield postgres.dsn


@asynccontextmanager
async def reached_database(settings: Settings) -> AsyncIterator[str]:
    """The same, or the embedded one of a server that runs on this data directory."""
    if settings.database_url is None:
        running = running_dsn(settings.data_dir / "postgres")
        if running is not None:
            yield running
            return
    async with open_database(settings) as dsn:
        yield dsn


@asynccontextmanager
async def open_engine(
    settings: Settings,
    endpoint: WorkersEndpoint,
    instruments: Instruments | None = None,
    relay: Relay | None = None,
) -> AsyncIterator[Engine]:
    """A running engine on an upgraded database, which tells `instruments` what it does.

    Raises InvalidRequest and Unavailable.
    """
    told = instruments or Instruments()
    factories = provider_factories()
    _refuse_missing_types(settings, factories)
    refuse_closed_socket(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(open_database(settings))
        await upgraded(settings, dsn)
        replica, pool_size = replica_name(), settings.pool_size
        opening = PostgresStore.open(dsn, pool_size=pool_size, origin=replica)
        store = await stack.enter_async_context(opening)
        bus = await stack.enter_async_context(PostgresBus.open(dsn, origin=replica))
        tracer = await stack.enter_async_context(open_tracer(settings, told, replica))
        core = Core(
            store=store,
            committer=Committer(store, patience_s=PATIENCE_S, on_saved=_heard(told, tracer)),
            bus=bus,
            clock=SystemClock(),
            chance=SystemChance(),
            mounted=_mounted(settings),
            sealer=sealer_of(settings),
            passwords=Argon2Passwords(),
            host=LinuxHost(),
            zones=PackagedZones(),
            replica=replica,
            installation_id=await store.installation_id(),
            agent_servers=endpoint.servers,
            certificates=endpoint.certificates,
            meter=told,
            tracer=tracer,
            trace_url=settings.trace_url or "",
            timings=Timings(terminal_idle=settings.terminal_idle),
            max_log_bytes=settings.log_max_bytes,
        )
        engine = Engine(
            core,
            factories,
            data_dir=str(settings.data_dir / "providers"),
            agent_command=agent_command(settings.data_dir),
            agent_bundle=BundleSupply(settings.data_dir),
            entrance=entrance(settings),
            retention=_retention(settings),
            sender=HttpSender(settings.webhook_allow),
            relay=relay,
        )
        told.named = engine.registry.name_of
        await stack.enter_async_context(engine)
        await _seed(engine, settings)
        yield engine


def _mounted(settings: Settings) -> FileSecrets:
    return FileSecrets(settings.secrets_dir or settings.data_dir / "secrets")


def _retention(settings: Settings) -> Retention:
    return Retention(
        jobs=settings.job_retention,
        logs=settings.log_retention,
        audit=settings.audit_retention,
        deliveries=settings.delivery_retention,
    )


def _heard(told: Instruments, tracer: Tracer | None) -> Callable[[Unit], None]:
    """Who hears of saved units."""
    if tracer is None:
        return told.saved

    def heard(unit: Unit) -> None:
        told.saved(unit)
        tracer.saved(unit)

    return heard


async def _seed(engine: Engine, settings: Settings) -> None:
    """The providers that the environment asks for, unless they exist."""
    if settings.process_enabled:
        await engine.providers.seed(ProviderConfig(name="local", type="process"))
    for attribute, (_, kind) in FLAGGED_TYPES.items():
        if getattr(settings, attribute):
            given = SEEDED[kind](settings) if kind in SEEDED else {}
            await engine.providers.seed(ProviderConfig(name=kind, type=kind, settings=given))
    for view in await engine.providers.all():
        facts = {"provider": view.record.name, "type": view.record.type}
        logger.info("provider %s", "enabled" if view.record.enabled else "disabled", extra=facts)


def _refuse_missing_types(settings: Settings, factories: dict[str, ProviderFactory]) -> None:
    violations = [
        Violation(field=name, message=f"no provider of type {kind!r} is installed", value="1")
        for attribute, (name, kind) in FLAGGED_TYPES.items()
        if getattr(settings, attribute) and kind not in factories
    ]
    if violations:
        raise InvalidRequest(violations)
