"""The caller as `GET /me` shows it, and the answer that signs a browser in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from hodei.api.http.callers import Caller, remember, secret_of
from hodei.api.http.operations import PREFIX, Call, json_response
from hodei.api.http.schemas.session import Me, OidcWay, SignInWays, UserRef
from hodei.domain.access.principal import Principal, Via
from hodei.domain.access.roles import Permission
from hodei.domain.sign_in import csrf_token
from hodei.engine.access.sign_ins import Place

STRANGER = Caller(principal=Principal(name="", via=Via.ANONYMOUS, roles={}))
"""Whoever must sign in first."""
OIDC_PATH = f"{PREFIX}/oidc/login"


def place_of(request: Request) -> Place:
    """From where a request comes."""
    source = request.client.host if request.client else "local"
    return Place(source=source, agent=request.headers.get("user-agent", ""))


async def me_view(call: Call, caller: Caller) -> Me:
    """Who calls, and what that person may do."""
    identity, access = call.api.identity, call.engine.access
    principal = caller.principal
    has_users = await access.recognition.has_users()
    user = UserRef(id=str(principal.user_id), name=principal.name) if principal.user_id else None
    return Me(
        owner=principal.name,
        user=user,
        dev_mode=identity.dev_mode,
        via=principal.via,
        csrf_token=caller.csrf,
        expires_at=caller.sign_in.expires_at if caller.sign_in else None,
        sign_in=_ways(call, has_users, await identity.sign_in_needed()),
        setup_needed=not has_users,
        setup_code_needed=not has_users and access.users.setup_needs_code,
        roles=dict(principal.roles),
        permissions=[one.value for one in Permission if principal.may(one)],
    )


def _ways(call: Call, has_users: bool, required: bool) -> SignInWays:
    oidc = call.engine.access.oidc
    methods: list[str] = []
    if has_users:
        methods.append("password")
    if has_users or call.api.identity.dev_mode:
        methods.append("token")
    if oidc is not None:
        methods.append("oidc")
    way = OidcWay(name=oidc.name, url=OIDC_PATH) if oidc is not None else None
    return SignInWays.model_validate({"required": required, "methods": methods, "oidc": way})


async def signed_in(call: Call, secret: str) -> Response:
    """201 with the cookie of a sign-in that has just begun; the browser's former one ends."""
    await end_former(call)
    found = await call.api.identity.session(secret)
    caller = Caller(principal=found.principal, sign_in=found.sign_in, csrf=csrf_token(secret))
    response = json_response(await me_view(call, caller), 201)
    response.headers["Set-Cookie"] = remember(call.request, secret)
    return response


async def end_former(call: Call) -> None:
    """Whoever signs in anew leaves no sign-in behind that somebody else may know."""
    former = secret_of(call.request)
    if former:
        await call.engine.access.sign_ins.end(former)
