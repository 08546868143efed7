"""Text and JSON on their way into PostgreSQL, which takes neither NUL nor half a surrogate pair."""

from __future__ import annotations

import json
import re
from typing import Any

_ENCODER = json.JSONEncoder(separators=(",", ":"))
_REFUSED = re.compile("[\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u(?:0000|d[89a-f])")


def clean(text: str) -> str:
    """`text` with the replacement character for what PostgreSQL cannot store."""
    # Messages quote what jobs, images and providers say, which may be anything.
    return text if text.isascii() and "\x00" not in text else _REFUSED.sub("\ufffd", text)


def dumps(value: object) -> str:
    """Compact JSON that PostgreSQL can store."""
    text = _ENCODER.encode(value)
    return _ENCODER.encode(_cleaned(value)) if _ESCAPED.search(text) else text


def storable(text: str) -> str:
    """JSON text that PostgreSQL can store, with the same value as far as that can be stored."""
    return dumps(loads(text)) if _ESCAPED.search(text) else text


def loads(text: str) -> Any:
    """The value of stored JSON."""
    return json.loads(text)


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return clean(value)
        case dict():
            return {clean(str(key)): _cleaned(item) for key, item in value.items()}
        case list() | tuple():
            return [_cleaned(item) for item in value]
        case _:
            return value
