"""Certificates: what a listener shows, and what makes a remote worker known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCertificate:
    """What a listener shows, and whose clients it lets in; all PEM."""

    chain: bytes
    key: bytes = field(repr=False)
    clients: bytes = b""
    """Authorities of clients; empty: clients need no certificate."""


CurrentCertificate = Callable[[], ServerCertificate]
"""Asked at every handshake, from any thread; the same object as long as nothing changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCertificate:
    """A certificate and its key, made for one worker; PEM, one after the other."""

    pem: str = field(repr=False)
    not_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """What the certificate at the other end of a connection says."""

    worker_id: UUID
    session: bytes | None
    """Digest of the session that it belongs to; None: it is for enrolling only."""
    not_before: datetime
    not_after: datetime


class WorkerCertificates(Protocol):
    """Issues and reads the certificates of remote workers.

    Every replica with the same secret key reads what any of them has issued. The handshake has
    checked the chain before `read` is called; what it says counts only then.
    """

    def issue(
        self, worker_id: UUID, session: bytes | None, *, now: datetime, not_after: datetime
    ) -> WorkerCertificate:
        """A new key with its certificate."""
        ...

    def read(self, pem: bytes) -> Presented:
        """Raises Unauthenticated when it is no worker's."""
        ...

    def authorities(self, now: datetime) -> str:
        """PEM of what agents are to believe."""
        ...
