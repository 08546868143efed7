"""Seals secret values with AES-SIV under keys that the database never sees.

AES-SIV (RFC 5297) needs no nonce: equal values in the same place give equal text and nothing
else shows. The place is authenticated with it, so that a sealed value cannot be moved to another
one and be read there. With each value stands the id of its key: the first key seals, every key
opens, so that keys can be replaced while servers run.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha512

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from hodei.domain.errors import NotFound

_FORM = "v2."
_WITHOUT_ID = "v1."
"""As values were sealed when there was one key only."""
_PURPOSE = b"hodei sealed value\0"
_ID_PURPOSE = b"hodei key id\0"
KEY_BYTES = 32


class SivSealer:
    """Implements `Sealer`; each key is any secret of at least 32 bytes."""

    def __init__(self, *keys: bytes) -> None:
        self._use(keys)

    def _use(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) < KEY_BYTES for key in keys):
            raise ValueError(f"each key must have at least {KEY_BYTES} bytes")
        self._key_id = key_id(keys[0])
        self._ciphers = {
            key_id(key): AESSIV(sha512(_PURPOSE + key).digest()) for key in reversed(keys)
        }

    def refresh(self) -> None:
        """Takes up keys that were replaced; here they never are."""

    def seal(self, value: str, *place: str) -> str:
        self.refresh()
        # A leading byte: the cipher takes no empty text, and an empty value is a legal one.
        data = b"=" + value.encode("utf-8", "surrogateescape")
        sealed = self._ciphers[self._key_id].encrypt(data, [part.encode() for part in place])
        return f"{_FORM}{self._key_id}.{urlsafe_b64encode(sealed).decode()}"

    def unseal(self, sealed: str, *place: str) -> str:
        self.refresh()
        named, data = _parts(sealed)
        parts = [part.encode() for part in place]
        for key, cipher in self._ciphers.items():
            if named not in ("", key):
                continue
            try:
                opened = cipher.decrypt(data, parts)
            except (ValueError, InvalidTag):
                continue
            return opened[1:].decode("utf-8", "surrogateescape")
        raise NotFound("key for the secret value of", place[-1])

    @property
    def sealed_now(self) -> str:
        self.refresh()
        return f"{_FORM}{self._key_id}."


def key_id(key: bytes) -> str:
    """8 hex digits that tell keys apart and say nothing about them."""
    return sha512(_ID_PURPOSE + key).hexdigest()[:8]


def _parts(sealed: str) -> tuple[str, bytes]:
    """Id of the key, empty when it is not told, and the sealed bytes; none for what is damaged."""
    named, text = "", sealed.removeprefix(_WITHOUT_ID)
    if sealed.startswith(_FORM):
        named, _, text = sealed.removeprefix(_FORM).partition(".")
    try:
        return named, urlsafe_b64decode(text.encode())
    except ValueError:
        return named, b""
