"""Whoever calls: a name, and a role per project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from hodei.domain.access.roles import (
    ALL_PROJECTS,
    GRANTS,
    OF_INSTALLATION,
    SHARED_READING,
    Permission,
    Role,
    lesser,
)
from hodei.domain.errors import Forbidden


class Via(StrEnum):
    """How a caller is known."""

    ANONYMOUS = "anonymous"
    """Nobody need say who they are: a loopback address, and no user yet."""
    DEV = "dev"
    """By a `dev-NAME` token of development mode."""
    TOKEN = "token"
    SESSION = "session"
    KEY = "key"
    """By an SSH key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody who calls, with what they may do at this moment."""

    name: str
    """Owner of what they submit, actor of what they do."""
    via: Via
    roles: Mapping[str, Role]
    """By project; ALL_PROJECTS counts for each."""
    user_id: UUID | None = None
    """None: not a user of this installation (anonymous, development mode, an SSH key)."""
    token_id: UUID | None = None
    """The API token that was shown."""

    def role_in(self, project: str) -> Role | None:
        """The greater of the role there and the role everywhere."""
        held = [self.roles[name] for name in (project, ALL_PROJECTS) if name in self.roles]
        return max(held, key=lambda role: role.rank, default=None)

    def may(self, permission: Permission, project: str | None = None) -> bool:
        """Whether it is allowed there; without a project: in the installation, or, for what
        belongs to projects, in at least one."""
        if permission in SHARED_READING:
            return any(permission in GRANTS[role] for role in self.roles.values())
        if permission in OF_INSTALLATION:
            project = ALL_PROJECTS
        elif project is None:
            return any(permission in GRANTS[role] for role in self.roles.values())
        role = self.role_in(project)
        return role is not None and permission in GRANTS[role]

    def projects_with(self, permission: Permission) -> frozenset[str] | None:
        """Projects in which it is allowed; None: in every one."""
        if self.may(permission, ALL_PROJECTS):
            return None
        return frozenset(name for name in self.roles if self.may(permission, name))

    def require(self, permission: Permission, project: str | None = None) -> None:
        """Raises Forbidden, naming what is missing, where it is not allowed."""
        if not self.may(permission, project):
            raise Forbidden(f"{self.name} may not: {self._missing(permission, project)}")

    def _missing(self, permission: Permission, project: str | None) -> str:
        role = next(role for role in Role if permission in GRANTS[role])
        if permission in OF_INSTALLATION and permission not in SHARED_READING:
            return f"{permission.value} needs the role {role.value} in all projects"
        where = f"in project {project!r}" if project is not None else "in a project"
        return f"{permission.value} needs the role {role.value} {where}"

    def limited(self, *, most: Role, project: str | None) -> Mapping[str, Role]:
        """Roles of a token of this principal: at most `most`, in `project` only if given."""
        if project is not None:
            role = self.role_in(project)
            return {} if role is None else {project: lesser(role, most)}
        return {name: lesser(role, most) for name, role in self.roles.items()}


def everything(name: str, via: Via) -> Principal:
    """Somebody who may do all there is."""
    return Principal(name=name, via=via, roles={ALL_PROJECTS: Role.ADMIN})
