"""Text frames of a terminal's client: what it wants besides typing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hodei.api.http.body import parse_json
from hodei.domain.errors import InvalidRequest
from hodei.domain.parsing.limits import Whole
from hodei.domain.parsing.reader import Report, Section, open_section
from hodei.engine.terminals import MAX_SIDE, SIGNALS

SIDES = Whole(least=1, most=MAX_SIDE)
AMOUNT = Whole(least=1, most=1 << 30)


@dataclass(frozen=True, slots=True)
class Resize:
    """The window changed."""

    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal to what runs in the foreground."""

    name: str


@dataclass(frozen=True, slots=True)
class Taken:
    """So many bytes of output more were taken."""

    bytes: int


@dataclass(frozen=True, slots=True)
class EndInput:
    """Nothing more will be typed."""


Control = Resize | Signal | Taken | EndInput
FIELDS: Mapping[str, tuple[str, ...]] = {
    "resize": ("rows", "columns"),
    "signal": ("name",),
    "taken": ("bytes",),
    "end": (),
}


def read_control(text: str) -> Control:
    """One frame. Raises InvalidRequest."""
    try:
        data = parse_json(text.encode())
    except InvalidRequest as error:
        raise InvalidRequest.of("frame", error.violations[0].message) from None
    report = Report()
    known = ("op", *(name for names in FIELDS.values() for name in names))
    frame = open_section(report, "", data, known, {})
    report.close()
    op = frame.get("op")
    if not isinstance(op, str) or op not in FIELDS:
        raise InvalidRequest.of("op", f"must be one of {', '.join(FIELDS)}", op)
    for name in known[1:]:
        if frame.has(name) != (name in FIELDS[op]):
            wanted = "is required" if name in FIELDS[op] else f"does not belong to {op}"
            report.add(name, wanted)
    control = _control(op, frame, report)
    report.close()
    return control


def _control(op: str, frame: Section, report: Report) -> Control:
    match op:
        case "resize":
            return Resize(frame.whole("rows", SIDES, 1), frame.whole("columns", SIDES, 1))
        case "taken":
            return Taken(frame.whole("bytes", AMOUNT, 1))
        case "signal":
            name = frame.get("name")
            if not isinstance(name, str) or name not in SIGNALS:
                report.add("name", f"must be one of {', '.join(SIGNALS)}", name)
            return Signal(str(name))
        case _:
            return EndInput()
