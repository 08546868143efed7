"""`hodei schedules`: rules of time that submit jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hodei.app.cli import exits
from hodei.app.cli.schedule_files import Given, config_of, merged, typed_parameters
from hodei.app.cli.session import fail, print_json, some_change, with_client

if TYPE_CHECKING:
    from hodei.client import AsyncClient

app = typer.Typer(
    no_args_is_help=True,
    help="Schedules: list, get, create, update, delete, pause, resume, run, firings, explain.",
)

Key = Annotated[str, typer.Argument(help="Name of the schedule in the project, or its id.")]
Project = Annotated[str, typer.Option("--project", help="The project it belongs to.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
File = Annotated[
    str | None, typer.Option("--file", "-f", help="YAML or JSON of the whole schedule; - is stdin.")
]
Job = Annotated[str | None, typer.Option("--job", help="Job file (YAML or JSON) to submit.")]
Template = Annotated[str | None, typer.Option("--template", help="Template to run.")]
TemplateVersion = Annotated[
    int | None, typer.Option("--template-version", help="Left out: the newest at each slot.")
]
Parameter = Annotated[
    list[str] | None, typer.Option("-p", help="Parameter of the template, NAME=VALUE.")
]
SecretParameter = Annotated[
    list[str] | None, typer.Option("--secret-param", help="The same with a secret, NAME=SECRET.")
]
Cron = Annotated[str | None, typer.Option("--cron", help='Such as "30 2 * * *" or @daily.')]
Every = Annotated[str | None, typer.Option("--every", help="Interval such as 90s or 6h.")]
At = Annotated[str | None, typer.Option("--at", help="Once, such as 2027-01-31T08:00.")]
Zone = Annotated[str | None, typer.Option("--zone", "-z", help="IANA time zone; UTC.")]
Overlap = Annotated[
    str | None, typer.Option("--overlap", help="allow, skip (default), queue or replace.")
]
QueueLimit = Annotated[int | None, typer.Option("--queue-limit", help="Slots that may wait.")]
CatchUp = Annotated[
    str | None, typer.Option("--catch-up", help="none (default), last, all, or all:LIMIT.")
]
Jitter = Annotated[str | None, typer.Option("--jitter", help="Fire up to so much later: 5m.")]
Starts = Annotated[str | None, typer.Option("--starts-at", help="No slot before it.")]
Ends = Annotated[str | None, typer.Option("--ends-at", help="Every slot before it.")]
Description = Annotated[str | None, typer.Option("--description", "-d", help="A few words.")]


@app.command("list")
def list_schedules(
    project: Annotated[str | None, typer.Option("--project", help="Only of this.")] = None,
    json: Json = False,
) -> None:
    """List schedules with what they did last and do next."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.schedule_views import print_schedules

        found = [one async for one in client.schedules(project=project)]
        if json:
            print_json(found)
        else:
            print_schedules(found)

    with_client(act)


@app.command("get")
def get_schedule(key: Key, project: Project = "default", json: Json = False) -> None:
    """Show one schedule."""

    async def act(client: AsyncClient) -> None:
        _show(await client.get_schedule(key, project=project), json)

    with_client(act)


@app.command("create")
def create_schedule(
    name: Annotated[str | None, typer.Argument(help="Name; unless the file has it.")] = None,
    file: File = None,
    job: Job = None,
    template: Template = None,
    template_version: TemplateVersion = None,
    parameter: Parameter = None,
    secret_parameter: SecretParameter = None,
    cron: Cron = None,
    every: Every = None,
    at: At = None,
    zone: Zone = None,
    overlap: Overlap = None,
    queue_limit: QueueLimit = None,
    catch_up: CatchUp = None,
    jitter: Jitter = None,
    starts_at: Starts = None,
    ends_at: Ends = None,
    description: Description = None,
    paused: Annotated[bool, typer.Option("--paused", help="Make it paused.")] = False,
    project: Annotated[str | None, typer.Option("--project", help="default")] = None,
    json: Json = False,
) -> None:
    """Make a schedule: a rule (--cron, --every or --at) and what it submits (--job, --template)."""
    given = Given.of(locals())
    config, origins = config_of(given, name=name, project=project)
    if paused:
        config["paused"] = True
    if file is None:
        _complete(config)

    async def act(client: AsyncClient) -> None:
        if template is not None:
            await typed_parameters(client, config, config.get("project", "default"))
        _show(await client.create_schedule(config), json)

    with_client(act, origins=origins)


def _complete(config: Mapping[str, object]) -> None:
    """Says what is missing in the words of the command line; a file has the server's."""
    if "rule" not in config:
        fail("give one of --cron, --every and --at", exits.USAGE)
    if "target" not in config:
        fail("give what it submits: --job FILE or --template NAME", exits.USAGE)


