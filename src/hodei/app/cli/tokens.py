"""`hodei tokens`: what programs show instead of a password."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from hodei.app.cli import exits
from hodei.app.cli.session import fail, print_json, say, with_client

if TYPE_CHECKING:
    from hodei.client import AsyncClient

app = typer.Typer(no_args_is_help=True, help="API tokens: list, create, revoke.")

Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


@app.command("list")
def list_tokens(
    everybodys: Annotated[bool, typer.Option("--all", "-a", help="Those of all users.")] = False,
    json: Json = False,
) -> None:
    """List API tokens, newest first."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.tables import ago, print_table
        from hodei.client.values import maybe_time

        found = await client.tokens(everybodys=everybodys)
        if json:
            print_json(found)
            return
        rows = [
            (
                one["id"],
                one["owner"],
                one["role"],
                one["project"] or "*",
                one["expires_at"] or "never",
                ago(maybe_time(one["last_used_at"])) or "never",
                one["name"],
            )
            for one in found
        ]
        print_table(("ID", "OWNER", "ROLE", "PROJECT", "EXPIRES", "USED", "NAME"), rows)

    with_client(act)


@app.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    role: Annotated[str, typer.Option("--role", help="viewer, operator or admin, at most.")],
    project: Annotated[
        str | None, typer.Option("--project", "-p", help="Good for this project only.")
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option("--expires", help="After so long, e.g. 90d; else never, or with ours."),
    ] = None,
    json: Json = False,
) -> None:
    """Make an API token; its text is printed this once."""
    end = _after(expires) if expires else None

    async def act(client: AsyncClient) -> None:
        made = await client.create_token(name, role=role, project=project, expires_at=end)
        if json:
            print_json(made)
            return
        say("this is shown once; keep it where only its program can read it")
        print(made["token"])

    with_client(act)


@app.command("revoke")
def revoke_token(
    key: Annotated[str, typer.Argument(help="Id, or the name of an own one.")],
) -> None:
    """End an API token; whoever shows it is refused from now on."""

    async def act(client: AsyncClient) -> None:
        await client.revoke_token(key)
        print(f"{key} revoked")

    with_client(act)


def _after(text: str) -> datetime:
    from hodei.domain.errors import InvalidRequest
    from hodei.domain.units import parse_duration

    try:
        return datetime.now(UTC) + timedelta(milliseconds=parse_duration(text))
    except (InvalidRequest, OverflowError):
        fail(f"--expires: must be a time such as 12h or 90d (given: {text[:100]})", exits.USAGE)
