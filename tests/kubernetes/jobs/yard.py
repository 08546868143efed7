"""A server whose provider `kubernetes` is a real cluster, and what a test asks of both."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from hodei.wire.gen import jobs_pb2
from tests.e2e.faults.site import Site, close, new_directory
from tests.support.kubernetes import PrivateCluster, namespace, process_of
from tests.support.observer import Observer
from tests.support.processes import until

WORKERS = "hodei.worker"
NAMESPACE = "hodei-jobs"
"""Of the server's pods, so that tests of the provider can use the cluster at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Yard:
    """One server and one cluster."""

    site: Site
    cluster: PrivateCluster

    @property
    def settings(self) -> dict[str, object]:
        """What the provider has by itself; a test that changes it puts it back."""
        # What is hidden stays until it is taken away.
        return {
            "kubeconfig": None,
            "kubeconfig_file": str(self.cluster.kubeconfig),
            "namespace": NAMESPACE,
        }

    @property
    def dead_registry(self) -> str:
        """A registry's address at which nobody listens."""
        return f"{self.cluster.host}:1"

    def traces(self, place: str = NAMESPACE) -> list[str]:
        """Pods and secrets of workers."""
        return [
            f"{kind} {row['metadata']['name']}"
            for kind in ("pods", "secrets")
            for row in self.cluster.items(kind, WORKERS, place)
        ]

    async def nothing_left(self, place: str = NAMESPACE, *, within: float = 60.0) -> None:
        """Waits until nothing is left of any worker."""
        await until(
            lambda: not self.traces(place),
            within=within,
            what=lambda: f"gone: {self.traces(place)}",
        )


@asynccontextmanager
async def configured(yard: Yard, observer: Observer, **settings: object) -> AsyncIterator[None]:
    """The provider with other settings until the block is over."""
    await observer.configure_kubernetes(**{**yard.settings, **settings})
    try:
        yield
    finally:
        await observer.configure_kubernetes(**yard.settings)


def waits_for(words: str) -> Callable[[jobs_pb2.Job], bool]:
    """Whether the job's newest attempt says that it waits for this."""
    return lambda seen: bool(seen.attempts) and words in seen.attempts[-1].phases[-1].detail


def let_go(worker_id: str) -> None:
    """Ends the count: a file of the container appears."""
    pid = process_of(worker_id)
    assert pid is not None
    Path(f"/proc/{pid}/root/go").touch()


@contextmanager
def new_yard(cluster: PrivateCluster) -> Iterator[Yard]:
    """A running server that knows the cluster; its workers are ended with it."""
    with socket.create_server((cluster.host, 0)) as found:
        address = f"{cluster.host}:{found.getsockname()[1]}"
    env = {
        "HODEI_K8S_ENABLED": "1",
        "KUBECONFIG": str(cluster.kubeconfig),
        "HODEI_K8S_NAMESPACE": NAMESPACE,
        "HODEI_AGENT_LISTEN": address,
        "HODEI_AGENT_SERVERS": f"tls://{address}",
    }
    with namespace(cluster, NAMESPACE), new_directory() as directory:
        site = Site(directory, env)
        try:
            site.start()
            yield Yard(site=site, cluster=cluster)
        finally:
            close(site)
            for kind in ("pods", "secrets"):
                cluster.remove(kind, WORKERS, NAMESPACE)


def job(
    kind: str = "shell",
    script: str = "",
    *,
    image: str = "alpine:latest",
    name: str = "kubernetes test",
    env: Mapping[str, str] | None = None,
    memory_mb: int = 64,
    cpu: float = 0.1,
    timeout_ms: int = 120_000,
    grace_ms: int = 2_000,
) -> jobs_pb2.JobSpec:
    """A small spec; with as little of a processor as a job may ask for."""
    return jobs_pb2.JobSpec(
        name=name,
        image=image,
        command=jobs_pb2.Command(type=kind, script=script),
        env={key: jobs_pb2.EnvValue(value=value) for key, value in (env or {}).items()},
        resources=jobs_pb2.Resources(cpu=cpu, memory_mb=memory_mb),
        timeout_ms=timeout_ms,
        grace_ms=grace_ms,
    )
