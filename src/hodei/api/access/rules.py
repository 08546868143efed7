"""What an operation asks for: a permission, and where it must be held."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hodei.domain.access.roles import Permission


class Scope(StrEnum):
    """How the place is found in which a permission must be held."""

    PUBLIC = "public"
    """Nobody is asked who they are; what such an operation changes it notes by itself."""
    SELF = "self"
    """Whoever calls, about themselves; or what the handler asks the gate for piece by piece."""
    WORKER = "worker"
    """Agents: by the session of their own that they were enrolled into."""
    SERVER = "server"
    """Other servers of the installation: by the certificate that only they can have."""
    INSTALLATION = "installation"
    """It belongs to no project."""
    ANY = "any"
    """In some project; what is shown is restricted to `Grant.visible`."""
    JOB = "job"
    """In the project of the job that the request names."""
    PROJECT = "project"
    """In the project that the request names, in its body or its query; in bulk, each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one operation asks for."""

    scope: Scope
    permission: Permission | None = None
    """None: no more than to be known."""
    action: str = ""
    """What the audit log calls the change, `kind.verb`; empty: it changes nothing."""
