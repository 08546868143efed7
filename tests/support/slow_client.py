"""A test process that is slow to call: finds tests that only pass while it is the quicker one.

HODEI_TEST_CLIENT_DELAY_MS=400 makes each call of a test towards a server start up to 400 ms late:
HTTP, WebSocket, gRPC and SSH calls, programs that are started, and what a browser is told to do.
What servers do is not delayed, nor is what they send. HODEI_TEST_CLIENT_DELAY_SEED gives other
delays than the usual ones, which are the same in each run of a test.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import os
import random
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import httpx
import pytest
from asyncssh.misc import async_context_manager
from playwright._impl._sync_base import SyncBase
from websockets.asyncio.client import ClientConnection, connect

DELAY_S = float(os.environ.get("HODEI_TEST_CLIENT_DELAY_MS", "0")) / 1000
SEED = os.environ.get("HODEI_TEST_CLIENT_DELAY_SEED", "")
PROGRAMS = ("hodei", "ssh", "scp", "sftp")
"""Clients; servers and engines are started as quickly as ever."""

_chance = random.Random(SEED)


def _seconds() -> float:
    return _chance.uniform(0, DELAY_S)


def _late(owner: Any, name: str) -> None:
    """Calls of a function start late."""
    called: Callable[..., Any] = getattr(owner, name)

    @functools.wraps(called)
    def late(*args: Any, **options: Any) -> Any:
        time.sleep(_seconds())
        return called(*args, **options)

    setattr(owner, name, late)


def _late_async(owner: Any, name: str) -> None:
    """The same, and the event loop goes on meanwhile."""
    called: Callable[..., Awaitable[Any]] = getattr(owner, name)

    @functools.wraps(called)
    async def late(*args: Any, **options: Any) -> Any:
        await asyncio.sleep(_seconds())
        return await called(*args, **options)

    setattr(owner, name, late)


def _is_client(command: object) -> bool:
    words = [str(word) for word in command] if isinstance(command, list | tuple) else []
    return bool(words) and Path(words[0]).name in PROGRAMS and "serve" not in words


def _late_programs() -> None:
    started = subprocess.Popen.__init__

    @functools.wraps(started)
    def late(self: Any, args: Any, *more: Any, **options: Any) -> None:
        if _is_client(args):
            time.sleep(_seconds())
        started(self, args, *more, **options)

    setattr(subprocess.Popen, started.__name__, late)


def _late_ssh() -> None:
    _late_async(asyncssh, "connect")
    # It is awaited by some and entered by others.
    asyncssh.connect = async_context_manager(asyncssh.connect)


def _install() -> None:
    _late(httpx.Client, "send")
    _late_async(httpx.AsyncClient, "send")
    _late_async(connect, "connect")
    _late_async(ClientConnection, "send")
    # Calls of gRPC are made by functions that do not wait; these are the steps that leave.
    calls: Any = importlib.import_module("grpc.aio._call")
    _late_async(calls.UnaryUnaryCall, "_invoke")
    _late_async(calls.UnaryStreamCall, "_send_unary_request")
    _late_async(calls.StreamStreamCall, "_prepare_rpc")
    _late_async(calls._StreamRequestMixin, "_write")
    _late_ssh()
    _late(SyncBase, "_sync")
    _late_programs()


@pytest.fixture(autouse=True)
def _same_delays(request: pytest.FixtureRequest) -> Iterator[None]:
    _chance.seed(SEED + request.node.nodeid)
    yield


if DELAY_S > 0:
    _install()
