"""Templates, their versions, and how their jobs went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from hodei.api.http.schemas.jobs import StoredSpec
from hodei.api.http.schemas.model import Model
from hodei.domain.job import JobState
from hodei.domain.serial import shown_spec
from hodei.domain.spec import SecretRef
from hodei.domain.templates.parameter import Parameter, ParameterType
from hodei.domain.templates.rendering import Rendered
from hodei.domain.templates.template import TemplateRow, VersionRow
from hodei.engine.templates import Listed, TemplateDetail
from hodei.ports.templates import RunBucket, RunStats, TemplateUse

TemplateSpec = Annotated[
    dict[str, Any],
    Field(
        description="A job spec as it was written, without a project; any text in it may hold "
        "placeholders such as `{{ name }}`."
    ),
]


class SecretDefault(Model):
    """The name of a stored secret."""

    secret: str


class ParameterView(Model):
    """One thing that a template asks for."""

    name: str
    type: ParameterType
    label: str
    description: str
    required: bool
    """Whether a run without a value, and without a default, is refused."""
    default: str | int | float | bool | SecretDefault | None
    choices: list[str]
    minimum: float | None
    maximum: float | None
    min_length: int | None
    max_length: int | None
    pattern: str | None
    """A regular expression that the whole text must fit."""
    schemes: list[str]
    """Of a file: schemes of URLs that may be given; an absolute path always may."""

    @classmethod
    def of(cls, parameter: Parameter) -> ParameterView:
        """A parameter as it is shown."""
        default = parameter.default
        return cls(
            name=parameter.name,
            type=parameter.type,
            label=parameter.label,
            description=parameter.description,
            required=parameter.required,
            default=SecretDefault(secret=default.secret)
            if isinstance(default, SecretRef)
            else default,
            choices=list(parameter.choices),
            minimum=parameter.minimum,
            maximum=parameter.maximum,
            min_length=parameter.min_length,
            max_length=parameter.max_length,
            pattern=parameter.pattern,
            schemes=list(parameter.schemes),
        )


class LastRun(Model):
    """The newest job of a template."""

    job_id: UUID
    state: JobState
    at: datetime
    """When it was submitted."""

    @classmethod
    def of(cls, use: TemplateUse) -> LastRun | None:
        """None when there is none."""
        if use.last_job_id is None or use.last_state is None or use.last_at is None:
            return None
        return cls(job_id=use.last_job_id, state=use.last_state, at=use.last_at)


class TemplateRowView(Model):
    """A template as lists show it, by its newest version."""

    id: UUID
    project: str
    name: str
    description: str
    tags: list[str]
    version: int
    parameters: list[ParameterView]
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    last_run: LastRun | None
    runs_30d: int
    """Jobs submitted in the last 30 days."""
    success_rate_30d: float | None
    """Of those that ended by themselves, 0..1; null when none has."""
    avg_ms_30d: float | None
    """Mean run time of those that finished."""

    @classmethod
    def of_row(cls, listed: Listed) -> TemplateRowView:
        """A row as it is shown."""
        return cls(**_shown(listed.row, listed.use))


class TemplateView(TemplateRowView):
    """A template, or the version of it that was asked for."""

    spec: TemplateSpec

    @classmethod
    def of(cls, detail: TemplateDetail) -> TemplateView:
        """A template as it is shown."""
        draft = detail.template.draft
        return cls(**_shown(TemplateRow.of(detail.template), detail.use), spec=dict(draft.spec))


def _shown(row: TemplateRow, use: TemplateUse) -> dict[str, Any]:
    return {
        "id": row.id,
        "project": row.project,
        "name": row.name,
        "description": row.description,
        "tags": list(row.tags),
        "version": row.version,
        "parameters": [ParameterView.of(each) for each in row.parameters],
        "created_at": row.created_at,
        "created_by": row.created_by,
        "updated_at": row.updated_at,
        "updated_by": row.updated_by,
        "last_run": LastRun.of(use),
        "runs_30d": use.runs,
        "success_rate_30d": use.succeeded / use.judged if use.judged else None,
        "avg_ms_30d": use.avg_ms,
    }


class TemplatePage(Model):
    """Templates by name."""

    items: list[TemplateRowView]
    next_cursor: str | None


class TemplateVersionView(Model):
    """A version of a template."""

    version: int
    name: str
    description: str
    created_at: datetime
    created_by: str

    @classmethod
    def of(cls, row: VersionRow) -> TemplateVersionView:
        """A version as it is shown."""
        return cls(
            version=row.version,
            name=row.name,
            description=row.description,
            created_at=row.created_at,
            created_by=row.created_by,
        )


class TemplateVersions(Model):
    """Versions, the newest first."""

    items: list[TemplateVersionView]
    next_cursor: str | None


class TemplateImported(TemplateView):
    """A template as an import left it."""

    outcome: str
    """created, updated, or unchanged: it said the same already."""


class RenderedView(Model):
    """What a run with these parameters would submit."""

    spec: StoredSpec

    @classmethod
    def of(cls, rendered: Rendered) -> RenderedView:
        """A rendered template as it is shown."""
        return cls(spec=shown_spec(rendered.spec))


class RunBucketView(Model):
    """Jobs of a template that were submitted in one stretch of time."""

    start: datetime
    runs: int
    by_state: dict[JobState, int]
    """What they are now."""
    success_rate: float | None
    """Of those that ended by themselves, 0..1; null when none has."""
    avg_ms: float | None
    """Run time of those that finished."""
    p50_ms: float | None
    p95_ms: float | None

    @classmethod
    def of(cls, bucket: RunBucket) -> RunBucketView:
        """A stretch as it is shown."""
        return cls(start=bucket.start, **_bucket(bucket))


class TemplateStats(Model):
    """How the jobs of a template went over a range of time."""

    start: datetime
    end: datetime
    bucket_ms: int
    """Length of one stretch of the trend."""
    runs: int
    by_state: dict[JobState, int]
    success_rate: float | None
    avg_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    trend: list[RunBucketView]

    @classmethod
    def of(cls, start: datetime, end: datetime, stats: RunStats) -> TemplateStats:
        """Aggregates as they are shown."""
        return cls(
            start=start,
            end=end,
            bucket_ms=round((end - start).total_seconds() * 1000 / len(stats.series)),
            trend=[RunBucketView.of(bucket) for bucket in stats.series],
            **_bucket(stats.total),
        )


def _bucket(bucket: RunBucket) -> dict[str, Any]:
    judged = _sum(bucket, (JobState.SUCCEEDED, JobState.FAILED, JobState.TIMEOUT))
    return {
        "runs": bucket.runs,
        "by_state": dict(bucket.states),
        "success_rate": bucket.states[JobState.SUCCEEDED] / judged if judged else None,
        "avg_ms": bucket.avg_ms,
        "p50_ms": bucket.p50_ms,
        "p95_ms": bucket.p95_ms,
    }


def _sum(bucket: RunBucket, states: Sequence[JobState]) -> int:
    return sum(bucket.states[state] for state in states)
