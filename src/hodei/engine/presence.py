"""Presence: a server that others may call says again and again that it lives, and where."""

from __future__ import annotations

import logging

from hodei.domain.errors import HodeiError
from hodei.engine.core import Core
from hodei.ports.relay import Relay

logger = logging.getLogger(__name__)

EVERY_S = 10.0
"""A third of the time after which it is taken for gone."""


class Presence:
    """The row of this server; a server without a relay has none."""

    def __init__(self, core: Core, relay: Relay | None) -> None:
        self._core = core
        self._relay = relay

    async def run(self) -> None:
        """Announces it until cancelled."""
        if self._relay is None:
            return
        while True:
            try:
                await self._core.store.announce_server(self._core.replica, self._relay.address)
            except HodeiError as error:
                logger.warning("server not announced", extra={"error": str(error)})
            await self._core.clock.sleep(EVERY_S)

    async def stop(self) -> None:
        """It is called no more; when the store is away, its row runs out by itself."""
        if self._relay is None:
            return
        try:
            await self._core.store.forget_server(self._core.replica)
        except HodeiError as error:
            logger.info("server not taken back", extra={"error": str(error)})
