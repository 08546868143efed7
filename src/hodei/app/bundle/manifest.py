"""The bundle's list of contents: what makes its version, and what tells that nothing changed."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hodei.app.bundle.errors import BundleBroken
from hodei.app.bundle.layout import MANIFEST

FORMAT = 1
VERSION_CHARACTERS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleInfo:
    """One bundle on disk."""

    path: Path
    version: str
    """Begin of the hash of all contents; equal contents have equal versions anywhere."""
    architecture: str
    """x86_64 or aarch64, as the kernel calls it."""
    size_bytes: int
    """Sum of the sizes of the files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file of a bundle."""

    mode: int
    size: int
    sha256: str


def list_entries(folder: Path) -> dict[str, Entry]:
    """Every file below `folder` but the manifest, by its path, sorted. Raises BundleBroken."""
    entries = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            shown = path.relative_to(folder).as_posix()
            if shown != MANIFEST:
                entries[shown] = _entry(path)
    return dict(sorted(entries.items()))


def write_manifest(folder: Path, architecture: str, components: Mapping[str, str]) -> BundleInfo:
    """Lists what lies in `folder`, under `manifest.json` there."""
    entries = list_entries(folder)
    version = _version(architecture, entries)
    document = {
        "format": FORMAT,
        "version": version,
        "architecture": architecture,
        "components": dict(components),
        "files": {
            path: {"mode": f"{entry.mode:04o}", "size": entry.size, "sha256": entry.sha256}
            for path, entry in entries.items()
        },
    }
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, "utf-8")
    return _info(folder, version, architecture, entries)


def read_bundle(folder: Path) -> BundleInfo:
    """The bundle in `folder`, every file compared with the manifest. Raises BundleBroken."""
    try:
        document = json.loads((folder / MANIFEST).read_text("utf-8"))
        listed = {
            path: Entry(mode=int(item["mode"], 8), size=item["size"], sha256=item["sha256"])
            for path, item in document["files"].items()
        }
        version, architecture = document["version"], document["architecture"]
    except OSError as error:
        raise BundleBroken(f"{folder / MANIFEST} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleBroken(f"{folder / MANIFEST} cannot be read: {error}") from error
    found = list_entries(folder)
    for path in sorted(listed.keys() | found.keys()):
        if listed.get(path) != found.get(path):
            raise BundleBroken(f"{folder / path} is not what was built")
    if document.get("format") != FORMAT or version != _version(architecture, found):
        raise BundleBroken(f"{folder / MANIFEST} does not fit its own contents")
    return _info(folder, version, architecture, found)


def _entry(path: Path) -> Entry:
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise BundleBroken(f"{path} is not a plain file")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise BundleBroken(f"{path} cannot be read: {error.strerror}") from error
    return Entry(mode=stat.S_IMODE(status.st_mode), size=status.st_size, sha256=digest)


def _version(architecture: str, entries: Mapping[str, Entry]) -> str:
    lines = [f"{FORMAT} {architecture}\n"]
    lines += [f"{entry.sha256} {entry.mode:04o} {path}\n" for path, entry in entries.items()]
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:VERSION_CHARACTERS]


def _info(
    folder: Path, version: str, architecture: str, entries: Mapping[str, Entry]
) -> BundleInfo:
    size = sum(entry.size for entry in entries.values())
    size += (folder / MANIFEST).stat().st_size
    return BundleInfo(path=folder, version=version, architecture=architecture, size_bytes=size)
