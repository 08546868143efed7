"""What is sent: one JSON object, the same for every attempt at a delivery.

The job is told as it was at the event, as far as the event says, whatever it is by now.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from hodei.domain.events import Event
from hodei.domain.origin import ScheduleRef, TemplateRef
from hodei.domain.webhooks.webhook import TEST, Subject, Webhook, WebhookEvent

VERSION = 1
"""Of the payload's form; fields are added without a new one."""
_ENDS = frozenset(
    {
        WebhookEvent.JOB_SUCCEEDED,
        WebhookEvent.JOB_FAILED,
        WebhookEvent.JOB_CANCELLED,
        WebhookEvent.JOB_TIMEOUT,
    }
)


def job_payload(
    delivery_id: UUID, webhook: Webhook, told: WebhookEvent, event: Event, job: Subject
) -> str:
    """The text for an event of a job."""
    outcome = event.data.get("outcome")
    over = told in _ENDS
    begun = job.started_at if told is not WebhookEvent.JOB_SUBMITTED else None
    return _text(
        delivery_id,
        webhook,
        told.value,
        event.at,
        {
            "job": {
                "id": str(job.id),
                "name": job.name,
                "project": job.project,
                "owner": job.owner,
                "labels": dict(job.labels),
                "priority": job.priority,
                "command_type": job.command_type,
                "image": job.image,
                "state": str(event.data.get("state", "PENDING")),
                "attempt_id": str(event.attempt_id) if event.attempt_id else None,
                "submitted_at": _time(job.submitted_at),
                "started_at": _time(begun),
                "finished_at": _time(event.at if over else None),
                "outcome": dict(outcome) if isinstance(outcome, Mapping) else None,
                "reason": str(event.data.get("reason") or ""),
                "template": _template(job),
                "schedule": _named(job.schedule),
                "trigger": job.origin.trigger if job.origin else None,
            },
            "actor": event.actor,
        },
    )


def trial_payload(delivery_id: UUID, webhook: Webhook, at: datetime, actor: str) -> str:
    """The text of a test delivery."""
    return _text(delivery_id, webhook, TEST, at, {"job": None, "actor": actor})


def _text(
    delivery_id: UUID, webhook: Webhook, event: str, at: datetime, rest: Mapping[str, object]
) -> str:
    whole = {
        "version": VERSION,
        "id": str(delivery_id),
        "event": event,
        "at": _time(at),
        "webhook": {"id": str(webhook.id), "name": webhook.name},
        "project": webhook.project,
        **rest,
    }
    return json.dumps(whole, separators=(",", ":"))


def _template(job: Subject) -> dict[str, object] | None:
    made = job.template
    return None if made is None else {**(_named(made) or {}), "version": made.version}


def _named(ref: TemplateRef | ScheduleRef | None) -> dict[str, object] | None:
    return None if ref is None else {"id": str(ref.id), "name": ref.name}


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
