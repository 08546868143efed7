"""A bundle as wheels carry it: one archive, so that nobody's umask changes what is in it.

A checkout has none and makes its bundle itself. An installed wheel has one for the architecture
that it was built on, made of the interpreter of its build.
"""

from __future__ import annotations

import io
import lzma
import os
import shutil
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from hodei.app.bundle.errors import BundleBroken
from hodei.app.bundle.manifest import BundleInfo, read_bundle

PLACE = Path(__file__).parent / "packed"


def pack(info: BundleInfo, folder: Path) -> Path:
    """Writes the archive of a bundle into `folder`, which it makes; equal bundles, equal bytes.

    Raises OSError.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path in sorted(info.path.rglob("*")):
            name = path.relative_to(info.path).as_posix()
            archive.add(path, name, recursive=False, filter=_plain)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"agent-{info.architecture}-*"):
        old.unlink()
    made = folder / f"agent-{info.architecture}-{info.version}.tar.xz"
    made.write_bytes(lzma.compress(packed.getvalue()))
    return made


def packed_bundle(place: Path = PLACE) -> Path | None:
    """The archive for this machine's architecture; None when this installation has none."""
    return next(iter(sorted(place.glob(f"agent-{os.uname().machine}-*.tar.xz"))), None)


def version_of(packed: Path) -> str:
    """The version of the bundle in an archive, as its name says."""
    return packed.name.removesuffix(".tar.xz").rpartition("-")[2]


def unpack(packed: Path, folder: Path) -> Path:
    """The bundle below `folder`, by its version; taken from the archive if it is not there.

    Raises OSError and BundleBroken.
    """
    place = folder / version_of(packed)
    made = Path(tempfile.mkdtemp(prefix=".making-", dir=folder))
    try:
        _extract(packed, made)
        if read_bundle(made).version != place.name:
            raise BundleBroken(f"{packed} holds another bundle than its name says")
        if place.exists():
            shutil.rmtree(place)
        made.rename(place)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return place


def _extract(packed: Path, folder: Path) -> None:
    try:
        with tarfile.open(packed, "r:xz") as archive:
            for entry in archive:
                _place(archive, entry, folder)
    except (lzma.LZMAError, EOFError, tarfile.TarError) as error:
        raise BundleBroken(f"{packed} cannot be read: {error}") from error
    folder.chmod(0o755)


def _place(archive: tarfile.TarFile, entry: tarfile.TarInfo, folder: Path) -> None:
    """One entry, with the mode and time that it had; directories come before what is in them."""
    if ".." in PurePosixPath(entry.name).parts or entry.name.startswith("/"):
        raise BundleBroken(f"{entry.name} leads out of the bundle")
    path = folder / entry.name
    if entry.isdir():
        path.mkdir()
    else:
        source = archive.extractfile(entry)
        if source is None:
            raise BundleBroken(f"{entry.name} is not a plain file")
        path.write_bytes(source.read())
        os.utime(path, (entry.mtime, entry.mtime))
    path.chmod(entry.mode)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
