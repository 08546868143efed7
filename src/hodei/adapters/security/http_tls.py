"""The TLS of the HTTP listener: one context for good, behind which the certificate may change."""

from __future__ import annotations

import os
import ssl

from hodei.ports.certificates import CurrentCertificate, ServerCertificate

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2; those of TLS 1.3 are all good."""


def http_context(current: CurrentCertificate) -> ssl.SSLContext:
    """A context for listeners that shows what `current` gives at each handshake.

    Connections that are open keep what they were opened with.
    """
    first = current()
    shown, context = first, server_context(first)

    def choose(
        connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext
    ) -> None:
        nonlocal shown, context
        if (newest := current()) is not shown:
            context, shown = server_context(newest), newest
        connection.context = context

    outer = server_context(first)
    # Called at every handshake, also by clients that name no server.
    outer.sni_callback = choose
    return outer


def server_context(certificate: ServerCertificate) -> ssl.SSLContext:
    """TLS 1.2 and later with this certificate. Raises ssl.SSLError for one that is too weak."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    _load(context, certificate)
    return context


def _load(context: ssl.SSLContext, certificate: ServerCertificate) -> None:
    """Only files can be loaded, and those of the operator may have changed since they were read."""
    descriptor = os.memfd_create("certificate", os.MFD_CLOEXEC)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(certificate.key + b"\n" + certificate.chain)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
