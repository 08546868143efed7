"""Permissions, and the roles that grant them.

A role is held in a project, or in `ALL_PROJECTS`: then it holds everywhere, and for what belongs
to no project (providers, workers, the scheduler, users) as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

ALL_PROJECTS = "*"
"""Stands for every project, those of tomorrow too; no project can be called so."""


class Permission(StrEnum):
    """What somebody may do; every operation of every interface asks for one."""

    JOBS_READ = "jobs.read"
    JOBS_RUN = "jobs.run"
    """Submit, repeat, cancel and reprioritise."""
    LOGS_READ = "logs.read"
    TERMINAL_OPEN = "terminal.open"
    METRICS_READ = "metrics.read"
    QUEUE_READ = "queue.read"
    QUEUE_MANAGE = "queue.manage"
    PROVIDERS_READ = "providers.read"
    PROVIDERS_MANAGE = "providers.manage"
    WORKERS_READ = "workers.read"
    WORKERS_MANAGE = "workers.manage"
    PROJECTS_READ = "projects.read"
    PROJECTS_MANAGE = "projects.manage"
    SCHEDULES_READ = "schedules.read"
    SCHEDULES_MANAGE = "schedules.manage"
    SECRETS_READ = "secrets.read"
    """Names and dates of secrets; nobody may read a value."""
    SECRETS_MANAGE = "secrets.manage"
    SECRETS_ROTATE = "secrets.rotate"
    """Seal everything anew with another key."""
    TEMPLATES_READ = "templates.read"
    TEMPLATES_MANAGE = "templates.manage"
    """Write and remove them; whoever may run jobs may run them."""
    USERS_MANAGE = "users.manage"
    AUDIT_READ = "audit.read"
    WEBHOOKS_READ = "webhooks.read"
    """Their addresses may be secrets of a kind, and what they send tells of every job."""
    WEBHOOKS_MANAGE = "webhooks.manage"


class Role(StrEnum):
    """What somebody is in a project; each may do what the one before it may, and more."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """Order of the roles, the least first."""
        return _RANKS[self]


_RANKS: Mapping[Role, int] = {role: rank for rank, role in enumerate(Role)}

_VIEWER = frozenset(
    {
        Permission.JOBS_READ,
        Permission.LOGS_READ,
        Permission.METRICS_READ,
        Permission.QUEUE_READ,
        Permission.PROVIDERS_READ,
        Permission.WORKERS_READ,
        Permission.PROJECTS_READ,
        Permission.SCHEDULES_READ,
        Permission.TEMPLATES_READ,
    }
)
_OPERATOR = _VIEWER | {
    Permission.JOBS_RUN,
    Permission.TERMINAL_OPEN,
    Permission.SCHEDULES_MANAGE,
    Permission.SECRETS_READ,
    Permission.TEMPLATES_MANAGE,
}

GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.OPERATOR: _OPERATOR,
    Role.ADMIN: frozenset(Permission),
}

OF_INSTALLATION = frozenset(
    {
        Permission.QUEUE_READ,
        Permission.QUEUE_MANAGE,
        Permission.PROVIDERS_READ,
        Permission.PROVIDERS_MANAGE,
        Permission.WORKERS_READ,
        Permission.WORKERS_MANAGE,
        Permission.PROJECTS_MANAGE,
        Permission.SECRETS_ROTATE,
        Permission.USERS_MANAGE,
    }
)
"""These concern what all projects share."""

SHARED_READING = frozenset(
    {Permission.QUEUE_READ, Permission.PROVIDERS_READ, Permission.WORKERS_READ}
)
"""Of those, a role in any one project suffices for these: whoever submits a job must be able to
see where it can run."""


def lesser(one: Role, other: Role) -> Role:
    """The role that may do less."""
    return min(one, other, key=lambda role: role.rank)
