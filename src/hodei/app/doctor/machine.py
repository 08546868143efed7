"""This machine: room, rights, ports, time zones, and the agent's bundle."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from hodei.adapters.system import PackagedZones
from hodei.app.bundle import ensure_bundle
from hodei.app.bundle.errors import BundleError
from hodei.app.doctor.finding import Finding, fault, ok, warning
from hodei.app.serve import read_note, refuse_taken_ports
from hodei.app.settings import Settings
from hodei.domain.errors import Unavailable

LITTLE, FEW = 5 << 30, 0.1
"""Below both of these it is worth a warning."""
TOO_LITTLE = 256 << 20
ZONES = ("UTC", "Europe/Madrid", "America/New_York")


def findings(settings: Settings) -> Iterator[Finding]:
    """All of them. Makes nothing but the agent's bundle, as a server would."""
    yield from _data_dir(settings.data_dir)
    yield _ports(settings)
    yield from _key_file(settings)
    yield _zones()
    if settings.data_dir.is_dir() and os.access(settings.data_dir, os.W_OK):
        yield _bundle(settings.data_dir)


def disk(subject: str, path: Path, remedy: str) -> Finding:
    """How much room is left where `path` is."""
    found = shutil.disk_usage(path)
    files = os.statvfs(path)
    said = f"{found.free >> 20} MiB of {found.total >> 20} MiB are free at {path}"
    if files.f_files and not files.f_favail:
        return fault(subject, f"no file more can be made at {path} (inodes)", remedy)
    if found.free < TOO_LITTLE:
        return fault(subject, said, remedy)
    if found.free < LITTLE and found.free < found.total * FEW:
        return warning(subject, said, remedy)
    return ok(subject, said)


def _data_dir(path: Path) -> Iterator[Finding]:
    if not path.exists():
        yield ok("data directory", f"{path} is made by the first start")
        return
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        yield fault(
            "data directory",
            f"{path} cannot be written by uid {os.getuid()}",
            "make it belong to the user that runs Hodei, or choose another with HODEI_DATA_DIR",
        )
        return
    yield ok("data directory", f"{path} can be written")
    yield disk(
        "disk",
        path,
        "free some space, or shorten HODEI_JOB_RETENTION and HODEI_LOG_RETENTION: the agents' "
        "spools and the embedded database lie there",
    )


def _ports(settings: Settings) -> Finding:
    note = read_note(settings.data_dir)
    if note is not None:
        return ok("ports", f"a server runs already: process {note['pid']} at {note['url']}")
    try:
        refuse_taken_ports(settings)
    except Unavailable as error:
        name, _, said = str(error).partition(": ")
        found, _, remedy = said.partition("; ")
        return fault(f"port {name}", found, remedy)
    return ok("ports", "all are free")


def _key_file(settings: Settings) -> Iterator[Finding]:
    path = settings.secret_key_file or settings.data_dir / "secret.key"
    if settings.secret_key is not None or not path.exists():
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        yield warning("secret key", f"others may read {path} (mode {mode:o})", f"chmod 600 {path}")


def _zones() -> Finding:
    zones = PackagedZones()
    missing = [name for name in ZONES if zones.get(name) is None]
    if missing:
        return fault("time zones", f"unknown: {', '.join(missing)}", "install the package tzdata")
    return ok("time zones", f"{len(zones.names())} are known")


def _bundle(data_dir: Path) -> Finding:
    try:
        place = ensure_bundle(data_dir)
    except BundleError as error:
        return warning(
            "agent bundle", str(error), "mend that: workers in containers start from the bundle"
        )
    return ok("agent bundle", f"{place.name} fits this release")
