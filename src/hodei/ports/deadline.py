"""The deadline of a provision: what is not there by then is given up as ProvisionTimeout."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from hodei.domain.errors import ProvisionTimeout
from hodei.ports.provider import ProvisionRequest

LATE = "the deadline for starting the worker has passed"

T = TypeVar("T")


def require_time(request: ProvisionRequest) -> None:
    """Raises ProvisionTimeout when the deadline has passed."""
    if datetime.now(UTC) >= request.deadline:
        raise ProvisionTimeout(LATE)


async def in_time(request: ProvisionRequest, work: Callable[[], Awaitable[T]]) -> T:
    """What `work` gives, unless the deadline comes first. Raises ProvisionTimeout."""
    require_time(request)
    left_s = (request.deadline - datetime.now(UTC)).total_seconds()
    try:
        async with asyncio.timeout(left_s):
            return await work()
    except TimeoutError as error:
        raise ProvisionTimeout(LATE) from error
