"""Templates, and how their jobs went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from hodei.adapters.postgres.database import Database, Row, Session
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.text import clean, dumps, loads
from hodei.domain.job import JobState
from hodei.domain.templates.parameter import Parameter, parameter_from_dict, parameter_to_dict
from hodei.domain.templates.template import (
    Draft,
    Template,
    TemplateRow,
    VersionRow,
    in_usual_order,
)
from hodei.ports.templates import (
    RunBucket,
    RunStats,
    TemplateFilter,
    TemplatePlace,
    TemplateUse,
)


class Templates:
    """Implements `TemplateStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_templates(
        self, where: TemplateFilter, *, after: TemplatePlace | None = None, limit: int = 50
    ) -> Sequence[TemplateRow]:
        """See `TemplateStore.list_templates`."""
        statement, arguments = list_statement(where, after=after, limit=limit)
        return [_listed(row) for row in await self._database.rows(statement, *arguments)]

    async def get_template(self, template_id: UUID, version: int | None = None) -> Template | None:
        """See `TemplateStore.get_template`."""
        row = await self._database.row(sql("templates.get"), template_id, version)
        return _template(row) if row else None

    async def find_template(self, project: str, name: str) -> Template | None:
        """See `TemplateStore.find_template`."""
        row = await self._database.row(sql("templates.find"), project, name)
        return _template(row) if row else None

    async def template_versions(
        self, template_id: UUID, *, below: int | None = None, limit: int = 50
    ) -> Sequence[VersionRow]:
        """See `TemplateStore.template_versions`."""
        rows = await self._database.rows(sql("templates.versions"), template_id, below, limit)
        return [VersionRow(**row) for row in rows]

    async def put_template(self, template: Template) -> bool:
        """See `TemplateStore.put_template`."""
        draft = template.draft
        values = (
            template.id,
            template.project,
            draft.name,
            clean(draft.description),
            dumps(list(draft.tags)),
            dumps([parameter_to_dict(each) for each in draft.parameters]),
            dumps(draft.spec),
            template.updated_at,
            clean(template.updated_by),
            clean(f"{draft.name}\n{draft.description}").lower(),
        )

        async def write(session: Session) -> bool:
            try:
                if template.version == 1:
                    saved = await session.fetchval(sql("templates.add"), *values)
                else:
                    saved = await session.fetchval(sql("templates.set"), *values, template.version)
            except asyncpg.UniqueViolationError:
                # Somebody took the name at the same moment.
                return False
            return saved is not None

        return await self._database.run(write)

    async def delete_template(self, template_id: UUID) -> bool:
        """See `TemplateStore.delete_template`."""
        return await self._database.value(sql("templates.delete"), template_id) is not None

    async def template_use(
        self, template_ids: Sequence[UUID], *, since: datetime
    ) -> Mapping[UUID, TemplateUse]:
        """See `TemplateStore.template_use`."""
        rows = await self._database.rows(sql("templates.use"), list(template_ids), since)
        return {row["id"]: _use(row) for row in rows}

    async def template_runs(
        self,
        template_id: UUID,
        *,
        version: int | None = None,
        start: datetime,
        end: datetime,
        buckets: int,
    ) -> RunStats:
        """See `TemplateStore.template_runs`."""
        found = await self._database.rows(
            sql("templates.runs"), template_id, version, start, end, buckets
        )
        rows = {row["bucket"]: row for row in found}
        step = (end - start) / buckets
        return RunStats(
            total=_bucket(start, rows.get(None)),
            series=tuple(_bucket(start + step * at, rows.get(at + 1)) for at in range(buckets)),
        )


def list_statement(
    where: TemplateFilter, *, after: TemplatePlace | None, limit: int
) -> tuple[str, Sequence[object]]:
    """The statement for one page."""
    conditions: list[str] = []
    arguments: list[object] = []

    def add(condition: str, *values: object) -> None:
        places = (f"${len(arguments) + number}" for number in range(1, len(values) + 1))
        conditions.append(condition.format(*places))
        arguments.extend(values)

    if after is not None:
        add('(t.name COLLATE "C", t.project COLLATE "C") > ({}, {})', *after)
    if where.project is not None:
        add("t.project = {}", where.project)
    if where.projects is not None:
        add("t.project = ANY ({}::text[])", sorted(where.projects))
    if where.tag is not None:
        add("v.tags ? {}", where.tag)
    if where.q:
        add("strpos(v.words, {}) > 0", where.q.lower())
    only = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return (
        f"SELECT {sql('fragments.template')} FROM templates t JOIN template_versions v"
        f" ON v.template_id = t.id AND v.version = t.version{only}"
        f' ORDER BY t.name COLLATE "C", t.project COLLATE "C" LIMIT ${len(arguments) + 1}',
        [*arguments, limit],
    )


def _parameters(row: Row) -> tuple[Parameter, ...]:
    return tuple(parameter_from_dict(each) for each in loads(row["parameters"]))


def _template(row: Row) -> Template:
    return Template(
        id=row["id"],
        project=row["project"],
        draft=Draft(
            name=row["name"],
            description=row["description"],
            tags=tuple(loads(row["tags"])),
            spec=in_usual_order(loads(row["spec"])),
            parameters=_parameters(row),
        ),
        version=row["version"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        updated_at=row["updated_at"],
        updated_by=row["updated_by"],
    )


def _listed(row: Row) -> TemplateRow:
    values = dict(row)
    tags = tuple(loads(values.pop("tags")))
    return TemplateRow(**{**values, "tags": tags, "parameters": _parameters(row)})


def _use(row: Row) -> TemplateUse:
    return TemplateUse(
        last_job_id=row["job_id"],
        last_state=JobState(row["state"]) if row["state"] else None,
        last_at=row["submitted_at"],
        runs=row["runs"],
        succeeded=row["succeeded"],
        judged=row["judged"],
        avg_ms=row["avg_ms"],
    )


def _bucket(start: datetime, row: Row | None) -> RunBucket:
    counts = loads(row["states"] or "{}") if row else {}
    took = row["took"] if row and row["took"] else (None, None)
    return RunBucket(
        start=start,
        states={state: counts.get(state.value, 0) for state in JobState},
        avg_ms=row["avg_ms"] if row else None,
        p50_ms=took[0],
        p95_ms=took[1],
    )
