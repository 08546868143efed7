"""Hints on the wire: NOTIFY payloads of at most 7,500 bytes, a JSON list of hints each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from hodei.ports.bus import Hint

CHANNEL = "hodei"
MAX_BYTES = 7_500
"""PostgreSQL takes 8,000 bytes, its own overhead included."""
MAX_KEYS = 150
"""Ids in one hint; above it everything of the topic is meant. Fits 36 characters each."""

_HEAD = 200
"""Room for the hint that names the sender."""

_Item = list[object]


FROM = "from"
"""Topic of the hint that begins a payload whose sender has a name: its key is that name."""


def encode(hints: Iterable[Hint], origin: str = "") -> Iterator[str]:
    """The hints as few payloads, in order. Hints that cannot fit lose their keys and data."""
    head = [_fitting(Hint(topic=FROM, keys=(origin,)))] if origin else []
    items, size = [*head], 2 + sum(map(len, head))
    for hint in hints:
        item = _fitting(hint)
        if len(items) > len(head) and size + len(item) + 1 > MAX_BYTES:
            yield "[" + ",".join(items) + "]"
            items, size = [*head], 2 + sum(map(len, head))
        items.append(item)
        size += len(item) + 1
    if len(items) > len(head):
        yield "[" + ",".join(items) + "]"


def decode(payload: str) -> list[Hint]:
    """The hints of one payload; none when it is not one of ours."""
    try:
        return [
            Hint(topic=str(topic), keys=tuple(keys), data=dict(data))
            for topic, keys, data in json.loads(payload)
        ]
    except (ValueError, TypeError):
        return []


def merge(hints: Iterable[Hint]) -> list[Hint]:
    """Hints without data, one per topic, each key once; order of first appearance is kept."""
    merged: dict[str, dict[str, None] | None] = {}
    passed: list[Hint] = []
    for hint in hints:
        if hint.data:
            passed.append(hint)
            continue
        keys = merged.setdefault(hint.topic, {})
        if keys is None:
            continue
        if not hint.keys and hint.topic not in _KEYLESS:
            merged[hint.topic] = None
        else:
            keys.update(dict.fromkeys(hint.keys))
    joined = [
        Hint(topic=topic, keys=tuple(keys) if keys is not None and len(keys) <= MAX_KEYS else ())
        for topic, keys in merged.items()
    ]
    return joined + passed


_KEYLESS = frozenset({"queue", "event"})
"""Topics that never name keys."""


def _fitting(hint: Hint) -> str:
    item: _Item = [hint.topic, list(hint.keys), dict(hint.data)]
    text = json.dumps(item, separators=(",", ":"))
    if len(text) + _HEAD > MAX_BYTES:
        text = json.dumps([hint.topic, [], {}], separators=(",", ":"))
    return text
