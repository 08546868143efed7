"""`hodei serve`, `up`, `health`, `db`, `config` and `version`."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import hodei
from hodei.app.cli import exits
from hodei.app.cli.session import Stop, fail, print_json, say, with_client

if TYPE_CHECKING:
    from hodei.app.serve import Addresses
    from hodei.app.settings import Settings
    from hodei.client import AsyncClient, Job

Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]

db = typer.Typer(no_args_is_help=True, help="The database: upgrade, version, backup, restore.")
config = typer.Typer(no_args_is_help=True, help="Settings: check.")


def serve() -> None:
    """Run a server: REST, gRPC and metrics, on the database that the settings name.

    Without HODEI_DATABASE_URL a PostgreSQL of its own runs in HODEI_DATA_DIR. SIGTERM and
    Ctrl-C stop it; running jobs go on and are found again by the next server.
    """
    from hodei.app.serve import run_server, until_stopped

    _end(run_server(until_stopped))


def up(
    once: Annotated[bool, typer.Option("--once", help="End with the hello job.")] = False,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Open no browser (also HODEI_NO_BROWSER=1).")
    ] = False,
) -> None:
    """Run everything in one process, and a first job through it.

    With --once the exit code is that of the job, and everything is stopped. On a desktop the
    web pages open in the browser.
    """
    from hodei.app.up import on_a_desktop, run_up

    # Somebody looks at the job here: the server's own lines come only when something is wrong.
    level = None if os.environ.get("HODEI_LOG_LEVEL") else "warning"
    say("starting PostgreSQL and Hodei ...")
    browse = not (once or no_open) and on_a_desktop(os.environ, sys.stderr.isatty())
    _end(
        run_up(
            once=once,
            browse=browse,
            log_level=level,
            welcome=_welcome,
            follow=_follow,
            hint=_hint,
        )
    )


def _end(code: int) -> None:
    if code:
        raise Stop(code)


def _welcome(addresses: Addresses) -> None:
    from hodei.api.http.pages import built
    from hodei.app.cli.tables import accent
    from hodei.app.serve import entrance_words

    lines = [
        ("web", addresses.url if built() else "not built: scripts/web build"),
        ("REST", f"{addresses.url}/api/v1"),
        ("gRPC", addresses.grpc),
        ("metrics", addresses.metrics or "off"),
        ("data", str(addresses.data_dir)),
    ]
    print(accent("Hodei is ready", sys.stderr), file=sys.stderr)
    for name, value in lines:
        print(f"  {name:<8} {value}", file=sys.stderr)
    words = entrance_words(addresses)
    print(f"  {words[0].upper()}{words[1:]}. Ctrl-C stops.\n", file=sys.stderr, flush=True)


async def _follow(client: AsyncClient, job: Job) -> int:
    from hodei.app.cli.following import show
    from hodei.app.cli.views import choose

    say(f"running {job.name!r}: {job.spec['command']['script']}")
    return await show(client, job, choose(json=False, quiet=False))


def _hint(addresses: Addresses) -> None:
    address = "" if addresses.url.endswith(":8080") else f"HODEI_URL={addresses.url} "
    print(f"\nTry: {address}hodei run -- 'echo hello; sleep 1; echo bye'", file=sys.stderr)
    print("Ctrl-C stops the server; running jobs go on.", file=sys.stderr, flush=True)


def health(json: Json = False) -> None:
    """Say whether the server and what it needs is well; ends with 1 when something is not."""

    async def act(client: AsyncClient) -> int:
        ready = await client.ready()
        summary = await client.summary()
        down = summary["providers"]["down"]
        if json:
            print_json({"ready": ready, "summary": summary})
        else:
            _show_health(client.url, ready, summary)
        return exits.ERROR if down else exits.OK

    with_client(act)


def _show_health(url: str, ready: Mapping[str, Any], summary: Mapping[str, Any]) -> None:
    from hodei.app.cli.tables import print_fields

    providers = summary["providers"]
    down = providers["down"]
    print_fields(
        [
            ("server", f"{url} is ready"),
            ("database", f"answers in {ready['database_ms']:.1f} ms"),
            ("providers", f"{providers['up']} up" + (f", down: {down}" if down else "")),
            ("workers", summary["workers"]["live"]),
            ("queue", f"{summary['queue']['pending']} waiting"),
        ]
    )


def doctor(json: Json = False) -> None:
    """Look at everything that a server needs, also while none runs, and say what to do.

    Exit codes: 0 all is well, 1 something should be seen to, 2 something is broken.
    """
    from hodei.app.cli.tables import print_table
    from hodei.app.doctor import examine
    from hodei.app.doctor.finding import exit_code

    found = asyncio.run(examine(read_or_stop()))
    code = exit_code(found)
    if json:
        print_json({"findings": [asdict(one) for one in found], "exit_code": code})
    else:
        print_table(
            ("HOW", "WHAT", "FOUND"), [(one.level, one.subject, one.found) for one in found]
        )
        for one in found:
            if one.remedy:
                print(f"\n{one.subject}: {one.remedy}")
    _end(code)


def version(json: Json = False) -> None:
    """Print the version of this program."""
    print_json({"version": hodei.__version__}) if json else print(hodei.__version__)


# ---- the database and the settings of this machine


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database's schema to this program's version."""
    from hodei.app.database import upgraded
    from hodei.app.wiring import open_database

    async def work(settings: Settings) -> None:
        async with open_database(settings) as dsn:
            done = await upgraded(settings, dsn)
        print(f"upgraded to {done[-1]}" if done else "up to date")

    _with_database(work)


