"""A webhook as it is kept: where it calls, what it wants to hear of, what it sends along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from uuid import UUID

from hodei.domain.events import Event, EventKind
from hodei.domain.job import JobState
from hodei.domain.origin import Origin, ScheduleRef, TemplateRef

MOST_WEBHOOKS = 50
"""Of one project."""


class WebhookEvent(StrEnum):
    """What can be told; one word for each end of a job."""

    JOB_SUBMITTED = "job.submitted"
    JOB_STARTED = "job.started"
    JOB_RETRIED = "job.retried"
    """An attempt is over, and another one follows."""
    JOB_SUCCEEDED = "job.succeeded"
    JOB_FAILED = "job.failed"
    JOB_CANCELLED = "job.cancelled"
    JOB_TIMEOUT = "job.timeout"


TEST = "webhook.test"
"""What a test delivery is called; it is sent to one webhook, whatever that one wants to hear."""

_PLAIN = {
    EventKind.JOB_SUBMITTED: WebhookEvent.JOB_SUBMITTED,
    EventKind.JOB_STARTED: WebhookEvent.JOB_STARTED,
    EventKind.JOB_REQUEUED: WebhookEvent.JOB_RETRIED,
}
_ENDS = {
    JobState.SUCCEEDED.value: WebhookEvent.JOB_SUCCEEDED,
    JobState.FAILED.value: WebhookEvent.JOB_FAILED,
    JobState.CANCELLED.value: WebhookEvent.JOB_CANCELLED,
    JobState.TIMEOUT.value: WebhookEvent.JOB_TIMEOUT,
}
TOLD = (*_PLAIN, EventKind.JOB_FINISHED)
"""Kinds of the feed that a webhook can hear of."""


def told_as(event: Event) -> WebhookEvent | None:
    """What an event of the feed is called outside; None: it is told to nobody."""
    if event.kind is EventKind.JOB_FINISHED:
        return _ENDS.get(str(event.data.get("state")))
    return _PLAIN.get(event.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is told of the job of an event, and what filters look at."""

    id: UUID
    name: str
    project: str
    owner: str
    labels: Mapping[str, str]
    priority: str
    command_type: str
    image: str | None
    attempts: int
    submitted_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    origin: Origin | None = None

    @property
    def template(self) -> TemplateRef | None:
        """The template that it was made from."""
        return self.origin.template if self.origin else None

    @property
    def schedule(self) -> ScheduleRef | None:
        """The schedule that submitted it."""
        return self.origin.schedule if self.origin else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which jobs a webhook wants to hear of; what is left out lets every job through."""

    template: str | None = None
    """Id or name."""
    schedule: str | None = None
    """Id or name."""
    name: str | None = None
    """Pattern of the job's name: `*` any text, `?` one character, `[abc]` one of these."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """All of these."""

    def allow(self, job: Subject) -> bool:
        """Whether a job passes."""
        if self.template is not None and not _is(job.template, self.template):
            return False
        if self.schedule is not None and not _is(job.schedule, self.schedule):
            return False
        if self.name is not None and not fnmatchcase(job.name, self.name):
            return False
        return all(job.labels.get(key) == value for key, value in self.labels.items())


def _is(ref: TemplateRef | ScheduleRef | None, key: str) -> bool:
    return ref is not None and key in (str(ref.id), ref.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One webhook of a project. Its secret and the values of its headers lie here sealed."""

    id: UUID
    project: str
    name: str
    url: str
    events: frozenset[WebhookEvent]
    filters: Filters = field(default_factory=Filters)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Name to sealed value."""
    secret: str = field(default="", repr=False)
    """Sealed."""
    enabled: bool = True
    timeout_ms: int = 10_000
    """Of one attempt, from the look-up of the name to the end of the answer."""
    version: int = 0
    created_at: datetime
    created_by: str = ""
    updated_at: datetime
    updated_by: str = ""
    failing_since: datetime | None = None
    """First of the failures since the last delivery that arrived; set by the store."""

    def wants(self, event: WebhookEvent, job: Subject) -> bool:
        """Whether it is told of this."""
        return (
            self.enabled
            and event in self.events
            and job.project == self.project
            and self.filters.allow(job)
        )

    @property
    def secret_place(self) -> tuple[str, ...]:
        """What its sealed secret is bound to."""
        return ("webhook", str(self.id), "secret")

    def header_place(self, name: str) -> tuple[str, ...]:
        """What the sealed value of a header is bound to."""
        return ("webhook", str(self.id), "header", name)
