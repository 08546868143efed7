"""Who calls, and what they may do: the same in every interface."""

from __future__ import annotations

import re

from hodei.domain.access.principal import Principal, Via, everything
from hodei.domain.errors import Unauthenticated

LOCAL = "local"
_DEV_TOKEN = re.compile(r"dev-([a-zA-Z0-9][a-zA-Z0-9._-]{0,62})\Z")


class Identity:
    """Reads the `Authorization` header, the same in every interface."""

    def __init__(self, *, dev_mode: bool) -> None:
        self._dev_mode = dev_mode

    @property
    def dev_mode(self) -> bool:
        """Whether `dev-NAME` tokens are accepted."""
        return self._dev_mode

    async def principal(self, authorization: str | None) -> Principal:
        """Who calls. Raises Unauthenticated for a token that is not accepted."""
        if not authorization:
            return everything(LOCAL, Via.ANONYMOUS)
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("the Authorization header must be 'Bearer TOKEN'")
        found = _DEV_TOKEN.match(token.strip())
        if self._dev_mode and found:
            return everything(found[1], Via.DEV)
        if self._dev_mode:
            raise Unauthenticated("in development mode tokens look like dev-NAME")
        raise Unauthenticated("this server takes no tokens; leave the Authorization header out")
