"""`hodei audit`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hodei.app.cli.session import print_json, with_client

if TYPE_CHECKING:
    from hodei.client import AsyncClient

app = typer.Typer(no_args_is_help=True, help="The audit log: list, export.")

Actor = Annotated[str | None, typer.Option(help="Name of who did it.")]
Action = Annotated[str | None, typer.Option(help="job.submit, or `job.` for all of jobs.")]
Target = Annotated[str | None, typer.Option(help="Id or name of what was acted on.")]
Project = Annotated[str | None, typer.Option("--project", "-p", help="Of this project.")]
Result = Annotated[str | None, typer.Option(help="ok, denied or failed.")]
From = Annotated[str | None, typer.Option("--from", help="Of this time or day, or later.")]
To = Annotated[str | None, typer.Option("--to", help="Before this time or day.")]


def _given(**filters: str | None) -> dict[str, str]:
    return {name: value for name, value in filters.items() if value is not None}


@app.command("list")
def list_entries(
    actor: Actor = None,
    action: Action = None,
    target: Target = None,
    project: Project = None,
    result: Result = None,
    start: From = None,
    end: To = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Rows at most.")] = 50,
    json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """List who did what, or was not let; the newest first."""
    filters = _given(actor=actor, action=action, target=target, project=project, result=result)

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.tables import print_table

        found = client.audit(start=start, end=end, limit=limit, **filters)
        rows = [row async for row in found]
        if json:
            print_json(rows)
            return
        heads = ("AT", "ACTOR", "ACTION", "TARGET", "PROJECT", "RESULT", "FROM", "COUNT", "DETAIL")
        cells = [
            (
                row["at"][:19],
                row["actor"],
                row["action"],
                row["target"] or "",
                row["project"] or "",
                row["code"] or row["result"],
                f"{row['interface']} {row['source']}".rstrip(),
                row["count"],
                row["detail"],
            )
            for row in rows
        ]
        print_table(heads, cells)

    with_client(act)


@app.command("export")
def export_entries(
    actor: Actor = None,
    action: Action = None,
    target: Target = None,
    project: Project = None,
    result: Result = None,
    start: From = None,
    end: To = None,
) -> None:
    """Write all rows that fit as lines of JSON, the oldest first."""
    filters = _given(actor=actor, action=action, target=target, project=project, result=result)

    async def act(client: AsyncClient) -> None:
        async for line in client.export_audit(start=start, end=end, **filters):
            print(line)

    with_client(act)
