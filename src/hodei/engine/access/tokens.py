"""API tokens: made by users for their programs, within what they themselves may."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from hodei.domain.access.api_token import MOST_TOKENS, ApiToken, token_digest, token_text
from hodei.domain.access.principal import Principal
from hodei.domain.access.roles import Role
from hodei.domain.errors import Conflict, InvalidRequest, NotFound, Violation
from hodei.engine.access.recognition import Recognition
from hodei.engine.core import Core
from hodei.engine.projects import NO_PROJECT


class Tokens:
    """Use cases around API tokens."""

    def __init__(self, core: Core, recognition: Recognition) -> None:
        self._core = core
        self._recognition = recognition

    async def create(
        self,
        principal: Principal,
        name: str,
        *,
        role: Role,
        project: str | None = None,
        expires_at: datetime | None = None,
        limit: ApiToken | None = None,
    ) -> tuple[str, ApiToken]:
        """A token of `principal` and its text, which nobody can read again.

        `limit` is the token that the caller itself shows: the new one is no more than it, and
        without `expires_at` it ends with it.
        Raises InvalidRequest, and Conflict for whoever is no user, a taken name and too many.
        """
        if principal.user_id is None:
            raise Conflict("tokens belong to users: make one, and sign in")
        now = self._core.clock.now()
        if limit is not None and expires_at is None:
            expires_at = limit.expires_at
        violations = _faults(principal, role, project, expires_at, now)
        if limit is not None:
            violations += _beyond(limit, role, project, expires_at)
        if project is not None and not violations:
            violations += await self._missing(project)
        if violations:
            raise InvalidRequest(violations)
        text = token_text(self._core.chance.token())
        token = ApiToken(
            id=self._core.chance.uuid(),
            digest=token_digest(text),
            user_id=principal.user_id,
            owner=principal.name,
            name=name,
            role=role,
            project=project,
            created_at=now,
            expires_at=expires_at,
        )
        if not await self._core.store.add_token(token, most=MOST_TOKENS):
            raise Conflict(
                f"there is a token named {name!r} already, or there are {MOST_TOKENS} of them; "
                "choose another name, or revoke one"
            )
        return text, token

    async def shown_by(self, principal: Principal) -> ApiToken | None:
        """The token that a caller came with; None: the caller came without one."""
        if principal.token_id is None:
            return None
        return await self._core.store.get_token(principal.token_id)

    async def of_user(self, user_id: UUID) -> Sequence[ApiToken]:
        """Newest first."""
        return await self._core.store.list_tokens(user_id)

    async def all(self) -> Sequence[ApiToken]:
        """Everybody's, newest first."""
        return await self._core.store.list_tokens()

    async def revoke(self, key: str, *, user_id: UUID | None) -> ApiToken:
        """Ends a token, by id, or by name among those of `user_id`; None: by id, of anybody.
        Raises NotFound."""
        token = await self._find(key, user_id)
        if token is None or not await self._core.store.delete_token(token.id):
            raise NotFound("token", key)
        await self._recognition.changed()
        return token

    async def _missing(self, project: str) -> list[Violation]:
        there = await self._core.store.get_project(project) is not None
        return [] if there else [_violation("project", NO_PROJECT, project)]

    async def _find(self, key: str, user_id: UUID | None) -> ApiToken | None:
        if user_id is not None:
            mine = await self._core.store.list_tokens(user_id)
            return next((one for one in mine if key in (str(one.id), one.name)), None)
        try:
            return await self._core.store.get_token(UUID(key))
        except ValueError:
            return None


def _faults(
    principal: Principal,
    role: Role,
    project: str | None,
    expires_at: datetime | None,
    now: datetime,
) -> list[Violation]:
    found: list[Violation] = []
    if expires_at is not None and expires_at <= now:
        found.append(_violation("expires_at", "must lie in the future", expires_at.isoformat()))
    if project is not None and principal.role_in(project) is None:
        found.append(_violation("project", "you have no role there", project))
    held = [principal.role_in(project)] if project is not None else list(principal.roles.values())
    most = max((one for one in held if one is not None), key=lambda one: one.rank, default=None)
    if most is not None and role.rank > most.rank:
        found.append(_violation("role", f"must be at most {most.value}, which you are", role.value))
    return found


def _beyond(
    limit: ApiToken, role: Role, project: str | None, expires_at: datetime | None
) -> list[Violation]:
    found: list[Violation] = []
    if role.rank > limit.role.rank:
        message = f"must be at most {limit.role.value}, as the token that you show"
        found.append(_violation("role", message, role.value))
    if limit.project is not None and project != limit.project:
        message = f"must be {limit.project}, as of the token that you show"
        found.append(_violation("project", message, project or ""))
    if limit.expires_at is not None and expires_at is not None and expires_at > limit.expires_at:
        message = f"must be at most {limit.expires_at.isoformat()}, as of the token that you show"
        found.append(_violation("expires_at", message, expires_at.isoformat()))
    return found


def _violation(field: str, message: str, value: str) -> Violation:
    return Violation(field=field, message=message, value=value)
