"""A small file system of a test's own, and how it is filled to the last byte."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def small_disk(size_mb: int) -> Iterator[Path]:
    """Mounted while the block runs; whoever is told its path may pass through it."""
    with tempfile.TemporaryDirectory(prefix="hodei-small-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        options = f"size={size_mb}m,mode=755"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "hodei-small", folder], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def full(disk: Path) -> Iterator[Path]:
    """Nothing more fits on it until the block is over; the file that takes the room."""
    ballast = disk / "ballast"
    try:
        fill(ballast)
        yield ballast
    finally:
        ballast.unlink()


def fill(ballast: Path) -> None:
    """Takes all that is free, also what was given back since."""
    descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        for size in (1 << 20, 4096):
            with suppress(OSError):
                while os.write(descriptor, bytes(size)) == size:
                    pass
    finally:
        os.close(descriptor)
