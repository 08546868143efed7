"""Webhooks from files and options of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hodei.app.cli import exits
from hodei.app.cli.asking import hidden
from hodei.app.cli.session import fail, read_pairs

Config = dict[str, Any]
Origins = dict[str, str]
_OPTIONS = {
    "name": "NAME",
    "project": "--project",
    "url": "--url",
    "events": "--event",
    "timeout_ms": "--timeout",
    "secret": "--secret-file",
}
_FILTERS = {
    "template": "--template",
    "schedule": "--schedule",
    "name": "--job-name",
    "labels": "--label",
}


def config_of(
    file: str | None,
    plain: Mapping[str, object],
    filters: Mapping[str, object],
    header_file: list[str] | None,
) -> tuple[Config, Origins]:
    """The body of a request, and where each field of it was written; options win over the file."""
    config, origins = _read(file) if file else ({}, {})
    for field, value in plain.items():
        if value is not None:
            config[field] = value
            origins[field] = _OPTIONS[field]
    given = {field: value for field, value in filters.items() if value is not None}
    if given:
        config["filters"] = {**(config.get("filters") or {}), **given}
        origins |= {f"filters.{field}": _FILTERS[field] for field in given}
    headers = header_values(header_file)
    if headers:
        config["headers"] = {**(config.get("headers") or {}), **headers}
        origins |= {f"headers.{name}": "--header-file" for name in headers}
    return config, origins


def header_values(header_file: list[str] | None) -> dict[str, str]:
    """Values are read from files: arguments can be read by other programs."""
    given = read_pairs("--header-file", header_file or ())
    return {name: hidden(name, Path(path)) for name, path in given.items()}


def duration(option: str, text: str | None) -> int | None:
    """Milliseconds; a wrong one ends the command."""
    from hodei.domain.errors import InvalidRequest
    from hodei.domain.units import parse_duration

    try:
        return None if text is None else parse_duration(text, option)
    except InvalidRequest as error:
        fail(str(error), exits.USAGE)


def merged(stored: Mapping[str, Any], changes: Config, removed: list[str] | None) -> Config:
    """A stored webhook as a request would have it, with the changes."""
    kept = {field: stored[field] for field in ("name", "url", "events", "enabled", "timeout_ms")}
    headers = {name: None for name in stored["headers"]} | changes.get("headers", {})
    for name in removed or ():
        if headers.pop(name, "") == "":
            fail(f"--no-header: the webhook sends no header {name}", exits.USAGE)
    return {
        **kept,
        **changes,
        "filters": {**stored["filters"], **changes.get("filters", {})},
        "headers": headers,
        "version": stored["version"],
    }


def _read(path: str) -> tuple[Config, Origins]:
    from hodei.app.cli.jobfile import FileFault, read_job_file

    try:
        found = read_job_file(path)
    except FileFault as error:
        fail(str(error), exits.USAGE)
    return dict(found.data), dict(found.origins)
