"""What an operator may set on a process provider."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from hodei.domain.errors import InvalidRequest, Violation, shorten

MAX_WORKERS = 64
MAX_CPU = 1024
MAX_PIDS = 4_194_304
MAX_NAMES = 100
DEFAULT_PIDS = 4096
CGROUP_CHOICES = ("auto", "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSettings:
    """Settings of one process provider, checked."""

    max_workers: int
    """Workers at the same time."""
    cgroups: str = "auto"
    """`auto`: control groups where the machine lets us make them; `off`: never."""
    cpu_limit: float
    """The most CPUs that one job may ask for."""
    pids_max: int = DEFAULT_PIDS
    """Processes and threads of one worker, its agent included."""
    pass_env: tuple[str, ...] = ()
    """Names of variables that jobs get from the server besides the usual few."""


def default_max_workers() -> int:
    """Four to a CPU, between 4 and 16."""
    return min(16, max(4, 4 * (os.cpu_count() or 1)))


def settings_schema() -> Mapping[str, object]:
    """JSON Schema (2020-12) of the settings."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Process provider",
        "description": "Runs jobs as processes of the server's own machine. No isolation.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "max_workers": {
                "title": "Workers",
                "description": "Processes that take jobs at the same time.",
                "type": "integer",
                "minimum": 1,
                "maximum": MAX_WORKERS,
                "default": default_max_workers(),
            },
            "cgroups": {
                "title": "Control groups",
                "description": "auto uses them where the machine allows it; off never does.",
                "type": "string",
                "enum": list(CGROUP_CHOICES),
                "default": "auto",
            },
            "cpu_limit": {
                "title": "CPUs of one job",
                "description": "The most that one job may ask for.",
                "type": "number",
                "exclusiveMinimum": 0,
                "maximum": MAX_CPU,
                "default": float(os.cpu_count() or 1),
            },
            "pids_max": {
                "title": "Processes",
                "description": "Processes and threads of one worker, the agent included.",
                "type": "integer",
                "minimum": 16,
                "maximum": MAX_PIDS,
                "default": DEFAULT_PIDS,
            },
            "pass_env": {
                "title": "Variables handed on",
                "description": "Names of the server's own environment variables that jobs get.",
                "type": "array",
                "items": {"type": "string", "pattern": "^(?!HODEI_)[A-Za-z_][A-Za-z0-9_]*$"},
                "uniqueItems": True,
                "maxItems": MAX_NAMES,
                "default": [],
            },
        },
    }


def parse_settings(given: Mapping[str, object]) -> ProcessSettings:
    """The settings as a value. Raises InvalidRequest that names every wrong field."""
    faults: list[Violation] = []
    known = ("max_workers", "cgroups", "cpu_limit", "pids_max", "pass_env")
    for name in given:
        if name not in known:
            faults.append(_fault(name, f"unknown setting; known are {', '.join(known)}", ""))
    parsed = ProcessSettings(
        max_workers=_integer(given, "max_workers", 1, MAX_WORKERS, default_max_workers(), faults),
        cgroups=_cgroups(given, faults),
        cpu_limit=_cpu_limit(given, faults),
        pids_max=_integer(given, "pids_max", 16, MAX_PIDS, DEFAULT_PIDS, faults),
        pass_env=_names(given, faults),
    )
    if faults:
        raise InvalidRequest(faults)
    return parsed


def _fault(name: str, message: str, value: object) -> Violation:
    return Violation(field=f"settings.{name}", message=message, value=shorten(value))


def _integer(
    given: Mapping[str, object],
    name: str,
    low: int,
    high: int,
    default: int,
    faults: list[Violation],
) -> int:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        faults.append(_fault(name, f"must be a whole number from {low} to {high}", value))
        return default
    return value


def _cpu_limit(given: Mapping[str, object], faults: list[Violation]) -> float:
    default = float(os.cpu_count() or 1)
    value = given.get("cpu_limit", default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MAX_CPU:
        message = f"must be a number above 0 and at most {MAX_CPU}"
        faults.append(_fault("cpu_limit", message, value))
        return default
    return float(value)


def _cgroups(given: Mapping[str, object], faults: list[Violation]) -> str:
    value = given.get("cgroups", "auto")
    if value not in CGROUP_CHOICES or not isinstance(value, str):
        message = f"must be one of {', '.join(CGROUP_CHOICES)}"
        faults.append(_fault("cgroups", message, value))
        return "auto"
    return value


def _names(given: Mapping[str, object], faults: list[Violation]) -> tuple[str, ...]:
    value = given.get("pass_env", ())
    if not isinstance(value, list | tuple) or len(value) > MAX_NAMES:
        message = f"must be a list of at most {MAX_NAMES} names"
        faults.append(_fault("pass_env", message, value))
        return ()
    names = []
    for index, name in enumerate(value):
        if not isinstance(name, str) or not name.isidentifier() or not name.isascii():
            faults.append(_fault(f"pass_env[{index}]", "must be a variable's name", name))
        elif name.startswith("HODEI_"):
            message = "must not begin with HODEI_: the server's own settings never reach a job"
            faults.append(_fault(f"pass_env[{index}]", message, name))
        else:
            names.append(name)
    return tuple(dict.fromkeys(names))
