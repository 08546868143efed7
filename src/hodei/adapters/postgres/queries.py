"""Named SQL: the blocks of the package's `.sql` files.

A block begins with a line `-- name: word` and is called `file.word`. Blocks of
`fragments.sql` are put in where their name stands in braces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

_HEADER = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def sql(name: str) -> str:
    """The block `file.word`. Raises KeyError."""
    return _blocks()[name]


def split(text: str) -> Mapping[str, str]:
    """The blocks of one file by name; what stands above the first one is a comment."""
    parts = _HEADER.split(text)
    return {name: body.strip() for name, body in zip(parts[1::2], parts[2::2], strict=True)}


@cache
def _blocks() -> Mapping[str, str]:
    folder = resources.files(__package__) / "sql"
    fragments = split((folder / "fragments.sql").read_text())
    blocks: dict[str, str] = {}
    for entry in folder.iterdir():
        stem, _, ending = entry.name.rpartition(".")
        if ending != "sql":
            continue
        for name, body in split(entry.read_text()).items():
            for fragment, replacement in fragments.items():
                body = body.replace("{" + fragment + "}", replacement)
            blocks[f"{stem}.{name}"] = body
    return blocks
