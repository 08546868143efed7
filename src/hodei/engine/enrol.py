"""Enrolment: a one-time password becomes a session."""

from __future__ import annotations

import hashlib
import hmac
import logging
from dataclasses import dataclass, field, replace
from uuid import UUID

from hodei.domain import attempt as attempts
from hodei.domain import worker as workers
from hodei.domain.attempt import ATTEMPT
from hodei.domain.errors import (
    NotFound,
    PasswordExpired,
    PasswordSpent,
    StaleVersion,
    Unauthenticated,
    Unavailable,
)
from hodei.domain.events import EventKind
from hodei.domain.worker import WORKER, Target, Worker, WorkerState
from hodei.engine.core import Core
from hodei.engine.facts import Draft, worker_only
from hodei.ports.certificates import Presented, WorkerCertificate

logger = logging.getLogger(__name__)


def digest(secret: str) -> bytes:
    """What is stored of a password or session token; both carry 256 random bits, so a plain
    hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A worker that is let in."""

    worker_id: UUID
    session_token: str = field(repr=False)
    certificate: WorkerCertificate | None = None
    """For the connections that follow, when this one came by TLS."""


BOUND = "tls-"
"""Begins the tokens of sessions that go with a certificate and are nothing without it."""


def password(core: Core, worker_id: UUID, otp: str) -> str:
    """What a new worker is given to enrol with: the one-time password, and the certificate that
    lets it speak to a TLS listener at all. Both end with the provisioning."""
    if core.certificates is None:
        return otp
    now = core.clock.now()
    until = now + core.timings.provision
    certificate = core.certificates.issue(worker_id, None, now=now, not_after=until)
    return f"{otp}\n{certificate.pem}"


def authorities(core: Core) -> str:
    """PEM of whom agents are to believe; empty where none calls by TLS."""
    return core.certificates.authorities(core.clock.now()) if core.certificates else ""


def certify(core: Core, worker_id: UUID, token: str) -> WorkerCertificate | None:
    """A new certificate for a session; None where workers need none."""
    if core.certificates is None:
        return None
    now = core.clock.now()
    until = now + core.timings.certificate
    return core.certificates.issue(worker_id, digest(token), now=now, not_after=until)


def shown_by(core: Core, pem: bytes | None) -> Presented | None:
    """What a connection's certificate says; None without one. Raises Unauthenticated.

    A connection may outlive its certificate, so the time is looked at with each call.
    """
    if pem is None or core.certificates is None:
        return None
    shown = core.certificates.read(pem)
    if not shown.not_before <= core.clock.now() < shown.not_after:
        raise Unauthenticated("the certificate of this connection has ended")
    return shown


async def register(
    core: Core,
    worker_id: UUID,
    otp: str,
    *,
    agent_version: str,
    architecture: str,
    shown: Presented | None = None,
) -> Admission:
    """Spends the password of a worker and opens its session.

    `shown` is the certificate of a TLS connection: the session then goes with another one.
    Raises Unauthenticated (wrong), PasswordSpent, PasswordExpired, Unavailable.
    """
    if shown is not None and (shown.worker_id != worker_id or shown.session is not None):
        logger.warning("foreign certificate", extra={"worker_id": str(worker_id)})
        raise Unauthenticated("the certificate is not for enrolling this worker")
    token = core.chance.token() if shown is None else BOUND + core.chance.token()
    for _ in range(5):
        worker = await core.store.get_worker(worker_id)
        if worker is not None and worker.session_digest == digest(token):
            # The save of the last round was done although it was not answered.
            return _admission(core, worker_id, token, shown)
        _check(core, worker, worker_id, otp)
        assert worker is not None
        enrolled = workers.Enrolled(
            session_digest=digest(token),
            agent_version=agent_version[:100],
            architecture=architecture[:32],
        )
        try:
            await _admit(core, worker, enrolled)
        except (StaleVersion, Unavailable):
            continue  # the provisioner saved a handle meanwhile; the password is looked at again
        return _admission(core, worker_id, token, shown)
    raise Unavailable("the worker could not be enrolled just now; try again")


def _admission(core: Core, worker_id: UUID, token: str, shown: Presented | None) -> Admission:
    certificate = certify(core, worker_id, token) if shown else None
    return Admission(worker_id=worker_id, session_token=token, certificate=certificate)


def _check(core: Core, worker: Worker | None, worker_id: UUID, otp: str) -> None:
    if worker is None:
        raise Unauthenticated("no such worker")
    if worker.otp_digest is None:
        logger.warning("one-time password used again", extra={"worker_id": str(worker_id)})
        raise PasswordSpent("the one-time password was used before or is not valid any more")
    if not hmac.compare_digest(worker.otp_digest, digest(otp)):
        logger.warning("wrong one-time password", extra={"worker_id": str(worker_id)})
        raise Unauthenticated("wrong one-time password")
    if worker.otp_expires_at is not None and core.clock.now() > worker.otp_expires_at:
        raise PasswordExpired("the one-time password was not used in time")
    if worker.target is Target.GONE or not WORKER.allows(worker.state, workers.Enrolled):
        raise Unauthenticated(f"the worker is {worker.state.value} and takes no agent")


async def _admit(core: Core, worker: Worker, enrolled: workers.Enrolled) -> None:
    held = await core.store.held(worker.attempt_id) if worker.attempt_id else None
    now = core.clock.now()
    admitted = workers.apply(worker, enrolled, now)
    if held is None or not ATTEMPT.allows(held.attempt.phase, attempts.Dispatched):
        unit = worker_only(admitted, now)
        await core.committer.save(replace(unit, replica=core.replica))
        return
    # The worker was made for an attempt: it is handed over in the same transaction.
    draft = Draft.of(replace(held, worker=admitted), now)
    draft.hand_over(core.timings.provision)
    draft.note(EventKind.ATTEMPT_PHASE, phase=draft.attempt.phase.value)
    await core.committer.save(draft.unit(replica=core.replica))


async def session_worker(core: Core, token: str, shown: Presented | None = None) -> Worker:
    """The worker that a session token belongs to. Raises Unauthenticated.

    `shown` is the certificate of a TLS connection, which must be that session's.
    """
    if shown is None and token.startswith(BOUND):
        raise Unauthenticated("the session goes with a certificate, and none was shown")
    if shown is not None and shown.session != digest(token):
        logger.warning("foreign certificate", extra={"worker_id": str(shown.worker_id)})
        raise Unauthenticated("the certificate is not that of this session")
    worker = await core.store.worker_by_session(digest(token))
    if worker is None or worker.state is WorkerState.GONE:
        raise Unauthenticated("no such session")
    if shown is not None and shown.worker_id != worker.id:
        raise Unauthenticated("the certificate is not that of this worker")
    return worker


async def leave(core: Core, token: str, reason: str, shown: Presented | None = None) -> None:
    """A worker that goes by itself: it is not wanted any more. Raises Unauthenticated."""
    worker = await session_worker(core, token, shown)
    if worker.attempt_id is not None or not WORKER.allows(worker.state, workers.Unwanted):
        return  # its attempt is settled by the reconciler, from what the provider sees
    now = core.clock.now()
    gone = workers.apply(worker, workers.Unwanted(reason=reason[:200] or "it left"), now)
    try:
        await core.committer.save(worker_only(gone, now))
    except StaleVersion:
        raise NotFound("session", "of this worker") from None
