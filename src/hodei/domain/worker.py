"""The worker: the ephemeral container, pod, microVM or process that an agent runs in.

A worker has a state (what is) and a target (what is wanted). The reconciler compares the two;
nothing else destroys workers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hodei.domain.change import changed
from hodei.domain.errors import IllegalTransition
from hodei.domain.machine import Machine
from hodei.domain.spec import Network


class WorkerState(StrEnum):
    """What a worker is at the moment."""

    REQUESTED = "REQUESTED"
    PROVISIONING = "PROVISIONING"
    STARTING = "STARTING"
    READY = "READY"
    BUSY = "BUSY"
    SILENT = "SILENT"
    TERMINATING = "TERMINATING"
    GONE = "GONE"


class Target(StrEnum):
    """What is wanted of a worker."""

    RUN = "RUN"
    GONE = "GONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisioningBegun:
    """A replica calls the provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameUp:
    """The provider says that the worker runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """The agent exchanged its one-time password for a session."""

    session_digest: bytes
    agent_version: str = ""
    architecture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """An attempt was bound to the enrolled worker."""

    attempt_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """The attempt is over and the worker may take another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FellSilent:
    """Nothing was heard from the agent for the lost-after time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedBusy:
    """The agent of a silent worker is back, with the attempt it had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedIdle:
    """The agent of a silent worker is back and holds nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwanted:
    """The worker has no more use: its job is over, cancelled, lost, or it is drained."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Destroyed:
    """The provider says that nothing is left."""


WorkerEvent = (
    ProvisioningBegun
    | CameUp
    | Enrolled
    | Assigned
    | Released
    | FellSilent
    | ReturnedBusy
    | ReturnedIdle
    | Unwanted
    | Destroyed
)

_W = WorkerState
WORKER: Machine[WorkerState] = Machine(
    "worker",
    WorkerState,
    WorkerState.REQUESTED,
    {
        # The replica that holds the lease calls the provider.
        (_W.REQUESTED, ProvisioningBegun): _W.PROVISIONING,
        # Its job was cancelled, or its replica died, before the provider was called.
        (_W.REQUESTED, Unwanted): _W.TERMINATING,
        # The provider says that the worker runs.
        (_W.PROVISIONING, CameUp): _W.STARTING,
        # The agent was quicker than the provider's answer.
        (_W.PROVISIONING, Enrolled): _W.READY,
        # Cancelled, refused by the provider, or over its deadline.
        (_W.PROVISIONING, Unwanted): _W.TERMINATING,
        # The agent exchanged its one-time password.
        (_W.STARTING, Enrolled): _W.READY,
        # Cancelled, or over its deadline.
        (_W.STARTING, Unwanted): _W.TERMINATING,
        # The dispatcher bound an attempt, or the attempt it was made for is handed over.
        (_W.READY, Assigned): _W.BUSY,
        # The stream broke and did not come back.
        (_W.READY, FellSilent): _W.SILENT,
        # Drained, idle for too long, or its provider was disabled.
        (_W.READY, Unwanted): _W.TERMINATING,
        # A reusable worker finished its attempt.
        (_W.BUSY, Released): _W.READY,
        # The stream broke and did not come back.
        (_W.BUSY, FellSilent): _W.SILENT,
        # Its attempt is over, or must be ended by the provider.
        (_W.BUSY, Unwanted): _W.TERMINATING,
        # The agent is back with the attempt it had.
        (_W.SILENT, ReturnedBusy): _W.BUSY,
        # The agent is back and was idle.
        (_W.SILENT, ReturnedIdle): _W.READY,
        # The provider said it is gone, or the grace for its return is over.
        (_W.SILENT, Unwanted): _W.TERMINATING,
        # The provider's destroy returned.
        (_W.TERMINATING, Destroyed): _W.GONE,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """A provider's own notes on a worker: JSON, opaque to everybody else, versioned."""

    provider: str
    worker_id: UUID
    version: int = 1
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One ephemeral worker."""

    id: UUID
    provider_id: UUID
    state: WorkerState = WorkerState.REQUESTED
    target: Target = Target.RUN
    version: int = 0
    reusable: bool = False
    """Whether it may take another attempt after its first (providers without isolation only)."""
    image: str | None = None
    cpu: float = 1.0
    memory_mb: int = 512
    network: Network = Network.DEFAULT
    image_digest: str = ""
    """What the image's name meant when the worker was made; empty: not known."""
    revision: str = ""
    """Of its provider's settings and of the agent when it was made (hodei.domain.warm)."""
    attempt_id: UUID | None = None
    """The attempt it holds, or was made for."""
    handle: Handle | None = None
    otp_digest: bytes | None = field(default=None, repr=False)
    otp_expires_at: datetime | None = None
    session_digest: bytes | None = field(default=None, repr=False)
    agent_version: str = ""
    architecture: str = ""
    created_at: datetime
    enrolled_at: datetime | None = None
    ready_at: datetime | None = None
    """When it last became READY; idle time counts from here."""
    silent_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""
    """Why it is unwanted."""

    @property
    def enrolled(self) -> bool:
        """Whether its agent holds a session."""
        return self.session_digest is not None

    @property
    def unused(self) -> bool:
        """Whether it may be given an attempt, as far as its past is concerned."""
        return self.reusable or self.attempt_id is None


def apply(worker: Worker, event: WorkerEvent, now: datetime) -> Worker:
    """`worker` after `event`. Raises IllegalTransition."""
    state = WORKER.next(worker.state, event)
    if isinstance(event, Assigned | Released) and _again(worker, event):
        raise IllegalTransition("single-use worker", worker.state, event)
    match event:
        case Enrolled():
            return changed(
                worker,
                state=state,
                session_digest=event.session_digest,
                otp_digest=None,
                agent_version=event.agent_version,
                architecture=event.architecture,
                enrolled_at=now,
                ready_at=now,
            )
        case Assigned():
            return changed(worker, state=state, attempt_id=event.attempt_id)
        case Released():
            return changed(worker, state=state, attempt_id=None, ready_at=now)
        case FellSilent():
            return changed(worker, state=state, silent_at=now)
        case ReturnedBusy() | ReturnedIdle():
            return changed(worker, state=state, silent_at=None)
        case Unwanted():
            return changed(
                worker, state=state, target=Target.GONE, reason=event.reason, otp_digest=None
            )
        case Destroyed():
            return changed(worker, state=state, ended_at=now, session_digest=None)
        case _:
            return changed(worker, state=state)


def _again(worker: Worker, event: Assigned | Released) -> bool:
    """Whether a worker that is used once would be used, or offered, a second time."""
    if worker.reusable:
        return False
    return isinstance(event, Released) or worker.attempt_id not in (None, event.attempt_id)
