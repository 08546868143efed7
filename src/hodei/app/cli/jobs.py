"""`hodei jobs`: look at jobs, cancel and repeat them, read their logs, enter them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hodei.app.cli import exits
from hodei.app.cli.session import fail, print_json, raw_list, read_pairs, say, with_client
from hodei.domain.job import SHORTEST_ID

if TYPE_CHECKING:
    from hodei.client import AsyncClient, Job

app = typer.Typer(no_args_is_help=True, help="Jobs: list, get, cancel, retry, logs and so on.")


def _long_enough(key: str) -> str:
    if len(key) < SHORTEST_ID:
        raise typer.BadParameter(f"{key!r}: give {SHORTEST_ID} characters of the id at least")
    return key


def _all_long_enough(keys: list[str]) -> list[str]:
    return [_long_enough(key) for key in keys]


Id = Annotated[
    str,
    typer.Argument(
        help=f"Id, or its beginning ({SHORTEST_ID} characters at least).", callback=_long_enough
    ),
]
Ids = Annotated[
    list[str], typer.Argument(help="Ids, or their beginnings.", callback=_all_long_enough)
]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
Many = list[str] | None


@app.command("list")
def list_jobs(
    status: Annotated[Many, typer.Option("--status", "-s", help="State; repeatable.")] = None,
    q: Annotated[str | None, typer.Option("--name", "-n", help="Part of the name.")] = None,
    project: Annotated[str | None, typer.Option("--project", help="Only of this.")] = None,
    provider: Annotated[
        str | None, typer.Option("--provider", help="Only on this, by id or name.")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who submitted it.")] = None,
    label: Annotated[
        Many, typer.Option("--label", "-l", metavar="K=V", help="Only with it; repeatable.")
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help="Time or day, in UTC.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Time or day, in UTC.")] = None,
    limit: Annotated[int, typer.Option("--limit", help="At most so many.", min=1)] = 20,
    json: Json = False,
) -> None:
    """List jobs, newest first."""
    labels = read_pairs("--label", label or ())

    async def act(client: AsyncClient) -> None:
        jobs = client.list(
            status=[state.upper() for part in status or () for state in part.split(",")],
            q=q,
            project=project,
            provider=provider,
            by=by,
            labels=labels,
            submitted_from=since,
            submitted_to=until,
            limit=limit,
        )
        _show([job async for job in jobs], json=json)

    with_client(act)


def _show(jobs: list[Job], *, json: bool) -> None:
    from hodei.app.cli.tables import ago, between, print_table
    from hodei.app.cli.views import short

    if json:
        print_json(raw_list(jobs))
        return
    rows = [
        (
            short(job.id),
            job.state,
            ago(job.submitted_at),
            between(job.started_at, job.finished_at),
            job.provider,
            job.name,
        )
        for job in jobs
    ]
    print_table(("ID", "STATE", "SUBMITTED", "TOOK", "PROVIDER", "NAME"), rows)


@app.command("get")
def get_job(job: Id, json: Json = False) -> None:
    """Show a job, its attempts and their timelines."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.details import show_job

        found = await client.get(job)
        print_json(found.raw) if json else show_job(found)

    with_client(act)


@app.command("cancel")
def cancel_jobs(
    jobs: Ids,
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Until nothing of them is left.")] = False,
    json: Json = False,
) -> None:
    """Cancel jobs."""

    async def act(client: AsyncClient) -> None:
        done = [await client.cancel(job, reason) for job in jobs]
        if wait:
            done = [await client.wait(job) for job in done]
        if json:
            print_json(raw_list(done))
            return
        for job in done:
            print(f"{job.id} {job.state if job.finished else 'CANCELLING'}")

    with_client(act)


@app.command("retry")
def retry_jobs(
    jobs: Ids,
    memory: Annotated[str | None, typer.Option("--memory-mb", help="MiB, or 2g.")] = None,
    cpu: Annotated[float | None, typer.Option("--cpu", help="CPUs.")] = None,
    timeout: Annotated[str | None, typer.Option("--timeout", help="Run time: 30s, 5m.")] = None,
    priority: Annotated[str | None, typer.Option("--priority", help="low, normal, high.")] = None,
    json: Json = False,
) -> None:
    """Submit the same specs again, as new jobs, with what the options change."""
    overrides = _overrides(memory, cpu, timeout, priority)

    async def act(client: AsyncClient) -> None:
        made = [await client.rerun(job, **overrides) for job in jobs]
        if json:
            print_json(raw_list(made))
            return
        for job in made:
            print(job.id)

    with_client(act)


