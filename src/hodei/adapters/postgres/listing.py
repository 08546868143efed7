"""The job list: filters, keyset pages and counts, as SQL that an index can answer.

`jobs` and `job_specs` both carry `(submitted_at, seq)`. A page is read along the index of the
table that the filters speak of, and each of several states is read along its own index; the
database would otherwise sort all jobs of those states for the sake of one page. Where several
filters have an index, `crossing.py` has the better way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from hodei.adapters.postgres.crossing import (
    Stream,
    estimate_of,
    keys_of,
    read_whole,
    streams_of,
    within,
)
from hodei.adapters.postgres.cursors import JobPlace, decode_job, encode_job
from hodei.adapters.postgres.database import Database, Row, Session
from hodei.adapters.postgres.job_rows import job_row_of, name_key
from hodei.adapters.postgres.jobs import id_bounds
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.text import dumps, loads
from hodei.domain.errors import InvalidRequest
from hodei.domain.job import JobState
from hodei.ports.store import JobFilter, JobRow, JobSort, Page

MAX_LIMIT = 1_000
MAX_BRANCHES = 64
"""Parts of one statement; of more projects than that, one index is read and most is left out."""
_ALL_STATES = frozenset(JobState)
_SELDOM = 3
"""Characters of an id that few jobs share: one in 4,096."""


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
    names = _several(where)
    if _branches(where) > MAX_BRANCHES:
        statement.add(f"{along}.project = ANY ({{}}::text[])", list(names))
        names = ()
    kinds = [
        [f"j.state = {statement.bind(state.value)}" for state in states],
        # Each of several projects has a part of the index to itself, in the list's order.
        [f"{along}.project = {statement.bind(name)}" for name in names],
    ]
    conditions = [statement.where(*chosen) for chosen in product(*filter(None, kinds))]
    ordered = f"ORDER BY {along}.submitted_at {order}, {along}.seq {order} LIMIT {bound}"
    branches = [
        f"(SELECT {sql('fragments.listed')} FROM jobs j JOIN job_specs s ON s.job_id = j.id"
        f" WHERE {condition} {ordered})"
        for condition in conditions
    ]
    rows = branches[0] if len(branches) == 1 else _merged(branches, order, bound)
    return _with_phases(rows, order), statement.arguments


def crossed_statement(
    where: JobFilter,
    sort: JobSort,
    limit: int,
    place: JobPlace | None,
    streams: Sequence[Stream],
    *,
    whole: bool,
) -> tuple[str, Sequence[object]]:
    """The same for filters that have an index each; see `keys_of`."""
    statement = Statement()
    bind = statement.bind
    order, sign = ("DESC", "<") if sort is JobSort.NEWEST else ("ASC", ">")
    beyond = ""
    if place is not None:
        after = f"({bind(place.submitted_at)}::timestamptz, {bind(place.seq)}::bigint)"
        beyond = f" AND (submitted_at, seq) {sign} {after}"
    _filter_text(statement, where)
    bound = bind(limit + 1)
    branches = []
    for one in streams[0].each():
        keys = keys_of([one, *streams[1:]], where, bind, order=order, beyond=beyond, whole=whole)
        # Without more to look at, the rows of no other jobs need be read.
        enough = "OFFSET 0" if statement.conditions else f"LIMIT {bound}"
        branches.append(
            f"(SELECT r.* FROM ({keys} {enough}) k CROSS JOIN LATERAL ("
            f"SELECT {sql('fragments.listed')} FROM jobs j JOIN job_specs s ON s.job_id = j.id"
            f" WHERE {statement.where('j.submitted_at = k.submitted_at', 'j.seq = k.seq')}"
            f" OFFSET 0) r ORDER BY k.submitted_at {order}, k.seq {order} LIMIT {bound})"
        )
    rows = branches[0] if len(branches) == 1 else _merged(branches, order, bound)
    return _with_phases(rows, order), statement.arguments


def _with_phases(rows: str, order: str) -> str:
    return (
        f"SELECT p.*, a.phase FROM {rows} p"
        " LEFT JOIN attempts a ON a.job_id = p.id AND a.number = p.attempts"
        f" ORDER BY p.submitted_at {order}, p.seq {order}"
    )


def _merged(branches: Sequence[str], order: str, bound: str) -> str:
    together = " UNION ALL ".join(branches)
    return f"({together} ORDER BY submitted_at {order}, seq {order} LIMIT {bound})"


def count_statement(where: JobFilter) -> tuple[str, Sequence[object]]:
    """The statement that counts per state."""
    statement = Statement()
    _filter(statement, where)
    if names := _several(where):
        statement.add("j.project = ANY ({}::text[])", list(names))
    join = " JOIN job_specs s ON s.job_id = j.id" if statement.on_specs else ""
    return (
        f"SELECT j.state, count(*) AS n FROM jobs j{join}"
        f" WHERE {statement.where()} GROUP BY j.state"
    ), statement.arguments


def _along(where: JobFilter) -> str:
    """The table along whose index the page is read."""
    project = where.project or where.projects
    by_spec = (
        project,
        where.owner,
        where.priority,
        where.command_type,
        where.image,
        where.template,
        where.schedule,
    )
    if where.states or where.provider_id or all(value is None for value in by_spec):
        return "j"
    return "s"


def _several(where: JobFilter) -> tuple[str, ...]:
    """The projects, when they are more than one."""
    names = within(where)
    return names if len(names) > 1 else ()


def _branches(where: JobFilter) -> int:
    """Parts of indexes that a page is read from."""
    return max(1, len(where.states)) * max(1, len(within(where)))


def _nowhere(where: JobFilter) -> bool:
    """Whether no project at all is asked for, or one that is not among those allowed."""
    if where.projects is None:
        return False
    return not where.projects or (where.project is not None and where.project not in where.projects)


def _filter(statement: Statement, where: JobFilter) -> None:
    along, only = _along(where), within(where)
    equal = {
        f"{along}.project": only[0] if len(only) == 1 else None,
        "s.owner": where.owner,
        "s.priority": where.priority,
        "s.command_type": where.command_type,
        "s.image": where.image,
        "s.template_id": where.template,
        "s.schedule_id": where.schedule,
        "j.provider_id": where.provider_id,
    }
    for column, value in equal.items():
        if value is not None:
            statement.add(f"{column} = {{}}", value)
    _filter_text(statement, where)
    if where.submitted_from is not None:
        statement.add(f"{along}.submitted_at >= {{}}", where.submitted_from)
    if where.submitted_before is not None:
        statement.add(f"{along}.submitted_at < {{}}", where.submitted_before)


def _filter_text(statement: Statement, where: JobFilter) -> None:
    if where.template_version is not None:
        statement.add("s.template_version = {}", where.template_version)
    if where.labels:
        statement.add("s.labels @> {}::jsonb", dumps(dict(where.labels)))
    if where.name:
        _filter_name(statement, where.name)


def _filter_name(statement: Statement, name: str) -> None:
    pattern = f"%{_escaped(name_key(name))}%"
    bounds = id_bounds(name)
    if bounds is None:
        statement.add("s.name_key LIKE {}", pattern)
        return
    by_id = "s.job_id BETWEEN {} AND {}"
    values: list[object] = [*bounds]
    begin = str(bounds[0])[:_SELDOM]
    if str(bounds[1]).startswith(begin):
        # Says nothing new, but that these are few. A range around an edge of the histogram of ids
        # counts as a whole part of it otherwise, a hundredth of all jobs, and the page would be
        # looked for along the list instead of by the index of ids.
        by_id += f" AND left(s.job_id::text, {_SELDOM}) = {{}}"
        values.append(begin)
    statement.add(f"(s.name_key LIKE {{}} OR {by_id})", pattern, *values)


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
        if _nowhere(where):
            return Page(items=())
        rows = await self._database.run(lambda session: _page(session, where, sort, limit, place))
        items = tuple(job_row_of(row) for row in rows[:limit])
        if len(rows) <= limit:
            return Page(items=items)
        last = rows[limit - 1]
        end = JobPlace(submitted_at=last["submitted_at"], seq=last["seq"])
        return Page(items=items, cursor=encode_job(end, sort))

    async def count_jobs(self, where: JobFilter) -> Mapping[JobState, int]:
        """See `JobStore.count_jobs`."""
        if _nowhere(where):
            return dict.fromkeys(JobState, 0)
        rows = await self._database.run(lambda session: _count(session, where))
        counts = {row["state"]: row["n"] for row in rows}
        return {state: counts.get(state.value, 0) for state in JobState}


async def _page(
    session: Session, where: JobFilter, sort: JobSort, limit: int, place: JobPlace | None
) -> list[Row]:
    statement, arguments = await plan_page(session, where, sort, limit, place)
    return await session.fetch(statement, *arguments)


async def plan_page(
    session: Session, where: JobFilter, sort: JobSort, limit: int, place: JobPlace | None
) -> tuple[str, Sequence[object]]:
    """The statement for one page and one row more, by what the statistics say of the filters."""
    streams = streams_of(where)
    if len(streams) < 2 or _branches(where) > MAX_BRANCHES:
        return page_statement(where, sort, limit, place)
    sized = []
    for stream in streams:
        asked = Statement()
        sized.append(await _plan_rows(session, estimate_of(stream, where, asked.bind), asked))
    others = Statement()
    _filter_text(others, where)
    if others.conditions:
        select = f"SELECT FROM job_specs s WHERE {others.where()}"
        if await _plan_rows(session, select, others) < min(sized):
            return page_statement(where, sort, limit, place)
    by_size = sorted(range(len(streams)), key=sized.__getitem__)
    return crossed_statement(
        where,
        sort,
        limit,
        place,
        [streams[number] for number in by_size],
        whole=read_whole(sorted(sized)),
    )


async def _plan_rows(session: Session, select: str, statement: Statement) -> float:
    """About how many rows the database expects, by its statistics."""
    text = await session.fetchval(f"EXPLAIN (FORMAT JSON) {select}", *statement.arguments)
    return float(loads(text)[0]["Plan"]["Plan Rows"])


async def _count(session: Session, where: JobFilter) -> list[Row]:
    if where == JobFilter(states=where.states):
        return await session.fetch(sql("jobs.count_all"))
    alone = JobFilter(states=where.states, project=where.project, projects=where.projects)
    if where == alone:
        return await session.fetch(sql("jobs.count_projects"), list(within(where)))
    statement, arguments = count_statement(where)
    async with session.transaction(readonly=True):
        # When most jobs match, reading everything once is the quickest way.
        await session.execute("SET LOCAL enable_seqscan = on")
        return await session.fetch(statement, *arguments)
