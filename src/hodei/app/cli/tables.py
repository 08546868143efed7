"""Tables on stdout: aligned text, coloured states on a terminal, nothing cut off in a pipe."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TextIO

from hodei.domain.units import format_duration

COLOURS = {
    "PENDING": "\x1b[90m",
    "ASSIGNED": "\x1b[35m",
    "RUNNING": "\x1b[34m",
    "SUCCEEDED": "\x1b[32m",
    "FAILED": "\x1b[31m",
    "CANCELLED": "\x1b[90m",
    "TIMEOUT": "\x1b[33m",
    "up": "\x1b[32m",
    "down": "\x1b[31m",
    "disabled": "\x1b[90m",
}
_RESET = "\x1b[0m"
GAP = "  "


def print_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Columns as wide as their longest cell; on a terminal the last one is cut to fit."""
    cells = [[_clean(str(cell)) for cell in row] for row in rows]
    widths = [max([len(head), *(len(row[i]) for row in cells)]) for i, head in enumerate(heads)]
    terminal = sys.stdout.isatty()
    most = shutil.get_terminal_size().columns if terminal else 0
    for row in [list(heads), *cells]:
        print(_line(row, widths, most, terminal))


def _line(row: Sequence[str], widths: Sequence[int], most: int, colours: bool) -> str:
    parts = []
    used = 0
    for index, (cell, width) in enumerate(zip(row, widths, strict=True)):
        last = index == len(row) - 1
        if last and most and used + len(cell) > most:
            cell = cell[: max(most - used - 1, 1)] + "…"
        padded = cell if last else cell.ljust(width)
        parts.append(f"{COLOURS[cell]}{padded}{_RESET}" if colours and cell in COLOURS else padded)
        used += width + len(GAP)
    return GAP.join(parts).rstrip()


def _clean(text: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def print_fields(pairs: Sequence[tuple[str, object]]) -> None:
    """Names and values, one per line; empty values are left out."""
    shown = [(name, str(value)) for name, value in pairs if value not in (None, "", ())]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        print(f"{name.ljust(width)}{GAP}{value}")


def accent(text: str, stream: TextIO) -> str:
    """Bold and green where that can be seen."""
    return f"\x1b[1;32m{text}{_RESET}" if stream.isatty() else text


def ago(at: datetime | None) -> str:
    """ "5 m ago", in the largest unit that fits."""
    if at is None:
        return ""
    seconds = max(int((datetime.now(UTC) - at).total_seconds()), 0)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def between(start: datetime | None, end: datetime | None) -> str:
    """How long something took, or has taken."""
    if start is None:
        return ""
    took = (end or datetime.now(UTC)) - start
    ms = max(int(took.total_seconds() * 1000), 0)
    return format_duration(ms if ms < 10_000 else ms // 1000 * 1000)
