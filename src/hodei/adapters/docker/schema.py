"""The JSON Schema of a Docker provider's settings, for forms and the API document."""

from __future__ import annotations

from collections.abc import Mapping

from hodei.adapters.docker.settings import (
    DEFAULT_CAPABILITIES,
    DEFAULT_HOST,
    DEFAULT_MAX_WORKERS,
    DEFAULT_NETWORK,
    DEFAULT_PIDS,
    MAX_CPU,
    MAX_GPUS,
    MAX_MEMORY_MB,
    MAX_PIDS,
    MAX_WORKERS,
    Delivery,
    PullPolicy,
    StorageLimit,
)
from hodei.domain.parsing.settings import MAX_ENTRIES

Field = dict[str, object]


def settings_schema() -> Mapping[str, object]:
    """JSON Schema (2020-12) of the settings."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Docker provider",
        "description": "Runs each job in a container of its own image on a Docker Engine.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **_engine(),
            **_images(),
            **_limits(),
            **_confinement(),
        },
    }


def _engine() -> dict[str, Field]:
    return {
        "host": {
            "title": "Engine",
            "description": "unix:///PATH, or tcp://HOST:PORT for another machine.",
            "type": "string",
            "pattern": r"^(unix:///\S+|(tcp|https?)://[^\s/@?#]+:\d{1,5}/?)$",
            "default": DEFAULT_HOST,
        },
        "tls": {
            "title": "TLS files",
            "description": "Paths on the server's machine; for an engine reached by tcp://.",
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "ca": _path(
                    "Authority", "It signed the engine's certificate; empty: the system's."
                ),
                "cert": _path("Certificate", "This client's own, where the engine asks for one."),
                "key": _path("Key", "Of this client's certificate."),
            },
        },
        "delivery": {
            "title": "Delivery of the agent",
            "description": "bind mounts directories of this machine; volume copies the agent "
            "into a volume of the engine, for engines that do not see this machine's files. "
            "auto is bind behind a unix socket and volume elsewhere.",
            **_choice(Delivery, Delivery.AUTO),
        },
        "network": {
            "title": "Network",
            "description": "The engine's network of jobs that ask for network default.",
            "type": "string",
            "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$",
            "default": DEFAULT_NETWORK,
        },
    }


def _images() -> dict[str, Field]:
    return {
        "pull_policy": {
            "title": "Pull policy",
            "description": "always asks the registry each time, missing only for an image that the "
            "engine does not have, never not at all.",
            **_choice(PullPolicy, PullPolicy.MISSING),
        },
        "registries": {
            "title": "Registries",
            "description": "Logins, by the registry's host with its port if any; Docker Hub is "
            "docker.io.",
            "type": "object",
            # As a whole: the names of private registries are nobody's business either.
            "writeOnly": True,
            "maxProperties": MAX_ENTRIES,
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["username", "password"],
                "properties": {
                    "username": {
                        "title": "User name",
                        "description": "As the registry knows it.",
                        "type": "string",
                        "minLength": 1,
                    },
                    "password": {
                        "title": "Password",
                        "description": "Or a token; it is never shown again.",
                        "type": "string",
                        "writeOnly": True,
                    },
                },
            },
        },
    }


def _limits() -> dict[str, Field]:
    return {
        "max_workers": {
            "title": "Workers",
            "description": "Containers at the same time.",
            **_whole(1, MAX_WORKERS),
            "default": DEFAULT_MAX_WORKERS,
        },
        "max_cpu": {
            "title": "CPUs of one job",
            "description": "The most that one job may ask for; empty: all that the engine has.",
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": MAX_CPU,
        },
        "max_memory_mb": {
            "title": "Memory of one job (MiB)",
            "description": "The most that one job may ask for; empty: all that the engine has.",
            **_whole(16, MAX_MEMORY_MB),
        },
        "gpus": {
            "title": "GPUs",
            "description": "Of the engine's machine, which needs a runtime for them; empty: as the "
            "engine tells.",
            **_whole(0, MAX_GPUS),
        },
        "pids_limit": {
            "title": "Processes",
            "description": "Processes and threads of one container, the agent included.",
            **_whole(16, MAX_PIDS),
            "default": DEFAULT_PIDS,
        },
        "storage_limit": {
            "title": "Storage limit",
            "description": "Whether storage_mb is handed to the storage driver: auto trusts btrfs, "
            "zfs and devicemapper; set on for overlay2 on XFS with project quotas, which the "
            "engine does not tell.",
            **_choice(StorageLimit, StorageLimit.AUTO),
        },
    }


def _confinement() -> dict[str, Field]:
    return {
        "capabilities": {
            "title": "Capabilities",
            "description": "Those that containers keep; all others are dropped, and privileges "
            "can never be gained.",
            "type": "array",
            "items": {"type": "string", "pattern": "^(CAP_)?[A-Za-z][A-Za-z_]{1,40}$"},
            "uniqueItems": True,
            "maxItems": MAX_ENTRIES,
            "default": list(DEFAULT_CAPABILITIES),
        },
        "read_only_root": {
            "title": "Read-only root",
            "description": "The image's file system cannot be written.",
            "type": "boolean",
            "default": False,
        },
        "labels": {
            "title": "Labels",
            "description": "Put on every container besides Hodei's own.",
            "type": "object",
            "maxProperties": MAX_ENTRIES,
            "propertyNames": {"pattern": r"^(?!hodei\.)."},
            "additionalProperties": {"type": "string"},
        },
    }


def _path(title: str, description: str) -> Field:
    return {"title": title, "description": description, "type": "string", "pattern": "^/"}


def _whole(low: int, high: int) -> Field:
    return {"type": "integer", "minimum": low, "maximum": high}


def _choice(choices: type[PullPolicy | Delivery | StorageLimit], default: str) -> Field:
    return {"type": "string", "enum": [each.value for each in choices], "default": str(default)}
