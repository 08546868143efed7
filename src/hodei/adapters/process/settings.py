"""What an operator may set on a process provider."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from hodei.domain.parsing.settings import MAX_ENTRIES, SettingsReader

MAX_WORKERS = 64
MAX_CPU = 1024
MAX_PIDS = 4_194_304
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


def default_cpu_limit() -> float:
    """As many as the machine has."""
    return float(os.cpu_count() or 1)


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
                "default": default_cpu_limit(),
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
                "maxItems": MAX_ENTRIES,
                "default": [],
            },
        },
    }


def parse_settings(given: Mapping[str, object]) -> ProcessSettings:
    """The settings as a value. Raises InvalidRequest that names every wrong field."""
    reader = _Reader(given)
    parsed = ProcessSettings(
        max_workers=reader.whole("max_workers", 1, MAX_WORKERS, default_max_workers()),
        cgroups=reader.choice("cgroups", CGROUP_CHOICES, "auto"),
        cpu_limit=reader.cores("cpu_limit", MAX_CPU) or default_cpu_limit(),
        pids_max=reader.whole("pids_max", 16, MAX_PIDS, DEFAULT_PIDS),
        pass_env=reader.variables("pass_env"),
    )
    reader.finish(ProcessSettings.__dataclass_fields__)
    return parsed


class _Reader(SettingsReader):
    def variables(self, name: str) -> tuple[str, ...]:
        found = []
        for index, value in enumerate(self.items(name, "names")):
            where = f"{name}[{index}]"
            if not isinstance(value, str) or not value.isidentifier() or not value.isascii():
                self.fault(where, "must be a variable's name", value)
            elif value.startswith("HODEI_"):
                message = "must not begin with HODEI_: the server's own settings never reach a job"
                self.fault(where, message, value)
            else:
                found.append(value)
        return tuple(dict.fromkeys(found))