def _overrides(
    memory: str | None, cpu: float | None, timeout: str | None, priority: str | None
) -> dict[str, object]:
    from hodei.domain.errors import InvalidRequest
    from hodei.domain.units import parse_duration, parse_size_mb

    resources: dict[str, object] = {} if cpu is None else {"cpu": cpu}
    overrides: dict[str, object] = {} if priority is None else {"priority": priority}
    try:
        if memory is not None:
            resources["memory_mb"] = parse_size_mb(memory, "--memory-mb")
        if timeout is not None:
            overrides["timeout_ms"] = parse_duration(timeout, "--timeout")
    except InvalidRequest as error:
        fail(str(error), exits.USAGE)
    return {**overrides, "resources": resources} if resources else overrides


@app.command("priority")
def set_priority(
    job: Id,
    priority: Annotated[str, typer.Argument(help="low, normal or high.")],
    json: Json = False,
) -> None:
    """Change the priority of a waiting job."""

    async def act(client: AsyncClient) -> None:
        done = await client.set_priority(job, priority)
        if json:
            print_json(done.raw)
            return
        print(f"{done.id} {done.spec['priority']}")

    with_client(act)


@app.command("logs")
def job_logs(
    job: Id,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more.")] = False,
    attempt: Annotated[
        int | None, typer.Option("--attempt", help="Which; newest, or all with -f.", min=1)
    ] = None,
    tail: Annotated[
        int | None, typer.Option("--tail", "-n", help="Only the last lines.", min=1)
    ] = None,
    from_line: Annotated[int, typer.Option("--from", help="First line.", min=1)] = 1,
    numbers: Annotated[bool, typer.Option("--numbers", help="Show line numbers.")] = False,
    json: Json = False,
) -> None:
    """Print a job's log, exactly as it was written."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.views import line_json, write_lines

        first = -tail if tail else from_line
        async for batch in client.log_batches(job, follow=follow, attempt=attempt, from_line=first):
            if json:
                for line in batch:
                    print_json(line_json(line))
            elif numbers:
                for line in batch:
                    print(f"{line.n:>7}  {line.text}", flush=True)
            else:
                write_lines(batch)

    with_client(act)


@app.command("explain")
def explain_job(job: Id, json: Json = False) -> None:
    """Say why a job waits, or where it is."""

    async def act(client: AsyncClient) -> None:
        found = await client.explain(job)
        if json:
            print_json(found.raw)
            return
        place = f" (place {found.position} in the queue)" if found.position else ""
        wait = found.raw.get("predicted_wait_ms")
        soon = f"; runs in about {wait / 1000:.0f} s" if wait is not None else ""
        print(f"{found.state}{place}: {found.reason}{soon}")
        for rejection in found.rejections:
            print(f"  {rejection['provider']['name']}: {rejection['reason']}")

    with_client(act)


@app.command("events")
def job_events(job: Id, json: Json = False) -> None:
    """Show everything that happened to a job, oldest first."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.tables import print_table

        found = await client.events(job)
        if json:
            print_json(found)
            return
        rows = [
            (event["at"], event["kind"], event["actor"], _facts(event["data"])) for event in found
        ]
        print_table(("AT", "EVENT", "BY", "WHAT"), rows)

    with_client(act)


def _facts(data: dict[str, object]) -> str:
    plain = {name: value for name, value in data.items() if not isinstance(value, dict)}
    return " ".join(f"{name}={value}" for name, value in plain.items() if value not in (None, ""))


@app.command("wait")
def wait_for_jobs(
    jobs: Ids,
    timeout: Annotated[
        float | None, typer.Option("--timeout", help="Seconds to wait at most.")
    ] = None,
    json: Json = False,
) -> None:
    """Wait until jobs are finished; ends like the first of them that failed."""

    async def act(client: AsyncClient) -> int:
        from hodei.app.cli import exits
        from hodei.app.cli.views import verdict

        try:
            done = [await client.wait(job, timeout) for job in jobs]
        except TimeoutError:
            say(f"not finished after {timeout:g} s")
            return exits.ERROR
        for job in done:
            print_json(job.raw) if json else print(f"{job.id} {verdict(job)}")
        codes = [exits.of_job(job.state, job.outcome) for job in done]
        return next((code for code in codes if code), exits.OK)

    with_client(act)


@app.command("shell")
def job_shell(
    job: Id,
    command: Annotated[
        Many, typer.Argument(metavar="[-- COMMAND...]", help="Instead of a shell.")
    ] = None,
    tty: Annotated[
        bool | None,
        typer.Option("--tty/--no-tty", help="A pseudo-terminal; as stdin and stdout are, if not."),
    ] = None,
) -> None:
    """Open a shell inside a running job, or run a command there; ends with its exit code.

    In a pipe there is no pseudo-terminal: bytes pass as they are, stderr stays apart.
    """

    async def act(client: AsyncClient) -> int:
        from hodei.app.cli.shell import relay

        return await relay(client, job, command or (), tty=tty)

    with_client(act)
