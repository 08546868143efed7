"""The Kubernetes provider: one pod per worker, used once, made from the job's own image."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from types import TracebackType
from typing import Self
from uuid import UUID

from hodei.adapters.kubernetes import pods
from hodei.adapters.kubernetes.api import Api
from hodei.adapters.kubernetes.checking import examine, takes
from hodei.adapters.kubernetes.errors import translated
from hodei.adapters.kubernetes.facts import capabilities, reject
from hodei.adapters.kubernetes.kubeconfig import access_of
from hodei.adapters.kubernetes.manifests import Owner, pod, pod_name
from hodei.adapters.kubernetes.patience import Patience
from hodei.adapters.kubernetes.places import Cluster, Place
from hodei.adapters.kubernetes.settings import KubernetesSettings
from hodei.domain.errors import (
    ProviderError,
    ProviderUnavailable,
    ProvisionTimeout,
    WorkerElsewhere,
)
from hodei.domain.parsing.answers import Answer, text
from hodei.domain.provider import Capabilities, Health, Observation, ObservedState
from hodei.domain.spec import Resources
from hodei.domain.worker import Handle
from hodei.ports.deadline import LATE, in_time
from hodei.ports.making import Makings
from hodei.ports.provider import (
    Enrolment,
    ProviderContext,
    ProvisionRequest,
    ProvisionStep,
    WorkerSpec,
)

logger = logging.getLogger(__name__)

HANDLE_VERSION = 1
EXAMINE_EVERY_S = 60.0
"""While nothing is in the way, rights, nodes and quotas are asked for this seldom."""
SAMPLE = UUID(int=0)
SAMPLE_IMAGE = "hodei-check"


class KubernetesProvider:
    """Implements the provider port with the pods of one cluster."""

    def __init__(self, settings: KubernetesSettings, context: ProviderContext) -> None:
        self._settings = settings
        self._name = context.name
        self._installation = context.installation_id
        self._id = str(context.provider_id)
        self._capabilities = capabilities(settings, None)
        self._makings = Makings[Answer]()
        self._opening = asyncio.Lock()
        self._opened: Cluster | None = None
        self._well: tuple[Health, float] | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What the cluster offers within the settings, as last seen."""
        return self._capabilities

    async def __aenter__(self) -> Self:
        # A kubeconfig that cannot be read is a fault of the first call.
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._makings.close()
        cluster, self._opened = self._opened, None
        if cluster is not None:
            await cluster.close()

    async def check(self) -> Health:
        """Whether the cluster would take a worker, and what is in the way."""
        now = datetime.now(UTC)
        details: Mapping[str, str] = {"isolation": "pod"}
        began, well = monotonic(), False
        try:
            cluster = await self._cluster()
            found = await examine(cluster.api, self._settings, self._samples(cluster, now))
            self._capabilities = capabilities(self._settings, found.nodes)
            details, reason, well = {**details, **found.details}, found.reason, found.well
        except ProviderError as error:
            reason = str(error)
        health = Health(ok=not reason, reason=reason, details=details, checked_at=now)
        self._well = (health, began + EXAMINE_EVERY_S) if well else None
        return health

    async def recheck(self) -> Health:
        """As `check`; for a minute after nothing was in the way, only pods are shown again."""
        if self._well is None or monotonic() > self._well[1]:
            return await self.check()
        health, _ = self._well
        now = datetime.now(UTC)
        try:
            cluster = await self._cluster()
            taken = await takes(cluster.api, self._samples(cluster, now))
        except ProviderError:
            taken = False
        return replace(health, checked_at=now) if taken else await self.check()

    async def provision(self, request: ProvisionRequest) -> AsyncGenerator[ProvisionStep, None]:
        """The pod's name, the pod, what its node does with it, the running container."""
        cluster = await in_time(request, self._cluster)
        reject(request.spec, self._name, self._capabilities)
        servers = _reachable(request)
        place = cluster.of(request.spec.project)
        handle = self._handle(request.worker_id, cluster, place)
        yield ProvisionStep(handle=handle, phase="provisioning")
        work = partial(place.calls.make, request, servers)
        made = await in_time(request, lambda: self._makings.make(request.worker_id, work))
        patience = Patience(self._settings, request.spec.image or "")
        told = ("provisioning", "")
        with place.watch.following(pods.uid(made)) as news:
            seen: Answer = made
            while not pods.has_started(seen):
                step = self._judge(request, seen, patience, told[0])
                if step != told:
                    told = step
                    yield ProvisionStep(handle=handle, phase=step[0], reason=step[1])
                seen = await self._next(request, place, made, news, patience)
        logger.info("pod started", extra={"worker_id": str(request.worker_id)})
        yield ProvisionStep(handle=handle, phase="started", image_digest=pods.digest(seen))

    async def observe(self, handles: Sequence[Handle]) -> Mapping[UUID, Observation]:
        """One list for all of a namespace."""
        if not handles:
            return {}
        seen: dict[UUID, Observation] = {}
        try:
            cluster = await self._cluster()
            by_namespace: dict[str, list[UUID]] = {}
            for handle in handles:
                by_namespace.setdefault(_namespace(handle, cluster), []).append(handle.worker_id)
            for namespace, worker_ids in by_namespace.items():
                seen |= await cluster.at(namespace).observe(worker_ids)
        except ProviderError as error:
            unknown = Observation(state=ObservedState.UNKNOWN, reason=str(error))
            return {handle.worker_id: unknown for handle in handles}
        for handle in handles:
            if reason := self._elsewhere(handle, cluster):
                seen[handle.worker_id] = Observation(state=ObservedState.UNKNOWN, reason=reason)
        return seen

    async def destroy(self, handle: Handle, *, grace_s: float) -> None:
        """Lets the node end the pod; returns when its node has said that nothing is left."""
        cluster = await self._cluster()
        reason = self._elsewhere(handle, cluster)
        if reason:
            raise WorkerElsewhere(f"cannot end the worker {handle.worker_id}: {reason}")
        await self._makings.settle(handle.worker_id)
        place = cluster.at(_namespace(handle, cluster))
        with translated("remove the pod"):
            await place.calls.remove(handle.worker_id, grace_s)

    async def list_owned(self) -> Sequence[Handle]:
        """Workers with a pod; what else belongs to one goes with it."""
        cluster = await self._cluster()
        return [
            self._handle(worker_id, cluster, place)
            for place in cluster.all()
            for worker_id in sorted(await place.own_pods())
        ]

    # ------------------------------------------------------------------ provisioning

    def _judge(
        self, request: ProvisionRequest, seen: Answer, patience: Patience, phase: str
    ) -> tuple[str, str]:
        """The phase of the pod, and what it waits for.

        Raises the reason why the pod will not come up, as soon as there is one.
        """
        image = request.spec.image or ""
        fault = pods.trouble(seen, image, self._settings.agent_image)
        if fault is not None:
            raise fault
        reason = patience.judge(seen, monotonic())
        return "pulling" if pods.is_pulling(seen) else phase, reason

    async def _next(
        self,
        request: ProvisionRequest,
        place: Place,
        made: Answer,
        news: asyncio.Event,
        patience: Patience,
    ) -> Answer:
        """The pod after the next news of it. Raises when it is gone or the time is over."""
        pod_uid = pods.uid(made)
        seen = place.watch.pod(pod_uid) or made
        left_s = (request.deadline - datetime.now(UTC)).total_seconds()
        if left_s <= 0:
            raise ProvisionTimeout(_why_late(seen, place.watch.fault))
        if patience.left_s is not None:
            left_s = min(left_s, patience.left_s)
        if not place.watch.is_gone(pod_uid):
            await place.watch.news(pod_uid, news, left_s)
        if place.watch.is_gone(pod_uid):
            raise ProviderUnavailable("somebody removed the pod while it was being made")
        return place.watch.pod(pod_uid) or made

    # ------------------------------------------------------------------ where

    async def _cluster(self) -> Cluster:
        if self._opened is None:
            async with self._opening:
                if self._opened is None:
                    self._opened = await self._open()
        return self._opened

    async def _open(self) -> Cluster:
        access = await asyncio.to_thread(access_of, self._settings)
        namespace = self._settings.namespace or access.namespace
        home = Owner(installation=self._installation, provider=self._id, namespace=namespace)
        return Cluster(Api(access), home, self._settings)

    def _handle(self, worker_id: UUID, cluster: Cluster, place: Place) -> Handle:
        data = {
            "server": cluster.api.server,
            "namespace": place.namespace,
            "pod": pod_name(worker_id),
        }
        return Handle(provider=self._id, worker_id=worker_id, version=HANDLE_VERSION, data=data)

    def _elsewhere(self, handle: Handle, cluster: Cluster) -> str:
        """Why nothing can be said about the worker from here; empty when it can."""
        if handle.version > HANDLE_VERSION:
            return f"its handle has version {handle.version}; this server knows {HANDLE_VERSION}"
        server = handle.data.get("server")
        if server and server != cluster.api.server:
            return f"the worker is in the cluster {server}, the settings name another by now"
        return ""

    def _samples(self, cluster: Cluster, now: datetime) -> Mapping[str, Mapping[str, object]]:
        """A small pod for each namespace, home first, which a check shows the cluster."""
        resources = Resources(cpu=0.1, memory_mb=64)
        sample = ProvisionRequest(
            worker_id=SAMPLE,
            spec=WorkerSpec(image=SAMPLE_IMAGE, resources=resources),
            enrolment=Enrolment(servers=(), worker_id=SAMPLE, otp=""),
            deadline=now,
        )
        return {
            place.namespace: pod(sample, self._settings, place.owner, "") for place in cluster.all()
        }


def _reachable(request: ProvisionRequest) -> str:
    servers = [each for each in request.enrolment.servers if not each.startswith("unix:")]
    if not servers:
        raise ProviderUnavailable(
            "the agent has no address of the server that a pod can reach; set HODEI_AGENT_LISTEN, "
            "and HODEI_AGENT_SERVERS to tls://HOST:PORT"
        )
    return ",".join(servers)


def _namespace(handle: Handle, cluster: Cluster) -> str:
    value = handle.data.get("namespace")
    return value if isinstance(value, str) and value else cluster.home.namespace


def _why_late(seen: Answer, fault: str) -> str:
    if words := pods.unschedulable(seen):
        return f"{LATE}; no node takes the pod: {words}"
    if words := pods.gated(seen) or pods.unpulled(seen)[1]:
        return f"{LATE}; {words}"
    if fault:
        return f"{LATE}; the cluster cannot be watched: {fault}"
    doing = pods.observation(seen).reason
    where = f" on node {pods.node(seen)}" if pods.node(seen) else ""
    return f"{LATE}; last seen{where}: {doing or text(seen, 'kind')}"
