"""Whoever listens to live topics: who they are at the moment, and what they may hear."""

from __future__ import annotations

from dataclasses import dataclass

from hodei.api.access.gate import Gate, Grant, Origin
from hodei.api.access.rules import Scope
from hodei.api.access.table import TOPICS
from hodei.domain.access.principal import Principal
from hodei.domain.access.roles import Permission


@dataclass(slots=True)
class Visitor:
    """One client; `principal` is renewed while it is connected."""

    gate: Gate
    origin: Origin
    principal: Principal

    @property
    def visible(self) -> frozenset[str] | None:
        """Projects whose jobs it may know of; None: all."""
        return self.principal.projects_with(Permission.JOBS_READ)

    async def admit(self, kind: str, key: str) -> str:
        """The key of a topic of this kind, as the engine shall look it up.

        Raises NotFound, Forbidden, Conflict.
        """
        async with self.gate.passing(TOPICS.get(kind), self.origin) as grant:
            return await self._admit(grant, key)

    async def _admit(self, grant: Grant, key: str) -> str:
        grant.target = key
        grant.enter(self.principal)
        return await grant.job(key) if grant.rule.scope is Scope.JOB else key
