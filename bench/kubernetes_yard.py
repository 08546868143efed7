"""A Kubernetes cluster of the benchmark's own, beside a Hodei that uses it, and it alone."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import yaml
from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

from bench.system import System, system
from hodei.wire.gen import jobs_pb2, providers_pb2
from tests.support.docker import ImageFiles, busybox_layer
from tests.support.kubernetes import PrivateCluster, private_cluster
from tests.support.server import hodei_command

IMAGE = "hodei-test/bench:1"
PROVIDER = "bench-kubernetes"
PODS = "/api/v1/namespaces/default/pods"
CPU, MEMORY_MB = 1.0, 64
"""As many CPUs as a job has that names no number."""
SMALL_CPU = 0.1
"""So that many have room on one node."""
READY_S = 120.0
POLL_S = 0.1
MOST_BYTES = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Yard:
    """Hodei, its cluster, and what it has asked of the API server."""

    system: System
    cluster: PrivateCluster
    asked: list[str]

    async def settled(self) -> None:
        """Returns when no worker is there or on its way."""
        async with asyncio.timeout(READY_S):
            while True:
                provider = await self.system.providers.GetProvider(
                    providers_pb2.GetProviderRequest(provider=PROVIDER)
                )
                if provider.health.ok and not provider.live_workers:
                    return
                await asyncio.sleep(POLL_S)

    async def keep(self, size: int) -> None:
        """A pool of so many pods of the job's shape from now on."""
        asked = providers_pb2.GetProviderRequest(provider=PROVIDER)
        config = (await self.system.providers.GetProvider(asked)).config
        del config.warm[:]
        if size:
            config.warm.append(
                providers_pb2.WarmPool(size=size, image=IMAGE, cpu=CPU, memory_mb=MEMORY_MB)
            )
        await self.system.providers.UpdateProvider(
            providers_pb2.UpdateProviderRequest(provider=PROVIDER, config=config)
        )

    async def filled(self) -> None:
        """Returns when every pod of the pool waits for a job, and no other is there."""
        asked = providers_pb2.GetProviderRequest(provider=PROVIDER)
        async with asyncio.timeout(READY_S):
            while True:
                provider = await self.system.providers.GetProvider(asked)
                ready = sum(pool.ready for pool in provider.pools)
                if ready == provider.live_workers == sum(p.size for p in provider.pools) > 0:
                    return
                await asyncio.sleep(POLL_S)


@asynccontextmanager
async def kubernetes_yard() -> AsyncIterator[Yard]:
    """Both, for one measurement; nothing of them is left."""
    with private_cluster() as cluster:
        agent = cluster.folder / "agent.tar"
        command = hodei_command("agent", "image", str(agent))
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        cluster.run("import", agent)
        cluster.load(ImageFiles(IMAGE, [busybox_layer()]))
        with socket.create_server((cluster.host, 0)) as found:
            port = found.getsockname()[1]
        asked: list[str] = []
        async with counted(cluster, asked) as config, system((cluster.host, port)) as it:
            settings = json.dumps({"kubeconfig": config, "pull_policy": "never"})
            await it.providers.CreateProvider(
                providers_pb2.CreateProviderRequest(
                    config=providers_pb2.ProviderConfig(
                        name=PROVIDER, type="kubernetes", settings=settings
                    )
                )
            )
            yard = Yard(system=it, cluster=cluster, asked=asked)
            await yard.settled()
            yield yard


