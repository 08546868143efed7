"""The engine that Docker's own environment variables name, as settings of a provider."""

from __future__ import annotations

from pathlib import Path

from hodei.adapters.docker.settings import parse_settings
from hodei.app.settings import Settings
from hodei.domain.errors import InvalidRequest, Violation


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
