"""`hodei webhooks`: who is told of events of jobs, and what became of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hodei.app.cli import exits
from hodei.app.cli.asking import hidden
from hodei.app.cli.session import print_json, read_pairs, say, some_change, with_client
from hodei.app.cli.webhook_files import config_of, duration, merged

if TYPE_CHECKING:
    from hodei.client import AsyncClient

app = typer.Typer(
    no_args_is_help=True,
    help="Webhooks: list, get, create, update, delete, enable, disable, test, deliveries, "
    "redeliver.",
)
_LOOK_S = 0.1
_MORE_S = 15.0
"""How long a test delivery may take beyond the webhook's own timeout."""

Many = list[str] | None
Key = Annotated[str, typer.Argument(help="Name of the webhook in the project, or its id.")]
Project = Annotated[str, typer.Option("--project", help="The project it belongs to.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
File = Annotated[
    str | None, typer.Option("--file", "-f", help="YAML or JSON of the whole webhook; - is stdin.")
]
Url = Annotated[str | None, typer.Option("--url", help="Where to, http or https.")]
Event = Annotated[Many, typer.Option("--event", "-e", help="Such as job.failed; repeatable.")]
Template = Annotated[str | None, typer.Option("--template", help="Only jobs made from it.")]
Schedule = Annotated[str | None, typer.Option("--schedule", help="Only jobs submitted by it.")]
JobName = Annotated[str | None, typer.Option("--job-name", help="Only such: nightly-*.")]
Label = Annotated[Many, typer.Option("--label", "-l", metavar="K=V", help="Only jobs with it.")]
HeaderFile = Annotated[
    Many,
    typer.Option("--header-file", metavar="NAME=FILE", help="A header; its value is in the file."),
]
SecretFile = Annotated[
    Path | None, typer.Option("--secret-file", help="What signs; left out: it is made.")
]
Timeout = Annotated[str | None, typer.Option("--timeout", help="Of one attempt: 1s to 30s.")]


@app.command("list")
def list_webhooks(
    project: Annotated[str | None, typer.Option("--project", help="Only of this.")] = None,
    json: Json = False,
) -> None:
    """List webhooks, with how they fare."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.webhook_views import print_webhooks

        found = await client.webhooks(project)
        print_json(found) if json else print_webhooks(found)

    with_client(act)


@app.command("get")
def get_webhook(key: Key, project: Project = "default", json: Json = False) -> None:
    """Show one webhook, without its secret and the values of its headers."""

    async def act(client: AsyncClient) -> None:
        _show(await client.get_webhook(key, project=project), json)

    with_client(act)


@app.command("create")
def create_webhook(
    name: Annotated[str | None, typer.Argument(help="Name; unless the file has it.")] = None,
    file: File = None,
    url: Url = None,
    event: Event = None,
    template: Template = None,
    schedule: Schedule = None,
    job_name: JobName = None,
    label: Label = None,
    header_file: HeaderFile = None,
    secret_file: SecretFile = None,
    timeout: Timeout = None,
    disabled: Annotated[bool, typer.Option("--disabled", help="Make it disabled.")] = False,
    project: Annotated[str | None, typer.Option("--project", help="default")] = None,
    json: Json = False,
) -> None:
    """Make a webhook; the secret that is made for it is shown this once."""
    config, origins = config_of(
        file,
        {"name": name, "project": project, **_plain(url, event, timeout, secret_file)},
        _filters(template, schedule, job_name, label),
        header_file,
    )
    if disabled:
        config["enabled"] = False
    origins.setdefault("events", "--event")
    origins.setdefault("url", "--url")

    async def act(client: AsyncClient) -> None:
        _stored(await client.create_webhook(config), json)

    with_client(act, origins=origins)


@app.command("update")
def update_webhook(
    key: Key,
    file: File = None,
    url: Url = None,
    event: Event = None,
    template: Template = None,
    schedule: Schedule = None,
    job_name: JobName = None,
    label: Label = None,
    header_file: HeaderFile = None,
    no_header: Annotated[Many, typer.Option("--no-header", help="Send it no more.")] = None,
    secret_file: SecretFile = None,
    rotate_secret: Annotated[
        bool, typer.Option("--rotate-secret", help="Make a new secret, and show it this once.")
    ] = False,
    timeout: Timeout = None,
    project: Project = "default",
    json: Json = False,
) -> None:
    """Change what is given, and leave the rest; a file stands for everything."""
    config, origins = config_of(
        file,
        _plain(url, event, timeout, secret_file),
        _filters(template, schedule, job_name, label),
        header_file,
    )
    if rotate_secret:
        config["rotate_secret"] = True
    some_change({**config, "removed": no_header} if no_header else config)

    async def act(client: AsyncClient) -> None:
        stored = await client.get_webhook(key, project=project)
        body = config if file else merged(stored, config, no_header)
        body.setdefault("name", stored["name"])
        _stored(await client.update_webhook(stored["id"], body), json)

    with_client(act, origins=origins)


@app.command("delete")
def delete_webhook(key: Key, project: Project = "default") -> None:
    """Remove a webhook with its deliveries."""

    async def act(client: AsyncClient) -> None:
        await client.delete_webhook(key, project=project)
        print(f"{key} deleted")

    with_client(act)


@app.command("enable")
def enable_webhook(key: Key, project: Project = "default", json: Json = False) -> None:
    """Tell it of what happens from now on."""
    _switch(key, project, json, enabled=True)


@app.command("disable")
def disable_webhook(key: Key, project: Project = "default", json: Json = False) -> None:
    """Tell it of nothing."""
    _switch(key, project, json, enabled=False)


@app.command("test")
def test_webhook(key: Key, project: Project = "default", json: Json = False) -> None:
    """Send a test delivery and say what came of it; ends with 1 when it did not arrive."""

    async def act(client: AsyncClient) -> int:
        from hodei.app.cli.webhook_views import outcome

        webhook = await client.get_webhook(key, project=project)
        sent = await client.test_webhook(webhook["id"])
        until = time.monotonic() + webhook["timeout_ms"] / 1000 + _MORE_S
        while not sent["attempts"] and time.monotonic() < until:
            await asyncio.sleep(_LOOK_S)
            sent = await client.get_delivery(sent["id"])
        if json:
            print_json(sent)
        elif sent["attempts"]:
            print(f"{sent['id']} {sent['state']}: {outcome(sent)}")
        else:
            say(f"the delivery {sent['id']} still waits; see `hodei webhooks deliveries {key}`")
        return exits.OK if sent["state"] == "delivered" else exits.ERROR

    with_client(act)


@app.command("deliveries")
def list_deliveries(
    key: Key,
    state: Annotated[
        str | None, typer.Option("--state", help="pending, failed, delivered or dead.")
    ] = None,
    event: Annotated[str | None, typer.Option("--event", "-e", help="Only of this.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 20,
    project: Project = "default",
    json: Json = False,
) -> None:
    """What was sent, newest first, and what was answered."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.webhook_views import print_deliveries

        rows = client.deliveries(key, project=project, state=state, event=event, limit=limit)
        found = [row async for row in rows]
        print_json(found) if json else print_deliveries(found)

    with_client(act)


@app.command("redeliver")
def redeliver(
    delivery: Annotated[str, typer.Argument(help="Id of the delivery.")], json: Json = False
) -> None:
    """Send a delivery again, at once and with all its tries."""

    async def act(client: AsyncClient) -> None:
        again = await client.redeliver(delivery)
        print_json(again) if json else print(f"{again['id']} {again['state']}")

    with_client(act)


def _switch(key: str, project: str, json: bool, *, enabled: bool) -> None:
    async def act(client: AsyncClient) -> None:
        stored = await client.get_webhook(key, project=project)
        body = merged(stored, {"enabled": enabled}, None)
        changed = await client.update_webhook(stored["id"], body)
        if json:
            print_json(changed)
        else:
            print(f"{changed['name']} {'enabled' if enabled else 'disabled'}")

    with_client(act)


def _plain(
    url: str | None, event: Many, timeout: str | None, secret_file: Path | None
) -> dict[str, object]:
    return {
        "url": url,
        "events": event,
        "timeout_ms": duration("--timeout", timeout),
        "secret": hidden("secret", secret_file) if secret_file else None,
    }


def _filters(
    template: str | None, schedule: str | None, job_name: str | None, label: Many
) -> dict[str, object]:
    labels = read_pairs("--label", label) if label else None
    return {"template": template, "schedule": schedule, "name": job_name, "labels": labels}


def _stored(webhook: Mapping[str, Any], json: bool) -> None:
    _show(webhook, json)
    if webhook["secret"] and not json:
        say("the secret is not shown again")
        print(f"\n{webhook['secret']}")


def _show(webhook: Mapping[str, Any], json: bool) -> None:
    from hodei.app.cli.webhook_views import print_webhook

    print_json(webhook) if json else print_webhook(webhook)
