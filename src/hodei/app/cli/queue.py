"""`hodei queue`: what waits, and whether anything is let go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hodei.app.cli.session import print_json, with_client

if TYPE_CHECKING:
    from hodei.client import AsyncClient

app = typer.Typer(no_args_is_help=True, help="The queue: show, pause, resume.")

Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


@app.command("show")
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


@app.command("pause")
def pause_queue() -> None:
    """Dispatch no further job; running ones go on."""
    _configure(paused=True)


@app.command("resume")
def resume_queue() -> None:
    """Dispatch again."""
    _configure(paused=False)


def _configure(*, paused: bool) -> None:
    async def act(client: AsyncClient) -> None:
        await client.configure_queue(paused=paused)
        print("paused" if paused else "resumed")

    with_client(act)
