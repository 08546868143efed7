"""Reading the JSON answers of other programs, which may lack anything and hold anything."""

from __future__ import annotations

from collections.abc import Mapping

Answer = Mapping[str, object]


def text(answer: Answer, name: str) -> str:
    """The field if it is text, else nothing."""
    value = answer.get(name)
    return value if isinstance(value, str) else ""


def whole(answer: Answer, name: str) -> int | None:
    """The field if it is a whole number."""
    value = answer.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def inner(answer: Answer, name: str) -> Answer:
    """The field if it is an object, else an empty one."""
    value = answer.get(name)
    return value if isinstance(value, Mapping) else {}


def texts(answer: Answer, name: str) -> tuple[str, ...]:
    """The texts of a list."""
    value = answer.get(name)
    items = value if isinstance(value, list) else []
    return tuple(item for item in items if isinstance(item, str))


def objects(value: object) -> tuple[Answer, ...]:
    """The objects of a list."""
    items = value if isinstance(value, list) else []
    return tuple(item for item in items if isinstance(item, Mapping))
