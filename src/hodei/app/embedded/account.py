"""Which system user the server runs as, and what that user can reach.

PostgreSQL refuses to run as root, rightly. Started as root, Hodei hands the server to an
unprivileged system user; started by anybody else, the server runs as that same user.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hodei.app.embedded.errors import DataDirectoryUnusable

OWN_USER = "hodei"
KNOWN_USERS = (OWN_USER, "postgres")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user id, its group, and whether the launcher has to change to it."""

    name: str
    uid: int
    gid: int
    groups: frozenset[int] = field(default_factory=frozenset)
    """Every group whose permissions the server has; the launcher drops all but `gid`."""
    switch: bool


def choose_account(cluster: Path) -> Account:
    """The owner of an existing cluster, else a known system user, else a new one.

    Raises DataDirectoryUnusable when the cluster belongs to somebody who cannot run it.
    """
    owner = cluster.stat().st_uid if cluster.exists() else None
    if os.geteuid() != 0:
        return _own_account(cluster, owner)
    if owner == 0:
        raise DataDirectoryUnusable(
            f"{cluster} belongs to root, but PostgreSQL does not run as root: give it to a "
            f"system user, for example with `chown -R postgres: {cluster}`."
        )
    if owner is not None:
        return _account_of(owner, cluster.stat().st_gid)
    for name in KNOWN_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return _switched(name, entry.pw_uid, entry.pw_gid)
    return _create_user()


def unreachable(path: Path, account: Account) -> Path | None:
    """The first directory on the way to `path` (included) that `account` may not enter.

    Judged by mode bits; access control lists are not looked at, so a grant by one of them has to
    be repeated as a mode.
    """
    for folder in [*reversed(path.parents), path]:
        if not permits(folder, account, stat.S_IXOTH):
            return folder
    return None


def require_reachable(cluster: Path, account: Account) -> None:
    """Raise DataDirectoryUnusable when `account` cannot get to the directory above `cluster`."""
    closed = unreachable(cluster.parent, account)
    if closed is not None:
        raise DataDirectoryUnusable(
            f"PostgreSQL runs as user {account.name}, who may not enter {closed}: choose a data "
            "directory elsewhere with HODEI_DATA_DIR (as root the default is /var/lib/hodei), "
            f"or open the way with `chmod o+x {closed}`."
        )


def permits(path: Path, account: Account, wanted: int) -> bool:
    """Whether the mode of `path` grants `wanted` (bits of the last octal digit) to `account`."""
    info = path.stat()
    if info.st_uid == account.uid:
        shift = 6
    elif info.st_gid in (account.groups | {account.gid}):
        shift = 3
    else:
        shift = 0
    return (info.st_mode >> shift) & wanted == wanted


def admit(data_dir: Path, account: Account) -> None:
    """Let `account` pass through Hodei's own data directory (not read it), and nothing above it."""
    mode = stat.S_IMODE(data_dir.stat().st_mode)
    if account.switch and not mode & stat.S_IXOTH:
        data_dir.chmod(mode | stat.S_IXOTH)


def _own_account(cluster: Path, owner: int | None) -> Account:
    uid = os.geteuid()
    if owner not in (None, uid):
        raise DataDirectoryUnusable(
            f"{cluster} belongs to user id {owner}, but this process runs as user id {uid}: "
            "start Hodei as the owner or choose another directory with HODEI_DATA_DIR."
        )
    groups = frozenset(os.getgroups())
    return Account(name=_name_of(uid), uid=uid, gid=os.getegid(), groups=groups, switch=False)


def _account_of(uid: int, gid: int) -> Account:
    # A volume may carry an id that this machine has no name for; the numbers suffice.
    with contextlib.suppress(KeyError):
        gid = pwd.getpwuid(uid).pw_gid
    return _switched(_name_of(uid), uid, gid)


def _switched(name: str, uid: int, gid: int) -> Account:
    return Account(name=name, uid=uid, gid=gid, switch=True)


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _create_user() -> Account:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        raise DataDirectoryUnusable(_no_user("useradd is not installed"))
    command = [program, "--system", "--user-group", "--no-create-home"]
    command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", OWN_USER]
    if _group_exists(OWN_USER):
        command[2:3] = ["--gid", OWN_USER]
    answer = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    try:
        entry = pwd.getpwnam(OWN_USER)
    except KeyError:
        raise DataDirectoryUnusable(_no_user(_last_line(answer.stderr.splitlines()))) from None
    return _switched(OWN_USER, entry.pw_uid, entry.pw_gid)


def _group_exists(name: str) -> bool:
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def _last_line(lines: Iterable[str]) -> str:
    return next((line for line in reversed(list(lines)) if line.strip()), "useradd failed")


def _no_user(reason: str) -> str:
    return (
        "PostgreSQL does not run as root and the system user `hodei` could not be made "
        f"({reason}): create it, or start Hodei as an ordinary user."
    )
