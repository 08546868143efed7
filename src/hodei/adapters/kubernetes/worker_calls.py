"""Making and ending one pod, whatever state an earlier try left it in."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import UUID

from hodei.adapters.kubernetes import pods
from hodei.adapters.kubernetes.api import Api
from hodei.adapters.kubernetes.errors import MISSING, TAKEN, ApiRefusal, translated
from hodei.adapters.kubernetes.manifests import (
    Owner,
    network_policy,
    pod,
    pod_name,
    policy_name,
    secret,
)
from hodei.adapters.kubernetes.settings import KubernetesSettings
from hodei.adapters.kubernetes.watching import PodWatch
from hodei.domain.errors import ProviderUnavailable
from hodei.domain.parsing.answers import Answer, inner, text
from hodei.domain.spec import Network
from hodei.ports.provider import ProvisionRequest

logger = logging.getLogger(__name__)

MOST_TRIES = 5
PATIENCE_S = 75.0
"""Beyond the grace, for a node to confirm that a pod has ended. A kubelet of 1.20 that is well
takes some 40 s for a pod of which nothing could be started, and 50 while it has others to end."""
LEAST_GRACE_S = 1
"""With none at all the cluster forgets a pod whose processes still run."""


def selector(labels: Mapping[str, str]) -> str:
    """As list calls want it."""
    return ",".join(f"{name}={value}" for name, value in labels.items())


class Calls:
    """Orders about pods. Raises ApiRefusal and ProviderUnavailable unless it says otherwise."""

    def __init__(
        self, api: Api, watch: PodWatch, owner: Owner, settings: KubernetesSettings
    ) -> None:
        self._api = api
        self._watch = watch
        self._owner = owner
        self._settings = settings
        self._policy_stands = False

    async def make(
        self, request: ProvisionRequest, servers: str, wanted: Callable[[], bool]
    ) -> Answer:
        """Creates the pod and its secret, or finishes what an earlier call began.

        Raises ProviderError.
        """
        with translated("take the pod"):
            return await self._make(request, servers, wanted)

    async def _make(
        self, request: ProvisionRequest, servers: str, wanted: Callable[[], bool]
    ) -> Answer:
        if request.spec.network is Network.NONE:
            await self._stand_policy()
        body = pod(request, self._settings, self._owner, servers)
        for _ in range(MOST_TRIES):
            if not wanted():
                break
            made = await self._create(request.worker_id, body)
            if not made:
                continue
            if wanted():
                # After the pod, which owns it: whatever happens, the cluster removes both.
                await self._put_secret(request, pods.uid(made))
            return made
        raise ProviderUnavailable(f"the pod {pod_name(request.worker_id)} does not stay as made")

    async def remove(self, worker_id: UUID, grace_s: float) -> None:
        """Ends the pod and removes it with its secret; returns when it is gone."""
        path = self._at("pods", worker_id)
        grace = max(LEAST_GRACE_S, math.ceil(grace_s))
        asked = await self._delete(path, {"gracePeriodSeconds": grace})
        if pods.uid(asked):
            await self._ended(asked, path, grace)
        await self._delete(self._at("secrets", worker_id), {})

    async def _ended(self, asked: Answer, path: str, grace: int) -> None:
        """Waits for the node's word, and then for nobody: the pod is removed at once."""
        pod_uid = pods.uid(asked)
        until = monotonic() + grace + PATIENCE_S
        last = asked
        with self._watch.following(pod_uid) as news:
            while not self._watch.is_gone(pod_uid):
                last = self._watch.pod(pod_uid) or last
                if pods.is_over(last) or self._is_lost(last):
                    break
                if monotonic() > until:
                    raise ProviderUnavailable(
                        f"the node {pods.node(last)!r} does not confirm the end of the pod "
                        f"{path.rpartition('/')[2]}; is it lost?"
                    )
                await self._watch.news(pod_uid, news, until - monotonic())
            else:
                return
        await self._delete(path, {"gracePeriodSeconds": 0, "preconditions": {"uid": pod_uid}})

    def _is_lost(self, seen: Answer) -> bool:
        """Whether its node has been silent for so long that the agent has ended the job itself."""
        since = pods.leaving_since(seen)
        if since is None:
            return False
        return datetime.now(UTC) - since > timedelta(seconds=self._settings.lost_node_s)

    async def _create(self, worker_id: UUID, body: Mapping[str, object]) -> Answer:
        """The pod by that name; empty when it has to be tried again."""
        folder = f"/api/v1/namespaces/{self._owner.namespace}/pods"
        path = self._at("pods", worker_id)
        try:
            return await self._api.post(folder, body)
        except ApiRefusal as refusal:
            if refusal.status != TAKEN:
                raise
        found = await self._get(path)
        if not found:
            return {}
        labels = inner(inner(found, "metadata"), "labels")
        if any(text(labels, k) != v for k, v in self._owner.labels(worker_id).items()):
            name = pod_name(worker_id)
            raise ProviderUnavailable(f"the name {name} is taken by a pod of somebody else")
        phase = text(inner(found, "status"), "phase")
        if pods.leaving_since(found) is not None or phase in ("Succeeded", "Failed"):
            # It ended before its handle was known to anybody.
            await self.remove(worker_id, 0)
            return {}
        return found

    async def _put_secret(self, request: ProvisionRequest, pod_uid: str) -> None:
        body = secret(request, self._owner, pod_uid)
        folder = f"/api/v1/namespaces/{self._owner.namespace}/secrets"
        for _ in range(MOST_TRIES):
            try:
                await self._api.post(folder, body)
            except ApiRefusal as refusal:
                if refusal.status != TAKEN:
                    raise
            else:
                return
            try:
                await self._api.put(f"{folder}/{pod_name(request.worker_id)}", body)
            except ApiRefusal as refusal:
                # Removed between the two, with a former pod; or written by another server.
                if refusal.status not in (MISSING, TAKEN):
                    raise
            else:
                return
        raise ProviderUnavailable("the secret of the worker does not stay as made")

    async def _stand_policy(self) -> None:
        if self._policy_stands:
            return
        group = f"/apis/networking.k8s.io/v1/namespaces/{self._owner.namespace}/networkpolicies"
        body = network_policy(self._settings, self._owner)
        try:
            await self._api.post(group, body)
        except ApiRefusal as refusal:
            if refusal.status != TAKEN:
                raise
            await self._api.put(f"{group}/{policy_name(self._owner)}", body)
        self._policy_stands = True

    async def _get(self, path: str) -> Answer:
        try:
            return await self._api.get(path)
        except ApiRefusal as refusal:
            if refusal.status != MISSING:
                raise
            return {}

    async def _delete(self, path: str, options: Mapping[str, object]) -> Answer:
        """What is on its way out; empty when nothing is there."""
        body = {"apiVersion": "v1", "kind": "DeleteOptions", **options}
        try:
            found = await self._api.delete(path, body)
        except ApiRefusal as refusal:
            # A conflict: by this name there is another by now.
            if refusal.status not in (MISSING, TAKEN):
                raise
            return {}
        # A pod that is on no node, or has ended, goes at once.
        ended = text(inner(found, "status"), "phase") in ("Succeeded", "Failed")
        return found if text(found, "kind") == "Pod" and pods.node(found) and not ended else {}

    def _at(self, kind: str, worker_id: UUID) -> str:
        return f"/api/v1/namespaces/{self._owner.namespace}/{kind}/{pod_name(worker_id)}"
