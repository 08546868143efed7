"""Secrets as files: one directory per project, one file per secret.

The same shape that container platforms mount secrets in: `<directory>/<project>/<NAME>`. The
file's content is the value, without a final newline.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from hodei.domain.errors import NotFound

MAX_BYTES = 64 * 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")
_PROJECT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\Z")


class FileSecrets:
    """Implements `Secrets` on a directory that need not exist."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def missing(self, project: str, names: Sequence[str]) -> Sequence[str]:
        found = await asyncio.to_thread(self._read_all, project, names)
        return [name for name in names if name not in found]

    async def resolve(self, project: str, names: Sequence[str]) -> Mapping[str, str]:
        found = await asyncio.to_thread(self._read_all, project, names)
        for name in names:
            if name not in found:
                raise NotFound("secret", name)
        return found

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
