"""Following a job's log from any line of any attempt, through its retries."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from uuid import UUID

from hodei.engine.engine import Engine
from hodei.engine.logs import Followed


async def follow_from(
    engine: Engine, job_id: UUID, *, attempt: int, from_line: int, tail: int | None, pinned: bool
) -> AsyncGenerator[Followed, None]:
    """Parts of the log, from a line of one attempt on.

    Attempt 0 is the newest. Unless `pinned`, the attempts after it follow until the job is
    finished. With `tail` only so many lines of what is there at first.
    """
    if pinned or not attempt:
        parts = engine.logs.follow_job(job_id, attempt=attempt, from_line=from_line, tail=tail)
        async for part in parts:
            yield part
        return
    found = True
    while found:
        found = False
        parts = engine.logs.follow_job(job_id, attempt=attempt, from_line=from_line, tail=tail)
        async for part in parts:
            found = True
            yield part
        attempt, from_line, tail = attempt + 1, 1, None
