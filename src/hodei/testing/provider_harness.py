"""How the provider contract suite looks behind a provider."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import UUID, uuid4

from hodei.domain.spec import Resources
from hodei.domain.worker import Handle
from hodei.ports.provider import Enrolment, Provider, ProvisionRequest, WorkerSpec

INSTALLATION = "contract"
PROVIDER = UUID(int=7)
PATIENCE_S = 15.0


class ProviderHarness(ABC):
    """What a provider's own tests tell the contract suite.

    All providers that one harness opens share the same infrastructure, as replicas do. The
    looking methods ask that infrastructure itself, never the provider. They may block for
    milliseconds.
    """

    image: str | None = None
    """Image of the workers; None for providers without images."""

    @abstractmethod
    def create(self, installation: str = INSTALLATION) -> Provider:
        """A provider that has not been entered, as after a restart of the server."""

    @abstractmethod
    def live(self, worker_id: UUID) -> int:
        """How many containers, pods, machines or agent processes of this worker run now.

        A worker that is up counts 1, whatever it is made of.
        """

    @abstractmethod
    def traces(self) -> Sequence[str]:
        """Everything that is left of any worker, running or not, named for a person."""

    @abstractmethod
    async def add_child(self, worker_id: UUID) -> Callable[[], bool]:
        """Lets a running worker start something that would outlive the worker's own end.

        The function that is returned says whether the child lives.
        """

    @abstractmethod
    async def end(self, worker_id: UUID, exit_code: int) -> None:
        """Lets a running worker end by itself with this code; returns when it has."""

    def leaks(self, secret: str) -> Sequence[str]:
        """Places open to other users, such as labels, names and argument lists, with `secret`."""
        return [place for place in self.traces() if secret in place]

    def request(
        self, worker_id: UUID | None = None, *, seconds: float = 60, otp: str = "otp-unset"
    ) -> ProvisionRequest:
        """An ordinary request; its deadline is `seconds` from now, which may be negative."""
        made = worker_id or uuid4()
        labels = {"installation": INSTALLATION, "worker": str(made), "attempt": str(uuid4())}
        return ProvisionRequest(
            worker_id=made,
            spec=WorkerSpec(
                image=self.image, resources=Resources(cpu=0.1, memory_mb=64), labels=labels
            ),
            enrolment=Enrolment(servers=("unix:/nowhere",), worker_id=made, otp=otp),
            deadline=datetime.now(UTC) + timedelta(seconds=seconds),
        )


async def started(provider: Provider, request: ProvisionRequest) -> Handle:
    """Provisions to the end; the last handle."""
    handle = None
    async for step in provider.provision(request):
        handle = step.handle
    assert handle is not None, "provision yielded nothing"
    return handle


async def until(condition: Callable[[], bool], what: str) -> None:
    """Looks again and again until it is so. Raises AssertionError after 15 s."""
    end = monotonic() + PATIENCE_S
    while not condition():
        assert monotonic() < end, f"waited in vain until {what}"
        await asyncio.sleep(0.005)
