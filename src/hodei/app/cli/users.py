"""`hodei users`: who may sign in, and with which roles."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hodei.app.cli import exits
from hodei.app.cli.asking import hidden
from hodei.app.cli.login import PasswordFile, expiry, keep_made, refuse_variable, token_name
from hodei.app.cli.session import fail, print_json, read_pairs, some_change, with_client

if TYPE_CHECKING:
    from hodei.client import AsyncClient

app = typer.Typer(no_args_is_help=True, help="Users: list, create, edit, password, delete.")

Key = Annotated[str, typer.Argument(help="Name or id.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--role", metavar="PROJECT=ROLE", help="viewer, operator or admin; '*=ROLE' everywhere."
    ),
]
Admin = Annotated[bool, typer.Option("--admin", help="Administrator of all projects.")]


@app.command("list")
def list_users(json: Json = False) -> None:
    """List users with their roles."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.tables import ago, print_table
        from hodei.client.values import maybe_time

        found = await client.users()
        if json:
            print_json(found)
            return
        rows = [
            (
                one["name"],
                "enabled" if one["enabled"] else "disabled",
                _ways(one),
                ago(maybe_time(one["last_sign_in_at"])) or "never",
                " ".join(f"{project}={role}" for project, role in one["roles"].items()),
            )
            for one in found
        ]
        print_table(("NAME", "STATE", "SIGNS IN BY", "LAST", "ROLES"), rows)

    with_client(act)


def _ways(user: Any) -> str:
    ways = [("password", user["password_set"]), ("oidc", user["oidc_subject"])]
    return "+".join(way for way, there in ways if there) or "nothing"


@app.command("create")
def create_user(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits, '.', '_' and '-'.")],
    admin: Admin = False,
    role: Roles = None,
    password_file: PasswordFile = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Signs in at the identity provider only.")
    ] = False,
    code_file: Annotated[
        Path | None,
        typer.Option("--setup-code-file", help="The setup code of the first administrator."),
    ] = None,
    local: Annotated[
        bool,
        typer.Option("--local", help="In the database itself, as for whoever is locked out."),
    ] = False,
    json: Json = False,
) -> None:
    """Make a user; the very first one is the administrator, and is signed in here at once.

    The password is asked for, or read from a file or a line of stdin. With --local the database
    of HODEI_DATABASE_URL or HODEI_DATA_DIR is changed without a server being asked: a user that
    is there is enabled and gets the new password, and the roles that are given.
    """
    roles = _roles(role or (), admin)
    password = None if no_password else hidden(f"Password of {name}", password_file, confirm=True)
    if local:
        _locally(name, password, roles, json)
        return
    words = _setup_words() if password is not None else {}
    if password is not None and words.get("needed"):
        if not admin:
            fail("the first user is the administrator: add --admin", exits.USAGE)
        refuse_variable()
        code = hidden("Setup code", code_file) if words["code"] else None
        _set_up(name, password, code, json)
        return

    async def act(client: AsyncClient) -> None:
        fields: dict[str, Any] = {"roles": roles}
        if password is not None:
            fields["password"] = password
        made = await client.create_user(name, **fields)
        print_json(made) if json else print(f"{made['name']} created")

    with_client(act)


def _setup_words() -> Mapping[str, bool]:
    """Whether there is no user yet, and whether making the first one takes a code."""
    found: dict[str, bool] = {}

    async def act(client: AsyncClient) -> None:
        me = await client.me()
        found.update(needed=me["setup_needed"], code=me["setup_code_needed"])

    with_client(act)
    return found


def _set_up(name: str, password: str, code: str | None, json: bool) -> None:
    async def act(client: AsyncClient) -> None:
        made = await client.set_up(
            name, password, code=code, token_name=token_name(), expires_at=expiry()
        )
        keep_made(made, json)

    with_client(act, known=False)


def _locally(name: str, password: str | None, roles: dict[str, str], json: bool) -> None:
    from hodei.app.cli.server import read_or_stop
    from hodei.app.recovery import put_user
    from hodei.domain.errors import HodeiError, InvalidRequest

    settings = read_or_stop()
    try:
        done = asyncio.run(put_user(settings, name, password, roles))
    except InvalidRequest as error:
        from hodei.app.cli.session import show_violations

        show_violations(error.violations, {})
        fail("nothing was changed", exits.USAGE)
    except HodeiError as error:
        fail(str(error))
    print_json({"name": name, "done": done}) if json else print(f"{name} {done}")


@app.command("edit")
def edit_user(
    key: Key,
    name: Annotated[str | None, typer.Option("--name", help="A new name.")] = None,
    role: Roles = None,
    admin: Admin = False,
    no_roles: Annotated[bool, typer.Option("--no-roles", help="Take every role away.")] = False,
    enabled: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Whether the user may sign in.")
    ] = None,
    json: Json = False,
) -> None:
    """Change what is given; roles replace all those that there were."""
    changes: dict[str, Any] = {}
    if name is not None:
        changes["name"] = name
    if role or admin or no_roles:
        changes["roles"] = _roles(role or (), admin)
    if enabled is not None:
        changes["enabled"] = enabled
    some_change(changes)

    async def act(client: AsyncClient) -> None:
        made = await client.change_user(key, **changes)
        print_json(made) if json else print(f"{made['name']} changed")

    with_client(act)


@app.command("password")
def set_password(key: Key, password_file: PasswordFile = None) -> None:
    """Give a user a new password; the user's sign-ins end."""
    password = hidden(f"New password of {key}", password_file, confirm=True)

    async def act(client: AsyncClient) -> None:
        made = await client.change_user(key, password=password)
        print(f"{made['name']} has a new password")

    with_client(act)


@app.command("delete")
def delete_user(key: Key) -> None:
    """Remove a user, with all tokens and sign-ins."""

    async def act(client: AsyncClient) -> None:
        await client.delete_user(key)
        print(f"{key} deleted")

    with_client(act)


def _roles(given: list[str] | tuple[str, ...], admin: bool) -> dict[str, str]:
    return {**({"*": "admin"} if admin else {}), **read_pairs("--role", given)}
