"""`hodei secrets`: values go in, from a prompt, a file or stdin, and never come out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hodei.app.cli import exits
from hodei.app.cli.session import fail, print_json, say, with_client

if TYPE_CHECKING:
    from hodei.client import AsyncClient

app = typer.Typer(no_args_is_help=True, help="Secrets: set, list, delete, rotate.")

Name = Annotated[str, typer.Argument(help="Name; jobs refer to it with {secret: NAME}.")]
Project = Annotated[str, typer.Option("--project", "-p", help="The project it belongs to.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
_MOST = 64 * 1024


@app.command("set")
def set_secret(
    name: Name,
    project: Project = "default",
    from_file: Annotated[
        Path | None, typer.Option("--from-file", help="Take the whole file as it is.")
    ] = None,
    json: Json = False,
) -> None:
    """Set a secret: asks for the value, or reads it from stdin, less one final newline.

    The value is never an argument: other programs could read it.
    """
    value = _value(name, from_file)

    async def act(client: AsyncClient) -> None:
        made = await client.set_secret(name, value, project=project)
        if json:
            print_json(made)
        else:
            print(f"{made['project']}/{made['name']} version {made['version']}")

    with_client(act)


def _value(name: str, path: Path | None) -> str:
    if path is not None:
        try:
            with path.open("rb") as file:
                return _text(file.read(_MOST + 1), str(path))
        except OSError as error:
            fail(f"{path}: {error.strerror}", exits.USAGE)
    if sys.stdin.isatty():
        value: str = typer.prompt(f"Value of {name}", hide_input=True, confirmation_prompt=True)
        return value
    return _text(sys.stdin.buffer.read(_MOST + 2), "stdin").removesuffix("\n")


def _text(content: bytes, origin: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        fail(f"{origin}: is not UTF-8 at byte {error.start}; encode it, as base64", exits.USAGE)


@app.command("list")
def list_secrets(
    project: Annotated[str | None, typer.Option("--project", "-p", help="Only of this.")] = None,
    json: Json = False,
) -> None:
    """List secrets without their values; version 0 comes from a file of the server."""

    async def act(client: AsyncClient) -> None:
        from datetime import datetime

        from hodei.app.cli.tables import ago, print_table

        found = await client.secrets(project)
        if json:
            print_json(found)
            return

        def when(text: str | None) -> str:
            return ago(datetime.fromisoformat(text)) if text else "never"

        rows = [
            (
                one["project"],
                one["name"],
                one["version"],
                when(one["updated_at"]),
                one["updated_by"],
                when(one["last_used_at"]),
            )
            for one in found
        ]
        print_table(("PROJECT", "NAME", "VERSION", "SET", "BY", "LAST USED"), rows)

    with_client(act)


@app.command("delete")
def delete_secret(name: Name, project: Project = "default") -> None:
    """Remove a secret."""

    async def act(client: AsyncClient) -> None:
        await client.delete_secret(name, project=project)
        print(f"{project}/{name} deleted")

    with_client(act)


@app.command("rotate")
def rotate_secrets(json: Json = False) -> None:
    """Seal everything with the first key of the server; ends with 1 when something could not be
    opened.

    Put the new key first in HODEI_SECRET_KEY_FILE of every server and keep the old one below it;
    once this says that nothing is left, the old one can go.
    """

    async def act(client: AsyncClient) -> int:
        total = {"secrets": 0, "providers": 0, "webhooks": 0, "jobs": 0, "unreadable": 0}
        cursor: str | None = None
        while True:
            step = await client.rotate_secrets(cursor)
            total = {name: count + step[name] for name, count in total.items()}
            cursor = step["next_cursor"]
            if cursor is None:
                break
        if json:
            print_json({"key": step["key"], **total})
        else:
            print(
                f"sealed anew with key {step['key']}: {total['secrets']} secrets, settings of "
                f"{total['providers']} providers, {total['webhooks']} webhooks, values of "
                f"{total['jobs']} jobs"
            )
        if total["unreadable"]:
            say(f"{total['unreadable']} could not be opened: a key is missing on that server")
        return exits.ERROR if total["unreadable"] else exits.OK

    with_client(act)
