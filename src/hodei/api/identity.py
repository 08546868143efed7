"""Who calls: until there is sign-in, whoever reaches the loopback address."""

from __future__ import annotations

import re

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

    def owner(self, authorization: str | None) -> str:
        """Name of the caller. Raises Unauthenticated for a token that is not accepted."""
        if not authorization:
            return LOCAL
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("the Authorization header must be 'Bearer TOKEN'")
        found = _DEV_TOKEN.match(token.strip())
        if self._dev_mode and found:
            return found[1]
        if self._dev_mode:
            raise Unauthenticated("in development mode tokens look like dev-NAME")
        raise Unauthenticated("this server takes no tokens; leave the Authorization header out")
