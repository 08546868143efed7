"""The event of a change to a schedule."""

from __future__ import annotations

from datetime import datetime

from hodei.domain.events import Event, EventKind
from hodei.domain.schedules.schedule import Schedule


def schedule_event(
    schedule: Schedule, at: datetime, actor: str = "system", **data: object
) -> Event:
    """Tells whoever looks at schedules which one to look at again."""
    return Event(
        kind=EventKind.SCHEDULE_CHANGED,
        at=at,
        project=schedule.project,
        actor=actor,
        data={"schedule_id": str(schedule.id), "name": schedule.name, **data},
    )
