"""Who may enter by which public key: a file in the format of OpenSSH's authorized_keys.

Each line is a key and a comment; the comment is the person's name wherever Hodei says who did
something. Options before the key would restrict it in ways that are not kept here, so that a
line with options admits nobody.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

import asyncssh

from hodei.domain.errors import InvalidRequest

logger = logging.getLogger(__name__)

SETTING = "HODEI_SSH_AUTHORIZED_KEYS"
MAX_BYTES = 1 << 20
TYPES = (
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,62}\Z")
_Stamp = tuple[int, int, int, int, int]


class AuthorizedKeys:
    """The file, read again whenever it has changed."""

    def __init__(self, path: Path) -> None:
        """Raises InvalidRequest for a file that cannot be used, naming the line."""
        self._path = path
        self._stamp: _Stamp | None = None
        self._owners: Mapping[bytes, str] = {}
        stamp, text = _read(path)
        owners, faults = parse(text)
        if faults:
            raise InvalidRequest.of(SETTING, f"{path}: {'; '.join(faults)}")
        self._stamp, self._owners = stamp, owners

    def owner(self, key: asyncssh.SSHKey) -> str | None:
        """Name of the person whose key it is; None: nobody's."""
        self._refresh()
        return self._owners.get(key.public_data)

    def _refresh(self) -> None:
        """A file that cannot be used any more admits nobody; a bad line of it admits nobody."""
        try:
            if self._stamp is not None and _stamp(os.stat(self._path)) == self._stamp:
                return
            self._stamp, text = _read(self._path)
        except (OSError, InvalidRequest) as error:
            if self._owners or self._stamp is not None:
                logger.error("authorized keys cannot be read", extra={"error": str(error)})
            self._stamp, self._owners = None, {}
            return
        self._owners, faults = parse(text)
        for fault in faults:
            logger.error("authorized key not accepted", extra={"error": fault})
        logger.info("authorized keys read", extra={"keys": len(self._owners)})


def parse(text: str) -> tuple[dict[bytes, str], list[str]]:
    """Names by key, and what is wrong with the lines that are left out."""
    owners: dict[bytes, str] = {}
    faults: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        kind, _, rest = line.partition(" ")
        encoded, _, comment = rest.strip().partition(" ")
        if kind not in TYPES:
            faults.append(
                f"line {number}: must begin with one of {', '.join(TYPES)}; options are not kept"
            )
            continue
        try:
            key = asyncssh.import_public_key(f"{kind} {encoded}")
        except (asyncssh.KeyImportError, ValueError) as error:
            faults.append(f"line {number}: {error}")
            continue
        name = comment.strip()
        owners[key.public_data] = name if _NAME.match(name) else key.get_fingerprint()
    return owners, faults


def _read(path: Path) -> tuple[_Stamp, str]:
    """Raises InvalidRequest also when others than its owner could change it."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidRequest.of(
            SETTING,
            f"{path} cannot be read: {error.strerror}; give a file that the server may read",
        ) from error
    if status.st_uid not in (0, os.geteuid()) or stat.S_IMODE(status.st_mode) & 0o022:
        raise InvalidRequest.of(
            SETTING, f"{path} can be changed by others: it must be this user's or root's, mode 644"
        )
    if len(data) > MAX_BYTES:
        raise InvalidRequest.of(SETTING, f"{path} must be at most {MAX_BYTES} bytes")
    return _stamp(status), data.decode("utf-8", "replace")


def _stamp(status: os.stat_result) -> _Stamp:
    changed = (status.st_mtime_ns, status.st_ctime_ns)
    return (*changed, status.st_size, status.st_ino, status.st_mode)
