"""The JSON Schema of a Firecracker provider's settings, for forms and the API document."""

from __future__ import annotations

from collections.abc import Mapping

from hodei.adapters.firecracker.parsing import MAX_BOOT_ARGS
from hodei.adapters.firecracker.settings import (
    DEFAULT_BOOT_ARGS,
    DEFAULT_CACHE_MB,
    DEFAULT_KERNEL,
    DEFAULT_MAX_IMAGE_MB,
    DEFAULT_MAX_WORKERS,
    DEFAULT_POOL,
    DEFAULT_SNAPSHOT_MB,
    DEFAULT_STORAGE_MB,
    DEFAULT_UID_BASE,
    MAX_MEMORY_MB,
    MAX_SLOTS,
    MAX_STORAGE_MB,
    MAX_VCPUS,
    MAX_WORKERS,
)
from hodei.domain.parsing.settings import MAX_ENTRIES

Field = dict[str, object]


def settings_schema() -> Mapping[str, object]:
    """JSON Schema (2020-12) of the settings."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Firecracker provider",
        "description": "Runs each job in a microVM with a kernel of its own on this machine.",
        "type": "object",
        "additionalProperties": False,
        "properties": {**_machine(), **_images(), **_limits(), **_network()},
    }


def _machine() -> dict[str, Field]:
    return {
        "firecracker": _text(
            "Firecracker", "Its program: a path, or a name in PATH.", "firecracker"
        ),
        "jailer": _text("Jailer", "Its program: a path, or a name in PATH.", "jailer"),
        "kernel": {
            **_text("Guest kernel", "An uncompressed vmlinux on this machine.", DEFAULT_KERNEL),
            "pattern": "^/",
        },
        "boot_args": {
            **_text("Kernel arguments", "root and init are added.", DEFAULT_BOOT_ARGS),
            "maxLength": MAX_BOOT_ARGS,
        },
        "cpu_template": {
            "title": "CPU template",
            "description": "A custom CPU template of Firecracker.",
            "type": "object",
            "properties": {
                name: {}
                for name in (
                    "kvm_capabilities",
                    "cpuid_modifiers",
                    "msr_modifiers",
                    "reg_modifiers",
                )
            },
            "additionalProperties": False,
        },
        "guest_env": {
            "title": "Variables",
            "description": "For everything in the guest, the agent included.",
            "type": "object",
            "maxProperties": MAX_ENTRIES,
            "additionalProperties": {"type": "string"},
        },
    }


def _images() -> dict[str, Field]:
    return {
        "docker_host": {
            "title": "Docker Engine",
            "description": "Of this machine, whose images are looked at first: unix:///PATH.",
            "type": "string",
            "pattern": r"^(unix:///\S+)?$",
        },
        "image_folders": {
            "title": "Folders of images",
            "description": "OCI layouts, and archives of images (.tar), on this machine.",
            "type": "array",
            "maxItems": MAX_ENTRIES,
            "items": {"type": "string", "pattern": "^/"},
        },
        "registry": {
            "title": "Registries",
            "description": "Whether images that are not here are pulled.",
            "type": "boolean",
            "default": True,
        },
        "registries": {
            "title": "Logins at registries",
            "description": "By the registry's host; Docker Hub is docker.io.",
            "type": "object",
            "maxProperties": MAX_ENTRIES,
            "additionalProperties": {
                "type": "object",
                "required": ["username", "password"],
                "additionalProperties": False,
                "properties": {
                    "username": {"title": "User", "type": "string", "minLength": 1},
                    "password": {"title": "Password", "type": "string", "writeOnly": True},
                },
            },
        },
        "max_image_mb": _whole(
            "Largest image", "MiB when unpacked.", 16, MAX_STORAGE_MB, DEFAULT_MAX_IMAGE_MB
        ),
        "cache_mb": _whole(
            "Cache",
            "MiB of root file systems that are kept.",
            64,
            MAX_STORAGE_MB * 16,
            DEFAULT_CACHE_MB,
        ),
    }


def _limits() -> dict[str, Field]:
    return {
        "max_workers": _whole(
            "Most workers", "MicroVMs at a time.", 1, MAX_WORKERS, DEFAULT_MAX_WORKERS
        ),
        "snapshot_mb": _whole(
            "Snapshots",
            "MiB of booted guests that are kept for warm pools; 0: none.",
            0,
            MAX_STORAGE_MB * 16,
            DEFAULT_SNAPSHOT_MB,
        ),
        "max_cpu": {
            "title": "Most CPUs of a job",
            "description": "Empty: all that this machine has.",
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": MAX_VCPUS,
        },
        "max_memory_mb": _whole(
            "Most memory of a job", "MiB; empty: all that this machine has.", 32, MAX_MEMORY_MB
        ),
        "storage_mb": _whole(
            "Storage",
            "MiB that a job may write that does not say.",
            16,
            MAX_STORAGE_MB,
            DEFAULT_STORAGE_MB,
        ),
        "max_storage_mb": _whole(
            "Most storage of a job", "MiB.", 16, MAX_STORAGE_MB, MAX_STORAGE_MB
        ),
        "disk_rate": _rate("Speed of a disk", "Of each disk of a microVM."),
        "network_rate": _rate("Speed of the network", "In each direction; operations are packets."),
        "uid_base": _whole(
            "First uid",
            "Each microVM runs as a uid and gid of its own, from here on.",
            1000,
            2**31 - 2 - MAX_SLOTS,
            DEFAULT_UID_BASE,
        ),
    }


def _network() -> dict[str, Field]:
    return {
        "network_pool": _text(
            "Addresses",
            "A private network that nothing else here uses; four for each microVM.",
            DEFAULT_POOL,
        ),
        "dns": {
            "title": "Name servers",
            "description": "Empty: those of this machine, but for loopback.",
            "type": "array",
            "maxItems": MAX_ENTRIES,
            "items": {"type": "string"},
        },
    }


def _text(title: str, description: str, default: str) -> Field:
    return {"title": title, "description": description, "type": "string", "default": default}


def _whole(title: str, description: str, low: int, high: int, default: int | None = None) -> Field:
    field: Field = {
        "title": title,
        "description": description,
        "type": "integer",
        "minimum": low,
        "maximum": high,
    }
    return field if default is None else {**field, "default": default}


def _rate(title: str, description: str) -> Field:
    most = {"type": "integer", "minimum": 1, "maximum": 1_000_000}
    return {
        "title": title,
        "description": description,
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "mb_per_s": {"title": "MiB per second", **most},
            "operations_per_s": {"title": "Operations per second", **most},
        },
    }
