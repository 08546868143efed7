"""Streams that end when the right to them does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, TypeVar

from hodei.domain.errors import HodeiError

T = TypeVar("T")
Lost = Callable[[], Coroutine[Any, Any, HodeiError]]
"""Returns once the right is gone, with the reason; see `Grant.lost`."""


async def while_allowed(items: AsyncGenerator[T, None], lost: Lost) -> AsyncGenerator[T, None]:
    """The items, until `lost` returns an error, which is then raised."""
    losing = asyncio.ensure_future(lost())
    coming: asyncio.Future[T] | None = None
    try:
        while True:
            coming = asyncio.ensure_future(anext(items))
            either: set[asyncio.Future[Any]] = {coming, losing}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if losing.done():
                raise losing.result()
            try:
                item = coming.result()
            except StopAsyncIteration:
                return
            coming = None
            yield item
    finally:
        losing.cancel()
        if coming is not None:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
        await items.aclose()
