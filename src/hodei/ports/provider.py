"""The provider: infrastructure that makes and destroys workers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self, runtime_checkable
from uuid import UUID

from hodei.domain.errors import ProviderUnavailable
from hodei.domain.provider import Capabilities, Health, Observation
from hodei.domain.spec import Network, Resources
from hodei.domain.worker import Handle


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """How a new agent reaches the server and proves itself, once."""

    servers: tuple[str, ...]
    """Targets in order of preference: unix:/path, tls://host:port, tcp://host:port."""
    worker_id: UUID
    otp: str = field(repr=False)
    """To be handed over as it is; several lines when a certificate for enrolling goes with it."""
    ca_pem: str = field(default="", repr=False)
    """Whom the agent is to believe when it calls by TLS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSpec:
    """What the worker must be."""

    image: str | None
    resources: Resources
    network: Network = Network.DEFAULT
    labels: Mapping[str, str] = field(default_factory=dict)
    """To be put on everything the provider creates; carries installation, worker, attempt."""
    reusable: bool = False
    project: str = ""
    """Whose job it is made for; empty: whoever comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionRequest:
    """One worker to be made."""

    worker_id: UUID
    spec: WorkerSpec
    enrolment: Enrolment
    deadline: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionStep:
    """A durable checkpoint: `handle` is saved before the next step is taken."""

    handle: Handle
    phase: str = ""
    """provisioning, pulling or started; the last step of a successful provision is started."""
    percent: int | None = None
    """Of the image pull, when known."""
    reason: str = ""
    """What the phase waits for, in the infrastructure's own words; a later step without one says
    that it waits no more."""
    image_digest: str = ""


class Provider(Protocol):
    """Makes, watches and destroys workers.

    Order of calls: `async with provider:` once, then any of the verbs, concurrently and in any
    order. Several replicas call the verbs of the same provider at the same time.

    Names of everything created derive from the worker id and carry the labels of the spec, so
    that a repeated `provision` finds its own work and `list_owned` finds what was forgotten.

    Only ProviderError and its kinds are raised (see hodei.domain.errors); foreign errors are
    translated at the edge. Cancelling a call leaves something that `destroy` can remove.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What it can honour, as known since the last `check`."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    async def check(self) -> Health:
        """Whether it answers, and why not. Never raises for "down"; refreshes capabilities."""
        ...

    def provision(self, request: ProvisionRequest) -> AsyncGenerator[ProvisionStep, None]:
        """Makes the worker, step by step.

        The first step is yielded before anything is created. Each yielded handle can be given
        to `destroy`, also when it was the last one before a crash. Raises ProviderUnavailable,
        CapacityExhausted, SpecRejected, ImageUnavailable or ProvisionTimeout.
        """
        ...

    async def observe(self, handles: Sequence[Handle]) -> Mapping[UUID, Observation]:
        """How the workers are, by worker id, in one call.

        A worker that is certainly not there is GONE; one that could not be asked about is
        UNKNOWN. Every handle gets an answer.
        """
        ...

    async def destroy(self, handle: Handle, *, grace_s: float) -> None:
        """Ends the worker and removes everything of it; returns when nothing is left.

        Idempotent; accepts a partial handle and one whose worker never existed. `grace_s` is
        the time between the polite signal and the kill; 0 kills at once. Raises WorkerElsewhere
        when only another server can do it, which is left to try it then.
        """
        ...

    async def list_owned(self) -> Sequence[Handle]:
        """Every worker of this installation that exists, live row or not (the leak sweep)."""
        ...


AgentBundle = Callable[[], Awaitable[str]]
"""The directory of the agent's bundle for images, made now if it is not there; a call that finds
it there costs nothing. Raises ProviderUnavailable with the reason when it cannot be made."""


async def no_bundle() -> str:
    """What a provider has that is made where no agent runs in an image."""
    raise ProviderUnavailable("no bundle of the agent is at hand")


@runtime_checkable
class Rechecks(Protocol):
    """What a provider can do besides whose `check` asks more than is to be asked all the time."""

    async def recheck(self) -> Health:
        """As `check`, and for less when all was well a short while ago. What goes wrong may be
        found later than a `check` finds it, and what is right again is found as soon."""
        ...


@runtime_checkable
class SeesImages(Protocol):
    """What a provider can do besides that runs images under names which may come to mean others."""

    async def image_digests(self, images: Sequence[str]) -> Mapping[str, str]:
        """By name, the digest that a worker made now would report; names that it cannot look up
        are left out. Raises ProviderError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderContext:
    """What a provider is given when it is made."""

    installation_id: str
    """Put on every label, so that two installations on one host leave each other alone."""
    provider_id: UUID
    """Of the provider's row: names what it makes, since its name may change."""
    name: str
    """For people only."""
    data_dir: str
    """A directory of its own that outlives the server process."""
    agent_command: tuple[str, ...]
    """How the agent is started on this machine (process provider)."""
    agent_bundle: AgentBundle = no_bundle
    """What containers and machines get to run the agent in any image."""


class ProviderFactory(Protocol):
    """What the entry point group `hodei.providers` holds, one per type."""

    type: str

    def settings_schema(self) -> Mapping[str, object]:
        """JSON Schema (2020-12) of `settings`; secret ones are marked writeOnly."""
        ...

    def create(self, settings: Mapping[str, object], context: ProviderContext) -> Provider:
        """A provider that has not been opened. Raises InvalidRequest for bad settings."""
        ...