@app.command("update")
def update_schedule(
    key: Key,
    file: File = None,
    job: Job = None,
    template: Template = None,
    template_version: TemplateVersion = None,
    parameter: Parameter = None,
    secret_parameter: SecretParameter = None,
    cron: Cron = None,
    every: Every = None,
    at: At = None,
    zone: Zone = None,
    overlap: Overlap = None,
    queue_limit: QueueLimit = None,
    catch_up: CatchUp = None,
    jitter: Jitter = None,
    starts_at: Starts = None,
    ends_at: Ends = None,
    description: Description = None,
    project: Project = "default",
    json: Json = False,
) -> None:
    """Change what is given, and leave the rest; a file stands for everything."""
    given = Given.of(locals())
    config, origins = config_of(given)
    some_change(config)

    async def act(client: AsyncClient) -> None:
        stored = await client.get_schedule(key, project=project)
        if template is not None:
            await typed_parameters(client, config, stored["project"])
        body = config if file else merged(stored, config)
        body.setdefault("name", stored["name"])
        _show(await client.update_schedule(stored["id"], body), json)

    with_client(act, origins=origins)


@app.command("delete")
def delete_schedule(key: Key, project: Project = "default") -> None:
    """Remove a schedule and its history; its jobs stay."""

    async def act(client: AsyncClient) -> None:
        await client.delete_schedule(key, project=project)
        print(f"{key} deleted")

    with_client(act)


@app.command("pause")
def pause_schedule(key: Key, project: Project = "default", json: Json = False) -> None:
    """Let no slot fire."""

    async def act(client: AsyncClient) -> None:
        _told(await client.pause_schedule(key, project=project), json, "paused")

    with_client(act)


@app.command("resume")
def resume_schedule(key: Key, project: Project = "default", json: Json = False) -> None:
    """Let slots fire again; those that passed meanwhile do not."""

    async def act(client: AsyncClient) -> None:
        _told(await client.resume_schedule(key, project=project), json, "resumed")

    with_client(act)


@app.command("run")
def run_schedule(key: Key, project: Project = "default", json: Json = False) -> None:
    """Fire once now, and print the id of the job; ends with 1 when it was refused."""

    async def act(client: AsyncClient) -> int:
        from hodei.app.cli.session import say

        fired = await client.run_schedule(key, project=project)
        if json:
            print_json(fired)
        elif fired["job_id"]:
            print(fired["job_id"])
        else:
            say(fired["reason"]["message"] if fired["reason"] else fired["outcome"])
        return exits.OK if fired["job_id"] else exits.ERROR

    with_client(act)


@app.command("next")
def next_slots(
    key: Key,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=50, help="How many.")] = 5,
    project: Project = "default",
    json: Json = False,
) -> None:
    """When a schedule fires next, in its zone and in UTC."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.schedule_views import print_slots

        stored = await client.get_schedule(key, project=project)
        fields = {name: stored[name] for name in ("zone", "starts_at", "ends_at")}
        found = await client.preview_schedule(
            stored["rule"], **fields, count=count, schedule=stored["id"]
        )
        if json:
            print_json(found["next"])
        else:
            print_slots(found["next"])

    with_client(act)


@app.command("firings")
def list_firings(
    key: Key,
    outcome: Annotated[list[str] | None, typer.Option("--outcome", help="Only these.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 20,
    project: Project = "default",
    json: Json = False,
) -> None:
    """What became of its slots, newest first, and why."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.schedule_views import print_firings

        rows = client.firings(key, project=project, outcomes=outcome or (), limit=limit)
        found = [row async for row in rows]
        if json:
            print_json(found)
        else:
            print_firings(found)

    with_client(act)


@app.command("explain")
def explain(
    expression: Annotated[str, typer.Argument(help="A cron expression.")],
    zone: Annotated[str, typer.Option("--zone", "-z", help="IANA time zone.")] = "UTC",
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=50, help="How many.")] = 5,
    json: Json = False,
) -> None:
    """Say in words, in English and Spanish, what a cron expression means, and when it fires."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.schedule_views import print_preview

        rule = {"kind": "cron", "expression": expression}
        found = await client.preview_schedule(rule, zone=zone, count=count)
        if json:
            print_json(found)
        else:
            print_preview(found)

    with_client(act, origins={"rule.expression": "EXPRESSION", "zone": "--zone"})


def _show(schedule: Mapping[str, Any], json: bool) -> None:
    from hodei.app.cli.schedule_views import print_schedule

    if json:
        print_json(schedule)
    else:
        print_schedule(schedule)


def _told(schedule: Mapping[str, Any], json: bool, verb: str) -> None:
    if json:
        print_json(schedule)
    else:
        print(f"{schedule['name']} {verb}")
