"""Cursors of pages: the place of the last row shown, opaque to everybody else."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hodei.domain.errors import InvalidRequest
from hodei.ports.store import JobSort

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_LENGTH = 200
_INT64 = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPlace:
    """A row of the job list."""

    submitted_at: datetime
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlace:
    """A row of the queue and its position, from 1."""

    rank: datetime
    seq: int
    position: int


def encode_job(place: JobPlace, sort: JobSort) -> str:
    """Cursor of a job list in this order."""
    return _encode(["j", sort.value, _micros(place.submitted_at), place.seq])


def decode_job(cursor: str, sort: JobSort) -> JobPlace:
    """The inverse of `encode_job`. Raises InvalidRequest, also for one of another order."""
    match _decode(cursor):
        case ["j", sort.value, int(micros), int(seq)] if seq in _INT64:
            return JobPlace(submitted_at=_moment(micros, cursor), seq=seq)
        case _:
            raise _refused(cursor)


def encode_queue(place: QueuePlace) -> str:
    """Cursor of the queue."""
    return _encode(["q", _micros(place.rank), place.seq, place.position])


def decode_queue(cursor: str) -> QueuePlace:
    """The inverse of `encode_queue`. Raises InvalidRequest."""
    match _decode(cursor):
        case ["q", int(micros), int(seq), int(position)] if seq in _INT64 and position >= 0:
            return QueuePlace(rank=_moment(micros, cursor), seq=seq, position=position)
        case _:
            raise _refused(cursor)


def _encode(parts: list[object]) -> str:
    text = json.dumps(parts, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str) -> object:
    if len(cursor) > _MAX_LENGTH:
        raise _refused(cursor)
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        value: object = json.loads(urlsafe_b64decode(padded))
    except ValueError as error:
        raise _refused(cursor) from error
    return value


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _moment(micros: int, cursor: str) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=micros)
    except OverflowError as error:
        raise _refused(cursor) from error


def _refused(cursor: str) -> InvalidRequest:
    return InvalidRequest.of("cursor", "is not a cursor of this list", cursor)
