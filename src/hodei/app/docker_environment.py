"""The engine that Docker's own environment variables name, as settings of a provider."""

from __future__ import annotations

import grp
import os
from pathlib import Path

from hodei.adapters.docker.settings import DEFAULT_HOST, parse_settings
from hodei.app.settings import Settings
from hodei.domain.errors import InvalidRequest, Unavailable, Violation

UNIX = "unix://"


def docker_settings(settings: Settings) -> dict[str, object]:
    """Of the seeded provider `docker`, as Docker's own variables name the engine.

    Raises InvalidRequest that names the variable.
    """
    host = settings.docker_host
    if host is None:
        return {}
    given: dict[str, object] = {"host": host}
    if settings.docker_tls_verify and not host.startswith("unix:"):
        folder = settings.docker_cert_path or Path.home() / ".docker"
        files = {name: folder / f"{name}.pem" for name in ("ca", "cert", "key")}
        given["tls"] = {name: str(path) for name, path in files.items()}
    try:
        parse_settings(given)
    except InvalidRequest as error:
        message = f"{error.violations[0].message}; or create the provider by hand"
        violation = Violation(field="DOCKER_HOST", message=message, value=host[:100])
        raise InvalidRequest([violation]) from error
    return given


def refuse_closed_socket(settings: Settings) -> None:
    """Raises Unavailable where an engine's socket is there and this user may not use it; one that
    is not there yet makes a provider that is down until it is."""
    if not settings.docker_enabled:
        return
    host = settings.docker_host or DEFAULT_HOST
    path = Path(host.removeprefix(UNIX))
    if not host.startswith(UNIX) or _usable(path):
        return
    raise Unavailable(
        f"DOCKER_HOST: {path} is not open to the user that runs Hodei (uid {os.getuid()}); "
        f"{_remedy(path)}, or unset HODEI_DOCKER_ENABLED"
    )


def _usable(path: Path) -> bool:
    try:
        path.stat()
    except PermissionError:
        return False
    except OSError:
        return True
    return os.access(path, os.R_OK | os.W_OK)


def _remedy(path: Path) -> str:
    try:
        group = grp.getgrgid(path.stat().st_gid).gr_name
    except (OSError, KeyError):
        return "let that user read and write it"
    return f"add that user to the group {group} and start again"
