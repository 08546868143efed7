"""A named secret as it is kept: sealed, with what may be shown of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """One secret of a project. Its value is nowhere in here but sealed."""

    project: str
    name: str
    version: int
    """How often it was set; the sealed value is bound to it. 0: it comes from a file."""
    sealed: str = field(default="", repr=False)
    created_at: datetime
    updated_at: datetime
    updated_by: str = ""
    last_used_at: datetime | None = None
    """When it last went to a worker."""

    @property
    def place(self) -> tuple[str, ...]:
        """What the sealed value is bound to."""
        return secret_place(self.project, self.name, self.version)


def secret_place(project: str, name: str, version: int) -> tuple[str, ...]:
    """What the value of a named secret is bound to when it is sealed."""
    return ("secret", project, name, str(version))
