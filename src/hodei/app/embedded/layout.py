"""Which file of the embedded PostgreSQL lies where below Hodei's data directory."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hodei.app.embedded.errors import DataDirectoryUnusable

SOCKET_PREFIX = "hodei-pg-"
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 100
"""Bytes; the kernel takes 107 for a unix socket's path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The paths of one data directory; only `cluster` belongs to the database's user."""

    data_dir: Path

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own directory (PGDATA)."""
        return self.data_dir / "postgres"

    @property
    def staging(self) -> Path:
        """Where a new cluster grows until it is whole."""
        return self.data_dir / "postgres.new"

    @property
    def lock(self) -> Path:
        """Held by the one supervisor."""
        return self.data_dir / "postgres.lock"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.data_dir / "postgres.log"

    @property
    def name(self) -> str:
        """The cluster's name; shows in every server process's title, which identifies them."""
        return "hodei-" + hashlib.sha256(os.fsencode(self.cluster)).hexdigest()[:12]


def default_data_dir(environ: Mapping[str, str] | None = None) -> Path:
    """/var/lib/hodei as root, else below the user's data home."""
    environ = os.environ if environ is None else environ
    if os.geteuid() == 0:
        return Path("/var/lib/hodei")
    home = environ.get("XDG_DATA_HOME") or ""
    base = Path(home) if home.startswith("/") else Path.home() / ".local" / "share"
    return base / "hodei"


def open_layout(data_dir: Path) -> Layout:
    """The layout of `data_dir`, which is made when missing; DataDirectoryUnusable when it can't."""
    resolved = data_dir.expanduser().resolve()
    try:
        resolved.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise DataDirectoryUnusable(
            f"The data directory {resolved} cannot be made: {error.strerror}. "
            "Choose another with HODEI_DATA_DIR."
        ) from error
    if not os.access(resolved, os.W_OK | os.X_OK):
        raise DataDirectoryUnusable(
            f"The data directory {resolved} is not writable for this user. "
            "Change its owner or choose another with HODEI_DATA_DIR."
        )
    return Layout(data_dir=resolved)


def make_socket_dir(uid: int, gid: int) -> Path:
    """A fresh private directory (0700) for the socket, short enough for a unix socket's path."""
    made = Path(tempfile.mkdtemp(prefix=SOCKET_PREFIX, dir=_runtime_dir()))
    if (uid, gid) != (os.geteuid(), os.getegid()):
        os.chown(made, uid, gid)
    return made


def remove_socket_dir(socket_dir: Path) -> None:
    """Remove a directory of ours with the socket files left in it; anything else stays."""
    if not socket_dir.name.startswith(SOCKET_PREFIX):
        return
    clear_sockets(socket_dir)
    try:
        socket_dir.rmdir()
    except OSError:
        return


def clear_sockets(socket_dir: Path) -> None:
    """Remove what a killed server left: it would trust the process id in its old lock file."""
    for name in (SOCKET_NAME, SOCKET_NAME + ".lock"):
        (socket_dir / name).unlink(missing_ok=True)


def _runtime_dir() -> Path:
    choices = [os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir(), "/tmp"]
    if os.geteuid() == 0:
        # A session's runtime directory is closed to other users, so root does not take it.
        choices[0] = "/run"
    for choice in choices:
        room = len(os.fsencode(choice)) + len(SOCKET_PREFIX) + 9 + len(SOCKET_NAME) + 1
        if choice.startswith("/") and room <= SOCKET_PATH_LIMIT and os.access(choice, os.W_OK):
            return Path(choice)
    return Path("/tmp")
