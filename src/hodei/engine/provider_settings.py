"""Settings of providers: values marked writeOnly come in, lie sealed, and never go out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from uuid import UUID

from hodei.domain.serial import canonical_json
from hodei.ports.secrets import Sealer

Settings = Mapping[str, object]
SEALED = "$sealed"
"""The one field of what stands in the place of a hidden value in the store."""


def without_secrets(schema: Settings, settings: Settings) -> tuple[dict[str, object], list[str]]:
    """The settings that may be shown, and the paths of those that have a hidden value."""
    shown: dict[str, object] = {}
    hidden: list[str] = []
    for name, value in settings.items():
        field = _field(schema, name)
        if field.get("writeOnly") is True:
            hidden.append(name)
        elif isinstance(value, Mapping):
            inner, paths = without_secrets(field, value)
            shown[name] = inner
            hidden += [f"{name}.{path}" for path in paths]
        else:
            shown[name] = value
    return shown, hidden


def with_stored_secrets(schema: Settings, old: Settings, new: Settings) -> dict[str, object]:
    """`new` with the hidden values of `old` that it does not mention; null removes one."""
    merged = dict(new)
    for name in _secrets(schema):
        if name in merged and merged[name] is None:
            del merged[name]
        elif name not in merged and name in old:
            merged[name] = old[name]
    for name, value in merged.items():
        before = old.get(name)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            merged[name] = with_stored_secrets(_field(schema, name), before, value)
    return merged


def sealed_settings(
    schema: Settings, settings: Settings, sealer: Sealer, provider_id: UUID
) -> dict[str, object]:
    """The settings as they may be stored: every hidden value that is plain is sealed."""

    def walk(schema: Settings, settings: Settings, path: str) -> dict[str, object]:
        made: dict[str, object] = {}
        for name, value in settings.items():
            field, place = _field(schema, name), f"{path}.{name}" if path else name
            if field.get("writeOnly") is True:
                made[name] = value if _sealed(value) else seal(value, place)
            elif isinstance(value, Mapping):
                made[name] = walk(field, value, place)
            else:
                made[name] = value
        return made

    def seal(value: object, path: str) -> dict[str, object]:
        return {SEALED: sealer.seal(canonical_json(value), *_place(provider_id, path))}

    return walk(schema, settings, "")


def opened_settings(settings: Settings, sealer: Sealer, provider_id: UUID) -> dict[str, object]:
    """The settings as the provider needs them. Raises NotFound when no key opens a value."""

    def walk(settings: Settings, path: str) -> dict[str, object]:
        made: dict[str, object] = {}
        for name, value in settings.items():
            place = f"{path}.{name}" if path else name
            if text := _sealed(value):
                made[name] = json.loads(sealer.unseal(text, *_place(provider_id, place)))
            else:
                made[name] = walk(value, place) if isinstance(value, Mapping) else value
        return made

    return walk(settings, "")


def _sealed(value: object) -> str:
    """The sealed text that stands in the place of a value; empty when it is plain."""
    text = value.get(SEALED) if isinstance(value, Mapping) and len(value) == 1 else None
    return text if isinstance(text, str) else ""


def _place(provider_id: UUID, path: str) -> tuple[str, ...]:
    return ("provider", str(provider_id), path)


def _secrets(schema: Settings) -> Iterator[str]:
    properties = schema.get("properties")
    if isinstance(properties, Mapping):
        for name, field in properties.items():
            if isinstance(field, Mapping) and field.get("writeOnly") is True:
                yield name


def _field(schema: Settings, name: str) -> Settings:
    properties = schema.get("properties")
    field = properties.get(name) if isinstance(properties, Mapping) else None
    return field if isinstance(field, Mapping) else {}
