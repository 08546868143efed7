"""Lists that the server gives page by page, read as one."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from hodei.client.transport import Params, Transport
from hodei.client.values import Raw

PAGE = 200
"""Items that are asked for at once."""


async def pages(
    transport: Transport, path: str, params: Params, limit: int | None = None
) -> AsyncGenerator[Raw, None]:
    """Items of a list in its order, at most `limit`; a page is asked for once it is needed."""
    cursor: str | None = None
    left = limit
    while left is None or left > 0:
        size = PAGE if left is None else min(left, PAGE)
        page = await transport.call("GET", path, params={**params, "cursor": cursor, "limit": size})
        for item in page["items"]:
            yield item
        cursor = page["next_cursor"]
        if left is not None:
            left -= len(page["items"])
        if cursor is None:
            return
