"""Whom a credential stands for, remembered for a few seconds.

Whatever changes what somebody may do calls `changed`: this replica forgets at once, the others
by a hint, and without hints by themselves after REMEMBERED.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from hodei.domain.access.api_token import ApiToken, is_token, token_digest
from hodei.domain.access.principal import Principal, Via
from hodei.domain.access.user import User
from hodei.domain.errors import Unauthenticated
from hodei.domain.sign_in import LIFETIME, Method, SignIn, digest_of
from hodei.engine.core import Core
from hodei.ports.bus import Hint

T = TypeVar("T")
TOPIC = "access"
REMEMBERED = timedelta(seconds=5)
MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Generic[T]):
    """What was found in the store, and when."""

    value: T
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A credential, and the user that it belongs to."""

    user: User | None
    """None: of development mode."""
    token: ApiToken | None = None
    sign_in: SignIn | None = None


Reader = Callable[[bytes, datetime], Awaitable[Shown | None]]


class Recognition:
    """Looks credentials up."""

    def __init__(self, core: Core, *, required: bool) -> None:
        self._core = core
        self._required = required
        self._shown: dict[bytes, Found[Shown]] = {}
        self._users: Found[bool] | None = None
        self._changes = 0

    @property
    def required(self) -> bool:
        """Whether everybody must sign in even before there is a user."""
        return self._required

    def forget(self) -> None:
        """Somebody's rights may have changed."""
        self._changes += 1
        self._shown.clear()
        self._users = None

    async def changed(self) -> None:
        """Somebody's rights have changed here; tells the other replicas."""
        self.forget()
        await self._core.bus.publish(Hint(topic=TOPIC))

    async def has_users(self) -> bool:
        """Whether there is any user."""
        now = self._core.clock.now()
        if self._users is not None and self._fresh(self._users, now):
            return self._users.value
        changes = self._changes
        found = await self._core.store.has_users()
        if changes == self._changes:
            self._users = Found(value=found, at=now)
        return found

    async def sign_in_needed(self) -> bool:
        """Whether whoever shows nothing may do nothing."""
        return self._required or await self.has_users()

    async def token(self, text: str) -> Principal:
        """Who shows an API token. Raises Unauthenticated."""
        if not is_token(text):
            raise Unauthenticated("the token is not accepted: it is none of this server's")
        shown = await self._find(token_digest(text), self._token)
        if shown is None or shown.user is None or shown.token is None or not shown.user.enabled:
            raise Unauthenticated(
                "the token is not accepted: unknown, revoked, or of a disabled user"
            )
        now = self._core.clock.now()
        if shown.token.over(now):
            raise Unauthenticated("the token has expired; make a new one")
        await self._note_use(shown, shown.token, now)
        return shown.token.principal(shown.user)

    async def session(self, secret: str, *, dev_mode: bool) -> tuple[Principal | None, SignIn]:
        """Whose sign-in a cookie's secret stands for, which lives on by being used; without a
        principal: whoever showed a token of development mode. Raises Unauthenticated."""
        digest = digest_of(secret)
        shown = await self._find(digest, self._sign_in)
        now = self._core.clock.now()
        if shown is None or shown.sign_in is None or shown.sign_in.expires_at <= now:
            raise Unauthenticated("the sign-in is over; sign in again")
        sign_in = await self._renewed(digest, shown, shown.sign_in, now)
        if sign_in.method is Method.DEV and dev_mode:
            return None, sign_in
        limited = sign_in.token_id is not None
        token = shown.token
        gone = limited and (token is None or token.over(now))
        if shown.user is None or not shown.user.enabled or gone:
            raise Unauthenticated("the sign-in is over; sign in again")
        if token is not None:
            return token.principal(shown.user, Via.SESSION), sign_in
        return shown.user.principal(Via.SESSION), sign_in

    async def _find(self, digest: bytes, read: Reader) -> Shown | None:
        now = self._core.clock.now()
        kept = self._shown.get(digest)
        if kept is not None and self._fresh(kept, now):
            return kept.value
        changes = self._changes
        found = await read(digest, now)
        # What was read while something changed may be either; it counts this once.
        if found is not None and changes == self._changes:
            self._keep(digest, found, now)
        return found

    async def _token(self, digest: bytes, _: datetime) -> Shown | None:
        token = await self._core.store.find_token(digest)
        if token is None:
            return None
        return Shown(token=token, user=await self._core.store.get_user(str(token.user_id)))

    async def _sign_in(self, digest: bytes, now: datetime) -> Shown | None:
        store = self._core.store
        sign_in = await store.find_sign_in(digest, now)
        if sign_in is None:
            return None
        user = await store.get_user(str(sign_in.user_id)) if sign_in.user_id else None
        token = await store.get_token(sign_in.token_id) if sign_in.token_id else None
        return Shown(sign_in=sign_in, user=user, token=token)

    async def _note_use(self, shown: Shown, token: ApiToken, now: datetime) -> None:
        if not token.use_is_news(now):
            return
        self._update(token.digest, replace(shown, token=replace(token, last_used_at=now)))
        await self._core.store.note_token_use(token.id, now)

    async def _renewed(self, digest: bytes, shown: Shown, sign_in: SignIn, now: datetime) -> SignIn:
        if not sign_in.needs_renewal(now):
            return sign_in
        longer = replace(sign_in, expires_at=now + LIFETIME)
        self._update(digest, replace(shown, sign_in=longer))
        await self._core.store.renew_sign_in(digest, longer.expires_at)
        return longer

    def _keep(self, digest: bytes, shown: Shown, now: datetime) -> None:
        if len(self._shown) >= MOST_REMEMBERED:
            self._shown.clear()
        self._shown[digest] = Found(value=shown, at=now)

    def _update(self, digest: bytes, shown: Shown) -> None:
        """Remembers more of what is remembered, and not for longer."""
        kept = self._shown.get(digest)
        if kept is not None:
            self._shown[digest] = replace(kept, value=shown)

    def _fresh(self, found: Found[T], now: datetime) -> bool:
        return timedelta(0) <= now - found.at < REMEMBERED
