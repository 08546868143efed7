"""Cursors of lists: the place of the last row that was shown, opaque to everybody else."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import TypeVar

from hodei.domain.errors import InvalidRequest
from hodei.ports.store import Page

T = TypeVar("T")
Place = tuple[datetime, int]
"""A time and, where times are equal, the order of submission."""
_LONGEST = 200


def write_cursor(order: str, place: Place) -> str:
    """The cursor of a list in this order that goes on after `place`."""
    text = json.dumps([order, place[0].isoformat(), place[1]])
    return urlsafe_b64encode(text.encode()).decode()


def read_cursor(order: str, cursor: str) -> Place:
    """The inverse of `write_cursor`. Raises InvalidRequest for anything else."""
    try:
        if len(cursor) > _LONGEST:
            raise ValueError("too long")
        written, time, number = json.loads(urlsafe_b64decode(cursor.encode("ascii")))
        at = datetime.fromisoformat(time)
        if written == order and type(number) is int and at.tzinfo is not None:
            return at, number
    except (ValueError, TypeError):
        pass  # told below, like every other thing that is not one of our cursors
    raise InvalidRequest.of("cursor", "is not a cursor of this list", cursor)


def page_of(order: str, rows: Iterable[tuple[Place, T]], *, limit: int) -> Page[T]:
    """The first `limit` rows, and a cursor when there are more."""
    found = list(islice(rows, limit + 1))
    cursor = write_cursor(order, found[limit - 1][0]) if len(found) > limit else None
    return Page(items=tuple(item for _, item in found[:limit]), cursor=cursor)
