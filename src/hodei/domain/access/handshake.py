"""What ties the two halves of a sign-in at an identity provider to one browser.

All of it follows from one random secret that the browser keeps in a cookie: nothing is stored,
and none of it can be told from another.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """The values of one sign-in."""

    state: str
    """Comes back with the browser: whoever has another cookie began something else."""
    nonce: str
    """Comes back inside the id token: it was issued for this sign-in."""
    verifier: str
    """Shows the provider that whoever brings the code is who began (PKCE)."""


def handshake_of(secret: str) -> Handshake:
    """The values that follow from a secret."""
    return Handshake(
        state=_derived("state", secret),
        nonce=_derived("nonce", secret),
        verifier=_derived("verifier", secret),
    )


def local_path(given: str) -> str:
    """`given` if it is a path of this server, else `/`: browsers take `//host`, and `\\` for `/`,
    to another one."""
    printable = given.isascii() and given.isprintable() and " " not in given
    if printable and given.startswith("/") and given[1:2] != "/" and "\\" not in given:
        return given
    return "/"


def _derived(what: str, secret: str) -> str:
    return sha256(f"hodei oidc {what} {secret}".encode()).hexdigest()
