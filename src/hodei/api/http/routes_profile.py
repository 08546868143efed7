"""One's own password, and where one is signed in."""

from __future__ import annotations

from starlette.responses import Response

from hodei.api.http.body import read_object
from hodei.api.http.credentials import SECRET_SCHEMA, secret_field
from hodei.api.http.operations import Answer, Call, Operation, json_response, ok
from hodei.api.http.schemas.session import Me, SessionList, SessionView
from hodei.api.http.whoami import me_view, place_of
from hodei.domain.access.user import PASSWORD_LEAST, PASSWORD_MOST, User, check_password
from hodei.domain.errors import Conflict
from hodei.domain.parsing.reader import Report
from hodei.domain.sign_in import SignIn

SESSION_KEY = "Id of the session."


async def own_user(call: Call) -> User:
    """The user who calls. Raises Conflict for whoever is none."""
    user_id = call.caller.principal.user_id
    if user_id is None:
        raise Conflict("only users have this: make one, and sign in")
    return await call.engine.access.users.get(str(user_id))


async def change_me(call: Call) -> Response:
    """PATCH /me."""
    user = await own_user(call)
    report = Report()
    body = await read_object(call.request, ("password",), report)
    if not body.has("password"):
        report.add("password", "is required: an object with the fields old, new")
    section = body.section("password", ("old", "new"), {})
    old = secret_field(report, section, "old") if body.has("password") else ""
    new = ""
    if body.has("password"):
        new = check_password(report, section.get("new"), name=user.name, field_name="password.new")
    report.close()
    access = call.engine.access
    source = place_of(call.request).source
    await access.users.change_password(user, old, new, source)
    here = call.caller.sign_in
    await access.sign_ins.end_all(user.id, but=here.id if here else None)
    return json_response(await me_view(call, call.caller))


async def list_sessions(call: Call) -> Response:
    """GET /me/sessions."""
    user_id = call.caller.principal.user_id
    found = await call.engine.access.sign_ins.of_user(user_id) if user_id else []
    here = call.caller.sign_in
    views = [_view(one, here.id == one.id if here else False) for one in found]
    return json_response(SessionList(items=views))


async def end_session(call: Call) -> Response:
    """DELETE /me/sessions/{key}."""
    user = await own_user(call)
    await call.engine.access.sign_ins.end_one(user.id, call.key("session"))
    return Response(status_code=204)


def _view(one: SignIn, current: bool) -> SessionView:
    return SessionView(
        id=str(one.id),
        method=one.method,
        current=current,
        created_at=one.created_at,
        last_used_at=max(one.created_at, one.last_used_at),
        expires_at=one.expires_at,
        agent=one.agent,
        source=one.source,
    )


_PASSWORD_CHANGE = {
    "type": "object",
    "properties": {
        "old": SECRET_SCHEMA,
        "new": {
            "type": "string",
            "minLength": PASSWORD_LEAST,
            "maxLength": PASSWORD_MOST,
            "writeOnly": True,
        },
    },
    "required": ["old", "new"],
    "additionalProperties": False,
}

OPERATIONS = (
    Operation(
        method="PATCH",
        path="/me",
        name="changeMe",
        tag="access",
        summary="Change one's own password",
        description="All other sign-ins of the user end; API tokens stay.",
        handle=change_me,
        answers=ok(Me, "The caller."),
        body={
            "title": "MeChange",
            "type": "object",
            "properties": {"password": _PASSWORD_CHANGE},
            "required": ["password"],
            "additionalProperties": False,
        },
        errors=(409, 413, 415, 429),
    ),
    Operation(
        method="GET",
        path="/me/sessions",
        name="listMySessions",
        tag="access",
        summary="Where one is signed in",
        handle=list_sessions,
        answers=ok(SessionList, "The caller's sign-ins."),
    ),
    Operation(
        method="DELETE",
        path="/me/sessions/{key}",
        name="endMySession",
        tag="access",
        summary="End one of one's own sign-ins",
        key=SESSION_KEY,
        handle=end_session,
        answers={204: Answer(description="It is over.")},
        errors=(404, 409),
    ),
)
