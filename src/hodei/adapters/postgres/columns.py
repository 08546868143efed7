"""Columns of bulk writes: rows travel as one array per column and are put together by unnest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class Columns:
    """Names and types, given as `"id uuid, version int4"`."""

    def __init__(self, text: str) -> None:
        pairs = [pair.split() for pair in text.split(",")]
        self.names = tuple(name for name, _ in pairs)
        self.types = tuple(kind for _, kind in pairs)

    @property
    def listed(self) -> str:
        """The names, as an INSERT lists them."""
        return ", ".join(self.names)

    def assignments(self, source: str, *, without: Iterable[str]) -> str:
        """`name = source.name` for an UPDATE."""
        left_out = set(without)
        return ", ".join(f"{name} = {source}.{name}" for name in self.names if name not in left_out)

    def rows_from(self, first: int) -> str:
        """A FROM item whose rows are the arrays in parameters `$first` and following."""
        arrays = ", ".join(f"${first + index}::{kind}[]" for index, kind in enumerate(self.types))
        return f"unnest({arrays}) AS t({self.listed})"

    def arrays(self, rows: Sequence[Sequence[object]]) -> list[Sequence[object]]:
        """Rows turned into one array per column."""
        return [*zip(*rows, strict=True)] if rows else [() for _ in self.names]
