"""Asks for what must not be an argument, where other programs could read it."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from hodei.app.cli import exits
from hodei.app.cli.session import fail

MOST = 8192


def hidden(prompt: str, path: Path | None, *, confirm: bool = False) -> str:
    """From a file, the terminal, or one line of stdin; without the end of the line."""
    if path is not None:
        try:
            with path.open("rb") as file:
                return _line(file.read(MOST), str(path))
        except OSError as error:
            fail(f"{path}: {error.strerror}", exits.USAGE)
    if sys.stdin.isatty():
        value: str = typer.prompt(prompt, hide_input=True, confirmation_prompt=confirm, err=True)
        return value
    return _line(sys.stdin.buffer.readline(MOST), "stdin")


def _line(content: bytes, origin: str) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        fail(f"{origin}: is not UTF-8 at byte {error.start}", exits.USAGE)
    text = text.removesuffix("\n").removesuffix("\r")
    if not text or "\n" in text:
        fail(f"{origin}: must be one line", exits.USAGE)
    return text
