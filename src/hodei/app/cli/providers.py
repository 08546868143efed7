"""`hodei providers`: where jobs run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hodei.app.cli import exits
from hodei.app.cli.session import fail, print_json, raw_list, read_pairs, some_change, with_client
from hodei.app.cli.warm import budget_text, pool_text, warm_options

if TYPE_CHECKING:
    from hodei.client import AsyncClient, Provider

app = typer.Typer(no_args_is_help=True, help="Providers: list, create, enable, test and so on.")

Key = Annotated[str, typer.Argument(help="Name or id.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
Many = list[str] | None
Setting = Annotated[Many, typer.Option("--set", "-s", metavar="KEY=VALUE", help="Setting, JSON.")]
Label = Annotated[
    Many, typer.Option("--label", "-l", metavar="K=V", help="That jobs may ask for; repeatable.")
]
File = Annotated[str | None, typer.Option("-f", "--file", help="YAML or JSON; - is stdin.")]
Region = Annotated[str | None, typer.Option("--region", help="Where it is; jobs may ask for it.")]
MaxWorkers = Annotated[int | None, typer.Option("--max-workers", help="At the same time.")]
Warm = Annotated[
    Many,
    typer.Option(
        "--warm",
        metavar="SIZE[,IMAGE][,cpu=N][,memory=M][,network=none]",
        help="A pool of workers kept ready; repeat for more. `off`: none.",
    ),
]
Learn = Annotated[
    str | None,
    typer.Option(
        "--warm-learned",
        metavar="cpu=N,memory=M[,max=N]",
        help="Keep workers for what the last day's jobs asked for, within this budget; or `off`.",
    ),
]
IdleTimeout = Annotated[
    str | None, typer.Option("--idle-timeout", help="Of reusable workers: 30s, 5m.")
]

EDITABLE = (
    "name",
    "type",
    "settings",
    "labels",
    "region",
    "max_workers",
    "warm",
    "warm_learned",
    "idle_timeout_ms",
)


@app.command("list")
def list_providers(json: Json = False) -> None:
    """List providers with their health."""

    async def act(client: AsyncClient) -> None:
        from hodei.app.cli.tables import print_table

        found = await client.providers()
        if json:
            print_json(raw_list(found))
            return
        rows = [
            (
                one.name,
                one.type,
                _health(one),
                f"{one.live_workers}/{one.max_workers or '?'}",
                "no isolation" if one.isolation == "none" else one.isolation,
                one.reason,
            )
            for one in found
        ]
        print_table(("NAME", "TYPE", "HEALTH", "WORKERS", "ISOLATION", "REASON"), rows)

    with_client(act)


def _health(provider: Provider) -> str:
    if not provider.enabled:
        return "disabled"
    return "up" if provider.ok else "down"


@app.command("get")
def get_provider(key: Key, json: Json = False) -> None:
    """Show one provider."""

    async def act(client: AsyncClient) -> None:
        _show(await client.provider(key), json=json)

    with_client(act)


def _show(found: Provider, *, json: bool) -> None:
    from json import dumps

    from hodei.app.cli.tables import print_fields

    if json:
        print_json(found.raw)
        return
    print_fields(
        [
            ("name", found.name),
            ("id", found.id),
            ("type", found.type),
            ("health", _health(found)),
            ("reason", found.reason),
            ("isolation", found.isolation),
            ("region", found.raw.get("region")),
            ("workers", f"{found.live_workers} of {found.max_workers or '?'}"),
            ("settings", dumps(found.raw.get("settings") or {})),
            ("labels", " ".join(f"{k}={v}" for k, v in (found.raw.get("labels") or {}).items())),
            ("warm learned", budget_text(found.raw.get("warm_learned"))),
            *(("warm pool", pool_text(pool)) for pool in found.raw.get("pools") or ()),
        ]
    )


@app.command("create")
def create_provider(
    name: Annotated[str | None, typer.Argument(help="Its name.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="See `providers types`.")] = None,
    file: File = None,
    setting: Setting = None,
    label: Label = None,
    region: Region = None,
    max_workers: MaxWorkers = None,
    warm: Warm = None,
    learn: Learn = None,
    idle_timeout: IdleTimeout = None,
    disabled: Annotated[bool, typer.Option("--disabled", help="Takes no jobs yet.")] = False,
    json: Json = False,
) -> None:
    """Create a provider."""
    config, origins = _config(file, setting, label, region, max_workers)
    config |= warm_options(warm, learn, idle_timeout, origins)
    for field, value in (("name", name), ("type", kind)):
        if value is not None:
            config[field] = value
    if disabled:
        config["enabled"] = False

    async def act(client: AsyncClient) -> None:
        _show(await client.create_provider(config), json=json)

    with_client(act, origins=origins)


@app.command("edit")
def edit_provider(
    key: Key,
    name: Annotated[str | None, typer.Option("--name", help="A new name.")] = None,
    file: File = None,
    setting: Setting = None,
    label: Label = None,
    region: Region = None,
    max_workers: MaxWorkers = None,
    warm: Warm = None,
    learn: Learn = None,
    idle_timeout: IdleTimeout = None,
    json: Json = False,
) -> None:
    """Change what is given and leave the rest as it is."""
    changes, origins = _config(file, setting, label, region, max_workers)
    changes |= warm_options(warm, learn, idle_timeout, origins)
    if name is not None:
        changes["name"] = name
    some_change(changes)

    async def act(client: AsyncClient) -> None:
        now = (await client.provider(key)).raw
        config = {field: now[field] for field in EDITABLE} | {"version": now["version"]}
        for field, value in changes.items():
            merged = field in ("settings", "labels") and file is None
            config[field] = {**config[field], **value} if merged else value
        _show(await client.update_provider(key, config), json=json)

    with_client(act, origins=origins)


def _config(
    file: str | None, setting: Many, label: Many, region: str | None, max_workers: int | None
) -> tuple[dict[str, Any], dict[str, str]]:
    from hodei.app.cli.jobfile import FileFault, read_job_file

    config: dict[str, Any] = {}
    origins: dict[str, str] = {}
    if file is not None:
        try:
            read = read_job_file(file)
        except FileFault as error:
            fail(str(error), exits.USAGE)
        config, origins = dict(read.data), dict(read.origins)
    settings = {k: _typed(v) for k, v in read_pairs("--set", setting or ()).items()}
    if settings:
        config["settings"] = {**(config.get("settings") or {}), **settings}
    if label:
        config["labels"] = {**(config.get("labels") or {}), **read_pairs("--label", label)}
    if region is not None:
        config["region"] = region
    if max_workers is not None:
        config["max_workers"] = max_workers
    return config, origins


def _typed(text: str) -> object:
    """JSON where it is JSON, else the text itself."""
    from json import loads

    try:
        return loads(text)
    except ValueError:
        return text


@app.command("enable")
def enable_provider(key: Key, json: Json = False) -> None:
    """Let a provider take jobs."""
    _switch(key, True, json)


@app.command("disable")
def disable_provider(key: Key, json: Json = False) -> None:
    """Let running jobs go on, and give it no new ones."""
    _switch(key, False, json)


def _switch(key: str, enabled: bool, json: bool) -> None:
    async def act(client: AsyncClient) -> None:
        found = await client.enable_provider(key, enabled)
        print_json(found.raw) if json else print(f"{found.name} {_health(found)}")

    with_client(act)


@app.command("test")
def test_provider(key: Key, json: Json = False) -> None:
    """Check a provider now; ends with 1 when it is not well."""

    async def act(client: AsyncClient) -> int:
        found = await client.test_provider(key)
        if json:
            print_json(found)
        else:
            print(f"{'up' if found['ok'] else 'down'}: {found['reason'] or 'it answers'}")
        return exits.OK if found["ok"] else exits.ERROR

    with_client(act)


@app.command("delete")
def delete_provider(key: Key) -> None:
    """Remove a provider that has no live workers."""

    async def act(client: AsyncClient) -> None:
        await client.delete_provider(key)
        print(f"{key} deleted")

    with_client(act)


@app.command("types")
def provider_types(json: Json = False) -> None:
    """List the installed types and their settings."""

    async def act(client: AsyncClient) -> None:
        found = await client.provider_types()
        if json:
            print_json(found)
            return
        for kind, schema in found.items():
            print(kind)
            for name, field in (schema.get("properties") or {}).items():
                print(f"  {name}: {field.get('description', field.get('type', ''))}")

    with_client(act)
