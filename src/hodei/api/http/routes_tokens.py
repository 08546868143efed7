"""API tokens: list, make, revoke."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.responses import Response

from hodei.api.http.body import read_object
from hodei.api.http.operations import Answer, Call, Operation, json_response, ok
from hodei.api.http.query import flag
from hodei.api.http.routes_profile import own_user
from hodei.api.http.schemas.users import NewToken, TokenList, TokenView
from hodei.domain.access.api_token import ApiToken
from hodei.domain.access.roles import Permission, Role
from hodei.domain.parsing.limits import LINE, PROJECT
from hodei.domain.parsing.reader import ABSENT, Report, Section, check_text, one_of, pick

ALL = flag("all", "Those of all users; for who manages users.")
TOKEN_KEY = "Id of the token, or its name among one's own."
EXPIRES = "must be a time with its zone, such as 2027-01-31T00:00:00Z, or null"


async def list_tokens(call: Call) -> Response:
    """GET /tokens."""
    tokens = call.engine.access.tokens
    if call.get(ALL):
        call.caller.principal.require(Permission.USERS_MANAGE)
        found = await tokens.all()
    else:
        user_id = call.caller.principal.user_id
        found = await tokens.of_user(user_id) if user_id else []
    return json_response(TokenList(items=[token_view(one) for one in found]))


async def create_token(call: Call) -> Response:
    """POST /tokens."""
    user = await own_user(call)
    report = Report()
    body = await read_object(call.request, ("name", "role", "project", "expires_at"), report)
    name = check_text(report, "name", body.get("name"), LINE) or ""
    role = pick(body.get("role"), Role)
    if role is None:
        report.add("role", f"must be {one_of(Role, body.get('role'))}", body.get("role"))
    project = body.text_or_none("project", PROJECT)
    expires_at = _expires(report, body)
    report.close()
    call.grant.target, call.grant.project = name, project or ""
    tokens = call.engine.access.tokens
    text, token = await tokens.create(
        user.principal(call.caller.principal.via),
        name,
        role=role or Role.VIEWER,
        project=project,
        expires_at=expires_at,
        limit=await tokens.shown_by(call.caller.principal),
    )
    view = token_view(token)
    return json_response(NewToken(**view.model_dump(), token=text), 201)


async def revoke_token(call: Call) -> Response:
    """DELETE /tokens/{key}."""
    principal = call.caller.principal
    everybodys = principal.may(Permission.USERS_MANAGE)
    key = call.key("token")
    tokens = call.engine.access.tokens
    if principal.user_id is not None:
        mine = await tokens.of_user(principal.user_id)
        everybodys = everybodys and not any(key in (str(one.id), one.name) for one in mine)
    await tokens.revoke(key, user_id=None if everybodys else (await own_user(call)).id)
    return Response(status_code=204)


def token_view(token: ApiToken) -> TokenView:
    """A token as every interface shows it."""
    return TokenView(
        id=str(token.id),
        name=token.name,
        owner=token.owner,
        role=token.role,
        project=token.project,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
    )


def _expires(report: Report, body: Section) -> datetime | None:
    value = body.get("expires_at")
    if value is ABSENT or value is None:
        return None
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 1970 < at.year < 9000:
        report.add("expires_at", EXPIRES, value)
        return None
    return at.astimezone(UTC)


OPERATIONS = (
    Operation(
        method="GET",
        path="/tokens",
        name="listTokens",
        tag="access",
        summary="List one's own API tokens",
        handle=list_tokens,
        answers=ok(TokenList, "Tokens without their texts."),
        query=(ALL,),
    ),
    Operation(
        method="POST",
        path="/tokens",
        name="createToken",
        tag="access",
        summary="Make an API token",
        description="Its text is shown this once. A token never does more than its user may at "
        "the moment of the call, and one that was made with a token no more than that one.",
        handle=create_token,
        answers={201: Answer(description="Made.", model=NewToken)},
        body={
            "title": "TokenBody",
            "type": "object",
            "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": LINE.most},
                "role": {"type": "string", "enum": [role.value for role in Role]},
                "project": {
                    "type": ["string", "null"],
                    "pattern": f"^{PROJECT.pattern.pattern}$",
                    "maxLength": PROJECT.most,
                },
                "expires_at": {"type": ["string", "null"], "format": "date-time"},
            },
            "required": ["name", "role"],
            "additionalProperties": False,
        },
        body_example={"name": "ci", "role": "operator", "project": "default"},
        errors=(409, 413, 415),
    ),
    Operation(
        method="DELETE",
        path="/tokens/{key}",
        name="revokeToken",
        tag="access",
        summary="Revoke an API token",
        description="One's own; by id anybody's for who manages users.",
        key=TOKEN_KEY,
        handle=revoke_token,
        answers={204: Answer(description="Nobody can use it any more.")},
        errors=(404, 409),
    ),
)
