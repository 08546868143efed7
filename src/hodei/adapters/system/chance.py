"""The operating system's own randomness."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from uuid import UUID, uuid4

_TOKEN_BYTES = 32
_SHARE_BITS = 53
"""As many as a float between 0 and 1 can hold."""


class SystemChance:
    """Identifiers, secrets and shares that nobody can foresee."""

    def uuid(self) -> UUID:
        """A random identifier."""
        return uuid4()

    def token(self) -> str:
        """256 random bits, URL-safe, without padding."""
        return urlsafe_b64encode(os.urandom(_TOKEN_BYTES)).rstrip(b"=").decode("ascii")

    def share(self) -> float:
        """A number from 0 up to but not including 1, each as likely as any other."""
        bits = int.from_bytes(os.urandom(8), "big") >> (64 - _SHARE_BITS)
        return float(bits / (1 << _SHARE_BITS))
