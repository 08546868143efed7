"""The keys of the installation, which the database never sees."""

from __future__ import annotations

from collections.abc import Callable

from hodei.adapters.security.keys import FileSealer, KeyFile, keys_in
from hodei.adapters.security.sealing import SivSealer
from hodei.app.settings import Settings


def secret_keys(settings: Settings) -> Callable[[], tuple[bytes, ...]]:
    """Gives those that count at each moment, the first one first. Raises Unavailable."""
    if settings.secret_key is not None:
        keys = tuple(keys_in(settings.secret_key.encode()))
        return lambda: keys
    return KeyFile(settings.secret_key_file or settings.data_dir / "secret.key")


def sealer_of(settings: Settings) -> SivSealer:
    """What seals and opens with these keys, as they are at each moment. Raises Unavailable."""
    if settings.secret_key is not None:
        return SivSealer(*keys_in(settings.secret_key.encode()))
    return FileSealer(settings.secret_key_file or settings.data_dir / "secret.key")
