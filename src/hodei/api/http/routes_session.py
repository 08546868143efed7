"""Signing in and out in a browser, and who calls."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from hodei.api.http.body import read_object, text_field
from hodei.api.http.callers import COOKIE, CSRF_HEADER, FORGET, Caller, check_csrf, remember
from hodei.api.http.operations import Answer, Call, Operation, json_response, ok
from hodei.api.http.schemas.session import Me, SignInWays
from hodei.domain.access.principal import Via
from hodei.domain.errors import Unauthenticated
from hodei.domain.parsing.reader import Report
from hodei.domain.sign_in import csrf_token

MAX_TOKEN = 200
PERMISSIONS = (
    "jobs.read",
    "jobs.run",
    "logs.read",
    "terminal.open",
    "metrics.read",
    "queue.read",
    "queue.manage",
    "providers.read",
    "providers.manage",
    "workers.read",
    "workers.manage",
)
"""Until there are roles, whoever reaches the server may do everything."""


async def me(call: Call) -> Response:
    """GET /me."""
    return json_response(_me(call, call.caller))


async def sign_in(call: Call) -> Response:
    """POST /session."""
    report = Report()
    body = await read_object(call.request, ("token",), report)
    token = text_field(report, body, "token", most=MAX_TOKEN, required=True)
    report.close()
    identity = call.api.identity
    if not identity.dev_mode:
        raise Unauthenticated("there is no sign-in here: whoever reaches this server may use it")
    shown = await identity.principal(f"Bearer {token}")
    secret, made = await call.engine.sign_ins.begin(shown.name)
    principal = replace(shown, via=Via.SESSION)
    caller = Caller(principal=principal, sign_in=made, csrf=csrf_token(secret))
    response = json_response(_me(call, caller), 201)
    response.headers["Set-Cookie"] = remember(secret)
    return response


async def sign_out(call: Call) -> Response:
    """DELETE /session."""
    secret = call.request.cookies.get(COOKIE)
    if secret:
        check_csrf(csrf_token(secret), call.request)
        await call.engine.sign_ins.end(secret)
    return Response(status_code=204, headers={"Set-Cookie": FORGET})


def _me(call: Call, caller: Caller) -> Me:
    dev_mode = call.api.identity.dev_mode
    return Me(
        owner=caller.principal.name,
        dev_mode=dev_mode,
        via=caller.principal.via,
        csrf_token=caller.csrf,
        expires_at=caller.sign_in.expires_at if caller.sign_in else None,
        sign_in=SignInWays(required=False, methods=["token"] if dev_mode else []),
        permissions=list(PERMISSIONS),
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/me",
        name="getMe",
        tag="system",
        summary="Who calls, what that person may do, and how one signs in here",
        handle=me,
        answers=ok(Me, "The caller."),
    ),
    Operation(
        method="POST",
        path="/session",
        name="signIn",
        tag="system",
        summary="Sign a browser in with a token",
        description="The cookie that comes back stands for the token from then on; changes need "
        f"the csrf_token as {CSRF_HEADER} besides. It ends by DELETE, or when it was not used for "
        "12 hours.",
        handle=sign_in,
        answers={
            201: Answer(
                description="Signed in.",
                model=Me,
                headers={"Set-Cookie": "The sign-in, which no script can read."},
            )
        },
        body={
            "title": "SignIn",
            "type": "object",
            "properties": {
                "token": {
                    "type": "string",
                    "description": "dev-NAME in development mode.",
                    "minLength": 1,
                    "maxLength": MAX_TOKEN,
                    "writeOnly": True,
                }
            },
            "required": ["token"],
            "additionalProperties": False,
        },
        body_example={"token": "dev-ana"},
        errors=(401, 413, 415),
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
)
