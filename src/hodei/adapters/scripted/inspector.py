"""What a test sees and does behind the back of scripted providers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from hodei.adapters.scripted.cloud import KILLED, Agent, Call, Cloud
from hodei.adapters.scripted.script import At, Do, Rule
from hodei.domain.errors import ProviderError, ProviderUnavailable


class ScriptedInspector:
    """Looks into a cloud and spoils it. Give its `cloud` to a ScriptedFactory."""

    def __init__(self, cloud: Cloud | None = None) -> None:
        self.cloud = cloud or Cloud()

    @property
    def calls(self) -> Sequence[Call]:
        """Every call so far, in order."""
        return tuple(self.cloud.calls)

    @property
    def existing(self) -> frozenset[UUID]:
        """Workers of which anything is left."""
        return frozenset(self.cloud.workers)

    @property
    def alive(self) -> frozenset[UUID]:
        """Workers that have not ended."""
        return frozenset(w.worker_id for w in self.cloud.workers.values() if w.alive)

    def on_started(self, agent: Agent | None) -> None:
        """Every worker that comes up runs `agent` as a task, which ends with the worker.

        An exception in it ends the worker with exit code 1.
        """
        self.cloud.agent = agent

    def fail(
        self,
        at: At | str,
        times: int = 1,
        error: type[ProviderError] = ProviderUnavailable,
        message: str = "",
    ) -> None:
        """The next `times` calls there fail."""
        rule = Rule(at=At(at), do=Do.FAIL, times=times, error=error.code, message=message)
        self.cloud.add_fault(rule)

    def hang(self, at: At | str, times: int = 1) -> None:
        """The next `times` calls there wait until `release`, or until they are cancelled."""
        self.cloud.add_fault(Rule(at=At(at), do=Do.HANG, times=times))

    def die(self, at: At | str, times: int = 1) -> None:
        """The worker of the next `times` calls there is killed."""
        self.cloud.add_fault(Rule(at=At(at), do=Do.DIE, times=times))

    def rebuild(self, image: str) -> None:
        """The image's name means another one from now on."""
        self.cloud.builds[image] = self.cloud.builds.get(image, 0) + 1

    def release(self) -> None:
        """Lets everything go on that hangs now."""
        self.cloud.release()

    def kill(self, worker_id: UUID, exit_code: int = KILLED) -> None:
        """The worker ends, as if the machine had done it. Raises KeyError."""
        self.cloud.workers[worker_id].end(exit_code)

    def starve(self, worker_id: UUID) -> None:
        """The worker has used up its memory and is killed for it."""
        self.cloud.workers[worker_id].out_of_memory = True
        self.kill(worker_id)

    def say(self, worker_id: UUID, reason: str) -> None:
        """What its provider says of the worker from now on. Raises KeyError."""
        self.cloud.workers[worker_id].reason = reason

    def vanish(self, worker_id: UUID) -> None:
        """The worker is removed without anybody having asked. Raises KeyError."""
        self.cloud.workers.pop(worker_id).end(KILLED)

    def hide(self, worker_id: UUID, hidden: bool = True) -> None:
        """Observing the worker answers UNKNOWN from now on. Raises KeyError."""
        self.cloud.workers[worker_id].hidden = hidden

    async def reached(self, at: At | str, times: int = 1) -> None:
        """Waits until so many calls came there, the past ones counted."""
        wanted = At(at)
        async with self.cloud.called:
            await self.cloud.called.wait_for(
                lambda: sum(call.at is wanted for call in self.cloud.calls) >= times
            )

    async def agents_done(self) -> None:
        """Waits for the agents that run now."""
        agents = [w.agent for w in self.cloud.workers.values() if w.agent is not None]
        await asyncio.gather(*agents, return_exceptions=True)
