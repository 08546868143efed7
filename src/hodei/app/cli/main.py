"""The command `hodei`: all commands, and how they end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

import hodei
from hodei.app.cli import (
    agent,
    audit,
    exits,
    firecracker,
    jobs,
    login,
    projects,
    providers,
    queue,
    schedules,
    secrets,
    server,
    templates,
    tokens,
    triggers,
    users,
    webhooks,
    workers,
)
from hodei.app.cli.credentials import CredentialsFault
from hodei.app.cli.run import run
from hodei.app.cli.session import Stop, fail, say

EPILOG = (
    "Environment: HODEI_URL (default http://127.0.0.1:8080), HODEI_TOKEN, HODEI_CA_FILE. "
    "Exit codes: 0 done, 1 failed, 2 wrong input; `run` and `up --once` end like the job."
)

app = typer.Typer(
    name="hodei",
    help="Run commands as jobs: in containers, pods, microVMs or processes.",
    epilog=EPILOG,
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(hodei.__version__)
        raise typer.Exit


@app.callback()
def everywhere(
    ca: Annotated[
        Path | None,
        typer.Option("--ca", help="PEM file: the authority of an https server (HODEI_CA_FILE)."),
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="As `version` does."),
    ] = False,
) -> None:
    """Run commands as jobs: in containers, pods, microVMs or processes."""
    if ca is not None:
        if not ca.is_file():
            fail(f"--ca: no file '{ca}'", exits.USAGE)
        os.environ["HODEI_CA_FILE"] = str(ca)


app.command("up")(server.up)
app.command("serve")(server.serve)
app.command("run", context_settings={"allow_interspersed_args": False})(run)
app.command("login")(login.login)
app.command("logout")(login.logout)
app.add_typer(users.app, name="users")
app.add_typer(tokens.app, name="tokens")
app.add_typer(jobs.app, name="jobs")
app.add_typer(templates.app, name="templates")
app.add_typer(providers.app, name="providers")
app.add_typer(schedules.app, name="schedules")
templates.app.add_typer(triggers.app, name="triggers")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(projects.app, name="projects")
app.add_typer(secrets.app, name="secrets")
app.add_typer(workers.app, name="workers")
app.add_typer(queue.app, name="queue")
app.add_typer(audit.app, name="audit")
app.add_typer(agent.app, name="agent")
app.add_typer(firecracker.app, name="firecracker")
app.command("health")(server.health)
app.command("doctor")(server.doctor)
app.add_typer(server.db, name="db")
app.add_typer(server.config, name="config")
app.command("version")(server.version)


def main() -> int:
    """Runs the command line; gives the exit code."""
    try:
        app()
    except Stop as stop:
        return stop.code
    except CredentialsFault as fault:
        say(str(fault))
        return exits.USAGE
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else exits.OK
    except KeyboardInterrupt:
        return exits.CANCELLED
    return exits.OK
