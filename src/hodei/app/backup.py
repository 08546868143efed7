"""The whole database in one file, and back: with PostgreSQL's own programs, while servers run.

The file is what `pg_dump --format=custom` writes. It holds jobs, logs and sealed secrets; the key
that opens those is not in it.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from hodei.adapters.postgres import current_version, newest_version
from hodei.adapters.postgres.examination import examine
from hodei.app.database import named, upgraded
from hodei.app.embedded import running_dsn
from hodei.app.embedded.binaries import installations
from hodei.app.settings import Settings
from hodei.app.wiring import open_database, reached_database
from hodei.domain.errors import Conflict, NotFound, Unavailable

_VERSION = 10_000
"""PostgreSQL counts its major versions in these."""


async def back_up(settings: Settings, file: Path) -> int:
    """Writes the database to `file`, whole or not at all; gives its size in bytes.

    Raises Conflict when the file is there, and Unavailable.
    """
    if file.exists():
        raise Conflict(f"{file} is there already; name another file, or move it away")
    async with reached_database(settings) as dsn:
        with named(settings):
            seen = await examine(dsn)
        if not seen.schema:
            raise NotFound("Hodei in the database", "a schema")
        major = int(seen.settings["server_version_num"]) // _VERSION
        part = file.with_name(f".{file.name}.{os.getpid()}.part")
        try:
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            arguments = ["--format=custom", "--no-owner", "--no-privileges", "--file", str(part)]
            await _run(_program("pg_dump", major), [*arguments, "--dbname"], dsn)
            part.rename(file)
        except OSError as error:
            raise Unavailable(f"{file} cannot be written: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)
    return file.stat().st_size


async def restore(settings: Settings, file: Path) -> int:
    """Fills an empty database from `file`, all or nothing, and brings it to this release; gives
    the version of the schema that the file had.

    Raises NotFound, Conflict when the database has tables of Hodei, and Unavailable.
    """
    if not file.is_file():
        raise NotFound("file", str(file))
    if settings.database_url is None and running_dsn(settings.data_dir / "postgres"):
        raise Conflict("a server runs on this data directory; stop it first")
    async with open_database(settings) as dsn:
        with named(settings):
            seen = await examine(dsn)
        if seen.schema:
            raise Conflict(
                f"the database has a Hodei in it (schema version {seen.schema}); restore into an "
                "empty one: `createdb`, or another HODEI_DATA_DIR"
            )
        major = int(seen.settings["server_version_num"]) // _VERSION
        arguments = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
        await _run(_program("pg_restore", major), [*arguments, str(file), "--dbname"], dsn)
        stored = await current_version(dsn)
        if stored <= newest_version():
            await upgraded(settings, dsn)
    return stored


def _program(name: str, major: int) -> Path:
    """Of the oldest installation that is not older than the server."""
    found = [one for one in installations() if one.major >= major]
    for one in sorted(found, key=lambda each: each.major):
        if os.access(one.bin_dir / name, os.X_OK):
            return one.bin_dir / name
    raise Unavailable(
        f"no {name} of PostgreSQL {major} or newer is on this machine; install the package "
        "postgresql-client, or run it where one is"
    )


async def _run(program: Path, arguments: Sequence[str], dsn: str) -> None:
    """Runs it to its end; the password goes by the environment, which others cannot read."""
    address, secret = _without_password(dsn)
    process = await asyncio.create_subprocess_exec(
        str(program),
        *arguments,
        address,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": os.environ.get("HOME", "/"), **secret},
    )
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        lines = said.decode("utf-8", "replace").strip().splitlines()
        why = re.sub(r"^pg_\w+: (error: )?", "", lines[0]) if lines else "it said nothing"
        raise Unavailable(f"{program.name} failed: {why}")


def _without_password(dsn: str) -> tuple[str, Mapping[str, str]]:
    parts = urlsplit(dsn)
    if parts.password is None:
        return dsn, {}
    user, _, place = parts.netloc.rpartition("@")
    bare = parts._replace(netloc=f"{user.partition(':')[0]}@{place}")
    return urlunsplit(bare), {"PGPASSWORD": unquote(parts.password)}
