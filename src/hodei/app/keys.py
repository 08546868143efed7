"""The secret key of an installation, from the settings."""

from __future__ import annotations

from hodei.adapters.security.sealing import read_or_make_key
from hodei.app.settings import Settings


def secret_keys(settings: Settings) -> tuple[bytes, ...]:
    """Those that count, the first one first. Raises Unavailable."""
    if settings.secret_key is not None:
        return (settings.secret_key.encode(),)
    return (read_or_make_key(settings.secret_key_file or settings.data_dir / "secret.key"),)
