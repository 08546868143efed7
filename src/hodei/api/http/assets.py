"""The files of the built web UI, found once and looked up by their paths.

Only what the listing holds is ever opened, so that no path of a request reaches the file
system. A file `x.js.br` or `x.js.gz` is not a page of its own but a packing of `x.js`.
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PACKINGS = {".br": "br", ".gz": "gzip"}
INDEX = "index.html"
HASHED = "assets/"
"""The build names what is in here by its content, so that it never changes."""
_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".ico": "image/x-icon",
}
_TEXT = ("text/", "application/json", "application/manifest", "image/svg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file with its packings."""

    path: str
    """Below the UI's root, with `/` between the parts."""
    file: Path
    packed: Mapping[str, Path] = field(default_factory=dict)
    """By content encoding, the smallest first."""
    digest: str
    """Of the content, whatever it is packed in."""

    @property
    def immutable(self) -> bool:
        """Whether its name says its content."""
        return self.path.startswith(HASHED)

    @property
    def media_type(self) -> str:
        """Its Content-Type."""
        suffix = Path(self.path).suffix.lower()
        kind = _TYPES.get(suffix) or mimetypes.guess_type(self.path)[0]
        if kind is None:
            return "application/octet-stream"
        return f"{kind}; charset=utf-8" if kind.startswith(_TEXT) else kind


class Assets:
    """The listing of a directory; made again when another build has taken its place."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen: tuple[int, ...] | None = None
        self._by_path: dict[str, Asset] = {}

    def find(self, path: str) -> Asset | None:
        """The file at a path of the UI, without a leading slash. Reads the disk."""
        stamp = self._stamp()
        if stamp is None:
            return None
        if stamp != self._seen:
            self._by_path = {asset.path: asset for asset in _listing(self._root)}
            self._seen = stamp
        return self._by_path.get(path)

    def _stamp(self) -> tuple[int, ...] | None:
        """What tells one build from another; None: there is none."""
        try:
            found = os.stat(self._root / INDEX)
        except OSError:
            return None
        return (found.st_ino, found.st_mtime_ns, found.st_size)


def _listing(root: Path) -> Iterator[Asset]:
    files = {path.relative_to(root).as_posix(): path for path in _files(root)}
    for path, file in files.items():
        if Path(path).suffix in PACKINGS and path.rpartition(".")[0] in files:
            continue
        packed = {
            coding: files[path + suffix]
            for suffix, coding in PACKINGS.items()
            if path + suffix in files
        }
        try:
            digest = hashlib.sha256(file.read_bytes()).hexdigest()[:32]
        except OSError:
            continue  # a build is under way
        yield Asset(path=path, file=file, packed=packed, digest=digest)


def _files(root: Path) -> Iterator[Path]:
    """Plain files; what begins with a dot is the build's own, and links lead elsewhere."""
    for folder, inner, names in os.walk(root):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                yield path
