"""Layers of an image become a directory tree: the later over the earlier, never outside of it.

Nothing of an archive is believed: names are taken apart, `..` and absolute ones lead nowhere else,
and a symbolic link on the way is followed as the image's own programs would see it, from the
tree's root. Nobody else writes to the tree meanwhile.
"""

from __future__ import annotations

import gzip
import os
import shutil
import stat
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import zstandard

from hodei.domain.errors import ImageUnavailable

WHITEOUT, OPAQUE = ".wh.", ".wh..wh..opq"
MOST_LINKS = 40
MOST_ENTRIES = 2_000_000
BLOCK = 4096
XATTR = "SCHILY.xattr."
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class BadLayer(Exception):
    """A layer is not what it should be; `str()` says how."""


class Tree:
    """A directory that layers are unpacked into, up to `most_bytes` in all."""

    def __init__(self, root: Path, most_bytes: int) -> None:
        self._root = str(root)
        self._left = most_bytes
        self._entries = 0
        self._most = most_bytes

    def add(self, layer: Path) -> None:
        """Lays one layer over those before. Blocks. Raises BadLayer, ImageUnavailable, OSError."""
        fresh: set[str] = set()
        folders: list[tuple[str, tarfile.TarInfo]] = []
        try:
            with opened(layer) as plain, tarfile.open(fileobj=plain, mode="r|") as archive:
                for entry in archive:
                    self._take(archive, entry, fresh, folders)
        except (tarfile.TarError, zlib.error, gzip.BadGzipFile, EOFError) as error:
            raise BadLayer(f"it cannot be unpacked: {error}") from error
        except zstandard.ZstdError as error:
            raise BadLayer(f"it cannot be unpacked: {error}") from error
        # Only now: what was unpacked below would have changed their times.
        for path, entry in reversed(folders):
            if os.path.isdir(path) and not os.path.islink(path):
                _times(path, entry)

    def _take(
        self,
        archive: tarfile.TarFile,
        entry: tarfile.TarInfo,
        fresh: set[str],
        folders: list[tuple[str, tarfile.TarInfo]],
    ) -> None:
        self._count(entry)
        parts = _parts(entry.name)
        if not parts:
            if entry.isdir():
                _owner(self._root, entry)
                os.chmod(self._root, stat.S_IMODE(entry.mode))
            return
        parent = self._folder(parts[:-1])
        name = parts[-1]
        if name == OPAQUE:
            _empty(parent, fresh)
            return
        if name.startswith(WHITEOUT):
            _remove(os.path.join(parent, name.removeprefix(WHITEOUT)))
            return
        path = os.path.join(parent, name)
        self._make(archive, entry, path)
        fresh.add(path)
        if entry.isdir():
            folders.append((path, entry))

    def _make(self, archive: tarfile.TarFile, entry: tarfile.TarInfo, path: str) -> None:
        if entry.isdir():
            if not os.path.isdir(path) or os.path.islink(path):
                _remove(path)
                os.mkdir(path)
        elif entry.islnk():
            self._hard_link(entry, path)
            return
        else:
            _remove(path)
            if entry.isreg():
                _file(archive, entry, path)
            elif entry.issym():
                os.symlink(entry.linkname, path)
            elif entry.isfifo():
                os.mkfifo(path)
            elif entry.ischr() or entry.isblk():
                kind = stat.S_IFCHR if entry.ischr() else stat.S_IFBLK
                os.mknod(path, kind | 0o600, os.makedev(entry.devmajor, entry.devminor))
            else:
                raise BadLayer(f"{entry.name!r} is of an unknown kind")
        _owner(path, entry)
        if not entry.issym():
            os.chmod(path, stat.S_IMODE(entry.mode))
        _attributes(path, entry)
        if not entry.isdir():
            _times(path, entry)

    def _hard_link(self, entry: tarfile.TarInfo, path: str) -> None:
        parts = _parts(entry.linkname)
        if not parts:
            raise BadLayer(f"{entry.name!r} links to nothing")
        target = os.path.join(self._folder(parts[:-1]), parts[-1])
        if target == path:
            return
        if not os.path.lexists(target) or (os.path.isdir(target) and not os.path.islink(target)):
            raise BadLayer(f"{entry.name!r} links to {entry.linkname!r}, which is not there")
        _remove(path)
        os.link(target, path, follow_symlinks=False)

    def _folder(self, parts: Sequence[str]) -> str:
        """The directory that these names lead to from the root, made where it is missing."""
        where, left, links = [self._root], list(reversed(parts)), 0
        while left:
            name = left.pop()
            if name == "..":
                if len(where) > 1:
                    where.pop()
                continue
            path = os.path.join(where[-1], name)
            try:
                mode = os.lstat(path).st_mode
            except FileNotFoundError:
                os.mkdir(path, 0o755)
                mode = stat.S_IFDIR
            if stat.S_ISLNK(mode):
                links += 1
                if links > MOST_LINKS:
                    raise BadLayer(f"{'/'.join(parts)!r} leads in circles")
                target = os.readlink(path)
                if target.startswith("/"):
                    where = where[:1]
                left += [each for each in reversed(target.split("/")) if each not in ("", ".")]
            elif stat.S_ISDIR(mode):
                where.append(path)
            else:
                # A later layer has a directory where an earlier one had a file.
                os.unlink(path)
                os.mkdir(path, 0o755)
                where.append(path)
        return where[-1]

    def _count(self, entry: tarfile.TarInfo) -> None:
        self._entries += 1
        self._left -= -(-entry.size // BLOCK) * BLOCK
        if self._left < 0:
            raise ImageUnavailable(
                f"the image is larger than {self._most >> 20} MiB, the provider's max_image_mb"
            )
        if self._entries > MOST_ENTRIES:
            raise ImageUnavailable(f"the image has more than {MOST_ENTRIES} files")


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """A layer as plain tar, however it is packed."""
    with open(path, "rb") as file:
        begin = file.read(4)
        file.seek(0)
        if begin[:2] == _GZIP:
            with gzip.GzipFile(fileobj=file) as plain:
                yield cast("IO[bytes]", plain)
        elif begin == _ZSTD:
            with zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as plain:
                yield plain
        else:
            yield file


def _parts(name: str) -> list[str]:
    """Names from the root; `..` of the name itself is taken away here."""
    found: list[str] = []
    for part in name.split("/"):
        if part == "..":
            if found:
                found.pop()
        elif part not in ("", "."):
            found.append(part)
    return found


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def _empty(folder: str, fresh: set[str]) -> None:
    """Removes what earlier layers put there."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if not any(each == path or each.startswith(f"{path}/") for each in fresh):
            _remove(path)


def _file(archive: tarfile.TarFile, entry: tarfile.TarInfo, path: str) -> None:
    source = archive.extractfile(entry)
    assert source is not None
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
        if target.tell() != entry.size:
            raise BadLayer(f"{entry.name!r} is cut off")


def _owner(path: str, entry: tarfile.TarInfo) -> None:
    os.chown(path, entry.uid, entry.gid, follow_symlinks=False)


def _times(path: str, entry: tarfile.TarInfo) -> None:
    at = max(0, int(entry.mtime))
    os.utime(path, (at, at), follow_symlinks=False)


def _attributes(path: str, entry: tarfile.TarInfo) -> None:
    for name, value in entry.pax_headers.items():
        if not name.startswith(XATTR):
            continue
        content = value.encode("utf-8", "surrogateescape")
        try:
            os.setxattr(path, name.removeprefix(XATTR), content, follow_symlinks=False)
        except OSError:
            # File systems differ in which they take; images must do without them elsewhere too.
            continue
