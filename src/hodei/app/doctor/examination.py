"""Everything that is looked at, one after the other; what cannot be looked at is a finding too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from hodei.adapters.postgres import PostgresStore, newest_version
from hodei.adapters.postgres.examination import examine as examine_database
from hodei.app.agent_code import agent_command
from hodei.app.database import named
from hodei.app.doctor import certificates, database, machine
from hodei.app.doctor.finding import Finding, fault, ok, warning
from hodei.app.embedded import EmbeddedPostgres, running_dsn
from hodei.app.keys import sealer_of
from hodei.app.settings import Settings
from hodei.app.wiring import provider_factories
from hodei.domain.errors import HodeiError, NotFound
from hodei.domain.provider import ProviderRecord
from hodei.engine.provider_settings import opened_settings
from hodei.ports.provider import ProviderContext, no_bundle
from hodei.ports.secrets import Sealer
from hodei.ports.store import Store

CHECK_S = 20.0
PROCESS = "process"
"""Its workers are children of a server, which only that server can look at."""


async def examine(settings: Settings) -> Sequence[Finding]:
    """Looks at the machine, the certificates, the database and what it holds."""
    found = [*machine.findings(settings), *certificates.findings(settings)]
    try:
        async with _database(settings) as dsn:
            if dsn is None:
                found.append(ok("database", "none yet; the first start makes it"))
                return found
            found += await _with_database(settings, dsn)
    except HodeiError as error:
        words = str(error)
        said, _, remedy = words.rpartition("; ")
        found.append(fault("database", said or words, remedy if said else "see what it says"))
    return found


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[str | None]:
    """The given one, that of a running server, or one that runs as long as this."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    folder = settings.data_dir / "postgres"
    if not (folder / "postgres" / "PG_VERSION").exists():
        yield None
    elif (dsn := running_dsn(folder)) is not None:
        yield dsn
    else:
        async with EmbeddedPostgres.start(folder) as postgres:
            yield postgres.dsn


async def _with_database(settings: Settings, dsn: str) -> Sequence[Finding]:
    with named(settings):
        seen = await examine_database(dsn)
    found = list(database.findings(seen, settings.pool_size))
    if seen.schema != newest_version():
        return found
    async with PostgresStore.open(dsn, pool_size=3) as store:
        sealer = sealer_of(settings) if _has_key(settings) else None
        found += await _secrets(store, sealer)
        if sealer is not None:
            found += await _providers(settings, store, sealer)
    return found


def _has_key(settings: Settings) -> bool:
    return settings.secret_key is not None or _key_path(settings).exists()


def _key_path(settings: Settings) -> Path:
    return settings.secret_key_file or settings.data_dir / "secret.key"


async def _secrets(store: Store, sealer: Sealer | None) -> Sequence[Finding]:
    stored = await store.list_secrets()
    if sealer is None:
        if not stored:
            return [ok("secret key", "none yet; the first start makes it")]
        return [
            fault(
                "secret key",
                f"there is none, and {len(stored)} secrets are stored",
                "put back the file of the key (HODEI_SECRET_KEY_FILE), or the setting: without "
                "it no secret can be read",
            )
        ]
    closed = []
    for secret in stored:
        try:
            sealer.unseal(secret.sealed, *secret.place)
        except NotFound:
            closed.append(f"{secret.project}/{secret.name}")
    if closed:
        return [
            fault(
                "secret key",
                f"it opens {len(stored) - len(closed)} of {len(stored)} secrets, not "
                f"{', '.join(closed[:5])}",
                "add the key that sealed those below the present one, or set them anew",
            )
        ]
    return [ok("secret key", f"it opens all {len(stored)} stored secrets")]


async def _providers(settings: Settings, store: Store, sealer: Sealer) -> Sequence[Finding]:
    found = []
    installation = await store.installation_id()
    for record in await store.list_providers():
        if record.enabled:
            found.append(await _provider(settings, record, sealer, installation))
    return found


async def _provider(
    settings: Settings, record: ProviderRecord, sealer: Sealer, installation: str
) -> Finding:
    subject = f"provider {record.name}"
    factory = provider_factories().get(record.type)
    if factory is None:
        return fault(
            subject, f"no type {record.type!r} is installed", "install it, or disable the provider"
        )
    if record.type == PROCESS:
        return ok(subject, "runs jobs as processes of the servers' machines")
    context = ProviderContext(
        installation_id=installation,
        provider_id=record.id,
        name=record.name,
        data_dir=str(settings.data_dir / "providers" / f"{record.type}-{record.id}"),
        agent_command=agent_command(settings.data_dir),
        agent_bundle=no_bundle,
    )
    try:
        provider = factory.create(opened_settings(record.settings, sealer, record.id), context)
        async with asyncio.timeout(CHECK_S), provider:
            health = await provider.check()
    except (HodeiError, OSError, TimeoutError) as error:
        return warning(subject, str(error) or "its check does not end", "mend that, or disable it")
    if not health.ok:
        return warning(subject, health.reason, "mend that, or disable the provider")
    return ok(subject, f"{record.type} is reached and can run jobs")
