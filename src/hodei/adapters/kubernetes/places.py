"""Where the pods of a provider are: one cluster, and the namespaces that projects have in it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from hodei.adapters.kubernetes import pods
from hodei.adapters.kubernetes.api import Api
from hodei.adapters.kubernetes.errors import MISSING, ApiRefusal, translated
from hodei.adapters.kubernetes.manifests import INSTALLATION_LABEL, Owner
from hodei.adapters.kubernetes.settings import KubernetesSettings
from hodei.adapters.kubernetes.watching import PodWatch
from hodei.adapters.kubernetes.worker_calls import Calls, selector
from hodei.domain.errors import ProviderError
from hodei.domain.parsing.answers import Answer, inner, text
from hodei.domain.provider import Observation, ObservedState

_GONE = Observation(state=ObservedState.GONE, reason="there is no such pod")


class Place:
    """One namespace; its pods are watched from when somebody first waits for one."""

    def __init__(self, api: Api, owner: Owner, settings: KubernetesSettings) -> None:
        self._api = api
        self._folder = f"/api/v1/namespaces/{owner.namespace}"
        self._path = f"{self._folder}/pods"
        self.owner = owner
        self.watch = PodWatch(api, self._path, selector(owner.selector()))
        self.calls = Calls(api, self.watch, owner, settings)

    @property
    def namespace(self) -> str:
        """Its name."""
        return self.owner.namespace

    async def pods(self) -> Mapping[UUID, Answer]:
        """Those of the installation, whichever provider made them. Raises ProviderError."""
        return await self._listed({INSTALLATION_LABEL: self.owner.installation})

    async def own_pods(self) -> Mapping[UUID, Answer]:
        """Those of this provider. Raises ProviderError."""
        return await self._listed(self.owner.selector())

    async def observe(self, worker_ids: Sequence[UUID]) -> Mapping[UUID, Observation]:
        """How workers are; one more question where a pod is gone or goes. Raises ProviderError."""
        rows = await self.pods()
        found = {
            worker_id: pods.observation(rows[worker_id]) if worker_id in rows else _GONE
            for worker_id in worker_ids
        }
        going = [one for one in worker_ids if one not in rows or pods.leaving_since(rows[one])]
        if going and (why := await self._ending()):
            for one in going:
                found[one] = replace(found[one], reason=why)
        return found

    async def _ending(self) -> str:
        """Whether it is the namespace itself that goes, and its pods with it, or has gone; empty
        when it stays, and when nobody may say so."""
        try:
            found = await self._api.get(self._folder)
        except ApiRefusal as refusal:
            gone = refusal.status == MISSING
            return f"the namespace {self.namespace!r} was deleted" if gone else ""
        except ProviderError:
            return ""
        leaving = text(inner(found, "metadata"), "deletionTimestamp")
        return f"the namespace {self.namespace!r} is being deleted" if leaving else ""

    async def _listed(self, labels: Mapping[str, str]) -> Mapping[UUID, Answer]:
        with translated("list the pods"):
            items, _ = await self._api.list(self._path, {"labelSelector": selector(labels)})
        return {found: item for item in items if (found := pods.worker_of(item)) is not None}


class Cluster:
    """One cluster that is talked to, and its places by namespace."""

    def __init__(self, api: Api, home: Owner, settings: KubernetesSettings) -> None:
        self.api = api
        self._home = home
        self._settings = settings
        self._places: dict[str, Place] = {}

    @property
    def home(self) -> Place:
        """Of everything that no project has a namespace for."""
        return self.at(self._home.namespace)

    def of(self, project: str) -> Place:
        """Where the jobs of a project run."""
        return self.at(self._settings.project_namespaces.get(project, self._home.namespace))

    def at(self, namespace: str) -> Place:
        """A namespace, whether the settings name it (still) or not."""
        if namespace not in self._places:
            owner = Owner(
                installation=self._home.installation,
                provider=self._home.provider,
                namespace=namespace,
            )
            self._places[namespace] = Place(self.api, owner, self._settings)
        return self._places[namespace]

    def all(self) -> Sequence[Place]:
        """What the settings name, home first."""
        names = (self._home.namespace, *self._settings.project_namespaces.values())
        return [self.at(name) for name in dict.fromkeys(names)]

    async def close(self) -> None:
        """Ends every watch and the connections."""
        await asyncio.gather(*(place.watch.close() for place in self._places.values()))
        await self.api.__aexit__(None, None, None)
