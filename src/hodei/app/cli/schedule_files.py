"""Schedules from files and options of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

from hodei.app.cli import exits
from hodei.app.cli.session import fail, read_pairs

if TYPE_CHECKING:
    from hodei.client import AsyncClient

Config = dict[str, Any]
Origins = dict[str, str]
_KEPT = (
    *("description", "rule", "zone", "overlap", "queue_limit", "catch_up", "jitter_ms"),
    *("starts_at", "ends_at", "name", "project"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Options as they were given."""

    file: str | None
    job: str | None
    template: str | None
    template_version: int | None
    parameter: list[str] | None
    secret_parameter: list[str] | None
    cron: str | None
    every: str | None
    at: str | None
    zone: str | None
    overlap: str | None
    queue_limit: int | None
    catch_up: str | None
    jitter: str | None
    starts_at: str | None
    ends_at: str | None
    description: str | None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Those among the arguments of a command."""
        return cls(**{each.name: options[each.name] for each in fields(cls)})


def config_of(
    given: Given, *, name: str | None = None, project: str | None = None
) -> tuple[Config, Origins]:
    """The body of a request, and where each field of it was written; options win over the file."""
    config: Config = {}
    origins: Origins = {}
    if given.file is not None:
        config, origins = _read(given.file)
    plain = {
        "name": name,
        "project": project,
        "description": given.description,
        "zone": given.zone,
        "overlap": given.overlap,
        "queue_limit": given.queue_limit,
        "starts_at": given.starts_at,
        "ends_at": given.ends_at,
    }
    for field, value in plain.items():
        if value is not None:
            config[field] = value
            origins[field] = f"--{field.replace('_', '-')}" if field != "name" else "NAME"
    if given.jitter is not None:
        config["jitter_ms"] = _duration("--jitter", given.jitter)
    if given.catch_up is not None:
        config["catch_up"] = _catch_up(given.catch_up)
        origins["catch_up"] = "--catch-up"
    _add_rule(config, origins, given)
    _add_target(config, origins, given)
    return config, origins


def merged(stored: Mapping[str, Any], changes: Config) -> Config:
    """A stored schedule as a request would have it, with the changes."""
    kept = {field: stored[field] for field in _KEPT}
    target = {name: value for name, value in stored["target"].items() if name != "template_id"}
    if "template_id" in stored["target"]:
        target["template"] = stored["target"]["template_id"]
    return {**kept, "target": target, "version": stored["version"], **changes}


def _add_rule(config: Config, origins: Origins, given: Given) -> None:
    rules: list[Config] = []
    if given.cron is not None:
        rules.append({"kind": "cron", "expression": given.cron})
        origins["rule"] = "--cron"
    if given.every is not None:
        rules.append({"kind": "interval", "every_ms": _duration("--every", given.every)})
        origins["rule"] = "--every"
    if given.at is not None:
        rules.append({"kind": "once", "at": given.at})
        origins["rule"] = "--at"
    if len(rules) > 1:
        fail("give one of --cron, --every and --at", exits.USAGE)
    if rules:
        config["rule"] = rules[0]


def _add_target(config: Config, origins: Origins, given: Given) -> None:
    if given.job is not None and given.template is not None:
        fail("give one of --job and --template", exits.USAGE)
    of_template = given.parameter or given.secret_parameter or given.template_version is not None
    if given.template is None and of_template:
        fail("-p, --secret-param and --template-version go with --template", exits.USAGE)
    if given.job is not None:
        spec, places = _read(given.job)
        config["target"] = {"spec": spec}
        origins["target"] = given.job
        origins |= {f"target.spec.{field}": place for field, place in places.items()}
    if given.template is not None:
        config["target"] = {
            "template": given.template,
            "version": given.template_version,
            "parameters": _parameters(given),
        }
        origins["target"] = "--template"


def _parameters(given: Given) -> Config:
    secrets = read_pairs("--secret-param", given.secret_parameter or ())
    plain: Config = dict(read_pairs("-p", given.parameter or ()))
    return plain | {name: {"secret": secret} for name, secret in secrets.items()}


async def typed_parameters(client: AsyncClient, config: Config, project: str) -> None:
    """Makes texts of the target in `config` values of the types that its template says."""
    target = config.get("target", {})
    if not target.get("parameters"):
        return
    from hodei.app.cli.templates import typed

    key = target["template"]
    by_id = len(key) == 36 and key.count("-") == 4
    template = await client.get_template(
        key, project=None if by_id else project, version=target["version"]
    )
    texts = {name: one for name, one in target["parameters"].items() if isinstance(one, str)}
    target["parameters"] |= typed(template, texts)


def _catch_up(text: str) -> Config:
    policy, colon, limit = text.partition(":")
    if not colon:
        return {"policy": policy}
    if not (limit.isascii() and limit.isdigit() and len(limit) < 10):
        fail(f"--catch-up: must be none, last, all or all:LIMIT (given: {text[:40]})", exits.USAGE)
    return {"policy": policy, "limit": int(limit)}


def _duration(option: str, text: str) -> int:
    from hodei.domain.errors import InvalidRequest
    from hodei.domain.units import parse_duration

    try:
        return parse_duration(text, option)
    except InvalidRequest as error:
        fail(str(error), exits.USAGE)


def _read(path: str) -> tuple[Config, Origins]:
    from hodei.app.cli.jobfile import FileFault, read_job_file

    try:
        found = read_job_file(path)
    except FileFault as error:
        fail(str(error), exits.USAGE)
    return dict(found.data), dict(found.origins)
