"""Settings of providers as they pass this interface: values marked writeOnly go in, never out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

Settings = Mapping[str, object]


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
