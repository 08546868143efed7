"""Archives for an engine: one file, or the agent's bundle."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from pathlib import Path


def one_file(name: str, content: bytes, *, mode: int) -> bytes:
    """A tar archive that holds one file of root's."""
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.mode = mode
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def tree(folder: Path) -> bytes:
    """A tar archive of a directory: the same bytes for the same content. Blocks."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(_below(folder)):
            entry = archive.gettarinfo(path, arcname=str(path.relative_to(folder)))
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mtime = 0
            if entry.isreg():
                with path.open("rb") as file:
                    archive.addfile(entry, file)
            else:
                archive.addfile(entry)
    return packed.getvalue()


def fingerprint(archive: bytes, owner: str) -> str:
    """Twelve characters that tell one content, or one owner of it, from another."""
    return hashlib.sha256(owner.encode() + b"\0" + archive).hexdigest()[:12]


def _below(folder: Path) -> list[Path]:
    found = []
    for parent, folders, files in os.walk(folder):
        found += [Path(parent, name) for name in (*folders, *files)]
    return found
