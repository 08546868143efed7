"""`hodei workers`: where jobs run at the moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hodei.app.cli.session import print_json, raw_list, with_client

if TYPE_CHECKING:
    from hodei.client import AsyncClient, Worker

app = typer.Typer(no_args_is_help=True, help="Workers: list, get, drain, terminate.")

Id = Annotated[str, typer.Argument(help="Id of the worker.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


@app.command("list")
def list_workers(
    gone: Annotated[bool, typer.Option("--all", "-a", help="Gone ones too.")] = False,
    json: Json = False,
) -> None:
    """List workers, newest first."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.tables import ago, print_table
        from hodei.app.cli.views import short

        found = await client.workers(gone=gone)
        if json:
            print_json(raw_list(found))
            return
        rows = [
            (one.id, one.state, one.provider, short(one.job_id or ""), ago(one.created_at))
            for one in found
        ]
        print_table(("ID", "STATE", "PROVIDER", "JOB", "CREATED"), rows)

    with_client(act)


@app.command("get")
def get_worker(worker: Id, json: Json = False) -> None:
    """Show one worker."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.tables import print_fields

        found = await client.worker(worker)
        if json:
            print_json(found.raw)
            return
        fields = {**found.raw, "provider": found.provider}
        print_fields(list(fields.items()))

    with_client(act)


@app.command("drain")
def drain_worker(worker: Id, json: Json = False) -> None:
    """Give it no further job; it goes when it is idle."""

    async def act(client: AsyncClient) -> None:
        _changed(await client.drain_worker(worker), json)

    with_client(act)


@app.command("terminate")
def terminate_worker(worker: Id, json: Json = False) -> None:
    """Destroy it now; its job ends as cancelled."""

    async def act(client: AsyncClient) -> None:
        _changed(await client.terminate_worker(worker), json)

    with_client(act)


def _changed(worker: Worker, json: bool) -> None:
    print_json(worker.raw) if json else print(f"{worker.id} {worker.state} ({worker.target})")
