"""`hodei templates`: keep them, run them, look at their jobs, bring them in and out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hodei.app.cli import exits
from hodei.app.cli.jobfile import FileFault, JobFile, read_job_file
from hodei.app.cli.session import fail, print_json, read_pairs, with_client

if TYPE_CHECKING:
    from hodei.client import AsyncClient

app = typer.Typer(
    no_args_is_help=True,
    help="Templates: keep them, run them, look at their jobs, bring them in and out.",
)

Key = Annotated[str, typer.Argument(metavar="NAME", help="Name of the template, or its id.")]
Project = Annotated[str, typer.Option("--project", help="The project it belongs to.")]
Version = Annotated[int | None, typer.Option("--version", help="That version, not the newest.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
File = Annotated[str, typer.Option("-f", "--file", help="YAML or JSON; - is stdin.")]
Many = list[str] | None


@app.command("list")
def list_templates(
    project: Annotated[str | None, typer.Option("--project", help="Only of this.")] = None,
    q: Annotated[str | None, typer.Option("-q", help="Part of the name.")] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="One of the tags.")] = None,
    json: Json = False,
) -> None:
    """List templates with how their jobs of the last 30 days went."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.tables import print_table

        found = await client.list_templates(project=project, q=q, tag=tag)
        if json:
            print_json(found)
            return
        rows = [
            (
                one["project"],
                one["name"],
                one["version"],
                one["runs_30d"],
                _share(one["success_rate_30d"]),
                (one["last_run"] or {}).get("state", ""),
                one["description"].partition("\n")[0],
            )
            for one in found
        ]
        heads = ("PROJECT", "NAME", "VERSION", "RUNS", "SUCCEEDED", "LAST", "DESCRIPTION")
        print_table(heads, rows)

    with_client(act)


def _share(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.0%}"


@app.command("get")
def get_template(
    key: Key, project: Project = "default", version: Version = None, json: Json = False
) -> None:
    """Show a template: what it asks for, and its spec."""

    async def act(client: AsyncClient) -> None:
        found = await client.get_template(key, project=project_of(key, project), version=version)
        print_json(found) if json else _show(found)

    with_client(act)


def _show(found: Mapping[str, Any]) -> None:
    from hodei.app.cli.tables import print_fields, print_table
    from hodei.wire.documents import write_yaml

    print_fields(
        [
            ("template", found["id"]),
            ("name", found["name"]),
            ("project", found["project"]),
            ("version", f"{found['version']}, by {found['updated_by']}"),
            ("tags", " ".join(found["tags"])),
            ("runs", f"{found['runs_30d']} in 30 days"),
            ("succeeded", _share(found["success_rate_30d"])),
            ("about", found["description"]),
        ]
    )
    if found["parameters"]:
        print()
        rows = [
            (one["name"], one["type"], _default(one), one["description"] or one["label"])
            for one in found["parameters"]
        ]
        print_table(("PARAMETER", "TYPE", "DEFAULT", "DESCRIPTION"), rows)
    print(f"\n{write_yaml(found['spec'])}", end="")


def _default(parameter: Mapping[str, Any]) -> str:
    default = parameter["default"]
    if default is None:
        return "(required)" if parameter["required"] else ""
    return f"secret {default['secret']}" if isinstance(default, Mapping) else str(default)


@app.command("create")
def create_template(file: File, project: Project = "default", json: Json = False) -> None:
    """Store a template from a file: name, description, tags, parameters, spec."""
    given = _read(file)

    async def act(client: AsyncClient) -> None:
        made = await client.create_template({**given.data, "project": project})
        _say(made, json=json)

    with_client(act, origins=given.origins)


@app.command("edit")
def edit_template(key: Key, file: File, project: Project = "default", json: Json = False) -> None:
    """Make the next version of a template from a file; what says the same makes none."""
    given = _read(file)

    async def act(client: AsyncClient) -> None:
        within = project_of(key, project)
        before = await client.get_template(key, project=within)
        after = await client.update_template(key, given.data, project=within)
        same = after["version"] == before["version"]
        _say(after if json or not same else {**after, "outcome": "unchanged"}, json=json)

    with_client(act, origins=given.origins)


@app.command("import")
def import_template(
    file: Annotated[str, typer.Argument(metavar="FILE", help="YAML or JSON; - is stdin.")],
    project: Project = "default",
    json: Json = False,
) -> None:
    """Store a template, or the next version of the one of its name."""
    given = _read(file)

    async def act(client: AsyncClient) -> None:
        _say(await client.put_template(given.data, project=project), json=json)

    with_client(act, origins=given.origins)


def _read(file: str) -> JobFile:
    try:
        return read_job_file(file)
    except FileFault as fault:
        fail(str(fault), exits.USAGE)


def _say(template: Mapping[str, Any], *, json: bool) -> None:
    if json:
        print_json(template)
        return
    outcome = f" {template['outcome']}" if "outcome" in template else ""
    print(f"{template['project']}/{template['name']} version {template['version']}{outcome}")


def project_of(key: str, project: str) -> str | None:
    """The project that a name belongs to; an id needs none."""
    return None if len(key) == 36 and key.count("-") == 4 else project


