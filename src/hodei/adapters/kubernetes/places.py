"""Where the pods of a provider are: one cluster, and the namespaces that projects have in it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

from hodei.adapters.kubernetes import pods
from hodei.adapters.kubernetes.api import Api
from hodei.adapters.kubernetes.errors import translated
from hodei.adapters.kubernetes.manifests import INSTALLATION_LABEL, Owner
from hodei.adapters.kubernetes.settings import KubernetesSettings
from hodei.adapters.kubernetes.watching import PodWatch
from hodei.adapters.kubernetes.worker_calls import Calls, selector
from hodei.domain.parsing.answers import Answer


class Place:
    """One namespace; its pods are watched from when somebody first waits for one."""

    def __init__(self, api: Api, owner: Owner, settings: KubernetesSettings) -> None:
        self._api = api
        self._path = f"/api/v1/namespaces/{owner.namespace}/pods"
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
