"""Merging a patch into a pod: objects by field, lists of named objects by name, else replaced."""

from __future__ import annotations

from collections.abc import Mapping


def merged(body: Mapping[str, object], patch: Mapping[str, object]) -> dict[str, object]:
    """`body` with `patch` in it; null takes a field away. Neither is changed."""
    found = dict(body)
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = _value(found.get(name), value)
    return found


def _value(old: object, new: object) -> object:
    if isinstance(new, Mapping):
        return merged(old if isinstance(old, Mapping) else {}, new)
    if isinstance(old, list) and isinstance(new, list) and _named(old) and _named(new):
        return _lists(old, new)
    return new


def _lists(old: list[object], new: list[object]) -> list[object]:
    patches = {_name(each): each for each in new}
    found = [_value(each, patches.pop(_name(each), {})) for each in old]
    return [*found, *patches.values()]


def _named(items: list[object]) -> bool:
    return bool(items) and all(_name(each) for each in items)


def _name(item: object) -> str:
    name = item.get("name") if isinstance(item, Mapping) else None
    return name if isinstance(name, str) else ""
