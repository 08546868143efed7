"""What a measurement gives: a figure, the floor it stands on, and the bar it is held against."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    """The least (or most) that this machine reaches without Hodei, in the same unit."""
    floor_name: str = ""
    bar: float | None = None
    """What the design asks for, in the same unit, on an idle machine."""
    lower_is_better: bool = True
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """Value over floor."""
        return self.value / self.floor if self.floor else None

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None without a bar."""
        if self.bar is None:
            return None
        return self.value <= self.bar if self.lower_is_better else self.value >= self.bar

    def to_json(self) -> dict[str, object]:
        """As in the file that --json writes."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "floor": self.floor,
            "floor_name": self.floor_name,
            "ratio": self.ratio,
            "bar": self.bar,
            "bar_met": self.met,
            "lower_is_better": self.lower_is_better,
            "details": dict(self.details),
        }


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1))]


def show(value: float | None) -> str:
    """Three significant digits, thousands separated."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def table(figures: Sequence[Figure]) -> str:
    """Lines of text for a terminal."""
    head = ("figure", "value", "unit", "floor", "ratio", "bar", "", "floor is")
    rows = [head, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    right = {1, 3, 4, 5}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _row(figure: Figure) -> tuple[str, ...]:
    mark = {None: "", True: "met", False: "MISSED"}[figure.met]
    sign = "" if figure.bar is None else ("<= " if figure.lower_is_better else ">= ")
    return (
        figure.name,
        show(figure.value),
        figure.unit,
        show(figure.floor),
        show(figure.ratio),
        sign + show(figure.bar),
        mark,
        figure.floor_name,
    )


def write_json(path: Path, machine: Mapping[str, object], figures: Sequence[Figure]) -> None:
    """One document: the machine, then every figure."""
    document = {"machine": dict(machine), "figures": [figure.to_json() for figure in figures]}
    path.write_text(json.dumps(document, indent=2) + "\n")
