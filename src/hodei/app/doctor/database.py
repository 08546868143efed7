"""The database: whether it answers, fits this release, and is set as it should be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from hodei.adapters.postgres import newest_version
from hodei.adapters.postgres.examination import Examination
from hodei.app.doctor.finding import Finding, fault, ok, warning

LEAST_VERSION = 140_000
SKEW = timedelta(seconds=2)
LONG_TRANSACTION = timedelta(minutes=10)
FEW_TRANSACTIONS = 200_000_000
SPARE_CONNECTIONS = 10


def findings(seen: Examination, pool_size: int) -> Iterator[Finding]:
    """What a look at it shows."""
    given = seen.settings
    version = given["server_version"].split(" ")[0]
    if int(given["server_version_num"]) < LEAST_VERSION:
        yield fault("database", f"PostgreSQL {version}", "use PostgreSQL 14 or newer")
    else:
        yield ok("database", f"PostgreSQL {version} answers, {seen.size_bytes >> 20} MiB")
    yield _schema(seen.schema)
    yield _clock(seen.skew)
    yield from _settings(seen)
    yield _room(seen, pool_size)
    if seen.oldest_transaction > LONG_TRANSACTION:
        yield warning(
            "transactions",
            f"one is open for {str(seen.oldest_transaction).split('.')[0]}",
            "end it (pg_stat_activity has its pid): events of later ones stay unseen, and "
            "nothing that was deleted gives its room back",
        )
    if seen.transactions_left < FEW_TRANSACTIONS:
        yield fault(
            "transactions",
            f"{seen.transactions_left} are left until PostgreSQL takes no more writes",
            "run VACUUM FREEZE, and find out why autovacuum does not",
        )


def _schema(stored: int) -> Finding:
    newest = newest_version()
    if stored > newest:
        return fault(
            "schema",
            f"version {stored}, newer than this release knows ({newest})",
            "start the newer release, or restore an older backup",
        )
    if stored == 0:
        return ok("schema", "none yet; the first start makes it")
    if stored < newest:
        return warning(
            "schema",
            f"version {stored} of {newest}",
            "the next start brings it up; or run `hodei db upgrade`",
        )
    return ok("schema", f"version {stored}, that of this release")


def _clock(skew: timedelta) -> Finding:
    apart = f"{abs(skew.total_seconds()):.1f} s {'ahead of' if skew > timedelta() else 'behind'}"
    if abs(skew) > SKEW:
        return warning(
            "clock",
            f"the database's clock is {apart} this machine's",
            "let both follow the same time server (chrony, systemd-timesyncd): leases, deadlines "
            "and schedules compare the two",
        )
    return ok("clock", f"the database's is within {SKEW.total_seconds():g} s of this machine's")


def _settings(seen: Examination) -> Iterator[Finding]:
    given = seen.settings
    for name, bad, why in (
        ("fsync", "off", "a power cut then loses the whole database"),
        ("full_page_writes", "off", "a power cut then damages pages"),
        ("synchronous_commit", "off", "what a client was told is stored may then be lost"),
        ("autovacuum", "off", "tables and indexes then grow for ever"),
    ):
        if given[name] == bad:
            yield warning(f"setting {name}", bad, f"set it to on: {why}")
    if given["default_transaction_read_only"] == "on":
        yield fault(
            "setting default_transaction_read_only",
            "on",
            "name the primary, not a standby, in HODEI_DATABASE_URL, or turn it off",
        )
    if given["statement_timeout"] != "0":
        yield warning(
            "setting statement_timeout",
            given["statement_timeout"],
            "set it to 0 for this user (ALTER ROLE ... SET): an upgrade may take longer",
        )


def _room(seen: Examination, pool_size: int) -> Finding:
    most = int(seen.settings["max_connections"])
    free, needed = most - seen.connections, pool_size + 3
    found = f"{seen.connections} of max_connections {most} are in use"
    if free < needed + SPARE_CONNECTIONS:
        return warning(
            "connections",
            f"{found}, and a server takes up to {needed}",
            "raise max_connections, or lower HODEI_POOL_SIZE",
        )
    return ok("connections", found)
