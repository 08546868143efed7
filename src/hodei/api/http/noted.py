"""Audit rows that no rule tells of: of operations that are open to all, where who somebody is
shows only while they run, and of requests that are refused before anybody asks who calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from starlette.requests import HTTPConnection

from hodei.api.http.operations import Call, origin_of
from hodei.api.http.whoami import place_of
from hodei.domain.audit import Entry, Interface, result_of
from hodei.domain.errors import HodeiError
from hodei.domain.sign_in import SignIn
from hodei.engine.correlation import current_id
from hodei.engine.engine import Engine

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
    await call.engine.audit.note(replace(entry, actor=_signed_in(done) or entry.actor))
    return done


def _signed_in(done: object) -> str:
    """Who signed in, where that is what was done."""
    match done:
        case (str(), SignIn(owner=owner)):
            return owner
        case _:
            return ""


def wrong_place_noted(engine: Engine) -> Callable[[HTTPConnection, HodeiError], Awaitable[None]]:
    """Writes down a request by another name of the server, or from a page of another place."""

    async def note(connection: HTTPConnection, error: HodeiError) -> None:
        socket = connection.scope["type"] == "websocket"
        origin = origin_of(connection, Interface.WEBSOCKET if socket else Interface.REST)
        result, code, detail = result_of(error)
        await engine.audit.note(
            Entry(
                at=engine.core.clock.now(),
                actor=NOBODY,
                action="call.from_elsewhere",
                result=result,
                code=code,
                detail=detail,
                source=origin.source,
                interface=origin.interface,
                correlation_id=current_id(),
            )
        )

    return note
