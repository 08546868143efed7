"""What `hodei login` keeps: one token per server, in a file that only its owner reads."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

Kept = dict[str, Any]
"""`token`, its `id` where login made it, and the `name` of its user."""


class CredentialsFault(Exception):
    """The file cannot be used; `str()` is a sentence for a person."""


def path() -> Path:
    """The file."""
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home) / "hodei" / "credentials"


def server_url() -> str:
    """The server that commands talk to, as it is written down."""
    from hodei.client.transport import DEFAULT_URL

    return (os.environ.get("HODEI_URL") or DEFAULT_URL).rstrip("/").lower()


def kept_token() -> str | None:
    """The token for this server; None where HODEI_TOKEN says another, or there is none."""
    if os.environ.get("HODEI_TOKEN"):
        return None
    found = read().get(server_url())
    return str(found["token"]) if found else None


def read() -> dict[str, Kept]:
    """All that is kept, by server. Raises CredentialsFault, also when others may
    read it."""
    file = path()
    try:
        with file.open() as opened:
            if os.fstat(opened.fileno()).st_mode & 0o077:
                raise CredentialsFault(f"{file} can be read by others: chmod 600 it")
            data = json.load(opened)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CredentialsFault(f"{file} cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise CredentialsFault(f"{file} is not what `hodei login` writes; remove it")
    return {url: kept for url, kept in data.items() if isinstance(kept, dict) and "token" in kept}


def keep(url: str, kept: Kept | None) -> None:
    """Writes down a token for a server, or forgets it. Raises CredentialsFault."""
    everything = read()
    everything.pop(url, None)
    if kept is not None:
        everything[url] = kept
    file = path()
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as opened:
            json.dump(everything, opened)
        fresh.replace(file)
    except OSError as error:
        raise CredentialsFault(f"{file} cannot be written: {error.strerror}") from error
