"""Builds a job spec from a file and from options; options win.

Every field remembers its origin, so that a complaint about it names the line of the file or the
option. The spec is checked here with the parser that the server uses: the words are the same,
and nothing is sent that would come back.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hodei.app.cli import exits
from hodei.app.cli.session import fail, read_pairs, show_violations
from hodei.domain.errors import InvalidRequest

MAX_STDIN_BYTES = 1 << 20
"""More than any limit of the spec: what is longer is refused there, with the limit's name."""
NAME_LENGTH = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `hodei run` was given, as text."""

    command: Sequence[str] = ()
    kind: str | None = None
    name: str | None = None
    image: str | None = None
    env: Sequence[str] = ()
    secret_env: Sequence[str] = ()
    secret_value: Sequence[str] = ()
    cpu: float | None = None
    memory: str | None = None
    storage: str | None = None
    gpus: int | None = None
    architecture: str | None = None
    timeout: str | None = None
    queue_timeout: str | None = None
    grace: str | None = None
    provider: str | None = None
    region: str | None = None
    provider_label: Sequence[str] = ()
    label: Sequence[str] = ()
    priority: str | None = None
    retry: int | None = None
    network: str | None = None
    workdir: str | None = None
    stdin: str | None = None
    project: str | None = None


@dataclass(slots=True)
class Draft:
    """A spec being put together."""

    data: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)

    def put(self, path: str, value: object, option: str) -> None:
        """Sets a field by its dotted path, as the option says."""
        self.put_at(tuple(path.split(".")), value, option)

    def put_at(self, keys: tuple[str, ...], value: object, option: str) -> None:
        """The same for keys that may hold dots."""
        place = self.data
        for key in keys[:-1]:
            inner = place.get(key)
            place[key] = dict(inner) if isinstance(inner, Mapping) else {}
            place = place[key]
        place[keys[-1]] = value
        self.origins[".".join(keys)] = option


def build(file: str | None, options: Options) -> Draft:
    """The checked spec. Ends the command with every fault found."""
    draft = _from_file(file) if file else Draft()
    try:
        _apply(draft, options)
        _command(draft, options)
        _check(draft)
    except InvalidRequest as error:
        show_violations(error.violations, draft.origins)
        fail("nothing was submitted", exits.USAGE)
    return draft


def _from_file(path: str) -> Draft:
    from hodei.app.cli.jobfile import FileFault, read_job_file

    try:
        found = read_job_file(path)
    except FileFault as error:
        fail(str(error), exits.USAGE)
    return Draft(dict(found.data), dict(found.origins))


def _check(draft: Draft) -> None:
    from hodei.domain.parsing import parse_spec

    parse_spec(draft.data)


def _apply(draft: Draft, options: Options) -> None:
    plain: tuple[tuple[str, object, str], ...] = (
        ("name", options.name, "--name"),
        ("image", options.image, "--image"),
        ("resources.cpu", _cpu(options.cpu), "--cpu"),
        ("resources.gpus", options.gpus, "--gpus"),
        ("resources.architecture", options.architecture, "--arch"),
        ("preferences.provider", options.provider, "--provider"),
        ("preferences.region", options.region, "--region"),
        ("network", options.network, "--network"),
        ("working_dir", options.workdir, "--workdir"),
        ("project", options.project, "--project"),
    )
    for path, value, option in plain:
        if value is not None:
            draft.put(path, value, option)
    if options.priority is not None:
        draft.put("priority", options.priority.upper(), "--priority")
    if options.retry is not None:
        _retry(draft, options.retry)
    if options.stdin is not None:
        draft.put("stdin", _stdin(options.stdin), "--stdin")
    _measures(draft, options)
    _maps(draft, options)


def _cpu(cores: float | None) -> float | None:
    """A whole number as it was typed, for the message that shows it."""
    return int(cores) if cores is not None and cores.is_integer() else cores


def _retry(draft: Draft, times: int) -> None:
    if not isinstance(draft.data.get("retry"), Mapping):
        draft.data.pop("retry", None)
    draft.put("retry.max_attempts", times + 1, "--retry")


def _measures(draft: Draft, options: Options) -> None:
    from hodei.domain.units import parse_duration, parse_size_mb

    for path, text, option in (
        ("resources.memory_mb", options.memory, "--memory-mb"),
        ("resources.storage_mb", options.storage, "--storage-mb"),
    ):
        if text is not None:
            draft.origins[path] = option
            draft.put(path, parse_size_mb(text, path), option)
    for path, text, option in (
        ("timeout_ms", options.timeout, "--timeout"),
        ("queue_timeout_ms", options.queue_timeout, "--queue-timeout"),
        ("grace_ms", options.grace, "--grace"),
    ):
        if text is not None:
            draft.origins[path] = option
            draft.put(path, parse_duration(text, path), option)


def _maps(draft: Draft, options: Options) -> None:
    for name, value in read_pairs("--env", options.env).items():
        draft.put_at(("env", name), value, "--env")
    for name, secret in read_pairs("--secret-env", options.secret_env).items():
        draft.put_at(("env", name), {"secret": secret}, "--secret-env")
    for name in options.secret_value:
        draft.put_at(("env", name), {"secret_value": _own_variable(name)}, "--secret-value")
    for key, value in read_pairs("--label", options.label).items():
        draft.put_at(("labels", key), value, "--label")
    for key, value in read_pairs("--provider-label", options.provider_label).items():
        draft.put_at(("preferences", "labels", key), value, "--provider-label")


def _own_variable(name: str) -> str:
    """A secret value comes from our own environment: other users can read an argument."""
    value = os.environ.get(name)
    if value is None:
        fail(f"--secret-value {name}: set the variable {name} here; its value is sent", exits.USAGE)
    return value


def _command(draft: Draft, options: Options) -> None:
    words = list(options.command)
    if words:
        draft.data["command"] = _given_command(words, options.kind or "shell")
        draft.origins["command"] = "COMMAND"
        if options.kind is not None:
            draft.origins["command.type"] = "--type"
    elif options.kind is not None:
        command = draft.data.get("command")
        script = {"script": command} if isinstance(command, str) else command
        draft.data["command"] = {**(script or {}), "type": options.kind}
        draft.origins["command.type"] = "--type"
    if not words and not draft.origins.get(""):
        fail("give a command after `--`, or a job file with -f", exits.USAGE)
    if "name" not in draft.data and words:
        draft.data["name"] = _name(words)


def _given_command(words: list[str], kind: str) -> dict[str, Any]:
    if kind == "exec":
        return {"type": kind, "argv": words}
    if len(words) == 1:
        return {"type": kind, "script": words[0]}
    if kind == "shell":
        return {"type": kind, "script": shlex.join(words)}
    fail(f"--type {kind}: give the whole script as one argument, in quotes", exits.USAGE)


def _name(words: list[str]) -> str:
    text = words[0] if len(words) == 1 else shlex.join(words)
    shown = "".join(c if c.isprintable() else " " for c in text)
    line = " ".join(shown.split()) or "job"
    return line if len(line) <= NAME_LENGTH else f"{line[: NAME_LENGTH - 1]}…"


def _stdin(path: str) -> str:
    try:
        if path == "-":
            data = sys.stdin.buffer.read(MAX_STDIN_BYTES)
        else:
            with Path(path).open("rb") as file:
                data = file.read(MAX_STDIN_BYTES)
    except OSError as error:
        fail(f"--stdin: {path} cannot be read: {error.strerror}", exits.USAGE)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        fail(f"--stdin: {path} is not valid UTF-8 at byte {error.start}", exits.USAGE)
