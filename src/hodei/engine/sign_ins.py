"""Sign-ins: what a browser holds after somebody showed a token."""

from __future__ import annotations

from hodei.domain.sign_in import LIFETIME, SignIn, digest_of
from hodei.engine.core import Core


class SignIns:
    """Use cases around sign-ins; secrets come and go, only digests are stored."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def begin(self, owner: str) -> tuple[str, SignIn]:
        """A new sign-in and its secret, which nobody can read again."""
        secret = self._core.chance.token()
        now = self._core.clock.now()
        sign_in = SignIn(
            digest=digest_of(secret), owner=owner, created_at=now, expires_at=now + LIFETIME
        )
        await self._core.store.add_sign_in(sign_in)
        return secret, sign_in

    async def find(self, secret: str) -> SignIn | None:
        """The sign-in of a secret, which lives on by being used; None when it is over."""
        now = self._core.clock.now()
        found = await self._core.store.find_sign_in(digest_of(secret), now)
        if found is not None and found.needs_renewal(now):
            await self._core.store.renew_sign_in(found.digest, now + LIFETIME)
        return found

    async def end(self, secret: str) -> None:
        """Nobody can use the secret any more."""
        await self._core.store.end_sign_in(digest_of(secret))
