"""Providers and their health as rows and back."""

from __future__ import annotations

from hodei.adapters.postgres.columns import Columns
from hodei.adapters.postgres.database import Row
from hodei.adapters.postgres.text import clean, dumps, loads
from hodei.domain.provider import Health, ProviderRecord
from hodei.domain.serial import (
    learning_from_dict,
    learning_to_dict,
    warm_from_list,
    warm_to_list,
)

PROVIDER = Columns(
    "provider",
    "unit int4, id uuid, version int4, name text, type text, enabled bool, settings jsonb,"
    " labels jsonb, region text, max_workers int4, warm jsonb, warm_learned jsonb,"
    " idle_timeout_ms int8,"
    " created_at timestamptz, updated_at timestamptz",
)


def provider_row(unit: int, provider: ProviderRecord) -> tuple[object, ...]:
    """Values of PROVIDER."""
    return (
        unit,
        provider.id,
        provider.version,
        provider.name,
        provider.type,
        provider.enabled,
        dumps(dict(provider.settings)),
        dumps(dict(provider.labels)),
        provider.region,
        provider.max_workers,
        dumps(warm_to_list(provider.warm)),
        dumps(learning_to_dict(provider.warm_learned)) if provider.warm_learned else None,
        provider.idle_timeout_ms,
        provider.created_at,
        provider.updated_at,
    )


def provider_of(row: Row) -> ProviderRecord:
    """The provider in a row of its table."""
    return ProviderRecord(
        id=row["id"],
        name=row["name"],
        type=row["type"],
        enabled=row["enabled"],
        version=row["version"],
        settings=loads(row["settings"]),
        labels=loads(row["labels"]),
        region=row["region"],
        max_workers=row["max_workers"],
        warm=warm_from_list(loads(row["warm"])),
        warm_learned=learning_from_dict(loads(row["warm_learned"]))
        if row["warm_learned"]
        else None,
        idle_timeout_ms=row["idle_timeout_ms"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def health_values(health: Health) -> tuple[object, ...]:
    """ok, reason, details, checked_at."""
    return health.ok, clean(health.reason), dumps(dict(health.details)), health.checked_at


def health_of(row: Row) -> Health:
    """The inverse of `health_values`."""
    return Health(
        ok=row["ok"],
        reason=row["reason"],
        details=loads(row["details"]),
        checked_at=row["checked_at"],
    )
