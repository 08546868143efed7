"""`hodei templates triggers`: addresses by which others run a template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hodei.app.cli.session import fail, print_json, read_pairs, say, with_client
from hodei.app.cli.templates import project_of, typed

if TYPE_CHECKING:
    from hodei.client import AsyncClient

app = typer.Typer(
    no_args_is_help=True, help="Addresses by which others run a template: list, create, delete."
)

Key = Annotated[str, typer.Argument(metavar="TEMPLATE", help="Name of the template, or its id.")]
Project = Annotated[str, typer.Option("--project", help="The project it belongs to.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
Many = list[str] | None


@app.command("list")
def list_triggers(key: Key, project: Project = "default", json: Json = False) -> None:
    """List the triggers of a template; no token is shown."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.tables import print_table

        found = await client.triggers(key, project=project_of(key, project))
        if json:
            print_json(found)
            return
        rows = [
            (one["name"], one["id"], one["created_by"], (one["last_fired_at"] or "never")[:19])
            for one in found
        ]
        print_table(("NAME", "ID", "BY", "LAST FIRED"), rows)

    with_client(act)


@app.command("create")
def create_trigger(
    key: Key,
    name: Annotated[str, typer.Argument(help="Name of the trigger.")],
    param: Annotated[
        Many, typer.Option("-p", "--param", metavar="NAME=VALUE", help="A value; repeatable.")
    ] = None,
    secret_param: Annotated[
        Many, typer.Option("--secret-param", metavar="NAME=SECRET", help="A stored secret's name.")
    ] = None,
    from_body: Annotated[
        Many,
        typer.Option("--from", metavar="NAME=POINTER", help="From the body, such as branch=/ref."),
    ] = None,
    project: Project = "default",
    json: Json = False,
) -> None:
    """Make a trigger, and show the address to POST to and its token, this once."""
    plain = read_pairs("--param", param or ())
    secret = read_pairs("--secret-param", secret_param or ())
    pointers = read_pairs("--from", from_body or ())
    origins = {f"parameters.{one}": "--param" for one in plain}
    origins |= {f"parameters.{one}": "--secret-param" for one in secret}
    origins |= {f"parameters.{one}": "--from" for one in pointers}

    async def act(client: AsyncClient) -> None:
        where = project_of(key, project)
        template = await client.get_template(key, project=where)
        given: dict[str, dict[str, Any]] = {
            **{one: {"value": value} for one, value in typed(template, plain).items()},
            **{one: {"value": {"secret": stored}} for one, stored in secret.items()},
            **{one: {"pointer": pointer} for one, pointer in pointers.items()},
        }
        made = await client.create_trigger(template["id"], name, given)
        if json:
            print_json(made)
            return
        say("the token is not shown again")
        print(f"{client.url}{made['url']}")
        print(made["token"])

    with_client(act, origins=origins)


@app.command("delete")
def delete_trigger(
    key: Key,
    trigger: Annotated[str, typer.Argument(help="Name of the trigger, or its id.")],
    project: Project = "default",
) -> None:
    """Remove a trigger; its token is worth nothing then."""

    async def act(client: AsyncClient) -> None:
        where = project_of(key, project)
        found = await client.triggers(key, project=where)
        ids = [one["id"] for one in found if trigger in (one["id"], one["name"])]
        if not ids:
            fail(f"the template {key} has no trigger {trigger}")
        await client.delete_trigger(key, ids[0], project=where)
        print(f"{trigger} deleted")

    with_client(act)
