"""`map`: one spec, many inputs, one job each.

An input is a mapping of names to text (a plain value is the input `INPUT`). It reaches the job
as environment variables, and as `{NAME}` in the job's name and in the items of `argv`. Scripts
are never edited: text that is put into a script would be read as code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hodei.client.values import Job

Spec = Mapping[str, Any]
Input = Mapping[str, object] | str | int | float
DEFAULT_NAME = "INPUT"
_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MapResult:
    """One input and the finished job that it became."""

    index: int
    """Position of the input, from 0."""
    input: Input
    job: Job


def fill(spec: Spec, given: Input) -> dict[str, Any]:
    """`spec` with one input filled in; the original is left as it is."""
    values = _values(given)
    filled = dict(spec)
    filled["env"] = {**(spec.get("env") or {}), **values}
    if isinstance(name := spec.get("name"), str):
        filled["name"] = _replace(name, values)
    command = spec.get("command")
    if isinstance(command, Mapping) and isinstance(argv := command.get("argv"), list | tuple):
        filled["command"] = {**command, "argv": [_replace(item, values) for item in argv]}
    return filled


def _values(given: Input) -> dict[str, str]:
    pairs = given if isinstance(given, Mapping) else {DEFAULT_NAME: given}
    return {name: str(value) for name, value in pairs.items()}


def _replace(item: object, values: Mapping[str, str]) -> object:
    if not isinstance(item, str):
        return item
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), item)
