"""Signing in at an identity provider: who that is here, and with which role."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hodei.domain.access.handshake import handshake_of
from hodei.domain.access.roles import ALL_PROJECTS, Role
from hodei.domain.access.user import USER_NAME, User
from hodei.domain.errors import Conflict, Forbidden, Unauthenticated
from hodei.domain.parsing.reader import pick
from hodei.domain.sign_in import Method, SignIn
from hodei.engine.access.sign_ins import Place, SignIns
from hodei.engine.access.users import UserChange, Users
from hodei.engine.core import Core
from hodei.ports.identity_provider import Identified, IdentityProvider

MOST_NAMES = 100
"""Names tried for somebody whose own is taken."""
_NAME_CLAIMS = ("preferred_username", "email", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class RolePolicy:
    """Which role, in all projects, somebody has whom the provider vouches for."""

    claim: str | None = None
    """Claim that names roles, as text or a list of texts; the greatest counts, at every
    sign-in. None: roles are given here."""
    default: Role | None = None
    """Role of whoever the claim gives none; None: no entry without one."""

    def role(self, claims: Mapping[str, object]) -> Role | None:
        """The role that claims give."""
        named = claims.get(self.claim) if self.claim is not None else None
        texts = named if isinstance(named, list) else [named]
        found = [role for role in (pick(text, Role) for text in texts) if role is not None]
        return max(found, key=lambda role: role.rank, default=self.default)


class Oidc:
    """Use cases around one identity provider."""

    def __init__(
        self,
        core: Core,
        users: Users,
        sign_ins: SignIns,
        provider: IdentityProvider,
        policy: RolePolicy,
    ) -> None:
        self._core = core
        self._users = users
        self._sign_ins = sign_ins
        self._provider = provider
        self._policy = policy

    @property
    def name(self) -> str:
        """The provider's, for people."""
        return self._provider.name

    async def begin(self, *, redirect_uri: str) -> tuple[str, str]:
        """A secret for the browser to keep, and where it goes. Raises Unavailable."""
        secret = self._core.chance.token()
        url = await self._provider.login_url(handshake_of(secret), redirect_uri=redirect_uri)
        return secret, url

    async def finish(
        self, secret: str, *, state: str, code: str, redirect_uri: str, place: Place
    ) -> tuple[str, SignIn]:
        """A new sign-in and its secret. Raises Unauthenticated when the browser did not begin
        this or the provider's answer does not fit, Forbidden for whoever has no role here."""
        handshake = handshake_of(secret)
        if not hmac.compare_digest(handshake.state.encode(), state.encode()):
            raise Unauthenticated("this browser did not begin this sign-in; begin again")
        who = await self._provider.identify(code, handshake, redirect_uri=redirect_uri)
        user = await self._user(who)
        if not user.enabled:
            raise Forbidden(f"{user.name} is disabled here")
        return await self._sign_ins.begin(user, Method.OIDC, place)

    async def _user(self, who: Identified) -> User:
        subject = f"{who.issuer} {who.subject}"
        role = self._policy.role(who.claims)
        user = await self._core.store.user_by_subject(subject)
        if user is None:
            return await self._admit(subject, who, role)
        return await self._with_role(user, role)

    async def _admit(self, subject: str, who: Identified, role: Role | None) -> User:
        """A new user. A name that somebody has here already is not taken for the same person."""
        if role is None:
            raise Forbidden(f"{self.name} knows you, but nobody gave you a role here")
        name = _name(who)
        for number in range(1, MOST_NAMES):
            tried = name if number == 1 else f"{name[:58]}-{number}"
            if await self._core.store.get_user(tried) is None:
                return await self._users.create(
                    tried, roles={ALL_PROJECTS: role}, oidc_subject=subject
                )
        raise Conflict(f"the name {name!r} and its like are taken")

    async def _with_role(self, user: User, role: Role | None) -> User:
        if self._policy.claim is None or user.roles.get(ALL_PROJECTS) is role:
            return user
        roles = {project: held for project, held in user.roles.items() if project != ALL_PROJECTS}
        if role is not None:
            roles[ALL_PROJECTS] = role
        kept = replace(user, roles=roles)
        if user.administers and not kept.administers and not await self._another_admin(user):
            return user  # somebody must be left who can put things right
        changed = await self._users.change(str(user.id), UserChange(roles=roles))
        if not roles:
            # Only now: tokens and other sign-ins lose the role as well.
            raise Forbidden(f"{self.name} gives you no role here any more")
        return changed

    async def _another_admin(self, user: User) -> bool:
        return any(one.administers for one in await self._users.all() if one.id != user.id)


def _name(who: Identified) -> str:
    """A name for a new user, from what the provider calls the person."""
    for claim in _NAME_CLAIMS:
        given = who.claims.get(claim)
        if isinstance(given, str):
            plain = given.partition("@")[0].lower()
            plain = re.sub(r"[^a-z0-9._-]+", "-", plain).strip("._-")[: USER_NAME.most]
            if USER_NAME.pattern.fullmatch(plain):
                return plain
    return "user"
