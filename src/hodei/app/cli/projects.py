"""`hodei projects`: what they may use, and how long their work is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hodei.app.cli import exits
from hodei.app.cli.session import fail, print_json, with_client

if TYPE_CHECKING:
    from hodei.client import AsyncClient

app = typer.Typer(no_args_is_help=True, help="Projects: list, set, delete.")

Name = Annotated[str, typer.Argument(help="Name of the project.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
Limit = str | None
_NONE = "none"


@app.command("list")
def list_projects(json: Json = False) -> None:
    """List projects with what they use of their quota."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.tables import print_table

        found = await client.projects()
        if json:
            print_json(found)
            return
        rows = [
            (
                one["name"],
                *(_share(one, what) for what in ("running_jobs", "cpu", "memory_mb")),
                one["retention"]["job_days"] or "",
                one["retention"]["log_days"] or "",
                one["retention"]["audit_days"] or "",
                one["description"],
            )
            for one in found
        ]
        heads = (
            "NAME",
            "JOBS",
            "CPU",
            "MEMORY MB",
            "JOB DAYS",
            "LOG DAYS",
            "AUDIT DAYS",
            "DESCRIPTION",
        )
        print_table(heads, rows)

    with_client(act)


def _share(project: Mapping[str, Any], what: str) -> str:
    used, most = project["usage"][what], project["quota"][what]
    return f"{used:g}" if most is None else f"{used:g}/{most:g}"


@app.command("set")
def set_project(
    name: Name,
    description: Annotated[
        str | None, typer.Option("--description", "-d", help="A few words.")
    ] = None,
    running_jobs: Annotated[Limit, typer.Option(help="On workers at the same time.")] = None,
    cpu: Annotated[Limit, typer.Option(help="CPUs that they ask for together.")] = None,
    memory_mb: Annotated[Limit, typer.Option(help="MB that they ask for together.")] = None,
    job_days: Annotated[Limit, typer.Option(help="Days that finished jobs are kept.")] = None,
    log_days: Annotated[Limit, typer.Option(help="Days that their logs are kept.")] = None,
    audit_days: Annotated[
        Limit, typer.Option(help="Days that rows of the audit log about it are kept.")
    ] = None,
    json: Json = False,
) -> None:
    """Create a project, or change what is given and leave the rest; `none` takes a limit away."""
    quota = _given(running_jobs=running_jobs, cpu=cpu, memory_mb=memory_mb)
    retention = _given(job_days=job_days, log_days=log_days, audit_days=audit_days)

    async def act(client: AsyncClient) -> None:
        now = next((one for one in await client.projects() if one["name"] == name), None)
        old = now or {"description": "", "quota": {}, "retention": {}}
        made = await client.put_project(
            name,
            {
                "description": old["description"] if description is None else description,
                "quota": {**old["quota"], **quota},
                "retention": {**old["retention"], **retention},
            },
        )
        if json:
            print_json(made)
        else:
            print(f"{name} {'changed' if now else 'created'}")

    origins = {f"quota.{each}": f"--{each.replace('_', '-')}" for each in quota}
    origins |= {f"retention.{each}": f"--{each.replace('_', '-')}" for each in retention}
    with_client(act, origins=origins)


def _given(**options: Limit) -> dict[str, float | None]:
    """The options that were given, as numbers; None for `none`."""
    found: dict[str, float | None] = {}
    for name, text in options.items():
        if text is None:
            continue
        try:
            found[name] = None if text == _NONE else float(text)
        except ValueError:
            option = f"--{name.replace('_', '-')}"
            fail(f"{option}: must be a number, or {_NONE} (given: {text[:100]})", exits.USAGE)
    return found


@app.command("delete")
def delete_project(name: Name) -> None:
    """Remove a project that has neither jobs nor secrets."""

    async def act(client: AsyncClient) -> None:
        await client.delete_project(name)
        print(f"{name} deleted")

    with_client(act)
