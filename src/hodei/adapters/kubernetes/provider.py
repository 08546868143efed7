"""The Kubernetes provider: one pod per worker, used once, made from the job's own image."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from types import TracebackType
from typing import Self, TypeVar
from uuid import UUID

from hodei.adapters.kubernetes import pods
from hodei.adapters.kubernetes.answers import Answer, text
from hodei.adapters.kubernetes.api import Api
from hodei.adapters.kubernetes.checking import examine
from hodei.adapters.kubernetes.errors import translated
from hodei.adapters.kubernetes.facts import capabilities, reject
from hodei.adapters.kubernetes.kubeconfig import access_of
from hodei.adapters.kubernetes.making import Makings
from hodei.adapters.kubernetes.manifests import INSTALLATION_LABEL, Owner, pod, pod_name
from hodei.adapters.kubernetes.patience import Patience
from hodei.adapters.kubernetes.settings import KubernetesSettings
from hodei.adapters.kubernetes.watching import PodWatch
from hodei.adapters.kubernetes.worker_calls import Calls, selector
from hodei.domain.errors import ProviderError, ProviderUnavailable, ProvisionTimeout
from hodei.domain.provider import Capabilities, Health, Observation, ObservedState
from hodei.domain.spec import Resources
from hodei.domain.worker import Handle
from hodei.ports.provider import (
    Enrolment,
    ProviderContext,
    ProvisionRequest,
    ProvisionStep,
    WorkerSpec,
)

logger = logging.getLogger(__name__)

T = TypeVar("T")
HANDLE_VERSION = 1
SAMPLE = UUID(int=0)
SAMPLE_IMAGE = "hodei-check"
LATE = "the deadline for starting the worker has passed"


class KubernetesProvider:
    """Implements the provider port with the pods of one namespace of one cluster."""

    def __init__(self, settings: KubernetesSettings, context: ProviderContext) -> None:
        self._settings = settings
        self._name = context.name
        self._installation = context.installation_id
        self._id = str(context.provider_id)
        self._capabilities = capabilities(settings, None)
        self._makings = Makings()
        self._opening = asyncio.Lock()
        self._opened: _Cluster | None = None

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
        try:
            cluster = await self._cluster()
            sample = pod(self._sample(now), self._settings, cluster.owner, "")
            found = await examine(cluster.api, cluster.owner.namespace, self._settings, sample)
            self._capabilities = capabilities(self._settings, found.nodes)
            details, reason = {**details, **found.details}, found.reason
        except ProviderError as error:
            reason = str(error)
        return Health(ok=not reason, reason=reason, details=details, checked_at=now)

    async def provision(self, request: ProvisionRequest) -> AsyncGenerator[ProvisionStep, None]:
        """The pod's name, the pod, what its node does with it, the running container."""
        cluster = await self._within(request, self._cluster)
        reject(request.spec, self._name, self._capabilities)
        servers = _reachable(request)
        handle = self._handle(request.worker_id, cluster)
        yield ProvisionStep(handle=handle, phase="provisioning")
        work = partial(cluster.calls.make, request, servers)
        made = await self._within(request, lambda: self._makings.make(request.worker_id, work))
        patience = Patience(self._settings, request.spec.image or "")
        told = ("provisioning", "")
        with cluster.watch.following(pods.uid(made)) as news:
            seen: Answer = made
            while not pods.has_started(seen):
                step = self._judge(request, seen, patience, told[0])
                if step != told:
                    told = step
                    yield ProvisionStep(handle=handle, phase=step[0], reason=step[1])
                seen = await self._next(request, cluster, made, news, patience)
        logger.info("pod started", extra={"worker_id": str(request.worker_id)})
        yield ProvisionStep(handle=handle, phase="started", image_digest=pods.digest(seen))

    async def observe(self, handles: Sequence[Handle]) -> Mapping[UUID, Observation]:
        """One list for all."""
        if not handles:
            return {}
        try:
            cluster = await self._cluster()
            rows: dict[UUID, Answer] = {}
            for namespace in {_namespace(handle, cluster) for handle in handles}:
                rows |= await self._rows(cluster, namespace)
        except ProviderError as error:
            unknown = Observation(state=ObservedState.UNKNOWN, reason=str(error))
            return {handle.worker_id: unknown for handle in handles}
        gone = Observation(state=ObservedState.GONE, reason="there is no such pod")
        seen = {}
        for handle in handles:
            row = rows.get(handle.worker_id)
            reason = self._elsewhere(handle, cluster)
            if reason:
                seen[handle.worker_id] = Observation(state=ObservedState.UNKNOWN, reason=reason)
            else:
                seen[handle.worker_id] = gone if row is None else pods.observation(row)
        return seen

    async def destroy(self, handle: Handle, *, grace_s: float) -> None:
        """Lets the node end the pod; returns when its node has said that nothing is left."""
        cluster = await self._cluster()
        reason = self._elsewhere(handle, cluster)
        if reason:
            raise ProviderUnavailable(f"cannot end the worker {handle.worker_id}: {reason}")
        await self._makings.settle(handle.worker_id)
        namespace = _namespace(handle, cluster)
        with translated("remove the pod"):
            await cluster.calls.remove(handle.worker_id, namespace, grace_s)

    async def list_owned(self) -> Sequence[Handle]:
        """Workers with a pod; what else belongs to one goes with it."""
        cluster = await self._cluster()
        with translated("list the pods"):
            wanted = selector(cluster.owner.selector())
            items, _ = await cluster.api.list(cluster.path, {"labelSelector": wanted})
        found = {pods.worker_of(item) for item in items}
        return [self._handle(each, cluster) for each in sorted(filter(None, found))]

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
        cluster: _Cluster,
        made: Answer,
        news: asyncio.Event,
        patience: Patience,
    ) -> Answer:
        """The pod after the next news of it. Raises when it is gone or the time is over."""
        pod_uid = pods.uid(made)
        seen = cluster.watch.pod(pod_uid) or made
        left_s = (request.deadline - datetime.now(UTC)).total_seconds()
        if left_s <= 0:
            raise ProvisionTimeout(_why_late(seen, cluster.watch.fault))
        if patience.left_s is not None:
            left_s = min(left_s, patience.left_s)
        if not cluster.watch.is_gone(pod_uid):
            await cluster.watch.news(pod_uid, news, left_s)
        if cluster.watch.is_gone(pod_uid):
            raise ProviderUnavailable("somebody removed the pod while it was being made")
        return cluster.watch.pod(pod_uid) or made

    async def _within(self, request: ProvisionRequest, work: Callable[[], Awaitable[T]]) -> T:
        """The result, unless the deadline comes first. Raises ProvisionTimeout."""
        left_s = (request.deadline - datetime.now(UTC)).total_seconds()
        try:
            if left_s > 0:
                async with asyncio.timeout(left_s):
                    return await work()
        except TimeoutError as error:
            raise ProvisionTimeout(LATE) from error
        raise ProvisionTimeout(LATE)

    # ------------------------------------------------------------------ where

    async def _cluster(self) -> _Cluster:
        if self._opened is None:
            async with self._opening:
                if self._opened is None:
                    self._opened = await self._open()
        return self._opened

    async def _open(self) -> _Cluster:
        access = await asyncio.to_thread(access_of, self._settings)
        namespace = self._settings.namespace or access.namespace
        owner = Owner(installation=self._installation, provider=self._id, namespace=namespace)
        return _Cluster(Api(access), owner, self._settings)

    async def _rows(self, cluster: _Cluster, namespace: str) -> Mapping[UUID, Answer]:
        wanted = selector({INSTALLATION_LABEL: self._installation})
        path = f"/api/v1/namespaces/{namespace}/pods"
        with translated("list the pods"):
            items, _ = await cluster.api.list(path, {"labelSelector": wanted})
        return {found: item for item in items if (found := pods.worker_of(item)) is not None}

    def _handle(self, worker_id: UUID, cluster: _Cluster) -> Handle:
        data = {
            "server": cluster.api.server,
            "namespace": cluster.owner.namespace,
            "pod": pod_name(worker_id),
        }
        return Handle(provider=self._id, worker_id=worker_id, version=HANDLE_VERSION, data=data)

    def _elsewhere(self, handle: Handle, cluster: _Cluster) -> str:
        """Why nothing can be said about the worker from here; empty when it can."""
        if handle.version > HANDLE_VERSION:
            return f"its handle has version {handle.version}; this server knows {HANDLE_VERSION}"
        server = handle.data.get("server")
        if server and server != cluster.api.server:
            return f"the worker is in the cluster {server}, the settings name another by now"
        return ""

    def _sample(self, now: datetime) -> ProvisionRequest:
        resources = Resources(cpu=0.1, memory_mb=64)
        return ProvisionRequest(
            worker_id=SAMPLE,
            spec=WorkerSpec(image=SAMPLE_IMAGE, resources=resources),
            enrolment=Enrolment(servers=(), worker_id=SAMPLE, otp=""),
            deadline=now,
        )


class _Cluster:
    """One cluster that is talked to."""

    def __init__(self, api: Api, owner: Owner, settings: KubernetesSettings) -> None:
        self.api = api
        self.owner = owner
        self.path = f"/api/v1/namespaces/{owner.namespace}/pods"
        self.watch = PodWatch(api, self.path, selector(owner.selector()))
        self.calls = Calls(api, self.watch, owner, settings)

    async def close(self) -> None:
        await self.watch.close()
        await self.api.__aexit__(None, None, None)


def _reachable(request: ProvisionRequest) -> str:
    servers = [each for each in request.enrolment.servers if not each.startswith("unix:")]
    if not servers:
        raise ProviderUnavailable(
            "the agent has no address of the server that a pod can reach; set HODEI_AGENT_LISTEN, "
            "and HODEI_AGENT_SERVERS to tls://HOST:PORT"
        )
    return ",".join(servers)


def _namespace(handle: Handle, cluster: _Cluster) -> str:
    value = handle.data.get("namespace")
    return value if isinstance(value, str) and value else cluster.owner.namespace


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
