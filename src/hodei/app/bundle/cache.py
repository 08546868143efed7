"""One bundle per content, made when it is first needed and kept in the data directory.

A wheel brings its bundle along, and then nothing is made but a copy of it.

<data_dir>/agent-bundles/<version>/       a bundle; never changed, never removed by itself,
                                          for workers of an older server may still run in it
<data_dir>/agent-bundles/<key>.json       which bundle belongs to these sources, and what
                                          the files of the machine looked like
<data_dir>/agent-bundles/.lock            held while one is made
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hodei.app.bundle.builder import build_into, own_agent, writing
from hodei.app.bundle.errors import BundleBroken
from hodei.app.bundle.imports import agent_sources
from hodei.app.bundle.manifest import BundleInfo, read_bundle
from hodei.app.bundle.packed import packed_bundle, unpack, version_of
from hodei.app.bundle.survey import survey

logger = logging.getLogger(__name__)

FOLDER = "agent-bundles"
SOURCE_SUFFIXES = frozenset({".py", ".hex", ".txt"})


def ensure_bundle(data_dir: Path, *, agent: Path | None = None) -> Path:
    """The directory of the bundle that fits this server; made now unless it is there.

    Blocks for milliseconds when it is there, else for one to three seconds. Several processes may
    call it at once. Every file is compared with the manifest, and the files of this machine with
    how they looked, so that an upgrade of Python or OpenSSL makes a new bundle.
    Raises InterpreterUnsuitable, BundleUnwritable and BundleBroken.
    """
    folder = data_dir / FOLDER
    packed = packed_bundle() if agent is None else None
    if packed is not None:
        return _unpacked(folder, packed)
    agent = agent or own_agent()
    record = folder / f"{_key(agent)}.json"
    found = _recorded(record)
    if found is not None:
        return found
    with _writing_alone(folder):
        return _recorded(record) or _make(folder, record, agent)


def _unpacked(folder: Path, packed: Path) -> Path:
    place = folder / version_of(packed)
    if _is_whole(place):
        return place
    with _writing_alone(folder):
        return place if _is_whole(place) else unpack(packed, folder)


@contextmanager
def _writing_alone(folder: Path) -> Iterator[None]:
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        # Workers of every user read it, and nothing in it is secret.
        folder.chmod(0o755)
        with _locked(folder / ".lock"):
            yield


def _make(folder: Path, record: Path, agent: Path) -> Path:
    parts = survey(sys.executable, agent)
    looks = _looks(parts.inputs)
    made = Path(tempfile.mkdtemp(prefix=".making-", dir=folder))
    try:
        info = build_into(made, parts, python=sys.executable, agent=agent)
        place = folder / info.version
        if not _is_whole(place):
            _flush(made)
            if place.exists():
                shutil.rmtree(place)
            made.rename(place)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    _write_record(record, {"version": info.version, "looks": looks})
    logger.info("agent bundle made", extra={"version": info.version, "size_bytes": info.size_bytes})
    return place


def _recorded(record: Path) -> Path | None:
    """The bundle that the record names, if nothing has changed since."""
    try:
        noted = json.loads(record.read_text("utf-8"))
        place = record.parent / str(noted["version"])
        if _looks(map(Path, noted["looks"])) != noted["looks"]:
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return place if _is_whole(place) else None


def _is_whole(place: Path) -> bool:
    try:
        info: BundleInfo = read_bundle(place)
    except BundleBroken:
        return False
    return info.version == place.name


def _key(agent: Path) -> str:
    """Names the sources and the interpreter; what the latter consists of is in the record."""
    digest = hashlib.sha256(f"{sys.executable}\n{sys.version}\n".encode())
    own = Path(__file__).parent
    makers = sorted(path for path in own.rglob("*") if path.suffix in SOURCE_SUFFIXES)
    for root, paths in ((agent.parent, agent_sources(agent)), (own, makers)):
        for path in paths:
            digest.update(f"{path.relative_to(root)}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _looks(paths: Iterable[Path]) -> dict[str, list[int]]:
    """Size and time of each file. Raises OSError when one is gone."""
    return {str(path): [path.stat().st_size, path.stat().st_mtime_ns] for path in paths}


def _write_record(record: Path, content: dict[str, object]) -> None:
    fresh = record.with_name(f".{record.name}.{os.getpid()}")
    fresh.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    fresh.rename(record)


def _flush(folder: Path) -> None:
    """To the disk, files before names: a power failure must not leave empty files behind."""
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
