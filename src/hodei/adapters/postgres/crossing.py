"""The job list where several filters have an index each: one is read in the list's order, and
the others are asked about every job found, from their indexes alone.

The database would read along one index and look at each job's row for the other filters, in the
belief that matches are spread evenly. Two filters that are both common and never meet then cost
a read of every row. Here they cost a probe per entry of the rarest filter, or where none is much
rarer than the others, a read of all their index entries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hodei.ports.store import JobFilter

Bind = Callable[[object], str]
"""The placeholder of a new argument."""


FEW = 100_000
"""Index entries that can be read whole within the time of a page."""
PROBE = 8
"""A probe costs as much as reading so many entries of an index in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Jobs that fit one filter: an index of `table` on these columns, submission and number."""

    table: str
    equal: tuple[tuple[str, object], ...]
    projects: tuple[str, ...] = ()
    """Any of them; the index then begins with the project."""
    states: tuple[str, ...] = ()
    """Any of them; the index then begins with, or goes on with, the state."""

    def condition(self, bind: Bind) -> str:
        """What tells its jobs, in the words of the table's own columns."""
        parts = [f"{column} = {bind(value)}" for column, value in self.equal]
        for column, values in (("project", self.projects), ("state", self.states)):
            if values:
                given = ", ".join(bind(value) for value in values)
                parts.append(f"{column} IN ({given})")
        return " AND ".join(parts)

    def each(self) -> list[Stream]:
        """One stream per project and state: only those are in the order of submission."""
        if len(self.states) < 2 and len(self.projects) < 2:
            return [self]
        return [
            replace(self, projects=projects, states=states)
            for projects in _one_by_one(self.projects)
            for states in _one_by_one(self.states)
        ]


def _one_by_one(values: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [(value,) for value in values] or [()]


def within(where: JobFilter) -> tuple[str, ...]:
    """The projects asked for; none: all of them. Asking for no project at all is not for here."""
    if where.project is not None:
        return (where.project,)
    return tuple(sorted(where.projects or ()))


def streams_of(where: JobFilter) -> list[Stream]:
    """The filters that have an index in the list's order."""
    found = []
    states = tuple(sorted(state.value for state in where.states))
    projects = within(where)
    if states:
        found.append(Stream(table="jobs", equal=(), projects=projects, states=states))
    elif projects:
        found.append(Stream(table="job_specs", equal=(), projects=projects))
    if where.provider_id is not None:
        found.append(Stream(table="jobs", equal=(("provider_id", where.provider_id),)))
    for column, value in (
        ("owner", where.owner),
        ("priority", where.priority),
        ("command_type", where.command_type),
        ("image", where.image),
        ("template_id", where.template),
        ("schedule_id", where.schedule),
    ):
        if value is not None:
            found.append(Stream(table="job_specs", equal=((column, value),)))
    return found


def estimate_of(stream: Stream, where: JobFilter, bind: Bind) -> str:
    """A statement whose plan says about how many jobs the stream has."""
    return f"SELECT FROM {stream.table} WHERE {stream.condition(bind)}{_within(where, bind)}"


def read_whole(sizes: Sequence[float]) -> bool:
    """Whether streams of these sizes, the smallest first, are best read to their ends."""
    return sum(sizes) <= min(FEW, PROBE * sizes[0])


def keys_of(
    streams: Sequence[Stream],
    where: JobFilter,
    bind: Bind,
    *,
    order: str,
    beyond: str,
    whole: bool,
) -> str:
    """A query for `(submitted_at, seq)` of the jobs that are in every stream, in order.

    `beyond` restricts the first stream to what comes after a cursor. Unless the streams are
    read whole, the first one leads, and OFFSET 0 fences the parts, because the database would
    otherwise join them in an order of its own.
    """
    leading, fence = streams[0], "" if whole else " OFFSET 0"
    joined = ""
    for number, probe in enumerate(streams[1:]):
        parts = f"SELECT submitted_at, seq FROM {probe.table} WHERE {probe.condition(bind)}"
        if whole:
            joined += f" JOIN ({parts}{_within(where, bind)}) p{number} USING (submitted_at, seq)"
        else:
            joined += (
                f" CROSS JOIN LATERAL ({parts}"
                f" AND submitted_at = k.submitted_at AND seq = k.seq{fence}) p{number}"
            )
    return (
        "SELECT k.submitted_at, k.seq FROM ("
        f"SELECT submitted_at, seq FROM {leading.table} WHERE {leading.condition(bind)}"
        f"{_within(where, bind)}{beyond} ORDER BY submitted_at {order}, seq {order}{fence}"
        f") k{joined} ORDER BY k.submitted_at {order}, k.seq {order}"
    )


def _within(where: JobFilter, bind: Bind) -> str:
    parts = ""
    if where.submitted_from is not None:
        parts += f" AND submitted_at >= {bind(where.submitted_from)}"
    if where.submitted_before is not None:
        parts += f" AND submitted_at < {bind(where.submitted_before)}"
    return parts
