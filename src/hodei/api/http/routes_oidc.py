"""Signing a browser in at the identity provider: there, and back again.

Both are visited by browsers, not called by pages: what goes wrong ends on the sign-in page,
which says why by the code in its address.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

from starlette.responses import Response

from hodei.api.http.callers import cookie_name, remember, set_cookie
from hodei.api.http.noted import noted
from hodei.api.http.operations import PREFIX, Answer, Call, Operation
from hodei.api.http.query import text
from hodei.api.http.whoami import end_former, place_of
from hodei.domain.access.handshake import local_path
from hodei.domain.errors import Conflict, Forbidden, HodeiError, NotFound, Unauthenticated
from hodei.domain.sign_in import SignIn
from hodei.engine.access.oidc import Oidc

COOKIE = "hodei_oidc"
_SECONDS = 600
_ATTRIBUTES = "Path=/; HttpOnly; SameSite=Lax"
"""Lax: the browser comes back from another site, and must bring it."""
MOST_TEXT = 4096
NEXT = text("next", "Path of this server to end at; others mean `/`.", most=2048, default="/")
STATE = text("state", "As it was sent.", most=MOST_TEXT, default="")
CODE = text("code", "What the provider gives for it.", most=MOST_TEXT, default="")
ERROR = text("error", "Why the provider gives no code.", most=MOST_TEXT, default="")
_OTHERS = tuple(
    text(name, "Providers send it; it is not looked at.", most=MOST_TEXT)
    for name in (
        *("error_description", "error_uri", "iss", "session_state", "scope"),
        *("authuser", "hd", "prompt"),
    )
)


async def begin(call: Call) -> Response:
    """GET /oidc/login."""
    oidc = _oidc(call)
    ending = local_path(call.get(NEXT))
    try:
        secret, url = await oidc.begin(redirect_uri=_redirect_uri(call))
    except HodeiError as error:
        return _turned_away(call, error, ending)
    response = _to(url)
    kept = f"{secret}.{quote(ending, safe='')}"
    response.headers["Set-Cookie"] = set_cookie(
        call.request, COOKIE, kept, _ATTRIBUTES, max_age=_SECONDS
    )
    return response


async def finish(call: Call) -> Response:
    """GET /oidc/callback."""
    oidc = _oidc(call)
    kept = call.request.cookies.get(cookie_name(call.request, COOKIE), "")
    kept_secret, _, quoted = kept.partition(".")
    ending = local_path(unquote(quoted))
    try:
        work = _finish(call, oidc, kept_secret)
        secret, _ = await noted(call, work, action="session.create", actor="", via="oidc")
    except HodeiError as error:
        return _turned_away(call, error, ending)
    await end_former(call)
    response = _to(ending)
    response.headers.append("Set-Cookie", remember(call.request, secret))
    response.headers.append("Set-Cookie", _forget(call))
    return response


async def _finish(call: Call, oidc: Oidc, secret: str) -> tuple[str, SignIn]:
    if not secret:
        raise Unauthenticated("this browser did not begin this sign-in; begin again")
    if call.get(ERROR):
        raise Forbidden("the identity provider did not let this person in")
    return await oidc.finish(
        secret,
        state=call.get(STATE),
        code=call.get(CODE),
        redirect_uri=_redirect_uri(call),
        place=place_of(call.request),
    )


def _oidc(call: Call) -> Oidc:
    oidc = call.engine.access.oidc
    if oidc is None:
        raise NotFound("identity provider", "HODEI_OIDC_ISSUER")
    return oidc


def _redirect_uri(call: Call) -> str:
    """Where the provider sends browsers back to: this server as the browser calls it. The Host
    header has been checked to be one of its names."""
    url = call.request.url
    return f"{url.scheme}://{call.request.headers['host']}{PREFIX}/oidc/callback"


def _turned_away(call: Call, error: HodeiError, ending: str) -> Response:
    """Back to the sign-in page, which words the code."""
    match error:
        case Unauthenticated():
            code = "oidc_failed"
        case Forbidden() | Conflict():
            code = "oidc_refused"
        case _:
            code = "oidc_unavailable"
    response = _to(f"/sign-in?error={code}&next={quote(ending, safe='')}")
    response.headers["Set-Cookie"] = _forget(call)
    return response


def _forget(call: Call) -> str:
    return set_cookie(call.request, COOKIE, "", _ATTRIBUTES, max_age=0)


def _to(url: str) -> Response:
    return Response(status_code=303, headers={"Location": url})


_REDIRECT = {
    "Location": "Where the browser goes.",
    "Set-Cookie": "What the sign-in needs on its way; then the sign-in.",
}
_PAGE = "`/sign-in?error=CODE`: oidc_failed, oidc_refused or oidc_unavailable"

OPERATIONS = (
    Operation(
        method="GET",
        path="/oidc/login",
        name="beginOidc",
        tag="system",
        summary="Send a browser to the identity provider",
        handle=begin,
        answers={303: Answer(description=f"To the provider, or {_PAGE}.", headers=_REDIRECT)},
        query=(NEXT,),
        errors=(404,),
        public=True,
    ),
    Operation(
        method="GET",
        path="/oidc/callback",
        name="finishOidc",
        tag="system",
        summary="Where the identity provider sends browsers back to",
        description="Its address is what has to be registered there.",
        handle=finish,
        answers={303: Answer(description=f"To `next`, or {_PAGE}.", headers=_REDIRECT)},
        query=(STATE, CODE, ERROR, *_OTHERS),
        errors=(404,),
        public=True,
    ),
)
