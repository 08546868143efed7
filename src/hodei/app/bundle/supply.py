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
        self._making: asyncio.Future[Path] | None = None

    async def __call__(self) -> str:
        """The bundle's directory; made again if it was removed. Raises ProviderUnavailable."""
        # A directory that is not there would be mounted all the same, empty.
        if self._found is None or not (self._found / LAUNCHER).is_file():
            try:
                self._found = await self._made()
            except BundleError as error:
                raise ProviderUnavailable(str(error)) from error
        return str(self._found)

    async def _made(self) -> Path:
        """One thread for all who wait; it goes on when one of them is tired of waiting."""
        making = self._making
        if making is None or making.done():
            work = asyncio.to_thread(ensure_bundle, self._data_dir)
            self._making = making = asyncio.ensure_future(work)
            # Its end may interest nobody any more.
            making.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        return await asyncio.shield(making)
