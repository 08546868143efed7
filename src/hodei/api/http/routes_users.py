"""Users: list, make, change, remove."""

from __future__ import annotations

from starlette.responses import Response

from hodei.api.http.body import read_object
from hodei.api.http.operations import Answer, Call, Operation, json_response, ok
from hodei.api.http.query import Schema
from hodei.api.http.schemas.users import UserList, UserView
from hodei.domain.access.roles import Role
from hodei.domain.access.user import (
    PASSWORD_LEAST,
    PASSWORD_MOST,
    USER_NAME,
    User,
    check_name,
    check_password,
    check_roles,
)
from hodei.domain.parsing.limits import PROJECT
from hodei.domain.parsing.reader import Report, Section
from hodei.engine.access.users import UserChange

FIELDS = ("name", "password", "roles", "enabled")
USER_KEY = "Id or name of the user."


async def list_users(call: Call) -> Response:
    """GET /users."""
    found = await call.engine.access.users.all()
    return json_response(UserList(items=[user_view(user) for user in found]))


async def create_user(call: Call) -> Response:
    """POST /users."""
    report = Report()
    body = await read_object(call.request, FIELDS, report)
    name = check_name(report, body.get("name"))
    password = _password(report, body, name)
    roles = check_roles(report, body.get("roles"))
    enabled = _enabled(report, body)
    report.close()
    call.grant.target = name
    user = await call.engine.access.users.create(
        name, password=password, roles=roles, enabled=enabled is not False
    )
    return json_response(user_view(user), 201)


async def get_user(call: Call) -> Response:
    """GET /users/{key}."""
    return json_response(user_view(await call.engine.access.users.get(call.key("user"))))


async def change_user(call: Call) -> Response:
    """PATCH /users/{key}."""
    users = call.engine.access.users
    user = await users.get(call.key("user"))
    report = Report()
    body = await read_object(call.request, FIELDS, report)
    name = check_name(report, body.get("name")) if body.has("name") else None
    change = UserChange(
        name=name,
        password=_password(report, body, name or user.name),
        roles=check_roles(report, body.get("roles")) if body.has("roles") else None,
        enabled=_enabled(report, body),
    )
    report.close()
    return json_response(user_view(await users.change(str(user.id), change)))


async def delete_user(call: Call) -> Response:
    """DELETE /users/{key}."""
    await call.engine.access.users.delete(call.key("user"))
    return Response(status_code=204)


def user_view(user: User) -> UserView:
    """A user as every interface shows it."""
    return UserView(
        id=str(user.id),
        name=user.name,
        enabled=user.enabled,
        roles=dict(user.roles),
        password_set=user.password_hash is not None,
        oidc_subject=user.oidc_subject,
        created_at=user.created_at,
        last_sign_in_at=user.last_sign_in_at,
    )


def _password(report: Report, body: Section, name: str) -> str | None:
    if not body.has("password"):
        return None
    return check_password(report, body.get("password"), name=name)


def _enabled(report: Report, body: Section) -> bool | None:
    if not body.has("enabled"):
        return None
    value = body.get("enabled")
    if not isinstance(value, bool):
        report.add("enabled", "must be true or false", value)
        return None
    return value


def _body(title: str, required: list[str]) -> Schema:
    return {
        "title": title,
        "type": "object",
        "properties": {
            "name": {"type": "string", "pattern": f"^{USER_NAME.pattern.pattern}$"},
            "password": {
                "type": "string",
                "description": "Any Unicode, compared in its normal form NFKC; not the name. "
                "Without one the user signs in at the identity provider only.",
                "minLength": PASSWORD_LEAST,
                "maxLength": PASSWORD_MOST,
                "writeOnly": True,
            },
            "roles": {
                "type": "object",
                "description": "By project; * counts for each.",
                "propertyNames": {"pattern": rf"^({PROJECT.pattern.pattern}|\*)$"},
                "additionalProperties": {"type": "string", "enum": [role.value for role in Role]},
            },
            "enabled": {"type": "boolean"},
        },
        "required": required,
        "additionalProperties": False,
    }


OPERATIONS = (
    Operation(
        method="GET",
        path="/users",
        name="listUsers",
        tag="access",
        summary="List users",
        handle=list_users,
        answers=ok(UserList, "Users by name."),
    ),
    Operation(
        method="POST",
        path="/users",
        name="createUser",
        tag="access",
        summary="Make a user",
        description="The very first one must be an administrator of all projects; "
        "POST /setup makes that one as well.",
        handle=create_user,
        answers={201: Answer(description="Made.", model=UserView)},
        body=_body("UserBody", ["name"]),
        body_example={"name": "bo", "roles": {"default": "operator"}},
        errors=(409, 413, 415),
    ),
    Operation(
        method="GET",
        path="/users/{key}",
        name="getUser",
        tag="access",
        summary="Read a user",
        key=USER_KEY,
        handle=get_user,
        answers=ok(UserView, "The user."),
        errors=(404,),
    ),
    Operation(
        method="PATCH",
        path="/users/{key}",
        name="changeUser",
        tag="access",
        summary="Change a user: name, password, roles, enabled",
        description="What is not given stays; `roles` are given as a whole, and count at once, "
        "in open streams within seconds. A new password, and disabling, end the user's sign-ins. "
        "The last enabled administrator of all projects stays one.",
        key=USER_KEY,
        handle=change_user,
        answers=ok(UserView, "The user."),
        body=_body("UserChange", []),
        body_example={"roles": {"*": "admin"}},
        errors=(404, 409, 413, 415),
    ),
    Operation(
        method="DELETE",
        path="/users/{key}",
        name="deleteUser",
        tag="access",
        summary="Remove a user, with all tokens and sign-ins",
        key=USER_KEY,
        handle=delete_user,
        answers={204: Answer(description="Gone; jobs keep the name.")},
        errors=(404, 409),
    ),
)
