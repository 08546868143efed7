"""One HTTP connection: heads are bounded, and whoever sends too slowly is hung up on.

The parser takes heads of any length, and waits for the rest of a request for ever; a client that
opens many connections and says little on each would hold them all.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

MAX_HEAD = 1 << 16
"""Bytes of a request's first line and headers together."""
MAX_HEADERS = 200
HEAD_S = 15.0
"""From a connection, or the first byte of a request, to the end of its headers."""
BODY_S = 300.0
"""From there to the end of its body; 16 MiB come at half a megabit in a second."""
SILENCE_S = 20.0
"""Within a body."""
_WORDS = {408: b"the request came too slowly\n", 431: b"the headers are too large\n"}


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with limits; the times are looked at by one timer per slow request."""

    _head = 0
    """Bytes read of an unfinished head."""
    _in_head = True
    _waiting = False
    """Whether the rest of a request is to come."""
    _refused = False
    _connected = False
    _timer: asyncio.TimerHandle | None = None
    _until = 0.0
    _heard_at = 0.0

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        # A protocol is made for a connection that is there.
        self._expect(HEAD_S)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._connected = True
        super().connection_made(cast(asyncio.Transport, transport))

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._heard_at = self.loop.time()
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > MAX_HEAD:
            self._refuse(431)
        elif self._waiting and self._timer is None:
            self._expect(HEAD_S if self._in_head else BODY_S)

    def handle_websocket_upgrade(self) -> None:
        self._expect_nothing()
        if not self._refused:
            super().handle_websocket_upgrade()

    # ---- what the parser finds

    def on_message_begin(self) -> None:
        self._waiting = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head, self._head = False, 0
        self._expect_nothing()
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > MAX_HEAD or len(self.headers) > MAX_HEADERS:
            self._refuse(431)
        if not self._refused:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_head, self._waiting = True, False
        self._expect_nothing()
        if not self._refused:
            super().on_message_complete()

    # ---- limits

    def _expect(self, seconds: float) -> None:
        """The rest must have come by then."""
        self._until = self.loop.time() + seconds
        self._heard_at = self.loop.time()
        self._timer = self.loop.call_later(min(seconds, SILENCE_S), self._look)

    def _expect_nothing(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        now = self.loop.time()
        silent_at = self._heard_at + SILENCE_S
        due = self._until if self._in_head else min(self._until, silent_at)
        if now < due:
            self._timer = self.loop.call_later(due - now, self._look)
            return
        self._timer = None
        if self._connected:
            self._refuse(408)
        else:
            self._expect(HEAD_S)  # the TLS handshake has a limit of its own

    def _refuse(self, status: int) -> None:
        """Answers where nothing was answered yet, and hangs up."""
        self._refused = True
        self._expect_nothing()
        begun = self.cycle is not None and not self.cycle.response_complete
        if not begun and self._waiting and not self.transport.is_closing():
            words = _WORDS[status]
            self.transport.write(
                STATUS_LINE[status]
                + b"content-type: text/plain; charset=utf-8\r\ncontent-length: "
                + str(len(words)).encode()
                + b"\r\nconnection: close\r\n\r\n"
                + words
            )
        self.transport.close()
