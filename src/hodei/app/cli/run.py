"""`hodei run`: submit a job, follow it, and end as it ends."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hodei.app.cli.session import print_json, with_client

if TYPE_CHECKING:
    from hodei.client import AsyncClient
    from hodei.client.mapping import Spec

Many = list[str] | None


def _option(kind: object, *flags: str, **more: Any) -> object:
    return Annotated[kind, typer.Option(*flags, **more)]


_text = str | None
_flag = bool
PARAMETERS: dict[str, object] = {
    "command": Annotated[
        Many, typer.Argument(metavar="-- COMMAND...", help="What to run.", show_default=False)
    ],
    "file": _option(_text, "-f", "--file", help="Job file, YAML or JSON; - is stdin."),
    "image": _option(_text, "--image", "-i", help="Image to run it in."),
    "kind": _option(_text, "--type", help="shell (default), exec (words as given), python, node."),
    "name": _option(_text, "--name", help="Name for people."),
    "env": _option(Many, "--env", "-e", metavar="NAME=VALUE", help="Variable; repeatable."),
    "secret_env": _option(
        Many, "--secret-env", metavar="NAME=SECRET", help="Variable with a stored secret's value."
    ),
    "secret_value": _option(
        Many, "--secret-value", metavar="NAME", help="Variable whose secret value is in ours."
    ),
    "cpu": _option(float | None, "--cpu", help="Cores."),
    "memory": _option(_text, "--memory-mb", "--memory", help="MiB, or 512m, 2g."),
    "storage": _option(_text, "--storage-mb", "--storage", help="Scratch space: MiB, or 10g."),
    "gpus": _option(int | None, "--gpus", help="Number of GPUs."),
    "architecture": _option(_text, "--arch", help="x86_64 or arm64."),
    "timeout": _option(_text, "--timeout", help="Run time: 30s, 5m, 1h30m."),
    "queue_timeout": _option(_text, "--queue-timeout", help="Longest wait for a worker."),
    "grace": _option(_text, "--grace", help="From the polite signal to KILL."),
    "provider": _option(_text, "--provider", help="Provider, by id or name."),
    "region": _option(_text, "--region", help="Region of the provider."),
    "provider_label": _option(
        Many, "--provider-label", metavar="K=V", help="Label that the provider must carry."
    ),
    "label": _option(Many, "--label", "-l", metavar="K=V", help="Label of the job; repeatable."),
    "priority": _option(_text, "--priority", help="low, normal or high."),
    "retry": _option(int | None, "--retry", help="Further attempts after a bad one."),
    "network": _option(_text, "--network", help="default or none."),
    "workdir": _option(_text, "--workdir", "-w", help="Directory to start in."),
    "stdin": _option(_text, "--stdin", metavar="FILE", help="Its standard input; - is ours."),
    "project": _option(_text, "--project", help="Project it belongs to."),
    "idempotency_key": _option(_text, "--idempotency-key", help="Same key, same job."),
    "detach": _option(_flag, "--detach", "-d", help="Print the id and leave."),
    "plan": _option(_flag, "--plan", help="Say what would happen; submit nothing."),
    "quiet": _option(_flag, "--quiet", "-q", help="Nothing but the job's output."),
    "json": _option(_flag, "--json", help="One JSON object per line."),
}
"""Every parameter: its name among `Options` and how it is typed on the command line."""
OWN = ("file", "idempotency_key", "detach", "plan", "quiet", "json")
"""Parameters that are not part of the spec."""


def run(**given: Any) -> None:
    """Run a command as a job, follow it, and end with its exit code.

    One word after `--` is a shell script; several are one command, quoted as they are.
    The exit code is the job's; 128+n for signal n, 124 for a timeout, 130 when it was
    cancelled, 125 when Hodei failed and not the command.
    """
    from hodei.app.cli.specs import Options, build

    own = {name: given.pop(name) for name in OWN}
    options = Options(**{name: value for name, value in given.items() if value is not None})
    draft = build(own["file"], options)

    async def act(client: AsyncClient) -> int:
        if own["plan"]:
            return await _plan(client, draft.data, json=own["json"])
        return await _run(client, draft.data, **own)

    with_client(act, origins=draft.origins)


# Typer reads a command's parameters from its signature; here they come from the table.
_SIGNATURE = inspect.Signature(
    [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False if name in ("detach", "plan", "quiet", "json") else None,
            annotation=kind,
        )
        for name, kind in PARAMETERS.items()
    ]
)
setattr(run, "__signature__", _SIGNATURE)  # noqa: B010
run.__annotations__ = dict(PARAMETERS)


async def _run(
    client: AsyncClient,
    spec: Spec,
    *,
    idempotency_key: str | None,
    detach: bool,
    quiet: bool,
    json: bool,
    **_: object,
) -> int:
    from hodei.app.cli.following import Follower
    from hodei.app.cli.views import choose

    job = await client.submit(spec, idempotency_key=idempotency_key)
    if detach:
        print_json(job.raw) if json else print(job.id)
        return 0
    view = choose(json=json, quiet=quiet)
    view.submitted(job)
    return await Follower(client, job, view).run()


async def _plan(client: AsyncClient, spec: Spec, *, json: bool) -> int:
    found = await client.plan(spec)
    if json:
        print_json(found.raw)
    else:
        print(f"{'would run' if found.accepted else 'would be refused'}: {found.reason}")
        for rejection in found.rejections:
            print(f"  {rejection['provider']['name']}: {rejection['reason']}")
    return 0 if found.accepted else 2
