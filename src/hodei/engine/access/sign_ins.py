"""Sign-ins: what a browser holds after somebody showed a password, a token or an identity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hodei.domain.access import tries
from hodei.domain.access.principal import Principal
from hodei.domain.access.user import PASSWORD_MOST, User, WrongPassword, normalised
from hodei.domain.errors import NotFound
from hodei.domain.sign_in import LIFETIME, LONGEST_AGENT, Method, SignIn, digest_of
from hodei.engine.access.recognition import Recognition
from hodei.engine.core import Core
from hodei.ports.passwords import Passwords


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """From where somebody signs in."""

    source: str
    """Address."""
    agent: str = ""
    """What the browser calls itself."""


class SignIns:
    """Use cases around sign-ins; secrets come and go, only digests are stored."""

    def __init__(self, core: Core, passwords: Passwords, recognition: Recognition) -> None:
        self._core = core
        self._passwords = passwords
        self._recognition = recognition

    async def with_password(self, name: str, password: str, place: Place) -> tuple[str, SignIn]:
        """A new sign-in and its secret. Raises WrongPassword and TooManyRequests."""
        user = await self.check_password(name, password, place.source)
        return await self.begin(user, Method.PASSWORD, place)

    async def check_password(self, name: str, password: str, source: str) -> User:
        """The enabled user of this name and password. Takes as long, and says the same, for
        everything that does not fit. Raises WrongPassword and TooManyRequests."""
        store, now = self._core.store, self._core.clock.now()
        by_name, by_source = tries.name_key(name), tries.source_key(source)
        counted = await store.count_tries([by_name, by_source], now=now, window=tries.WINDOW)
        tries.check(counted, name=by_name, now=now)
        user = await self._named(name)
        stored = user.password_hash if user is not None else None
        # Normalising can take a while for what is far too long to be anybody's password.
        given = normalised(password) if len(password) <= PASSWORD_MOST * 4 else password
        fits = await self._passwords.verify(stored, given[: PASSWORD_MOST + 1])
        if user is None or not fits or not user.enabled:
            raise WrongPassword
        await store.forgive(all_of=by_name, one_of=by_source)
        if stored is not None and self._passwords.outdated(stored):
            await store.replace_hash(user.id, stored, await self._passwords.hash(given))
        return user

    async def begin(self, user: User, method: Method, place: Place) -> tuple[str, SignIn]:
        """A new sign-in of a user and its secret, which nobody can read again."""
        now = self._core.clock.now()
        await self._core.store.note_sign_in(user.id, now)
        return await self._begin(user.name, method, place, now, user_id=user.id)

    async def with_token(self, principal: Principal, place: Place) -> tuple[str, SignIn]:
        """A new sign-in of whoever showed a token: it may do what the token may, and ends with
        it."""
        now = self._core.clock.now()
        user_id, token_id = principal.user_id, principal.token_id
        if user_id is None:
            return await self._begin(principal.name, Method.DEV, place, now)
        return await self._begin(
            principal.name, Method.TOKEN, place, now, user_id=user_id, token_id=token_id
        )

    async def end(self, secret: str) -> None:
        """Nobody can use the secret any more."""
        await self._core.store.end_sign_in(digest_of(secret))
        await self._recognition.changed()

    async def of_user(self, user_id: UUID) -> Sequence[SignIn]:
        """Those that are not over, newest first."""
        return await self._core.store.sign_ins_of(user_id, self._core.clock.now())

    async def end_one(self, user_id: UUID, key: str) -> None:
        """Ends one of a user's sign-ins by its id. Raises NotFound."""
        try:
            found = await self._core.store.end_sign_in_of(user_id, UUID(key))
        except ValueError:
            found = False
        if not found:
            raise NotFound("session", key)
        await self._recognition.changed()

    async def end_all(self, user_id: UUID, *, but: UUID | None = None) -> None:
        """Ends a user's sign-ins, except one."""
        await self._core.store.end_sign_ins_of(user_id, but=but)
        await self._recognition.changed()

    async def _named(self, name: str) -> User | None:
        user = await self._core.store.get_user(name)
        # The store takes ids as well, which are nobody's name.
        return user if user is not None and user.name == name else None

    async def _begin(
        self,
        owner: str,
        method: Method,
        place: Place,
        now: datetime,
        *,
        user_id: UUID | None = None,
        token_id: UUID | None = None,
    ) -> tuple[str, SignIn]:
        secret = self._core.chance.token()
        sign_in = SignIn(
            id=self._core.chance.uuid(),
            digest=digest_of(secret),
            owner=owner,
            method=method,
            user_id=user_id,
            token_id=token_id,
            created_at=now,
            expires_at=now + LIFETIME,
            agent=place.agent[:LONGEST_AGENT],
            source=place.source,
        )
        await self._core.store.add_sign_in(sign_in)
        return secret, sign_in
