"""Columns of bulk writes: rows travel as one array of a row type and are spread out by unnest.

The row types are the database's, made by `migrate.upgrade` from what is written here. A type is
never changed: its name carries a digest of its columns, so that releases which differ in them
can serve from one database at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256


class Columns:
    """Names and types, given as `"id uuid, version int4"`; `name` says what the rows are."""

    def __init__(self, name: str, text: str) -> None:
        pairs = [pair.split() for pair in text.split(",")]
        self.names = tuple(name for name, _ in pairs)
        self.definition = ", ".join(f"{name} {kind}" for name, kind in pairs)
        digest = sha256(self.definition.encode()).hexdigest()
        self.row_type = f"row_{name}_{digest[:12]}"
        """Name of the type in the database."""

    @property
    def listed(self) -> str:
        """The names, as an INSERT lists them."""
        return ", ".join(self.names)

    def assignments(self, source: str, *, without: Iterable[str]) -> str:
        """`name = source.name` for an UPDATE."""
        left_out = set(without)
        return ", ".join(f"{name} = {source}.{name}" for name in self.names if name not in left_out)

    def rows_from(self, parameter: int) -> str:
        """A FROM item whose rows are the array of rows in parameter `$parameter`."""
        return f"unnest(${parameter}::{self.row_type}[])"