@asynccontextmanager
async def counted(cluster: PrivateCluster, asked: list[str]) -> AsyncIterator[str]:
    """A kubeconfig that leads through a proxy, which notes each request."""
    server, context = cluster.access()

    async def forward(request: web.Request) -> web.StreamResponse:
        asked.append(_kind(request))
        headers = {"content-type": "application/json"}
        async with session.request(
            request.method, f"{server}{request.path_qs}", data=await request.read(), headers=headers
        ) as answer:
            reply = web.StreamResponse(status=answer.status)
            reply.content_type = "application/json"
            await reply.prepare(request)
            async for part in answer.content.iter_any():
                await reply.write(part)
            return reply

    limits = ClientTimeout(total=None)
    async with ClientSession(connector=TCPConnector(ssl=context), timeout=limits) as session:
        application = web.Application(client_max_size=MOST_BYTES)
        application.router.add_route("*", "/{path:.*}", forward)
        runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            config = yaml.safe_load(cluster.kubeconfig.read_text("utf-8"))
            config["clusters"][0]["cluster"] = {"server": f"http://{host}:{port}"}
            config["users"][0]["user"] = {}
            yield yaml.safe_dump(config)
        finally:
            await runner.cleanup()


def _kind(request: web.Request) -> str:
    """What is done, and to a thing of which kind, such as `DELETE pods/NAME`."""
    _, _, inside = request.path.partition("/namespaces/")
    kind, _, name = (inside.partition("/")[2] or request.path.rpartition("/")[2]).partition("/")
    verb = "WATCH" if "watch" in request.query else request.method
    tried = " dryRun" if "dryRun" in request.query else ""
    return f"{verb} {kind}{'/NAME' if name else ''}{tried}"


def job(cpu: float = CPU) -> jobs_pb2.JobSpec:
    """The least there is to do, in the benchmark's image."""
    return jobs_pb2.JobSpec(
        name="bench",
        image=IMAGE,
        command=jobs_pb2.Command(type="exec", argv=["true"]),
        resources=jobs_pb2.Resources(cpu=cpu, memory_mb=MEMORY_MB),
        preferences=jobs_pb2.Preferences(provider=PROVIDER),
    )


class Bare:
    """The cluster as a program of one's own would use it: two kept connections."""

    def __init__(self, cluster: PrivateCluster) -> None:
        self._cluster = cluster
        server, context = cluster.access()
        self._calls = _connection(server, context)
        self._watch = _connection(server, context)

    def run(self, name: str, *, like_ours: bool = False) -> float:
        """Creates one pod and watches it; ms until its exit is known. It is removed after that.

        `like_ours`: with a container before it that brings a program along, and a secret.
        """
        limits = {"cpu": f"{round(CPU * 1000)}m", "memory": f"{MEMORY_MB}Mi"}
        container = {
            "name": "main",
            "image": IMAGE,
            "imagePullPolicy": "Never",
            "command": ["true"],
            "resources": {"requests": limits, "limits": limits},
        }
        spec: dict[str, object] = {"restartPolicy": "Never", "containers": [container]}
        if like_ours:
            spec["initContainers"] = [{**container, "name": "first"}]
        body = {"metadata": {"name": name}, "spec": spec}
        start = time.perf_counter()
        made = self._ask("POST", PODS, body)
        about = made["metadata"]
        assert isinstance(about, dict)
        query = f"watch=true&fieldSelector=metadata.name={name}"
        query = f"{query}&resourceVersion={about['resourceVersion']}&timeoutSeconds=60"
        self._watch.request("GET", f"{PODS}?{query}")
        answer = self._watch.getresponse()
        while (phase := json.loads(answer.readline())["object"]["status"]["phase"]) in (
            "Pending",
            "Running",
        ):
            pass
        took = (time.perf_counter() - start) * 1000
        self._watch.close()
        if phase != "Succeeded":
            raise RuntimeError(f"the bare pod ended as {phase}")
        self._ask("DELETE", f"{PODS}/{name}", {"gracePeriodSeconds": 0})
        return took

    def close(self) -> None:
        """Ends the connections."""
        self._calls.close()
        self._watch.close()

    def _ask(self, method: str, path: str, body: object) -> dict[str, object]:
        headers = {"content-type": "application/json"}
        self._calls.request(method, path, json.dumps(body), headers)
        answer = self._calls.getresponse()
        read = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {read[:200]!r}")
        return dict(json.loads(read))


def _connection(server: str, context: ssl.SSLContext) -> http.client.HTTPSConnection:
    return http.client.HTTPSConnection(urlsplit(server).netloc, timeout=READY_S, context=context)
