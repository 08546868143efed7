"""Audit rows of operations that are open to all: who somebody is shows only while they run."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from typing import TypeVar

from hodei.api.http.operations import Call
from hodei.api.http.whoami import place_of
from hodei.domain.audit import Entry, Interface, result_of
from hodei.engine.correlation import current_id

T = TypeVar("T")
NOBODY = "anonymous"


async def noted(
    call: Call, work: Awaitable[T], *, action: str, actor: str, via: str = "", target: str = ""
) -> T:
    """What `work` gives; its end, good or bad, becomes a row of the audit log."""
    entry = Entry(
        at=call.engine.core.clock.now(),
        actor=actor or NOBODY,
        via=via,
        action=action,
        target_kind=action.partition(".")[0],
        target=target,
        source=place_of(call.request).source,
        interface=Interface.REST,
        correlation_id=current_id(),
    )
    try:
        done = await work
    except Exception as error:
        result, code, detail = result_of(error)
        await call.engine.audit.note(replace(entry, result=result, code=code, detail=detail))
        raise
    await call.engine.audit.note(entry)
    return done
