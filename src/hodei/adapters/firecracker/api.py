"""Firecracker's API over the unix socket in a jail."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from hodei.adapters.firecracker.errors import Refusal
from hodei.adapters.firecracker.machine import API_SOCKET, Call

ANSWER_S = 30.0
LISTENING_S = 10.0
LOOK_S = 0.003


class Api:
    """The API of one microVM. Raises Refusal."""

    def __init__(self, root: Path, lives: Callable[[], bool]) -> None:
        self._root = root
        self._lives = lives
        self._folder = -1
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # Through the descriptor: the path itself may be too long for an address.
        self._folder = os.open(self._root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        path = f"/proc/self/fd/{self._folder}/{API_SOCKET}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(path=path),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
        os.close(self._folder)

    async def listening(self) -> None:
        """Returns once it answers; raises Refusal when the process ends before."""
        until = asyncio.get_running_loop().time() + LISTENING_S
        while True:
            try:
                await self.ask("GET", "/version")
            except aiohttp.ClientConnectionError as error:
                if not self._lives():
                    raise Refusal("it ended before it answered") from error
                if asyncio.get_running_loop().time() > until:
                    raise Refusal(f"it did not answer within {LISTENING_S:g} s") from error
                await asyncio.sleep(LOOK_S)
            else:
                return

    async def send(self, call: Call, patience_s: float = ANSWER_S) -> None:
        """One call that changes something."""
        try:
            await self.ask(call.method, call.path, call.body, patience_s)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Refusal(f"{call.path}: {type(error).__name__} {error}") from error

    async def state(self) -> str:
        """Not started, Running or Paused."""
        try:
            found = await self.ask("GET", "/")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Refusal(f"/: {type(error).__name__} {error}") from error
        return str(found.get("state", "")) if isinstance(found, dict) else ""

    async def ask(
        self, method: str, path: str, body: object = None, patience_s: float = ANSWER_S
    ) -> object:
        """The answer's value. Raises Refusal with Firecracker's own words."""
        assert self._session is not None
        content = None if body is None else json.dumps(body)
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        async with self._session.request(
            method,
            f"http://localhost{path}",
            data=content,
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=patience_s),
        ) as answer:
            said = await answer.read()
        try:
            value: object = json.loads(said) if said else None
        except ValueError:
            value = None
        if answer.status >= 300:
            words = value.get("fault_message") if isinstance(value, dict) else None
            raise Refusal(
                f"{path}: {words or said.decode('utf-8', 'replace')}", ours=answer.status == 400
            )
        return value
