"""Users: the first one, and those that an administrator makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from hodei.domain.access.roles import ALL_PROJECTS, Role
from hodei.domain.access.user import User, WrongPassword
from hodei.domain.errors import (
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    StaleVersion,
    Violation,
)
from hodei.engine.access.recognition import Recognition
from hodei.engine.access.sign_ins import SignIns
from hodei.engine.core import Core
from hodei.engine.projects import NO_PROJECT
from hodei.ports.passwords import Passwords
from hodei.ports.setup_code import SetupCode
from hodei.ports.users import UserVerdict

LAST_ADMIN = (
    "this is the last enabled administrator of all projects; give that role to somebody else first"
)
EXISTS = "there is a user already: sign in, and let an administrator make more"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChange:
    """What to change; None leaves it as it is."""

    name: str | None = None
    password: str | None = None
    """In its normal form."""
    roles: Mapping[str, Role] | None = None
    enabled: bool | None = None


class Users:
    """Use cases around users. Names, passwords and roles have been checked by the domain."""

    def __init__(
        self,
        core: Core,
        passwords: Passwords,
        recognition: Recognition,
        sign_ins: SignIns,
        setup_code: SetupCode | None,
    ) -> None:
        self._core = core
        self._passwords = passwords
        self._recognition = recognition
        self._sign_ins = sign_ins
        self._setup_code = setup_code

    @property
    def setup_needs_code(self) -> bool:
        """Whether the first administrator has to show the code of the server's console."""
        return self._setup_code is not None

    async def set_up(self, name: str, password: str, code: str) -> User:
        """Makes the first administrator. Raises Forbidden for a wrong code, and Conflict once
        there is a user."""
        if await self._core.store.has_users():
            raise Conflict(EXISTS)
        if self._setup_code is not None and not await self._setup_code.fits(code):
            raise Forbidden(
                "the setup code is not the one that the server printed at its start (it is in "
                "the file setup-code of its data directory as well)"
            )
        roles = {ALL_PROJECTS: Role.ADMIN}
        user = await self._add(name, password=password, roles=roles, first=True)
        if self._setup_code is not None:
            await self._setup_code.spend()
        return user

    async def create(
        self,
        name: str,
        *,
        password: str | None = None,
        roles: Mapping[str, Role] | None = None,
        enabled: bool = True,
        oidc_subject: str | None = None,
    ) -> User:
        """Makes a user. Raises InvalidRequest for a role in a project that is not there, and
        Conflict when the name is taken, or when it would be the first and no administrator:
        everybody would then be locked out."""
        await self._require_projects(roles or {})
        admin = enabled and (roles or {}).get(ALL_PROJECTS) is Role.ADMIN
        if not admin and not await self._core.store.has_users():
            raise Conflict("the first user must be an administrator of all projects (role '*')")
        return await self._add(
            name, password=password, roles=roles or {}, enabled=enabled, oidc_subject=oidc_subject
        )

    async def all(self) -> Sequence[User]:
        """By name."""
        return await self._core.store.list_users()

    async def get(self, key: str) -> User:
        """By id or name. Raises NotFound."""
        user = await self._core.store.get_user(key)
        if user is None:
            raise NotFound("user", key)
        return user

    async def change(self, key: str, change: UserChange) -> User:
        """Changes a user. A new password, and disabling, end the user's sign-ins. Raises
        NotFound, InvalidRequest for a role in a project that is not there, and Conflict for a
        taken name and for the last administrator."""
        user = await self.get(key)
        await self._require_projects(change.roles or {})
        changed = replace(
            user,
            name=user.name if change.name is None else change.name,
            roles=user.roles if change.roles is None else change.roles,
            enabled=user.enabled if change.enabled is None else change.enabled,
        )
        if change.password is not None:
            hashed = await self._passwords.hash(change.password)
            changed = replace(changed, password_hash=hashed)
        if changed == user:
            return user
        self._judge(await self._core.store.save_user(changed), user)
        if change.password is not None or not changed.enabled:
            await self._core.store.end_sign_ins_of(user.id)
        await self._recognition.changed()
        return await self.get(str(user.id))

    async def delete(self, key: str) -> None:
        """Removes a user with all tokens and sign-ins. Raises NotFound and Conflict."""
        user = await self.get(key)
        self._judge(await self._core.store.delete_user(user.id), user)
        await self._recognition.changed()

    async def change_password(self, user: User, old: str, new: str, source: str) -> User:
        """A user's own new password. Raises InvalidRequest for a wrong old one, and
        TooManyRequests."""
        try:
            await self._sign_ins.check_password(user.name, old, source)
        except WrongPassword:
            raise InvalidRequest.of("password.old", "is not the present password") from None
        fresh = await self.get(str(user.id))
        changed = replace(fresh, password_hash=await self._passwords.hash(new))
        self._judge(await self._core.store.save_user(changed), user)
        await self._recognition.changed()
        return await self.get(str(user.id))

    async def _require_projects(self, names: Iterable[str]) -> None:
        missing = [
            Violation(field=f"roles.{name}", message=NO_PROJECT, value=name)
            for name in sorted(set(names) - {ALL_PROJECTS})
            if await self._core.store.get_project(name) is None
        ]
        if missing:
            raise InvalidRequest(missing)

    async def _add(
        self,
        name: str,
        *,
        password: str | None,
        roles: Mapping[str, Role],
        enabled: bool = True,
        oidc_subject: str | None = None,
        first: bool = False,
    ) -> User:
        user = User(
            id=self._core.chance.uuid(),
            name=name,
            roles=roles,
            enabled=enabled,
            password_hash=None if password is None else await self._passwords.hash(password),
            oidc_subject=oidc_subject,
            created_at=self._core.clock.now(),
        )
        verdict = await self._core.store.add_user(user, first=first)
        self._judge(verdict, user)
        await self._recognition.changed()
        return await self.get(str(user.id))

    def _judge(self, verdict: UserVerdict, user: User) -> None:
        match verdict:
            case UserVerdict.SAVED:
                return
            case UserVerdict.GONE:
                raise NotFound("user", user.name)
            case UserVerdict.TAKEN:
                raise Conflict("there is a user of this name already")
            case UserVerdict.STALE:
                raise StaleVersion(f"{user.name} was changed by somebody else; look again")
            case UserVerdict.LAST_ADMIN:
                raise Conflict(LAST_ADMIN)
            case UserVerdict.NOT_FIRST:
                raise Conflict(EXISTS)
            case _:
                assert_never(verdict)
