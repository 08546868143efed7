"""The bundle as providers get it: made in the background when the first of them needs it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hodei.app.bundle.cache import ensure_bundle
from hodei.app.bundle.errors import BundleError
from hodei.app.bundle.layout import LAUNCHER
from hodei.domain.errors import ProviderUnavailable


class BundleSupply:
    """Implements `hodei.ports.provider.AgentBundle` for one server process."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._found: Path | None = None
        self._turn = asyncio.Lock()

    async def __call__(self) -> str:
        """The bundle's directory; made again if it was removed. Raises ProviderUnavailable."""
        async with self._turn:
            # A directory that is not there would be mounted all the same, empty.
            if self._found is None or not (self._found / LAUNCHER).is_file():
                try:
                    self._found = await asyncio.to_thread(ensure_bundle, self._data_dir)
                except BundleError as error:
                    raise ProviderUnavailable(str(error)) from error
            return str(self._found)
