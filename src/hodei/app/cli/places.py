"""`hodei workers` and `hodei queue`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hodei.app.cli.session import print_json, raw_list, with_client

if TYPE_CHECKING:
    from hodei.client import AsyncClient, Worker

workers = typer.Typer(no_args_is_help=True, help="Workers: list, get, drain, terminate.")
queue = typer.Typer(no_args_is_help=True, help="The queue: show, pause, resume.")

Id = Annotated[str, typer.Argument(help="Id of the worker.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


@workers.command("list")
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


@workers.command("get")
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


@workers.command("drain")
def drain_worker(worker: Id, json: Json = False) -> None:
    """Give it no further job; it goes when it is idle."""

    async def act(client: AsyncClient) -> None:
        _changed(await client.drain_worker(worker), json)

    with_client(act)


@workers.command("terminate")
def terminate_worker(worker: Id, json: Json = False) -> None:
    """Destroy it now; its job ends as cancelled."""

    async def act(client: AsyncClient) -> None:
        _changed(await client.terminate_worker(worker), json)

    with_client(act)


def _changed(worker: Worker, json: bool) -> None:
    print_json(worker.raw) if json else print(f"{worker.id} {worker.state} ({worker.target})")


@queue.command("show")
def show_queue(json: Json = False) -> None:
    """Show the queue in numbers and the jobs that wait."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.tables import ago, print_fields, print_table
        from hodei.app.cli.views import short
        from hodei.client.values import time_from

        found = await client.queue()
        if json:
            print_json(found.raw)
            return
        print_fields(
            [
                ("dispatch", "paused" if found.paused else "on"),
                ("waiting", found.pending),
                ("delayed", found.delayed),
                ("assigned", found.assigned),
                ("running", found.running),
            ]
        )
        rows = [
            (
                entry["position"],
                short(entry["job_id"]),
                entry["priority"],
                ago(time_from(entry["queued_at"])),
                entry["name"],
                entry["reason"],
            )
            for entry in found.raw["items"]
        ]
        if rows:
            print()
            print_table(("PLACE", "JOB", "PRIORITY", "QUEUED", "NAME", "REASON"), rows)

    with_client(act)


@queue.command("pause")
def pause_queue() -> None:
    """Dispatch no further job; running ones go on."""
    _configure(paused=True)


@queue.command("resume")
def resume_queue() -> None:
    """Dispatch again."""
    _configure(paused=False)


def _configure(*, paused: bool) -> None:
    async def act(client: AsyncClient) -> None:
        await client.configure_queue(paused=paused)
        print("paused" if paused else "resumed")

    with_client(act)
