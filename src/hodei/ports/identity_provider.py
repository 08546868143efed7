"""An identity provider: somebody else who knows who people are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from hodei.domain.access.handshake import Handshake


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """Somebody whom a provider vouches for; every claim has been checked to be its own."""

    issuer: str
    subject: str
    """Names the person for ever, unlike anything else in the claims."""
    claims: Mapping[str, object]


class IdentityProvider(Protocol):
    """Sends browsers away and says who came back."""

    @property
    def name(self) -> str:
        """For people."""
        ...

    async def login_url(self, handshake: Handshake, *, redirect_uri: str) -> str:
        """Where the browser goes. Raises Unavailable."""
        ...

    async def identify(self, code: str, handshake: Handshake, *, redirect_uri: str) -> Identified:
        """Who came back with `code`. Raises Unauthenticated for anything that does not fit, and
        Unavailable."""
        ...
