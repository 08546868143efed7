"""The bus over LISTEN and NOTIFY."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

from hodei.adapters.postgres.database import Database
from hodei.adapters.postgres.errors import translated
from hodei.adapters.postgres.notifier import Notifier
from hodei.adapters.postgres.payload import CHANNEL, FROM, decode
from hodei.domain.errors import HodeiError
from hodei.ports.bus import Hint

logger = logging.getLogger(__name__)

RESYNC = Hint(topic="resync")
_MAX_QUEUED = 1_000
"""Hints that one subscriber may have unread."""
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 2.0
_PROBE_S = 15.0
"""How often a silent connection is asked whether it is still there."""

Listener: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Subscription:
    """The unread hints of one subscriber: bounded, `resync` in place of what was dropped."""

    def __init__(self) -> None:
        self._hints: deque[Hint] = deque()
        self._wake = asyncio.Event()

    def put(self, hint: Hint) -> None:
        """Adds a hint; when there are too many, one `resync` replaces them all."""
        if len(self._hints) >= _MAX_QUEUED:
            self._hints.clear()
            hint = RESYNC
        self._hints.append(hint)
        self._wake.set()

    def __aiter__(self) -> AsyncIterator[Hint]:
        return self

    async def __anext__(self) -> Hint:
        while not self._hints:
            self._wake.clear()
            await self._wake.wait()
        return self._hints.popleft()


class PostgresBus:
    """Implements `Bus`; hears what every `PostgresStore` on the same database commits.

    With an `origin`, hints of the queue that come from the stores of this origin are passed
    over: whoever saves what they speak of has woken the dispatcher beside it.
    """

    def __init__(self, dsn: str, notifier: Notifier, origin: str) -> None:
        self._dsn = dsn
        self._origin = origin
        self._notifier = notifier
        self._subscriptions: set[Subscription] = set()
        self._listening = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str, *, origin: str = "") -> AsyncIterator[PostgresBus]:
        """Two connections: one listens, one publishes. Raises Unavailable."""
        async with (
            Database.open(dsn, pool_size=1) as database,
            Notifier.open(database, "") as notifier,
        ):
            bus = cls(dsn, notifier, origin)
            listener = await bus._connect()
            task = asyncio.create_task(bus._keep_listening(listener), name="hodei-bus")
            try:
                yield bus
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def publish(self, hint: Hint) -> None:
        """See `Bus.publish`."""
        self._notifier.add([hint])

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[AsyncIterator[Hint]]:
        """See `Bus.subscribe`."""
        subscription = Subscription()
        if not self._listening.is_set():
            subscription.put(RESYNC)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    async def _connect(self) -> Listener:
        with translated():
            listener = await asyncpg.connect(
                self._dsn,
                timeout=10,
                command_timeout=10,
                server_settings={"application_name": "hodei-bus"},
            )
            try:
                await listener.add_listener(CHANNEL, self._on_notify)
            except BaseException:
                # Lost again at once: what is not handed on is not left open either.
                listener.terminate()
                raise
        self._listening.set()
        return listener

    def _on_notify(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        ours = False
        for hint in decode(str(payload)):
            if hint.topic == FROM:
                ours = bool(self._origin) and hint.keys == (self._origin,)
            elif not (ours and hint.topic == "queue" and not hint.data):
                self._spread(hint)

    def _spread(self, hint: Hint) -> None:
        for subscription in self._subscriptions:
            subscription.put(hint)

    async def _keep_listening(self, listener: Listener) -> None:
        while True:
            try:
                await _until_lost(listener)
            finally:
                listener.terminate()
                self._listening.clear()
            logger.warning("lost the connection that listens for hints")
            listener = await self._reconnect()
            self._spread(RESYNC)

    async def _reconnect(self) -> Listener:
        pause = _FIRST_PAUSE_S
        while True:
            await asyncio.sleep(pause)
            try:
                return await self._connect()
            except HodeiError as error:
                logger.info("PostgreSQL is still away", extra={"reason": str(error)})
                pause = min(pause * 2, _LONGEST_PAUSE_S)


async def _until_lost(listener: Listener) -> None:
    """Returns when the connection is gone, noticed at the latest by a probe."""
    lost = asyncio.Event()
    listener.add_termination_listener(lambda _: lost.set())
    while not listener.is_closed():
        try:
            async with asyncio.timeout(_PROBE_S):
                await lost.wait()
        except TimeoutError:
            if not await _answers(listener):
                return


async def _answers(listener: Listener) -> bool:
    try:
        with translated():
            await listener.execute("SELECT")
    except HodeiError:
        return False
    return True
