"""A Kubernetes cluster of a run's own: pods are removed under their jobs, the kubelet is killed."""

from __future__ import annotations

import secrets
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random

from chaos.ground import Hurt, Note, Place
from chaos.witness import Witness
from tests.support.docker import ImageFiles, busybox_layer
from tests.support.docker_images import ALPINE
from tests.support.kubernetes import PrivateCluster, Refused, namespace, private_cluster
from tests.support.server import hodei_command

MARK = "hodei.worker"
NAMESPACE = "hodei-chaos"
KINDS = ("pods", "secrets")


class Cluster:
    """The cluster as a ground of jobs."""

    def __init__(self, cluster: PrivateCluster) -> None:
        self._cluster = cluster
        self._key = secrets.token_hex(32)
        # A pod takes some seconds where a process takes some milliseconds.
        self.place = Place(
            provider="kubernetes",
            image=ALPINE,
            witness=Witness(socket.create_server((cluster.host, 0))),
            weight=0.2,
            every_ms=15_000,
            workers=8,
        )

    def environment(self) -> Mapping[str, str]:
        """Servers that know the cluster, and that pods reach by TLS under one authority."""
        with socket.create_server((self._cluster.host, 0)) as found:
            address = f"{self._cluster.host}:{found.getsockname()[1]}"
        return {
            "HODEI_SECRET_KEY": self._key,
            "HODEI_K8S_ENABLED": "1",
            "KUBECONFIG": str(self._cluster.kubeconfig),
            "HODEI_K8S_NAMESPACE": NAMESPACE,
            "HODEI_AGENT_LISTEN": address,
        }

    def faults(self) -> Mapping[str, tuple[Hurt, int]]:
        """Pods are removed by somebody else, and the kubelet dies."""
        return {"pod": (self._remove_pod, 3), "kubelet": (self._kill_kubelet, 1)}

    def _remove_pod(self, random: Random, note: Note) -> bool:
        pods = self._cluster.items("pods", MARK, NAMESPACE)
        if not pods:
            return False
        name = random.choice(pods)["metadata"]["name"]
        note(f"pod {name} is removed by somebody else")
        # With a grace: the cluster itself says that it is gone only when its processes are.
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 1}
        try:
            self._cluster.ask("DELETE", f"/api/v1/namespaces/{NAMESPACE}/pods/{name}", options)
        except Refused as refused:
            if refused.status != 404:
                raise
        return True

    def _kill_kubelet(self, _random: Random, note: Note) -> bool:
        note("the kubelet is killed")
        self._cluster.run("kill", "kubelet")
        self._cluster.run("start", "kubelet")
        note("the kubelet runs again")
        return True

    def leftovers(self) -> Sequence[str]:
        """Pods and secrets of workers."""
        return [
            f"{kind} {row['metadata']['name']}"
            for kind in KINDS
            for row in self._cluster.items(kind, MARK, NAMESPACE)
        ]

    def clear(self) -> None:
        """Removes pods and secrets of workers."""
        for kind in KINDS:
            self._cluster.remove(kind, MARK, NAMESPACE)


@contextmanager
def open_cluster() -> Iterator[Cluster]:
    """One with the images that jobs and agents need: the testbed's, or a new one."""
    with private_cluster() as cluster:
        archive = cluster.folder / "chaos-agent.tar"
        command = hodei_command("agent", "image", str(archive))
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=300)
        cluster.run("import", archive)
        archive.unlink()
        cluster.load(ImageFiles(ALPINE, [busybox_layer()]))
        with namespace(cluster, NAMESPACE):
            yield Cluster(cluster)
