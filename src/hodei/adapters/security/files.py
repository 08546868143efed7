"""Secrets as files: one directory per project, one file per secret.

The same shape that container platforms mount secrets in: `<directory>/<project>/<NAME>`. The
file's content is the value, without a final newline.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from hodei.ports.secrets import MountedSecret

MAX_BYTES = 64 * 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")
_PROJECT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\Z")


class FileSecrets:
    """Implements `MountedSecrets` on a directory that need not exist."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def all(self, project: str | None = None) -> Sequence[MountedSecret]:
        return await asyncio.to_thread(lambda: list(self._found(project)))

    async def values(self, project: str, names: Sequence[str]) -> Mapping[str, str]:
        return await asyncio.to_thread(self._read_all, project, names)

    def _found(self, project: str | None) -> Iterator[MountedSecret]:
        for folder in _entries(self._directory):
            if not _PROJECT.match(folder.name) or project not in (None, folder.name):
                continue
            for file in _entries(folder):
                if self._read(folder.name, file.name) is None:
                    continue
                at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
                yield MountedSecret(project=folder.name, name=file.name, changed_at=at)

    def _read_all(self, project: str, names: Sequence[str]) -> dict[str, str]:
        values = {name: self._read(project, name) for name in names}
        return {name: value for name, value in values.items() if value is not None}

    def _read(self, project: str, name: str) -> str | None:
        if not _NAME.match(name) or not _PROJECT.match(project):
            return None
        try:
            with (self._directory / project / name).open("rb") as file:
                value = file.read(MAX_BYTES + 1)
        except OSError:
            return None
        if len(value) > MAX_BYTES:
            return None
        return value.decode("utf-8", "surrogateescape").removesuffix("\n")


def _entries(folder: Path) -> list[Path]:
    """What lies in a folder, by name; nothing when it cannot be read."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
