"""Relays this terminal, or these pipes, to a shell or a command inside a job."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import termios
import threading
import tty as terminal_modes
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

from hodei.app.cli.session import say

if TYPE_CHECKING:
    from hodei.client import AsyncClient, Shell

STDIN, STDOUT = 0, 1
READ_BYTES = 32 << 10
MAX_SIDE = 1000


async def relay(client: AsyncClient, job: str, argv: Sequence[str], *, tty: bool | None) -> int:
    """The shell's exit code; with `tty` None, on a pseudo-terminal when we are on a terminal."""
    if tty is None:
        tty = os.isatty(STDIN) and os.isatty(STDOUT)
    rows, columns = _size()
    opening = client.shell(
        job,
        rows=rows,
        columns=columns,
        argv=argv,
        tty=tty,
        term=os.environ.get("TERM") or "xterm-256color",
    )
    async with opening as shell:
        follow = _window(shell) if tty else _interrupt(shell)
        receiving = asyncio.ensure_future(_receive(shell))
        # A terminal is not left behind in raw mode, whoever ends us.
        with _raw_terminal(tty), follow, _ended_by_signal(receiving) as signals:
            sending = asyncio.ensure_future(_send(shell))
            try:
                return await receiving
            except asyncio.CancelledError:
                if not signals:
                    raise
                return 128 + signals[0]
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)


async def _send(shell: Shell) -> None:
    typed: asyncio.Queue[bytes] = asyncio.Queue()
    room = threading.Semaphore(2)
    reading = (asyncio.get_running_loop(), typed, room)
    # A thread that is left behind in the end: a read of stdin cannot be called off.
    threading.Thread(target=_read, args=reading, daemon=True).start()
    while data := await typed.get():
        await shell.write(data)
        room.release()
    await shell.end_input()


def _read(
    loop: asyncio.AbstractEventLoop, typed: asyncio.Queue[bytes], room: threading.Semaphore
) -> None:
    data = b"-"
    while data:
        room.acquire()
        try:
            data = os.read(STDIN, READ_BYTES)
        except OSError:
            data = b""
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(typed.put_nowait, data)


async def _receive(shell: Shell) -> int:
    from hodei.client import ShellEnd

    while True:
        got = await shell.read()
        if isinstance(got, ShellEnd):
            if got.error:
                say(got.error)
            return got.exit_code
        # In a thread, so that a pipe that nobody reads does not stop us from answering pings.
        into = sys.stderr.buffer if got.stderr else sys.stdout.buffer
        await asyncio.to_thread(_write, into, got.data)


def _write(into: BinaryIO, data: bytes) -> None:
    into.write(data)
    into.flush()


@contextlib.contextmanager
def _raw_terminal(tty: bool) -> Iterator[None]:
    """Every key goes to the shell, Ctrl-C included."""
    if not tty or not os.isatty(STDIN):
        yield
        return
    before = termios.tcgetattr(STDIN)
    try:
        # Not the default, which would throw away what was typed ahead.
        terminal_modes.setraw(STDIN, termios.TCSADRAIN)
        yield
    finally:
        termios.tcsetattr(STDIN, termios.TCSADRAIN, before)


def _size() -> tuple[int, int]:
    columns, rows = shutil.get_terminal_size()
    return min(max(rows, 1), MAX_SIDE), min(max(columns, 1), MAX_SIDE)


@contextlib.contextmanager
def _window(shell: Shell) -> Iterator[None]:
    """Tells the size of our window whenever it changes."""
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    def changed() -> None:
        task = loop.create_task(shell.resize(*_size()))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGWINCH, changed)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGWINCH)


@contextlib.contextmanager
def _ended_by_signal(receiving: asyncio.Task[int]) -> Iterator[list[int]]:
    """SIGTERM and SIGHUP end the relay; the list then holds which it was."""
    loop = asyncio.get_running_loop()
    came: list[int] = []

    def heard(number: int) -> None:
        came.append(number)
        receiving.cancel()

    numbers = (signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, heard, number)
    try:
        yield came
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def _interrupt(shell: Shell) -> Iterator[None]:
    """The first Ctrl-C is the command's, the second one ours."""
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    def interrupted() -> None:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        task = loop.create_task(shell.signal("INT"))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
