"""The server's log file: opened for appending, kept within a size, read from its end."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

LIMIT = 8 * 1024 * 1024
"""Bytes; the file and its one predecessor stay within this each."""
TAIL = 16 * 1024


def open_log(path: Path) -> int:
    """A descriptor for the server's output; appending, so that the file may be cut meanwhile."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.open(path, flags, 0o600)


def bound_log(path: Path, *, limit: int = LIMIT) -> bool:
    """Move the content to `<name>.1` when the file is larger than `limit`; True when it was.

    Copied and cut instead of renamed: the server keeps its descriptor.
    """
    try:
        if path.stat().st_size <= limit:
            return False
    except FileNotFoundError:
        return False
    shutil.copyfile(path, path.with_name(path.name + ".1"))
    os.truncate(path, 0)
    return True


def size_of(path: Path) -> int:
    """Bytes in the log, 0 when there is none yet."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def last_word(path: Path, *, since: int = 0) -> str:
    """The last fatal line after offset `since`, else the last line, without its prefix."""
    try:
        with path.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(min(since, end), end - TAIL))
            text = log.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return pick_line(text)


def pick_line(text: str) -> str:
    """The line of a server's or initdb's output that says best why it ended."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if any(sign in line for sign in SIGNS)]
    chosen = (fatal or lines or [""])[-1]
    for sign in SIGNS:
        _, found, rest = chosen.partition(sign)
        if found:
            return rest.strip()
    return chosen


SIGNS = ("FATAL:", "PANIC:", "error:", "ERROR:")
