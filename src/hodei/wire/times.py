"""Times between protobuf and Python."""

from __future__ import annotations

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from hodei.domain.errors import InvalidRequest


def to_timestamp(at: datetime | None) -> Timestamp | None:
    """None stays unset."""
    if at is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp


def from_timestamp(field: str, stamp: Timestamp) -> datetime:
    """Raises InvalidRequest for a time that no date can name."""
    try:
        return stamp.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest.of(field, "must be a time between years 1 and 9999") from None
