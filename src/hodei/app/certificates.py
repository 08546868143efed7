"""Certificate files of a running server: read again when they change, or at SIGHUP.

New connections get the new certificate, open ones keep theirs. Files that cannot be used are
reported, and what was in force stays so.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from hodei.app.settings import Settings
from hodei.domain.errors import Unavailable

if TYPE_CHECKING:
    from hodei.adapters.security.certificate_files import CertificateFiles

logger = logging.getLogger(__name__)

LOOK_S = 1.0
SOON = timedelta(days=7)
"""A certificate that ends within this time is worth a warning, once a day."""
DAY = timedelta(days=1)


def public_certificate(settings: Settings) -> CertificateFiles | None:
    """The certificate of HTTP and gRPC; None: they are plain. Raises Unavailable."""
    return _files("HODEI_TLS", settings.tls_cert, settings.tls_key, None)


def worker_certificate(settings: Settings) -> CertificateFiles | None:
    """The operator's for agents of other machines; None: one is made. Raises Unavailable."""
    given = (settings.agent_tls_cert, settings.agent_tls_key, settings.agent_tls_ca)
    return _files("HODEI_AGENT_TLS", *given)


def _files(
    prefix: str, cert: Path | None, key: Path | None, ca: Path | None
) -> CertificateFiles | None:
    if cert is None or key is None:
        return None
    # Not every server needs it, and it takes its time to load.
    from hodei.adapters.security.certificate_files import CertificateFiles, FilePlaces

    return CertificateFiles(
        FilePlaces(
            cert=cert,
            key=key,
            ca=ca,
            cert_setting=f"{prefix}_CERT",
            key_setting=f"{prefix}_KEY",
            ca_setting=f"{prefix}_CA",
        )
    )


@asynccontextmanager
async def kept_fresh(files: Iterable[CertificateFiles | None]) -> AsyncIterator[None]:
    """Looks after these files as long as the context lasts; without any, does nothing."""
    watched = [each for each in files if each is not None]
    if not watched:
        yield
        return
    keeper = Keeper(watched)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, keeper.reload)
    task = asyncio.create_task(keeper.run(), name="certificates")
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Keeper:
    """Reads files again and says in the log what came of it."""

    def __init__(self, files: Iterable[CertificateFiles]) -> None:
        self._files = list(files)
        self._warned = {id(each): datetime.min.replace(tzinfo=UTC) for each in self._files}

    async def run(self) -> None:
        """Looks for ever."""
        while True:
            now = datetime.now(UTC)
            for each in self._files:
                if each.changed():
                    self._read(each)
                self._warn(each, now)
            await asyncio.sleep(LOOK_S)

    def reload(self) -> None:
        """Reads all of them now."""
        for each in self._files:
            self._read(each)

    def _read(self, files: CertificateFiles) -> None:
        try:
            fresh = files.reload()
        except Unavailable as error:
            logger.warning(
                "new certificate refused, the old one stays", extra={"reason": str(error)}
            )
            return
        until = f"{files.not_after:%Y-%m-%d %H:%M} UTC"
        said = "new certificate in force" if fresh else "certificate read again, nothing new"
        logger.info(said, extra={"file": str(files), "until": until})

    def _warn(self, files: CertificateFiles, now: datetime) -> None:
        if files.not_after - now > SOON or now - self._warned[id(files)] < DAY:
            return
        self._warned[id(files)] = now
        until = f"{files.not_after:%Y-%m-%d %H:%M} UTC"
        logger.warning("certificate ends soon", extra={"file": str(files), "until": until})
