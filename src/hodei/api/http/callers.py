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
from hodei.domain.access.principal import Principal
from hodei.domain.errors import Forbidden, Unauthenticated
from hodei.domain.sign_in import LIFETIME, SignIn, csrf_token

COOKIE = "hodei_session"
"""Over HTTPS it is called `__Host-hodei_session`, which no other host, and no page that came
without TLS, can set."""
CSRF_HEADER = "X-CSRF-Token"
_ATTRIBUTES = "Path=/; HttpOnly; SameSite=Strict"
_SECURE = frozenset({"https", "wss"})


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


async def caller_of(identity: Identity, connection: HTTPConnection) -> Caller:
    """Who calls. Raises Unauthenticated for a token or a cookie that is not accepted."""
    authorization = connection.headers.get("authorization")
    if authorization is not None:
        return Caller(principal=await identity.principal(authorization))
    secret = secret_of(connection)
    if not secret:
        return Caller(principal=await identity.principal(None))
    try:
        found = await identity.session(secret)
    except Unauthenticated:
        raise SignInOver(forget(connection)) from None
    return Caller(principal=found.principal, sign_in=found.sign_in, csrf=csrf_token(secret))


def secret_of(connection: HTTPConnection) -> str | None:
    """What the cookie of a sign-in holds."""
    return connection.cookies.get(_name(connection))


def remember(connection: HTTPConnection, secret: str) -> str:
    """Set-Cookie that gives a browser its sign-in."""
    return set_cookie(
        connection, COOKIE, secret, _ATTRIBUTES, max_age=round(LIFETIME.total_seconds())
    )


def forget(connection: HTTPConnection) -> str:
    """Set-Cookie that takes the sign-in away."""
    return set_cookie(connection, COOKIE, "", _ATTRIBUTES, max_age=0)


def set_cookie(
    connection: HTTPConnection, name: str, value: str, attributes: str, *, max_age: int
) -> str:
    """The value of Set-Cookie, as strict as the connection lets it be."""
    secure = "; Secure" if is_secure(connection) else ""
    return f"{cookie_name(connection, name)}={value}; {attributes}{secure}; Max-Age={max_age}"


def cookie_name(connection: HTTPConnection, name: str) -> str:
    """How a cookie of this server is called on this connection; its Path must be `/`."""
    return f"__Host-{name}" if is_secure(connection) else name


def is_secure(connection: HTTPConnection) -> bool:
    """Whether the request came by TLS."""
    return connection.scope.get("scheme") in _SECURE


def _name(connection: HTTPConnection) -> str:
    return cookie_name(connection, COOKIE)
