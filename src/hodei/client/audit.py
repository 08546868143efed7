"""The audit log, read page by page or as a whole."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime

from hodei.client.transport import Params, Transport


def audit_params(
    start: datetime | str | None, end: datetime | str | None, filters: dict[str, str]
) -> Params:
    """Filters as the REST interface has them."""
    return {**filters, "from": _moment(start), "to": _moment(end)}


async def export_audit(transport: Transport, params: Params) -> AsyncGenerator[str, None]:
    """Lines of JSON, the oldest row first."""
    async with transport.stream("/audit/export", params=params) as answer:
        async for line in answer.aiter_lines():
            yield line


def _moment(at: datetime | str | None) -> str | None:
    return at.isoformat() if isinstance(at, datetime) else at
