"""An engine that is reached by TCP and TLS, and whose agents call back over TLS by the bridge."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import grpc
import pytest

from hodei.wire.gen import jobs_pb2, jobs_pb2_grpc, providers_pb2, worker_pb2, worker_pb2_grpc
from tests.e2e.docker.yard import WORKER, Yard, job
from tests.e2e.faults.site import Site, close, new_directory
from tests.support.certificates import worker_credentials
from tests.support.docker import PrivateEngine
from tests.support.docker_tls import encrypted, make_certificates
from tests.support.observer import FAILED, SUCCEEDED, Observer, refused
from tests.support.ports import free_port
from tests.support.processes import until, until_told

CHUNK = 65_536


@asynccontextmanager
async def forwarded(listening: socket.socket, port: int) -> AsyncIterator[None]:
    """Carries bytes from a socket of the engine's network to this machine's loopback."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(CHUNK):
                writer.write(data)
                await writer.drain()
        except OSError:
            return
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            # An agent that calls while the server is not there.
            writer.close()
            return
        await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer))

    async with await asyncio.start_server(serve, sock=listening):
        yield


@asynccontextmanager
async def remote_yard(engine: PrivateEngine, folder: Path) -> AsyncIterator[Yard]:
    """A server with the provider `far`, for which the engine is on another machine."""
    certificates = make_certificates(folder)
    port = free_port()
    listening = await asyncio.to_thread(engine.listen, engine.gateway())
    address, outer = listening.getsockname()
    env = {
        "HODEI_AGENT_LISTEN": f"127.0.0.1:{port}",
        "HODEI_AGENT_SERVERS": f"tls://{address}:{outer}",
        "HODEI_PROCESS_ENABLED": "0",
    }
    with new_directory() as directory:
        site = Site(directory, env)
        async with forwarded(listening, port), encrypted(engine, certificates) as engine_port:
            try:
                await site.restart()
                async with site.observer() as observer:
                    await add_provider(observer, engine_port, certificates)
                yield Yard(site=site, engine=engine)
            finally:
                await asyncio.to_thread(close, site)
                await asyncio.to_thread(engine.remove_all, WORKER)


async def add_provider(observer: Observer, port: int, certificates: Path) -> None:
    """Configures the engine as one that is far away."""
    tls = {
        "ca": str(certificates / "ca.pem"),
        "cert": str(certificates / "client.pem"),
        "key": str(certificates / "client.key"),
    }
    settings = json.dumps({"host": f"tcp://127.0.0.1:{port}", "tls": tls})
    config = providers_pb2.ProviderConfig(name="far", type="docker", settings=settings)
    request = providers_pb2.CreateProviderRequest(config=config)
    providers = await observer.providers()
    await providers.CreateProvider(request)

    async def well() -> bool:
        # On a busy machine the agent's bundle is still in the making.
        return (await providers.TestProvider(providers_pb2.TestProviderRequest(provider="far"))).ok

    await until_told(well, what="the provider is well")


async def hostile(yard: Yard) -> None:
    """The listener has nothing for those who are no agents."""
    address = yard.site.server.agents
    secret = (yard.site.data / "secret.key").read_bytes().strip()
    name = (("grpc.ssl_target_name_override", yard.engine.gateway()),)
    worker_id = uuid4()
    credentials = worker_credentials(secret, worker_id)
    async with grpc.aio.secure_channel(address, credentials, name) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as other:
            await jobs_pb2_grpc.JobExecutionServiceStub(channel).ListJobs(
                jobs_pb2.ListJobsRequest(), timeout=60
            )
        assert other.value.code() is grpc.StatusCode.UNIMPLEMENTED
        with pytest.raises(grpc.aio.AioRpcError) as guessed:
            await worker_pb2_grpc.WorkerAgentServiceStub(channel).Register(
                worker_pb2.RegisterRequest(worker_id=str(worker_id), otp="guess"), timeout=60
            )
        assert guessed.value.code() is grpc.StatusCode.UNAUTHENTICATED
    host, _, port = address.rpartition(":")
    stranger = ssl.create_default_context()
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.open_connection(host, int(port), ssl=stranger)


async def test_jobs_on_another_machine(engine: PrivateEngine, tmp_path: Path) -> None:
    async with remote_yard(engine, tmp_path) as yard, yard.site.observer() as observer:
        spec = job("shell", "echo from afar; exit 3", network="default")
        done = await observer.finished(await observer.submit(spec))
        assert (done.state, done.outcome.exit_code) == (FAILED, 3), done
        assert (await observer.log(done.id)).text == ["from afar"]

        async with refused(
            grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.INVALID_ARGUMENT
        ) as why:
            await observer.submit(job("shell", "echo", network="none"))
        assert "cannot cut a job off from the network" in (why[0].details() or "")

        await hostile(yard)
        await over_a_restart(yard, observer)
        await until(lambda: not yard.traces(), what="nothing is left")


async def over_a_restart(yard: Yard, observer: Observer) -> None:
    """Agents find the server again: its authority is the same, its certificate is new."""
    script = "i=0; while [ ! -e /go ]; do i=$((i+1)); echo line $i; sleep 0.05; done"
    job_id = await observer.submit(job("shell", script, network="default"))
    await observer.lines(job_id, 5)
    worker_id = (await observer.running(job_id)).attempts[-1].worker_id
    await yard.site.kill()
    await yard.site.restart()

    async def goes_on() -> bool:
        return len(await observer.lines(job_id, 1)) > seen

    seen = len(await observer.lines(job_id, 5))
    await until_told(goes_on, what="lines after the restart")
    await asyncio.to_thread(yard.engine.execute, f"hodei-{worker_id}", "touch", "/go")
    assert (await observer.finished(job_id)).state == SUCCEEDED
