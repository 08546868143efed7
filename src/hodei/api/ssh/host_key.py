"""The server's own key, made once, by which clients know it again."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import asyncssh

from hodei.domain.errors import Unavailable

ALGORITHM = "ssh-ed25519"


def host_key(path: Path) -> asyncssh.SSHKey:
    """The key at `path`, which is made when there is none. Raises Unavailable.

    Only its owner may be able to read it.
    """
    try:
        if not path.exists():
            _make(path)
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise Unavailable(f"{path} can be read by others (mode {mode:o}): chmod 600 {path}")
        return asyncssh.read_private_key(path)
    except OSError as error:
        raise Unavailable(f"the SSH host key {path}: {error.strerror or error}") from error
    except asyncssh.KeyImportError as error:
        raise Unavailable(f"{path} is not an SSH private key: {error}") from error


def _make(path: Path) -> None:
    """Whole or not at all, and never over one that another process made meanwhile."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    text = asyncssh.generate_private_key(ALGORITHM, comment="hodei").export_private_key()
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(fresh, path)
    except FileExistsError:
        return
    finally:
        fresh.unlink(missing_ok=True)
