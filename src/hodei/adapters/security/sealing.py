"""Seals secret values with AES-SIV under a key that the database never sees.

AES-SIV (RFC 5297) needs no nonce: equal values give equal text and nothing else shows. The
project and the variable's name are authenticated with it, so that a sealed value cannot be moved
to another place and be read there.
"""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha512
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from hodei.domain.errors import NotFound, Unavailable

_FORM = "v1."
_PURPOSE = b"hodei sealed value\0"
KEY_BYTES = 32


class SivSealer:
    """Implements `Sealer`; `key` is any secret of at least 32 bytes."""

    def __init__(self, key: bytes) -> None:
        if len(key) < KEY_BYTES:
            raise ValueError(f"the key must have at least {KEY_BYTES} bytes")
        self._cipher = AESSIV(sha512(_PURPOSE + key).digest())

    def seal(self, value: str, *, project: str, name: str) -> str:
        # A leading byte: the cipher takes no empty text, and an empty value is a legal one.
        data = b"=" + value.encode()
        return _FORM + urlsafe_b64encode(self._cipher.encrypt(data, _place(project, name))).decode()

    def unseal(self, sealed: str, *, project: str, name: str) -> str:
        try:
            data = urlsafe_b64decode(sealed.removeprefix(_FORM).encode())
            opened = self._cipher.decrypt(data, _place(project, name))
        except (ValueError, InvalidTag):
            raise NotFound("key for the secret value of", name) from None
        return opened[1:].decode()


def _place(project: str, name: str) -> list[bytes]:
    return [project.encode(), name.encode()]


def read_or_make_key(path: Path) -> bytes:
    """The key in `path`, made on the first start and readable by its owner only.

    Raises Unavailable when it cannot be read or written, or is too short.
    """
    try:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            key = path.read_bytes().strip()
        else:
            key = os.urandom(KEY_BYTES).hex().encode()
            with os.fdopen(descriptor, "wb") as file:
                file.write(key + b"\n")
                file.flush()
                os.fsync(file.fileno())
    except OSError as error:
        raise Unavailable(f"the key for secret values, {path}: {error.strerror}") from error
    if len(key) < KEY_BYTES:
        raise Unavailable(f"the key for secret values, {path}, has less than {KEY_BYTES} bytes")
    return key
