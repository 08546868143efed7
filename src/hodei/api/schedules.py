"""Lets a caller in to a schedule, by whichever door."""

from __future__ import annotations

from hodei.api.access.gate import Grant
from hodei.domain.errors import NotFound
from hodei.domain.schedules.schedule import Schedule
from hodei.engine.engine import Engine


async def admitted(engine: Engine, grant: Grant, key: str, project: str) -> Schedule:
    """The schedule of an id, or of a name in the project.

    Raises NotFound, also where the caller cannot read it, and Forbidden.
    """
    try:
        found = await engine.schedules.locate(key, project)
    except NotFound:
        # Whether the project may be known at all comes first: names tell nothing then.
        grant.in_project(project)
        raise
    grant.target = str(found.id)
    try:
        grant.in_project(found.project)
    except NotFound:
        if found.name == key:
            raise
        raise NotFound("schedule", key) from None
    return found
