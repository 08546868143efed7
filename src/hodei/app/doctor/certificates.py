"""Certificates: whether they can be used, how long yet, and for which names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hodei.app.certificates import public_certificate, worker_certificate
from hodei.app.doctor.finding import Finding, fault, ok, warning
from hodei.app.settings import Settings
from hodei.domain.errors import Unavailable

if TYPE_CHECKING:
    from hodei.adapters.security.certificate_files import CertificateFiles

SOON = timedelta(days=21)


def findings(settings: Settings) -> Iterator[Finding]:
    """Of those that the settings name."""
    public = urlsplit(settings.public_url or "").hostname
    yield from _one("certificate", settings, public_certificate, [public] if public else [])
    targets = [urlsplit(one).hostname for one in settings.agent_servers if one.startswith("tls:")]
    yield from _one(
        "agents' certificate", settings, worker_certificate, [name for name in targets if name]
    )


def _one(
    subject: str,
    settings: Settings,
    read: Callable[[Settings], CertificateFiles | None],
    names: list[str],
) -> Iterator[Finding]:
    try:
        files = read(settings)
    except Unavailable as error:
        found, _, remedy = str(error).partition("; ")
        yield fault(subject, found, remedy)
        return
    if files is None:
        return
    until = f"{files} is valid until {files.not_after:%Y-%m-%d %H:%M} UTC"
    if files.not_after - datetime.now(UTC) < SOON:
        yield warning(subject, until, "renew it; a running server takes up the new files")
    else:
        yield ok(subject, until)
    from hodei.adapters.security.certificate_files import names_in

    held = names_in(files.current.chain)
    for name in names:
        if not any(_matches(name.lower(), one) for one in held):
            yield fault(
                subject,
                f"{files} does not name {name}, only {', '.join(held) or 'nothing'}",
                f"make one with {name} in its subjectAltName",
            )


def _matches(name: str, held: str) -> bool:
    held = held.lower()
    return name == held or (held.startswith("*.") and name.partition(".")[2] == held[2:])
