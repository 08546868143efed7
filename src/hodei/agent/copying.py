"""Brings the bundle to where another container finds it: a pod's first container runs this."""

from __future__ import annotations

import os

BUNDLE = "/.hodei"
"""Where every agent of an image was started from."""
CHUNK = 1 << 20


def copy_tree(source: str, target: str) -> int:
    """Copies what is in `source` into the folder `target`; the number of files. Raises OSError.

    A repeat goes over what an earlier call has left.
    """
    count = 0
    for entry in sorted(os.scandir(source), key=lambda each: each.name):
        place = os.path.join(target, entry.name)
        if entry.is_dir(follow_symlinks=False):
            os.makedirs(place, mode=0o755, exist_ok=True)
            count += copy_tree(entry.path, place)
        else:
            _copy_file(entry.path, place, entry.stat().st_mode & 0o555)
            count += 1
    return count


def _copy_file(source: str, target: str, mode: int) -> None:
    new = target + ".new"
    with open(source, "rb") as reading, open(new, "wb") as writing:
        while chunk := reading.read(CHUNK):
            writing.write(chunk)
    os.chmod(new, mode | 0o444)
    os.replace(new, target)
