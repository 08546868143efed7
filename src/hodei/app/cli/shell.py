"""Relays this terminal to a shell inside a job, byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import termios
import tty
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hodei.app.cli.session import say

if TYPE_CHECKING:
    from hodei.client import AsyncClient, Shell

READ_BYTES = 64 << 10


async def relay(client: AsyncClient, job: str, argv: Sequence[str]) -> int:
    """The shell's exit code."""
    columns, rows = shutil.get_terminal_size()
    async with client.shell(job, rows=rows, columns=columns, argv=argv) as shell:
        typed: asyncio.Queue[bytes] = asyncio.Queue()
        with _raw_terminal(), _keys(typed), _window(shell):
            sending = asyncio.ensure_future(_send(shell, typed))
            try:
                return await _receive(shell)
            finally:
                sending.cancel()


async def _send(shell: Shell, typed: asyncio.Queue[bytes]) -> None:
    while True:
        await shell.write(await typed.get())


async def _receive(shell: Shell) -> int:
    while True:
        got = await shell.read()
        if isinstance(got, bytes):
            sys.stdout.buffer.write(got)
            sys.stdout.buffer.flush()
            continue
        if got.error:
            say(got.error)
        return got.exit_code


@contextlib.contextmanager
def _raw_terminal() -> Iterator[None]:
    """Every key goes to the shell, Ctrl-C included."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        # Not the default, which would throw away what was typed ahead.
        tty.setraw(sys.stdin, termios.TCSADRAIN)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


@contextlib.contextmanager
def _keys(typed: asyncio.Queue[bytes]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    descriptor = sys.stdin.fileno()

    def read() -> None:
        data = os.read(descriptor, READ_BYTES)
        # The end of a pipe is the end of a terminal's input: Ctrl-D.
        typed.put_nowait(data or b"\x04")
        if not data:
            loop.remove_reader(descriptor)

    loop.add_reader(descriptor, read)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)


@contextlib.contextmanager
def _window(shell: Shell) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    def changed() -> None:
        columns, rows = shutil.get_terminal_size()
        task = loop.create_task(shell.resize(rows, columns))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGWINCH, changed)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGWINCH)
