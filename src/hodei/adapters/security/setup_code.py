"""The setup code as a file of the data directory, readable by its owner only."""

from __future__ import annotations

import asyncio
import hmac
import os
from pathlib import Path

from hodei.domain.errors import Unavailable

FILE = "setup-code"


class FileSetupCode:
    """Implements `SetupCode`. The file goes when the code has been used."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read_or_make(self, fresh: str) -> str:
        """The code that waits to be used, `fresh` when there was none. Raises Unavailable."""
        try:
            try:
                descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                return self._path.read_text().strip()
            with os.fdopen(descriptor, "w") as file:
                file.write(fresh + "\n")
        except OSError as error:
            raise Unavailable(f"{self._path}: {error.strerror}") from error
        return fresh

    async def fits(self, code: str) -> bool:
        kept = await asyncio.to_thread(self._kept)
        return bool(kept) and hmac.compare_digest(kept.encode(), code.encode())

    async def spend(self) -> None:
        await asyncio.to_thread(self._path.unlink, missing_ok=True)

    def _kept(self) -> str:
        try:
            return self._path.read_text().strip()
        except OSError:
            return ""
