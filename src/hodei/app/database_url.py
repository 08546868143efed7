"""HODEI_DATABASE_URL: what can be seen to be wrong before anything is connected."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

SCHEMES = ("postgres://", "postgresql://")
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
SSL_FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")


def database_url(text: str) -> str:
    """The URL as it is. Raises ValueError, which never shows it: there is a password in it."""
    if not text.startswith(SCHEMES):
        raise ValueError(f"must begin with {' or '.join(SCHEMES)}")
    try:
        given = {name: values[-1] for name, values in parse_qs(urlsplit(text).query).items()}
    except ValueError:
        raise ValueError("cannot be read as a URL") from None
    if given.get("sslmode", SSL_MODES[0]) not in SSL_MODES:
        raise ValueError(f"sslmode must be one of {', '.join(SSL_MODES)}")
    for name in SSL_FILES:
        if name in given and not Path(given[name]).expanduser().is_file():
            raise ValueError(f"{name}: there is no file {given[name]}")
    return text
