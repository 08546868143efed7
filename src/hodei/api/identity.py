"""Who calls, and what they may do: the same in every interface."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hodei.domain.access.principal import Principal, Via, everything
from hodei.domain.errors import NotFound, Unauthenticated
from hodei.domain.sign_in import SignIn
from hodei.engine.access.access import Access

LOCAL = "local"
_DEV_TOKEN = re.compile(r"dev-([a-zA-Z0-9][a-zA-Z0-9._-]{0,62})\Z")
LONGEST_SECRET = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Whoever came with the cookie of a sign-in."""

    principal: Principal
    sign_in: SignIn


class Identity:
    """Reads credentials, the same in every interface.

    Whoever shows none may do everything in development mode, and until there is a user where
    only this machine reaches the server; else nothing.
    """

    def __init__(self, access: Access, *, dev_mode: bool) -> None:
        self._access = access
        self._dev_mode = dev_mode

    @property
    def dev_mode(self) -> bool:
        """Whether `dev-NAME` tokens are accepted."""
        return self._dev_mode

    async def sign_in_needed(self) -> bool:
        """Whether whoever shows no credential may do nothing."""
        return not self._dev_mode and await self._access.recognition.sign_in_needed()

    async def principal(self, authorization: str | None) -> Principal:
        """Who calls. Raises Unauthenticated for a token that is not accepted, and for none
        where one is needed."""
        if not authorization:
            if await self.sign_in_needed():
                raise Unauthenticated("sign in, or send a token as 'Authorization: Bearer TOKEN'")
            return everything(LOCAL, Via.ANONYMOUS)
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("the Authorization header must be 'Bearer TOKEN'")
        return await self.token(token.strip())

    async def token(self, text: str) -> Principal:
        """Who shows a token. Raises Unauthenticated."""
        if not text.startswith("dev-"):
            return await self._access.recognition.token(text)
        if not self._dev_mode:
            raise Unauthenticated(
                "dev-NAME tokens are accepted in development mode only, which this server is not "
                "in (HODEI_DEV_MODE=1)"
            )
        found = _DEV_TOKEN.match(text)
        if found is None:
            raise Unauthenticated("in development mode tokens look like dev-NAME")
        return everything(found[1], Via.DEV)

    async def keyed(self, name: str) -> Principal:
        """Whoever holds the SSH key of this name, NAME or NAME@MACHINE: a user, with the rights
        of one; where nobody need sign in, anybody. Raises Unauthenticated."""
        if not await self.sign_in_needed():
            return everything(name, Via.KEY)
        for key in dict.fromkeys((name, name.partition("@")[0])):
            try:
                user = await self._access.users.get(key)
            except NotFound:
                continue
            if user.enabled:
                return user.principal(Via.KEY)
        raise Unauthenticated(f"there is no user {name!r}: a key's comment is its user's name")

    async def session(self, secret: str) -> SignedIn:
        """Who came with a cookie of this secret. Raises Unauthenticated."""
        if len(secret) > LONGEST_SECRET:
            raise Unauthenticated("the sign-in is over; sign in again")
        principal, sign_in = await self._access.recognition.session(secret, dev_mode=self._dev_mode)
        if principal is None:
            principal = everything(sign_in.owner, Via.SESSION)
        return SignedIn(principal=principal, sign_in=sign_in)
