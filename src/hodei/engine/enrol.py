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


async def register(
    core: Core, worker_id: UUID, otp: str, *, agent_version: str, architecture: str
) -> Admission:
    """Spends the password of a worker and opens its session.

    Raises Unauthenticated (wrong), PasswordSpent, PasswordExpired, Unavailable.
    """
    token = core.chance.token()
    for _ in range(5):
        worker = await core.store.get_worker(worker_id)
        if worker is not None and worker.session_digest == digest(token):
            # The save of the last round was done although it was not answered.
            return Admission(worker_id=worker_id, session_token=token)
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
        return Admission(worker_id=worker_id, session_token=token)
    raise Unavailable("the worker could not be enrolled just now; try again")


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


async def session_worker(core: Core, token: str) -> Worker:
    """The worker that a session token belongs to. Raises Unauthenticated."""
    worker = await core.store.worker_by_session(digest(token))
    if worker is None or worker.state is WorkerState.GONE:
        raise Unauthenticated("no such session")
    return worker


async def leave(core: Core, token: str, reason: str) -> None:
    """A worker that goes by itself: it is not wanted any more. Raises Unauthenticated."""
    worker = await session_worker(core, token)
    if worker.attempt_id is not None or not WORKER.allows(worker.state, workers.Unwanted):
        return  # its attempt is settled by the reconciler, from what the provider sees
    now = core.clock.now()
    gone = workers.apply(worker, workers.Unwanted(reason=reason[:200] or "it left"), now)
    try:
        await core.committer.save(worker_only(gone, now))
    except StaleVersion:
        raise NotFound("session", "of this worker") from None
