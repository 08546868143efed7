"""The gate: asks the table whether somebody may do something, and tells the audit log.

What a caller cannot read answers as if it did not exist; what can be read and not be done is
Forbidden, with what is missing. Whoever may do something everywhere is let through without a
look at the store.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from hodei.api.access.rules import Rule, Scope
from hodei.domain.access.principal import Principal, Via
from hodei.domain.access.roles import ALL_PROJECTS, Permission
from hodei.domain.audit import Entry, Interface, Result, result_of
from hodei.domain.errors import Conflict, Forbidden, HodeiError, NotFound, Unavailable
from hodei.engine.correlation import current_id
from hodei.engine.jobs import Located
from hodei.engine.standing import Standing
from hodei.ports.clock import Clock

NOBODY = Principal(name="anonymous", via=Via.ANONYMOUS, roles={})
"""Until it is known who calls, and where nobody is asked."""
NO_RULE = Rule(scope=Scope.INSTALLATION)
"""What is not in the table lets nobody in."""


class Locator(Protocol):
    """Finds the project of a job."""

    async def locate(self, key: str, projects: frozenset[str] | None) -> Located:
        """The job of `key` in one of `projects`; see `Jobs.locate`."""
        ...


class AuditSink(Protocol):
    """Where changes and refusals are written down."""

    async def note(self, entry: Entry) -> None:
        """See `Audit.note`."""
        ...


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a call comes from."""

    interface: Interface
    source: str
    """Address of the peer."""


class Gate:
    """What all interfaces of one server ask."""

    def __init__(self, jobs: Locator, audit: AuditSink, clock: Clock, standing: Standing) -> None:
        self.jobs = jobs
        self.audit = audit
        self.clock = clock
        self.standing = standing

    @asynccontextmanager
    async def passing(self, rule: Rule | None, origin: Origin) -> AsyncIterator[Grant]:
        """One call from its beginning to its answer, written down as its rule asks.

        Within, `Grant.enter` lets the caller in, and `Grant.job` or `Grant.in_project` where
        the rule depends on a project. Raises Unavailable when a change cannot be written down.
        """
        grant = Grant(self, rule or NO_RULE, origin)
        try:
            yield grant
        except Exception as error:
            await grant.note(error)
            raise
        await grant.note(None)


@dataclass(slots=True)
class Grant:
    """One call: who it is, what it may, what it did."""

    gate: Gate
    rule: Rule
    origin: Origin
    principal: Principal = NOBODY
    target: str = ""
    """Id or name of what is acted on."""
    project: str = ""
    """Where, once that is known."""
    detail: str = ""
    """A few words for the audit log."""
    hidden: bool = False
    """Whether something was refused by saying that it does not exist."""

    @property
    def visible(self) -> frozenset[str] | None:
        """Projects whose jobs the caller may know of; None: all."""
        return self.principal.projects_with(Permission.JOBS_READ)

    def within(self, project: str | None) -> frozenset[str] | None:
        """The projects to look at when one, or none, was asked for."""
        visible = self.visible
        if project is None:
            return visible
        return frozenset({project} if visible is None else {project} & visible)

    def enter(self, principal: Principal) -> None:
        """Lets somebody in as far as that depends on no project. Raises Forbidden."""
        self.principal = principal
        if self.rule is NO_RULE:
            raise Forbidden("nobody may do this: it has no rule")
        if self.rule.scope in (Scope.INSTALLATION, Scope.ANY):
            principal.require(self._permission())

    async def job(self, key: str) -> str:
        """The key of a job, the whole id unless it is only read by somebody who may everywhere.

        Raises NotFound where the caller cannot read it, Forbidden, Conflict for the beginning
        of several ids that the caller can read.
        """
        self.target, everywhere = key, self.principal.may(self._permission(), ALL_PROJECTS)
        # Of a change, the audit log has to know where.
        return key if everywhere and not self.rule.action else await self._located(key)

    async def _located(self, key: str) -> str:
        visible = self.visible
        try:
            found = await self.gate.jobs.locate(key, visible)
        except NotFound:
            if visible is not None:
                # Also looked for when it is not there at all: the time taken tells nothing.
                await self._seek(key)
            raise
        self.target, self.project = str(found.job_id), found.project
        self.principal.require(self._permission(), found.project)
        return self.target

    async def _seek(self, key: str) -> None:
        """Notes for the audit log, and for nobody else, what it was that is hidden."""
        try:
            self.project = (await self.gate.jobs.locate(key, None)).project
        except NotFound:
            return
        except Conflict:
            pass  # more than one
        self.hidden = True

    async def each(self, key: str) -> str:
        """`job` for one of many, whose refusal is written down by itself."""
        if self.principal.may(self._permission(), ALL_PROJECTS):
            return key
        self.target = key
        try:
            return await self._located(key)
        except HodeiError as error:
            await self.note(error)
            raise
        finally:
            self.target, self.project, self.hidden = "", "", False

    def in_project(self, project: str) -> None:
        """Raises NotFound for a project that the caller cannot read, Forbidden."""
        self.project, permission = project, self._permission()
        if self.principal.may(permission, project):
            return
        if not self.principal.may(Permission.JOBS_READ, project):
            self.hidden = True
            raise NotFound("project", project)
        self.principal.require(permission, project)

    def owned(self, kind: str, key: str, project: str) -> None:
        """`in_project` for a `kind` that was named by its id, and that lies in that project."""
        if not self.principal.may(Permission.JOBS_READ, project):
            self.hidden = True
            raise NotFound(kind, key)
        self.in_project(project)

    async def lost(self, who: Callable[[], Awaitable[Principal]]) -> HodeiError:
        """Returns once the caller may not go on, with the reason; `who` asks anew who it is."""
        while True:
            await self.gate.standing.wait()
            try:
                self.enter(await who())
                if self.rule.scope is Scope.JOB:
                    await self.job(self.target)
            except Unavailable:
                continue  # the store will be back, and nobody is turned away for its absence
            except HodeiError as error:
                return error

    async def note(self, error: Exception | None) -> None:
        """Writes down a change, or that it was refused or failed; reading leaves no trace.

        Raises Unavailable when a change cannot be written down.
        """
        result, code, detail = result_of(error)
        if self.hidden and isinstance(error, NotFound):
            result, detail = Result.DENIED, str(error)
        if self.rule.scope is Scope.PUBLIC or not (self.rule.action or result is Result.DENIED):
            return
        principal, permission = self.principal, self.rule.permission
        action = self.rule.action or (permission.value if permission else "access")
        await self.gate.audit.note(
            Entry(
                at=self.gate.clock.now(),
                actor=principal.name,
                via="" if principal is NOBODY else principal.via.value,
                action=action,
                target_kind=self._kind(action),
                target=self.target,
                project=self.project,
                result=result,
                code=code,
                source=self.origin.source,
                interface=self.origin.interface,
                correlation_id=current_id(),
                detail=detail or self.detail,
            )
        )

    def _kind(self, action: str) -> str:
        if self.rule.scope is Scope.JOB:
            return "job"
        return action.partition(".")[0].removesuffix("s") if self.target else ""

    def _permission(self) -> Permission:
        assert self.rule.permission is not None, "this scope goes with a permission"
        return self.rule.permission