@db.command("version")
def db_version(json: Json = False) -> None:
    """Print the schema's version, and the one that this program needs."""
    from hodei.adapters.postgres.migrate import current_version, newest_version
    from hodei.app.database import named
    from hodei.app.wiring import reached_database

    async def work(settings: Settings) -> None:
        async with reached_database(settings) as dsn:
            with named(settings):
                found = await current_version(dsn)
        needed = newest_version()
        if json:
            print_json({"version": found, "needed": needed})
        else:
            print(f"schema {found}, this program needs {needed}")

    _with_database(work)


File = Annotated[Path, typer.Argument(help="Of pg_dump's custom format.")]


@db.command("backup")
def db_backup(file: File) -> None:
    """Write the whole database to a file, also while servers run; the secret key is not in it."""
    from hodei.app.backup import back_up

    async def work(settings: Settings) -> None:
        size = await back_up(settings, file)
        print(f"{file}: {size} bytes; keep the secret key apart from it")

    _with_database(work)


@db.command("restore")
def db_restore(file: File) -> None:
    """Fill an empty database from a file of `backup`; start the servers after it."""
    from hodei.app.backup import restore

    async def work(settings: Settings) -> None:
        version = await restore(settings, file)
        print(f"restored from {file}, which had schema {version}")

    _with_database(work)


def _with_database(work: Callable[[Settings], Coroutine[Any, Any, None]]) -> None:
    from hodei.domain.errors import HodeiError

    try:
        asyncio.run(work(read_or_stop()))
    except HodeiError as error:
        fail(str(error))


@config.command("check")
def config_check(json: Json = False) -> None:
    """Print the settings as they are in effect, secrets hidden; * marks those that were set."""
    from hodei.app.settings import effective

    shown = effective(read_or_stop())
    if json:
        print_json(shown)
        return
    for name, value in shown.items():
        changed = "*" if os.environ.get(name, "").strip() else " "
        print(f"{changed} {name}={value}")


def read_or_stop() -> Settings:
    """The settings; a wrong one ends the command."""
    from hodei.app.cli.session import show_violations
    from hodei.app.settings import read_settings
    from hodei.domain.errors import InvalidRequest

    try:
        return read_settings()
    except InvalidRequest as error:
        show_violations(error.violations, {})
        raise Stop(exits.USAGE) from error
