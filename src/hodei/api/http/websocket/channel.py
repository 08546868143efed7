"""One subscription as its feed sees it: frames of one topic, in order, at the client's pace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from hodei.api.http.schemas.logs import compact
from hodei.domain.errors import HodeiError
from hodei.engine.live import Batch

SendText = Callable[[str], Awaitable[None]]


class Channel:
    """Sends frames of one topic; each call waits until the socket takes it."""

    def __init__(self, topic: str, send: SendText) -> None:
        self._topic = compact(topic)
        self._send = send
        self._seq = 0

    async def data(self, text: str) -> None:
        """A data frame; `text` is JSON already."""
        self._seq += 1
        await self._send(f'{{"topic":{self._topic},"seq":{self._seq},"data":{text}}}')

    async def resync(self) -> None:
        """Something was missed."""
        await self._send(f'{{"topic":{self._topic},"op":"resync"}}')

    async def end(self, **how: object) -> None:
        """Nothing more will come."""
        fields = "".join(f",{compact(name)}:{compact(value)}" for name, value in how.items())
        await self._send(f'{{"topic":{self._topic},"op":"end"{fields}}}')

    async def error(self, code: str, detail: str) -> None:
        """The topic cannot be had."""
        await self._send(
            f'{{"op":"error","topic":{self._topic},"code":{compact(code)},'
            f'"detail":{compact(detail)}}}'
        )


class Feed(Protocol):
    """What a topic sends."""

    def notice(self, batch: Batch) -> None:
        """What happened somewhere; an empty batch: something was missed."""
        ...

    async def run(self, channel: Channel) -> None:
        """Sends until the topic has ended. Raises HodeiError."""
        ...


def error_frame(error: HodeiError) -> str:
    """The frame for an error that belongs to no topic."""
    return compact({"op": "error", "topic": None, "code": error.code, "detail": str(error)})
