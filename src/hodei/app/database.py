"""The database that the settings name: brought up to date, and named where it does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import parse_qs, unquote, urlsplit

from hodei.adapters.postgres import upgrade
from hodei.app.settings import Settings
from hodei.domain.errors import Unavailable

SETTING = "HODEI_DATABASE_URL"
_PORT = 5432


async def upgraded(settings: Settings, dsn: str) -> Sequence[int]:
    """Brings the schema up; the versions that were new. Raises Unavailable that names the
    setting."""
    with named(settings):
        return await upgrade(dsn)


@contextmanager
def named(settings: Settings) -> Iterator[None]:
    """What is Unavailable here is said of the setting and the place that it names."""
    if settings.database_url is None:
        yield
        return
    try:
        yield
    except Unavailable as error:
        said = f"{SETTING}: {place(settings.database_url)}: {error}"
        if "does not answer" in str(error):
            said += "; start PostgreSQL, or name the one that runs"
        raise Unavailable(said) from error


def place(url: str) -> str:
    """Where a database is, for people: never a password."""
    parts = urlsplit(url)
    given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    host = parts.hostname or unquote(given.get("host", "")) or "this machine"
    name = unquote(parts.path.lstrip("/"))
    if host.startswith("/"):
        return f"{host}, database {name}" if name else host
    try:
        port = parts.port or int(given.get("port", _PORT))
    except ValueError:
        port = _PORT
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"{where}, database {name}" if name else where
