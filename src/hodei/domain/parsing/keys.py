"""Reads the idempotency key that a caller may send with a submission."""

from __future__ import annotations

from hodei.domain.errors import InvalidRequest, Violation
from hodei.domain.parsing import limits
from hodei.domain.parsing.reader import describe


def parse_idempotency_key(raw: object) -> str:
    """The key, unchanged: 1 to 200 printable ASCII characters. Raises InvalidRequest."""
    rule = limits.IDEMPOTENCY_KEY
    if isinstance(raw, str) and len(raw) <= rule.most and rule.pattern.fullmatch(raw):
        return raw
    message = f"must be {rule.expected}"
    violation = Violation(field="idempotency_key", message=message, value=describe(raw))
    raise InvalidRequest([violation])
