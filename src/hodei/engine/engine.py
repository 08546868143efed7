"""The engine: its parts wired to each other, its loops, and the hints that wake them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from uuid import UUID

from hodei.domain.errors import HodeiError
from hodei.domain.provider import ObservedState
from hodei.domain.worker import Worker, WorkerState
from hodei.engine.access.access import Access, Entrance
from hodei.engine.access.recognition import TOPIC as ACCESS
from hodei.engine.audit import Audit
from hodei.engine.core import Core
from hodei.engine.dispatch import Dispatcher
from hodei.engine.explain import Explainer
from hodei.engine.hosts import Hosts
from hodei.engine.janitor import Janitor, Retention
from hodei.engine.jobs import Jobs
from hodei.engine.live import Live
from hodei.engine.logs import Logs
from hodei.engine.loops import CALM_CHECKS
from hodei.engine.lost_terminals import LostTerminals
from hodei.engine.pools import Pools
from hodei.engine.presence import Presence
from hodei.engine.projects import Projects
from hodei.engine.providers import Providers
from hodei.engine.provision import Provisioner
from hodei.engine.queueing import Queue, Workers
from hodei.engine.reconcile import OBSERVE_PATIENCE_S, Reconciler
from hodei.engine.registry import Registry
from hodei.engine.schedules.catalog import Schedules
from hodei.engine.secrets import Secrets
from hodei.engine.sessions import Session, Sessions
from hodei.engine.standing import Standing
from hodei.engine.stats import Stats
from hodei.engine.templates import Templates
from hodei.engine.terminals import Terminals
from hodei.engine.terminate import Terminator
from hodei.engine.triggers import Triggers
from hodei.engine.webhooks.webhooks import Webhooks
from hodei.ports.bus import Hint
from hodei.ports.meter import Loop
from hodei.ports.peer import Peer
from hodei.ports.provider import AgentBundle, ProviderFactory, no_bundle
from hodei.ports.relay import Relay
from hodei.ports.webhook_sender import WebhookSender

logger = logging.getLogger(__name__)


class Engine:
    """Everything one server process does, apart from its interfaces.

    `async with Engine(...)` opens the providers and runs the loops; leaving it stops them and
    leaves every worker alive, for the next server to find. Without `sender`, deliveries of
    webhooks wait for another replica; without `relay`, terminals lead to its own workers only.
    """

    def __init__(
        self,
        core: Core,
        factories: Mapping[str, ProviderFactory],
        *,
        data_dir: str,
        agent_command: tuple[str, ...],
        agent_bundle: AgentBundle = no_bundle,
        retention: Retention | None = None,
        entrance: Entrance | None = None,
        sender: WebhookSender | None = None,
        relay: Relay | None = None,
    ) -> None:
        self.core = core
        self.registry = Registry(
            core,
            factories,
            data_dir=data_dir,
            agent_command=agent_command,
            agent_bundle=agent_bundle,
        )
        self.sessions = Sessions()
        self.logs = Logs(core)
        self.stats = Stats(core)
        self.live = Live(core)
        self.projects = Projects(core)
        self.provisioner = Provisioner(core, self.registry, self._freed, self._begun)
        self.terminator = Terminator(
            core, self.registry, self.sessions, self.provisioner, self._room
        )
        self.pools = Pools(core, self.registry, self.sessions, self.provisioner, self.terminator)
        self.dispatcher = Dispatcher(
            core, self.registry, self.sessions, self.provisioner.start, self.pools, self.projects
        )
        self.reconciler = Reconciler(
            core, self.registry, self.sessions, self.provisioner, self.terminator, self.pools
        )
        self.explainer = Explainer(core, self.registry, self.projects)
        self.jobs = Jobs(
            core, self.explainer, self.projects, self._wake_dispatcher, self.dispatcher.at_once
        )
        self.templates = Templates(core, self.projects, self.jobs)
        self.triggers = Triggers(core, self.templates)
        self.providers = Providers(core, self.registry, self.pools, self.explainer)
        self.schedules = Schedules(core, self.jobs, self.projects, self.templates)
        self.webhooks = Webhooks(core, self.projects, sender)
        self.secrets = Secrets(core, self.projects, self.providers, self.webhooks)
        self.queue = Queue(core, self.explainer)
        self.workers = Workers(core, self.sessions)
        self.hosts = Hosts(core)
        self.standing = Standing()
        self.access = Access(core, entrance or Entrance())
        self.audit = Audit(core.store, core.clock)
        self.terminals = Terminals(core, self.jobs, self.sessions, relay)
        self.presence = Presence(core, relay)
        self.lost_terminals = LostTerminals(core)
        self.janitor = Janitor(core, retention)
        self.started_at = core.clock.now()
        self._loops: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Engine:
        await self.registry.refresh()
        await self.projects.refresh()
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        self._loops = [
            loop.create_task(self._hints(ready), name="hints"),
            loop.create_task(self._refresh(), name="providers"),
            loop.create_task(self.dispatcher.run(), name="dispatch"),
            loop.create_task(self.reconciler.run(), name="reconcile"),
            loop.create_task(self.pools.run(), name="pools"),
            loop.create_task(self.reconciler.keep_leases(), name="leases"),
            loop.create_task(self.live.run(), name="live"),
            loop.create_task(self.janitor.run(), name="janitor"),
            loop.create_task(self.hosts.run(), name="hosts"),
            loop.create_task(self.audit.run(), name="audit"),
            loop.create_task(self.schedules.firer.run(), name="schedules"),
            loop.create_task(self.webhooks.run(), name="webhooks"),
            loop.create_task(self.presence.run(), name="presence"),
        ]
        await ready.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await self.webhooks.stop()
        await self.presence.stop()
        self.lost_terminals.stop()
        await self.pools.stop()
        await self._give_back()
        await self.dispatcher.stop()
        await self.provisioner.stop()
        await self.terminator.stop()
        for session in self.sessions.all():
            session.close()
        await self.core.committer.drain()
        await self.audit.stop()
        await self.registry.close()

    def connect(self, worker: Worker, peer: Peer) -> Session:
        """A session for a worker whose stream has just begun."""
        session = Session(
            self.core,
            worker,
            peer,
            on_begun=self.logs.begun,
            on_segments=self.logs.publish,
            on_free=self._freed,
            next_jobs=self.dispatcher,
            on_sample=self.stats.publish,
            on_returned=self.lost_terminals.returned,
            why_stopped=self._why_stopped,
        )
        self.sessions.add(session)
        self.core.meter.connected()
        self.reconciler.wake()
        return session

    async def _why_stopped(self, worker: Worker) -> str:
        """What its provider knows of a worker that others told to stop; empty: nothing."""
        entry = self.registry.get(worker.provider_id)
        if entry is None or worker.handle is None:
            return ""
        with suppress(HodeiError, TimeoutError):
            async with asyncio.timeout(OBSERVE_PATIENCE_S):
                seen = (await entry.provider.observe([worker.handle]))[worker.id]
                return "" if seen.state is ObservedState.UNKNOWN else seen.reason
        return ""

    def disconnect(self, session: Session) -> None:
        """The stream of a session has ended."""
        session.close()
        if self.sessions.remove(session):
            self.reconciler.suspect(session.worker.id, session.heard_at)

    def _freed(self, worker: Worker) -> None:
        """A worker has no work any more: it takes another attempt, or is destroyed at once."""
        if worker.state is WorkerState.TERMINATING:
            self.terminator.start(worker)
        else:
            self.dispatcher.freed()

    async def _give_back(self) -> None:
        try:
            await self.dispatcher.give_back()
        except HodeiError as error:
            logger.info("claims run out by themselves", extra={"error": str(error)})

    def _begun(self) -> None:
        """A worker is being made."""
        self.reconciler.wake()

    def _wake_dispatcher(self) -> None:
        self.dispatcher.wake()

    def _room(self) -> None:
        """A worker is gone."""
        self.dispatcher.room()
        self.pools.wake()

    async def _hints(self, ready: asyncio.Event) -> None:
        """Turns hints into wakes. Losing all of them costs a sweep's time and nothing else."""
        async with self.core.bus.subscribe() as hints:
            ready.set()
            async for hint in hints:
                await self._hint(hint)

    async def _hint(self, hint: Hint) -> None:
        everything = hint.topic == "resync"
        if hint.topic == "queue" and hint.data:
            # The scheduler was paused, or orders anew: what was claimed before counts no more.
            await self._give_back()
            self.dispatcher.resettled()
        if everything or hint.topic == "project":
            await self._refresh_projects()
        if everything or hint.topic in ("queue", "project"):
            self.dispatcher.room()
        if everything or hint.topic == "cancel":
            self.reconciler.wake()
        if everything or hint.topic == "log":
            self.logs.wake({UUID(key) for key in hint.keys} if hint.keys else None)
        if everything or hint.topic in ("event", "job"):
            self.live.wake()
        self.webhooks.heard(hint.topic)
        if everything or hint.topic == "job":
            self.logs.wake_jobs(hint.keys)
            self.schedules.firer.job_changed()
        if everything or hint.topic == "schedule":
            self.schedules.firer.wake()
        if everything or hint.topic == ACCESS:
            self.access.recognition.forget()
            self.standing.changed()
        if everything or hint.topic == "provider":
            await self._refresh_providers()

    async def _refresh(self) -> None:
        """Keeps providers in step with their rows and checks their health; seldom while there
        is nothing to do for anybody, and nobody looks."""
        passed = 0
        while True:
            await self.core.clock.sleep(self.core.timings.health_check.total_seconds())
            rests = self.dispatcher.calm and self.reconciler.calm and not self.live.watchers
            passed = passed + 1 if rests else 0
            if passed % CALM_CHECKS:
                continue
            await self._refresh_providers()
            await self.registry.check_all()
            self.core.meter.passed(Loop.PROVIDERS)

    async def _refresh_projects(self) -> None:
        try:
            await self.projects.refresh()
        except HodeiError as error:
            logger.warning("projects not refreshed", extra={"error": str(error)})

    async def _refresh_providers(self) -> None:
        try:
            await self.registry.refresh()
        except HodeiError as error:
            logger.warning("providers not refreshed", extra={"error": str(error)})
        self.pools.wake()
        self.dispatcher.room()
