"""TLS of the gRPC listeners; the certificate is looked up again at every handshake."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import cast

import grpc

from hodei.ports.certificates import CurrentCertificate, ServerCertificate

logger = logging.getLogger(__name__)


def server_credentials(current: CurrentCertificate) -> grpc.ServerCredentials:
    """Credentials that show what `current` gives; clients need a certificate where it names
    their authorities. gRPC itself takes TLS 1.2 and later, and the ciphers that are good."""
    shown = current()

    def fetch() -> grpc.ServerCertificateConfiguration | None:
        nonlocal shown
        try:
            newest = current()
            if newest is shown:
                return None
            made = _configuration(newest)
        except Exception:
            # A thread of gRPC's own calls, and could do nothing with it.
            logger.exception("the certificate for gRPC cannot be renewed")
            return None
        shown = newest
        return made

    # The stubs do not know that the fetcher may say that nothing has changed.
    fetcher = cast(Callable[[], grpc.ServerCertificateConfiguration], fetch)
    return grpc.dynamic_ssl_server_credentials(
        _configuration(shown), fetcher, require_client_authentication=bool(shown.clients)
    )


def _configuration(certificate: ServerCertificate) -> grpc.ServerCertificateConfiguration:
    pairs = [(certificate.key, certificate.chain)]
    return grpc.ssl_server_certificate_configuration(pairs, certificate.clients or None)
