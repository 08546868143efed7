"""Signing in and out in a browser, the first administrator, and who calls."""

from __future__ import annotations

from starlette.responses import Response

from hodei.api.http.body import read_object, text_field
from hodei.api.http.callers import CSRF_HEADER, Caller, caller_of, check_csrf, forget, secret_of
from hodei.api.http.credentials import SECRET_SCHEMA, secret_field
from hodei.api.http.noted import noted
from hodei.api.http.operations import Answer, Call, Operation, json_response, ok
from hodei.api.http.schemas.session import Me
from hodei.api.http.whoami import STRANGER, me_view, place_of, signed_in
from hodei.domain.access.user import (
    PASSWORD_LEAST,
    PASSWORD_MOST,
    USER_NAME,
    check_name,
    check_password,
)
from hodei.domain.errors import Unauthenticated
from hodei.domain.parsing.reader import Report
from hodei.domain.sign_in import Method, SignIn, csrf_token

MOST_NAME = 200
"""Of a name that is only compared."""


async def me(call: Call) -> Response:
    """GET /me."""
    return json_response(await me_view(call, await _whoever(call)))


async def _whoever(call: Call) -> Caller:
    """Who calls; whoever shows nothing where that is not enough is told how to sign in."""
    request = call.request
    shown = request.headers.get("authorization") or secret_of(request)
    if not shown and await call.api.identity.sign_in_needed():
        return STRANGER
    return await caller_of(call.api.identity, request)


async def sign_in(call: Call) -> Response:
    """POST /session."""
    report = Report()
    body = await read_object(call.request, ("name", "password", "token"), report)
    if body.has("token"):
        token = secret_field(report, body, "token")
        for field in ("name", "password"):
            if body.has(field):
                report.add(field, "send either a token, or a name with a password")
        report.close()
        work, name, via = _with_token(call, token), "", "token"
    else:
        name = text_field(report, body, "name", most=MOST_NAME, required=True)
        password = secret_field(report, body, "password")
        report.close()
        work, via = _with_password(call, name, password), "password"
    secret, _ = await noted(call, work, action="session.create", actor=name, via=via)
    return await signed_in(call, secret)


async def _with_token(call: Call, token: str) -> tuple[str, SignIn]:
    principal = await call.api.identity.token(token)
    return await call.engine.access.sign_ins.with_token(principal, place_of(call.request))


async def _with_password(call: Call, name: str, password: str) -> tuple[str, SignIn]:
    place = place_of(call.request)
    return await call.engine.access.sign_ins.with_password(name, password, place)


async def sign_out(call: Call) -> Response:
    """DELETE /session."""
    secret = secret_of(call.request)
    if secret:
        await noted(call, _end(call, secret), action="session.end", actor=await _owner(call))
    return Response(status_code=204, headers={"Set-Cookie": forget(call.request)})


async def _end(call: Call, secret: str) -> None:
    check_csrf(csrf_token(secret), call.request)
    await call.engine.access.sign_ins.end(secret)


async def _owner(call: Call) -> str:
    try:
        return (await caller_of(call.api.identity, call.request)).principal.name
    except Unauthenticated:
        return ""


async def set_up(call: Call) -> Response:
    """POST /setup."""
    report = Report()
    body = await read_object(call.request, ("name", "password", "code"), report)
    name = check_name(report, body.get("name"))
    password = check_password(report, body.get("password"), name=name)
    code = secret_field(report, body, "code", required=False)
    report.close()
    work = _set_up(call, name, password, code)
    secret, _ = await noted(call, work, action="user.setup", actor=name, target=name)
    return await signed_in(call, secret)


async def _set_up(call: Call, name: str, password: str, code: str) -> tuple[str, SignIn]:
    access = call.engine.access
    user = await access.users.set_up(name, password, code)
    return await access.sign_ins.begin(user, Method.PASSWORD, place_of(call.request))


_SIGNED_IN = {
    201: Answer(
        description="Signed in.",
        model=Me,
        headers={"Set-Cookie": "The sign-in, which no script can read."},
    )
}
_PASSWORD = {
    "type": "string",
    "description": "Any Unicode, compared in its normal form NFKC; not the name.",
    "minLength": PASSWORD_LEAST,
    "maxLength": PASSWORD_MOST,
    "writeOnly": True,
}
_NAME = {"type": "string", "minLength": 1, "maxLength": MOST_NAME}

OPERATIONS = (
    Operation(
        method="GET",
        path="/me",
        name="getMe",
        tag="system",
        summary="Who calls, what that person may do, and how one signs in here",
        description="Whoever shows no credential is answered too: with no permissions where one "
        "has to sign in.",
        handle=me,
        answers=ok(Me, "The caller."),
        errors=(401,),
        public=True,
    ),
    Operation(
        method="POST",
        path="/session",
        name="signIn",
        tag="system",
        summary="Sign a browser in with a password or a token",
        description="The cookie that comes back stands for the credential from then on; changes "
        f"need the csrf_token as {CSRF_HEADER} besides. It ends by DELETE, with its user or token, "
        "or when it was not used for 12 hours. Unknown names and wrong passwords are answered "
        "alike; too many tries for a name, or from an address, with 429.",
        handle=sign_in,
        answers=_SIGNED_IN,
        body={
            "title": "SignIn",
            "oneOf": [
                {
                    "type": "object",
                    "properties": {"name": _NAME, "password": SECRET_SCHEMA},
                    "required": ["name", "password"],
                    "additionalProperties": False,
                },
                {
                    "type": "object",
                    "properties": {"token": SECRET_SCHEMA},
                    "required": ["token"],
                    "additionalProperties": False,
                },
            ],
        },
        body_example={"name": "ana", "password": "correct horse battery staple"},
        errors=(401, 409, 413, 415, 429),
        public=True,
    ),
    Operation(
        method="DELETE",
        path="/session",
        name="signOut",
        tag="system",
        summary="Sign a browser out",
        handle=sign_out,
        answers={204: Answer(description="Signed out; a second time changes nothing.")},
        headers={
            CSRF_HEADER: {
                "type": "string",
                "description": "csrf_token of GET /me.",
            }
        },
        public=True,
    ),
    Operation(
        method="POST",
        path="/setup",
        name="setUp",
        tag="system",
        summary="Make the first administrator, and sign the browser in",
        description="Possible until there is a user. Where the server is reached from other "
        "machines, `code` is what it printed at its start.",
        handle=set_up,
        answers=_SIGNED_IN,
        body={
            "title": "SetUp",
            "type": "object",
            "properties": {
                "name": {"type": "string", "pattern": f"^{USER_NAME.pattern.pattern}$"},
                "password": _PASSWORD,
                "code": SECRET_SCHEMA,
            },
            "required": ["name", "password"],
            "additionalProperties": False,
        },
        body_example={"name": "ana", "password": "correct horse battery staple"},
        errors=(409, 413, 415),
        public=True,
    ),
)
