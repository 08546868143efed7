"""The audit log, read page by page or as a whole."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime

from hodei.client.transport import Params, Transport
from hodei.client.values import Raw


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


async def audit_pages(
    transport: Transport, params: Params, limit: int | None
) -> AsyncGenerator[Raw, None]:
    """Rows, the newest first, page after page, at most `limit`."""
    cursor: str | None = None
    left = limit
    while left is None or left > 0:
        size = 200 if left is None else min(left, 200)
        asked = {**params, "cursor": cursor, "limit": size}
        page = await transport.call("GET", "/audit", params=asked)
        for item in page["items"]:
            yield item
        cursor = page["next_cursor"]
        left = None if left is None else left - len(page["items"])
        if cursor is None:
            return


def _moment(at: datetime | str | None) -> str | None:
    return at.isoformat() if isinstance(at, datetime) else at
