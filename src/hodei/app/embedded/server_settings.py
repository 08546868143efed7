"""The settings the embedded server runs with: durable, small, reachable by one socket only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def server_settings(*, socket_dir: Path, name: str) -> Mapping[str, str]:
    """Every setting given on the server's command line, which wins over its own files."""
    return {
        # Reached by the private socket and by nothing else.
        "listen_addresses": "",
        "unix_socket_directories": str(socket_dir),
        "unix_socket_permissions": "0700",
        "port": "5432",
        "cluster_name": name,
        "max_connections": "60",
        # An acknowledged job survives a power cut.
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        # Sized for a machine it shares with the server and the workers.
        "shared_buffers": "128MB",
        "wal_compression": "on",
        "max_wal_size": "2GB",
        "random_page_cost": "1.1",
        "jit": "off",
        "idle_in_transaction_session_timeout": "30s",
        # The supervisor owns the log file and bounds it.
        "logging_collector": "off",
        "log_destination": "stderr",
        "log_line_prefix": "%m [%p] ",
        "log_checkpoints": "off",
        "log_timezone": "UTC",
        "timezone": "UTC",
    }


def server_arguments(cluster: Path, settings: Mapping[str, str]) -> list[str]:
    """The arguments after the program's name."""
    arguments = ["-D", str(cluster)]
    for name, value in settings.items():
        arguments += ["-c", f"{name}={value}"]
    return arguments
