"""How a delivery is signed: HMAC-SHA256 of the time and the body, with the webhook's secret."""

from __future__ import annotations

import hmac
import re
from hashlib import sha256

SECRET_PREFIX = "whsec_"
SECRET = re.compile(r"[\u0021-\u007e]{16,200}")
SECRET_EXPECTED = "16 to 200 printable ASCII characters without spaces"


def secret_text(random: str) -> str:
    """A secret of ours, of a random one."""
    return SECRET_PREFIX + random


def signature(secret: str, body: bytes, at: int) -> str:
    """The value of `Hodei-Signature` for a body that is sent at `at`, in seconds since 1970."""
    text = str(at).encode() + b"." + body
    return f"t={at},v1={hmac.new(secret.encode(), text, sha256).hexdigest()}"
