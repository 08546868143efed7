"""Who calls over HTTP: by a token, by the cookie of a sign-in, or as whoever is on this machine.

Browsers send cookies along with requests that a page did not mean to make. Whoever comes with
the cookie must therefore show with every change what only a page of this server can read: the
token that `GET /me` gives.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from hodei.api.http.problems import SignInOver
from hodei.api.identity import Identity
from hodei.domain.access.principal import Principal, Via, everything
from hodei.domain.errors import Forbidden
from hodei.domain.sign_in import LIFETIME, SignIn, csrf_token
from hodei.engine.engine import Engine

COOKIE = "hodei_session"
CSRF_HEADER = "X-CSRF-Token"
_LONGEST = 200
_ATTRIBUTES = "Path=/; HttpOnly; SameSite=Strict"
FORGET = f"{COOKIE}=; {_ATTRIBUTES}; Max-Age=0"
"""Set-Cookie that takes the cookie away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who may call."""

    principal: Principal
    sign_in: SignIn | None = None
    csrf: str | None = None
    """What this caller has to show with changes; None: nothing."""

    def check_change(self, connection: HTTPConnection) -> None:
        """Raises Forbidden when a change may come from a page that is not ours."""
        if self.csrf is not None:
            check_csrf(self.csrf, connection)


def check_csrf(expected: str, connection: HTTPConnection) -> None:
    """Raises Forbidden when a change may come from a page that is not ours."""
    shown = connection.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(shown.encode(), expected.encode()):
        raise Forbidden(f"send the csrf_token of GET /me as {CSRF_HEADER} with every change")


async def caller_of(engine: Engine, identity: Identity, connection: HTTPConnection) -> Caller:
    """Who calls. Raises Unauthenticated for a token or a cookie that is not accepted."""
    authorization = connection.headers.get("authorization")
    if authorization is not None:
        return Caller(principal=await identity.principal(authorization))
    secret = connection.cookies.get(COOKIE)
    if not secret:
        return Caller(principal=await identity.principal(None))
    # What was signed in with a token that is not accepted any more is over as well.
    known = identity.dev_mode and len(secret) <= _LONGEST
    sign_in = await engine.sign_ins.find(secret) if known else None
    if sign_in is None:
        raise SignInOver(FORGET)
    principal = everything(sign_in.owner, Via.SESSION)
    return Caller(principal=principal, sign_in=sign_in, csrf=csrf_token(secret))


def remember(secret: str) -> str:
    """Set-Cookie that gives a browser its sign-in."""
    return f"{COOKIE}={secret}; {_ATTRIBUTES}; Max-Age={round(LIFETIME.total_seconds())}"
