"""The keys of the installation, which the database never sees."""

from __future__ import annotations

from hodei.adapters.security.keys import FileSealer, keys_in, make_key, read_keys
from hodei.adapters.security.sealing import SivSealer
from hodei.app.settings import Settings


def secret_keys(settings: Settings) -> tuple[bytes, ...]:
    """Those that count, the first one first. Raises Unavailable."""
    if settings.secret_key is not None:
        return tuple(keys_in(settings.secret_key.encode()))
    path = settings.secret_key_file or settings.data_dir / "secret.key"
    make_key(path)
    return tuple(read_keys(path))


def sealer_of(settings: Settings) -> SivSealer:
    """What seals and opens with these keys, as they are at each moment. Raises Unavailable."""
    if settings.secret_key is not None:
        return SivSealer(*keys_in(settings.secret_key.encode()))
    return FileSealer(settings.secret_key_file or settings.data_dir / "secret.key")
