"""`hodei login` and `hodei logout`."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hodei.app.cli import exits
from hodei.app.cli.asking import hidden
from hodei.app.cli.session import fail, print_json, say, with_client

if TYPE_CHECKING:
    from hodei.client import AsyncClient

LIFETIME = timedelta(days=90)
PasswordFile = Annotated[
    Path | None,
    typer.Option("--password-file", help="Take the password from a file, not the terminal."),
]


def login(
    name: Annotated[str | None, typer.Option("--name", "-n", help="Name of the user.")] = None,
    password_file: PasswordFile = None,
    token: Annotated[
        bool,
        typer.Option("--token", help="Keep a token that there is: asked for, or from stdin."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Sign in at the server of HODEI_URL; commands show it from then on who you are.

    A password makes a new token of 90 days. It is kept in ~/.config/hodei/credentials, which only
    you can read, and goes to this server only. Neither is ever an argument: the terminal asks,
    or a line is read from stdin.
    """
    refuse_variable()
    if token:
        _keep_given(hidden("Token", None), json)
        return
    who = name or typer.prompt("Name", err=True)
    password = hidden("Password", password_file)

    async def act(client: AsyncClient) -> None:
        made = await client.login(who, password, token_name=token_name(), expires_at=expiry())
        keep_made(made, json)

    with_client(act, known=False)


def logout(json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False) -> None:
    """Forget the token of this server, and revoke it where `login` made it."""
    from hodei.app.cli.credentials import keep, read, server_url

    url = server_url()
    kept = read().get(url)
    if kept is None:
        print_json({"server": url, "revoked": False}) if json else print(f"not signed in at {url}")
        return

    async def act(client: AsyncClient) -> None:
        from hodei.client import NotFound, Unauthenticated

        try:
            await client.revoke_token(str(kept["id"]))
        except (NotFound, Unauthenticated):
            say("the token was over already")

    if kept.get("id"):
        refuse_variable()
        with_client(act)
    keep(url, None)
    revoked = bool(kept.get("id"))
    print_json({"server": url, "revoked": revoked}) if json else print(f"signed out of {url}")


def refuse_variable() -> None:
    """HODEI_TOKEN goes before what login keeps."""
    if os.environ.get("HODEI_TOKEN"):
        fail("HODEI_TOKEN is set, which every command shows already; unset it first", exits.USAGE)


def keep_made(made: Any, json: bool) -> None:
    """Keeps a token that the server has just made, and says so."""
    from hodei.app.cli.credentials import keep, path, server_url

    url = server_url()
    keep(url, {"token": made["token"], "id": made["id"], "name": made["owner"]})
    if json:
        print_json({"server": url, "name": made["owner"], "expires_at": made["expires_at"]})
    else:
        print(f"signed in at {url} as {made['owner']} until {made['expires_at']} ({path()})")


def token_name() -> str:
    """What the token of this computer is called; several logins have one each."""
    at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"hodei login on {socket.gethostname()[:60]} at {at}.{os.urandom(2).hex()}"


def expiry() -> datetime:
    """When a token of login is over."""
    return datetime.now(UTC) + LIFETIME


def _keep_given(token: str, json: bool) -> None:
    from hodei.app.cli.credentials import keep, server_url

    async def act(_: AsyncClient) -> None:
        from hodei.client import AsyncClient as Client

        async with Client(token=token, patience_s=0.0) as client:
            me = await client.me()
        url = server_url()
        keep(url, {"token": token, "name": me["owner"]})
        if json:
            print_json({"server": url, "name": me["owner"], "expires_at": None})
        else:
            print(f"signed in at {url} as {me['owner']}")

    with_client(act, known=False)
