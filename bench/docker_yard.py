"""A Docker Engine of the benchmark's own beside a Hodei that uses it, and the engine alone."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bench.system import System, system
from hodei.wire.gen import jobs_pb2, providers_pb2
from tests.support.docker import (
    ImageFiles,
    PrivateEngine,
    UnixConnection,
    busybox_layer,
    private_engine,
)

IMAGE = "bench:latest"
PROVIDER = "bench-docker"
NETWORKS = {"none": "none", "default": "bridge"}
"""As a job names them, and as the engine does."""
CPU, MEMORY_MB = 1.0, 128
READY_S = 60.0
POLL_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Yard:
    """Hodei and its engine."""

    system: System
    engine: PrivateEngine

    async def pools(self, *pools: providers_pb2.WarmPool, max_workers: int = 16) -> None:
        """Sets what is kept warm and how many workers there may be; returns when it is so."""
        provider = await self.system.providers.GetProvider(
            providers_pb2.GetProviderRequest(provider=PROVIDER)
        )
        config = provider.config
        del config.warm[:]
        config.warm.extend(pools)
        config.max_workers = max_workers
        await self.system.providers.UpdateProvider(
            providers_pb2.UpdateProviderRequest(
                provider=PROVIDER, config=config, version=provider.version
            )
        )
        await self.settled()

    async def settled(self) -> None:
        """Returns when every pool is full, and nothing else is there or on its way."""
        async with asyncio.timeout(READY_S):
            while True:
                provider = await self.system.providers.GetProvider(
                    providers_pb2.GetProviderRequest(provider=PROVIDER)
                )
                wanted = sum(pool.size for pool in provider.pools)
                ready = sum(pool.ready for pool in provider.pools)
                if provider.health.ok and wanted == ready == provider.live_workers:
                    return
                await asyncio.sleep(POLL_S)


@asynccontextmanager
async def docker_yard() -> AsyncIterator[Yard]:
    """Both, for one measurement; nothing of them is left."""
    # The engine goes last: the containers go with it.
    with private_engine() as engine:
        engine.load(ImageFiles(IMAGE, [busybox_layer()]))
        async with system() as it:
            config = providers_pb2.ProviderConfig(
                name=PROVIDER, type="docker", settings=json.dumps({"host": engine.host})
            )
            await it.providers.CreateProvider(providers_pb2.CreateProviderRequest(config=config))
            yard = Yard(system=it, engine=engine)
            await yard.settled()
            yield yard


def pool(size: int, network: str) -> providers_pb2.WarmPool:
    """A pool for the jobs of `job`."""
    return providers_pb2.WarmPool(
        size=size, image=IMAGE, cpu=CPU, memory_mb=MEMORY_MB, network=network
    )


def job(argv: Sequence[str], network: str) -> jobs_pb2.JobSpec:
    """A job in the benchmark's image."""
    return jobs_pb2.JobSpec(
        name="bench",
        image=IMAGE,
        command=jobs_pb2.Command(type="exec", argv=argv),
        resources=jobs_pb2.Resources(cpu=CPU, memory_mb=MEMORY_MB),
        preferences=jobs_pb2.Preferences(provider=PROVIDER),
        network=network,
    )


class Bare:
    """One connection to the engine, used as a program of one's own would use it."""

    def __init__(self, engine: PrivateEngine) -> None:
        self._connection = UnixConnection(str(engine.socket))

    def run(self, argv: Sequence[str], network: str) -> float:
        """Creates, starts and waits for one container; ms until its exit is known."""
        body = {"Image": IMAGE, "Cmd": list(argv), "HostConfig": {"NetworkMode": network}}
        start = time.perf_counter()
        made = self._ask("POST", "/containers/create", body)
        name = str(made["Id"])
        self._ask("POST", f"/containers/{name}/start")
        ended = self._ask("POST", f"/containers/{name}/wait")
        took = (time.perf_counter() - start) * 1000
        if ended["StatusCode"] != 0:
            raise RuntimeError(f"the bare container ended with {ended}")
        self._ask("DELETE", f"/containers/{name}")
        return took

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, object]:
        content = None if body is None else json.dumps(body)
        self._connection.request(method, path, content, {"content-type": "application/json"})
        answer: http.client.HTTPResponse = self._connection.getresponse()
        read = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {read[:200]!r}")
        return dict(json.loads(read)) if read else {}