@app.command("export")
def export_template(
    key: Key,
    project: Project = "default",
    version: Version = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Into this file.")] = None,
) -> None:
    """Write a template as YAML, which `import` takes back."""

    async def act(client: AsyncClient) -> None:
        text = await client.export_template(key, project=project_of(key, project), version=version)
        if output is None:
            sys.stdout.write(text)
            return
        try:
            output.write_text(text)
        except OSError as error:
            fail(f"{output}: {error.strerror}")

    with_client(act)


@app.command("delete")
def delete_template(key: Key, project: Project = "default") -> None:
    """Remove a template with all its versions; its jobs stay."""

    async def act(client: AsyncClient) -> None:
        await client.delete_template(key, project=project_of(key, project))
        print(f"{key} deleted")

    with_client(act)


@app.command("versions")
def versions(key: Key, project: Project = "default", json: Json = False) -> None:
    """List the versions of a template, the newest first."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.tables import print_table

        found = await client.template_versions(key, project=project_of(key, project))
        if json:
            print_json(found)
            return
        rows = [(v["version"], v["name"], v["created_by"], v["created_at"][:19]) for v in found]
        print_table(("VERSION", "NAME", "BY", "MADE"), rows)

    with_client(act)


@app.command("run")
def run_template(
    key: Key,
    param: Annotated[
        Many, typer.Option("-p", "--param", metavar="NAME=VALUE", help="A value; repeatable.")
    ] = None,
    secret_param: Annotated[
        Many, typer.Option("--secret-param", metavar="NAME=SECRET", help="A stored secret's name.")
    ] = None,
    project: Project = "default",
    version: Version = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the job.")] = None,
    priority: Annotated[str | None, typer.Option("--priority", help="low, normal, high.")] = None,
    label: Annotated[
        Many, typer.Option("--label", "-l", metavar="K=V", help="Label; repeatable.")
    ] = None,
    idempotency_key: Annotated[
        str | None, typer.Option("--idempotency-key", help="Same key, same job.")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Print the id; leave.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="The output only.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """Run a template, follow its job, and end with the job's exit code, as `hodei run` does.

    The text of a secret is never an argument: set it with `hodei secrets set` and give its name.
    """
    plain = read_pairs("--param", param or ())
    secret = read_pairs("--secret-param", secret_param or ())
    labels = read_pairs("--label", label or ())
    origins = {f"parameters.{one}": "--param" for one in plain}
    origins |= {f"parameters.{one}": "--secret-param" for one in secret}

    async def act(client: AsyncClient) -> int:
        from hodei.app.cli.following import Follower
        from hodei.app.cli.views import choose

        where = project_of(key, project)
        template = await client.get_template(key, project=where)
        if version not in (None, template["version"]):
            template = await client.get_template(key, project=where, version=version)
        job = await client.run_template(
            template["id"],
            {**typed(template, plain), **{n: {"secret": s} for n, s in secret.items()}},
            version=version,
            name=name,
            priority=priority,
            labels=labels or None,
            idempotency_key=idempotency_key,
        )
        if detach:
            print_json(job.raw) if json else print(job.id)
            return exits.OK
        view = choose(json=json, quiet=quiet)
        view.submitted(job)
        return await Follower(client, job, view).run()

    with_client(act, origins=origins)


def typed(template: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, object]:
    """Texts as values of their parameters' types; what is none of these the server refuses."""
    kinds = {one["name"]: one["type"] for one in template["parameters"]}
    return {name: _value(kinds.get(name, ""), text) for name, text in given.items()}


def _value(kind: str, text: str) -> object:
    try:
        match kind:
            case "integer":
                return int(text)
            case "number":
                return float(text)
            case "boolean":
                return {"true": True, "false": False, "yes": True, "no": False}.get(text, text)
    except ValueError:
        pass  # the server says what it must be
    return text


@app.command("runs")
def runs(
    key: Key,
    project: Project = "default",
    version: Version = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 20,
    json: Json = False,
) -> None:
    """List the jobs of a template, the newest first."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.session import raw_list
        from hodei.app.cli.tables import ago, between, print_table

        template = await client.get_template(key, project=project_of(key, project))
        found = [
            job
            async for job in client.list(
                template=template["id"], template_version=version, limit=limit
            )
        ]
        if json:
            print_json(raw_list(found))
            return
        rows = [
            (
                job.id[:8],
                job.state,
                (job.origin or {})["template"]["version"],
                ago(job.submitted_at),
                between(job.started_at, job.finished_at),
                job.owner,
                job.name,
            )
            for job in found
        ]
        print_table(("JOB", "STATE", "VERSION", "SUBMITTED", "TOOK", "BY", "NAME"), rows)

    with_client(act)


@app.command("from-job")
def from_job(
    job: Annotated[str, typer.Argument(help="Id of the job, or a unique beginning of it.")],
    name: Annotated[str, typer.Argument(help="Name of the new template.")],
    description: Annotated[str, typer.Option("--description", help="A few words.")] = "",
    json: Json = False,
) -> None:
    """Store a job as a template of its project; hidden values become secret parameters."""

    async def act(client: AsyncClient) -> None:
        _say(await client.job_as_template(job, name, description), json=json)

    with_client(act)
