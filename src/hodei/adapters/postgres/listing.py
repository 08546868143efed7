"""The job list: filters, keyset pages and counts, as SQL that an index can answer.

`jobs` and `job_specs` both carry `(submitted_at, seq)`. A page is read along the index of the
table that the filters speak of, and each of several states is read along its own index; the
database would otherwise sort all jobs of those states for the sake of one page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hodei.adapters.postgres.cursors import JobPlace, decode_job, encode_job
from hodei.adapters.postgres.database import Database, Row, Session
from hodei.adapters.postgres.job_rows import job_row_of, name_key
from hodei.adapters.postgres.jobs import id_bounds
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.text import dumps
from hodei.domain.errors import InvalidRequest
from hodei.domain.job import JobState
from hodei.ports.store import JobFilter, JobRow, JobSort, Page

MAX_LIMIT = 1_000
_ALL_STATES = frozenset(JobState)


class Statement:
    """Conditions with their arguments, numbered as they come."""

    def __init__(self) -> None:
        self.arguments: list[object] = []
        self.conditions: list[str] = []
        self.on_specs = False
        """Whether some condition reads `job_specs`."""

    def bind(self, value: object) -> str:
        """The placeholder of a new argument."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"

    def add(self, condition: str, *values: object) -> None:
        """One more condition; `{}` stands for each value in turn."""
        self.conditions.append(condition.format(*(self.bind(value) for value in values)))
        self.on_specs = self.on_specs or "s." in condition

    def where(self, *more: str) -> str:
        """All conditions joined."""
        return " AND ".join([*self.conditions, *more]) or "true"


def page_statement(
    where: JobFilter, sort: JobSort, limit: int, place: JobPlace | None
) -> tuple[str, Sequence[object]]:
    """The statement for one page and one row more."""
    statement = Statement()
    _filter(statement, where)
    order = "DESC" if sort is JobSort.NEWEST else "ASC"
    along = _along(where)
    if place is not None:
        sign = "<" if sort is JobSort.NEWEST else ">"
        statement.add(
            f"({along}.submitted_at, {along}.seq) {sign} ({{}}::timestamptz, {{}}::bigint)",
            place.submitted_at,
            place.seq,
        )
    bound = statement.bind(limit + 1)
    states = sorted(where.states) if where.states != _ALL_STATES else []
    conditions = [
        statement.where(f"j.state = {statement.bind(state.value)}") for state in states
    ] or [statement.where()]
    ordered = f"ORDER BY {along}.submitted_at {order}, {along}.seq {order} LIMIT {bound}"
    branches = [
        f"(SELECT {sql('fragments.listed')} FROM jobs j JOIN job_specs s ON s.job_id = j.id"
        f" WHERE {condition} {ordered})"
        for condition in conditions
    ]
    rows = branches[0] if len(branches) == 1 else _merged(branches, order, bound)
    return (
        f"SELECT p.*, a.phase FROM {rows} p"
        " LEFT JOIN attempts a ON a.job_id = p.id AND a.number = p.attempts"
        f" ORDER BY p.submitted_at {order}, p.seq {order}"
    ), statement.arguments


def _merged(branches: Sequence[str], order: str, bound: str) -> str:
    together = " UNION ALL ".join(branches)
    return f"({together} ORDER BY submitted_at {order}, seq {order} LIMIT {bound})"


def count_statement(where: JobFilter) -> tuple[str, Sequence[object]]:
    """The statement that counts per state."""
    statement = Statement()
    _filter(statement, where)
    join = " JOIN job_specs s ON s.job_id = j.id" if statement.on_specs else ""
    return (
        f"SELECT j.state, count(*) AS n FROM jobs j{join}"
        f" WHERE {statement.where()} GROUP BY j.state"
    ), statement.arguments


def _along(where: JobFilter) -> str:
    """The table along whose index the page is read."""
    by_spec = (where.project, where.owner, where.priority, where.command_type, where.image)
    if where.states or where.provider_id or all(value is None for value in by_spec):
        return "j"
    return "s"


def _filter(statement: Statement, where: JobFilter) -> None:
    along = _along(where)
    equal = {
        f"{along}.project": where.project,
        "s.owner": where.owner,
        "s.priority": where.priority,
        "s.command_type": where.command_type,
        "s.image": where.image,
        "j.provider_id": where.provider_id,
    }
    for column, value in equal.items():
        if value is not None:
            statement.add(f"{column} = {{}}", value)
    if where.labels:
        statement.add("s.labels @> {}::jsonb", dumps(dict(where.labels)))
    if where.name:
        _filter_name(statement, where.name)
    if where.submitted_from is not None:
        statement.add(f"{along}.submitted_at >= {{}}", where.submitted_from)
    if where.submitted_before is not None:
        statement.add(f"{along}.submitted_at < {{}}", where.submitted_before)


def _filter_name(statement: Statement, name: str) -> None:
    pattern = f"%{_escaped(name_key(name))}%"
    bounds = id_bounds(name)
    if bounds is None:
        statement.add("s.name_key LIKE {}", pattern)
    else:
        statement.add("(s.name_key LIKE {} OR s.job_id BETWEEN {} AND {})", pattern, *bounds)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


class Listing:
    """Part of `JobStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_jobs(
        self,
        where: JobFilter,
        *,
        sort: JobSort = JobSort.NEWEST,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[JobRow]:
        """See `JobStore.list_jobs`."""
        if not 1 <= limit <= MAX_LIMIT:
            raise InvalidRequest.of("limit", f"must be from 1 to {MAX_LIMIT}", limit)
        place = decode_job(cursor, sort) if cursor else None
        statement, arguments = page_statement(where, sort, limit, place)
        rows = await self._database.rows(statement, *arguments)
        items = tuple(job_row_of(row) for row in rows[:limit])
        if len(rows) <= limit:
            return Page(items=items)
        last = rows[limit - 1]
        end = JobPlace(submitted_at=last["submitted_at"], seq=last["seq"])
        return Page(items=items, cursor=encode_job(end, sort))

    async def count_jobs(self, where: JobFilter) -> Mapping[JobState, int]:
        """See `JobStore.count_jobs`."""
        rows = await self._database.run(lambda session: _count(session, where))
        counts = {row["state"]: row["n"] for row in rows}
        return {state: counts.get(state.value, 0) for state in JobState}


async def _count(session: Session, where: JobFilter) -> list[Row]:
    if where == JobFilter(states=where.states):
        return await session.fetch(sql("jobs.count_all"))
    if where == JobFilter(states=where.states, project=where.project):
        return await session.fetch(sql("jobs.count_project"), where.project)
    statement, arguments = count_statement(where)
    async with session.transaction(readonly=True):
        # When most jobs match, reading everything once is the quickest way.
        await session.execute("SET LOCAL enable_seqscan = on")
        return await session.fetch(statement, *arguments)
