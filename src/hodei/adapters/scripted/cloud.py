"""The infrastructure that scripted providers pretend to have: workers in memory, and faults.

All providers made by one factory share a cloud, as several replicas share a real one.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from hodei.adapters.scripted.script import At, Do, Rule
from hodei.domain.provider import ObservedState
from hodei.ports.provider import ProvisionRequest

logger = logging.getLogger(__name__)

KILLED = 137
Owner = tuple[str, str]
"""Installation and id of the provider."""
Agent = Callable[[ProvisionRequest], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class CloudWorker:
    """One pretended worker."""

    owner: Owner
    worker_id: UUID
    state: ObservedState = ObservedState.STARTING
    exit_code: int | None = None
    out_of_memory: bool = False
    reason: str = ""
    """What its provider says of it."""
    hidden: bool = False
    """Whether observing it answers UNKNOWN."""
    children: int = 0
    agent: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self.state in (ObservedState.STARTING, ObservedState.RUNNING)

    def end(self, exit_code: int) -> None:
        """It ends; its children do not."""
        if self.alive:
            self.state, self.exit_code = ObservedState.EXITED, exit_code
        if self.agent is not None:
            self.agent.cancel()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a provider, or one step of `provision`."""

    at: At
    worker_id: UUID | None


class Cloud:
    """Everything that exists, and every fault still to come."""

    def __init__(self) -> None:
        self.workers: dict[UUID, CloudWorker] = {}
        self.calls: list[Call] = []
        self.called = asyncio.Condition()
        self.agent: Agent | None = None
        self.builds: dict[str, int] = {}
        """How often an image was made anew under its name."""
        self._faults: list[tuple[Rule, int]] = []
        self._release = asyncio.Event()

    def add_fault(self, rule: Rule) -> None:
        """It meets the next `times` calls there, before the settings of the provider do."""
        self._faults.append((rule, rule.times))

    def forgive(self) -> None:
        """No fault that was added is still to come."""
        self._faults.clear()

    def image_digest(self, image: str) -> str:
        """What the image's name means now."""
        build = f"{image} {self.builds.get(image, 0)}"
        return f"sha256:{hashlib.sha256(build.encode()).hexdigest()}"

    async def reach(self, at: At, worker_id: UUID | None, script: Script) -> Rule | None:
        """Notes the call, waits where a rule says so, and hands on a rule that says worse."""
        self.calls.append(Call(at=at, worker_id=worker_id))
        async with self.called:
            self.called.notify_all()
        rule = self._next_fault(at) or script.next(at)
        if rule is None:
            return None
        if rule.do is Do.DELAY:
            await asyncio.sleep(rule.seconds)
            return None
        if rule.do is Do.HANG and at not in (At.OBSERVE, At.ENROL):
            await self._release.wait()
            return None
        return rule

    def release(self) -> None:
        """Lets everything go on that hangs now; later calls hang again."""
        self._release.set()
        self._release = asyncio.Event()

    def run(self, worker: CloudWorker, request: ProvisionRequest) -> None:
        """The worker is up, and its agent begins."""
        worker.state = ObservedState.RUNNING
        if self.agent is not None and worker.agent is None:
            worker.agent = asyncio.create_task(self._play(self.agent, worker, request))

    async def _play(self, agent: Agent, worker: CloudWorker, request: ProvisionRequest) -> None:
        try:
            await agent(request)
        except Exception:
            logger.exception("the agent failed", extra={"worker_id": str(worker.worker_id)})
            worker.end(1)

    def _next_fault(self, at: At) -> Rule | None:
        for index, (rule, left) in enumerate(self._faults):
            if rule.at is at:
                if left == 1:
                    del self._faults[index]
                elif left:
                    self._faults[index] = (rule, left - 1)
                return rule
        return None


class Script:
    """The rules of one provider's settings, and how often each may still be used."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = [(rule, rule.times or -1) for rule in rules]

    def next(self, at: At) -> Rule | None:
        """The first rule there that is not used up."""
        for index, (rule, left) in enumerate(self._rules):
            if rule.at is at and left:
                self._rules[index] = (rule, left - 1 if left > 0 else left)
                return rule
        return None
