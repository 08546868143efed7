"""TLS at every door of one server, and a certificate of its own for every remote worker."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
import warnings
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import grpc
import pytest

from hodei.adapters.security.authority import Authorities
from hodei.client import AsyncClient, Job, ShellOutput, Unreachable
from hodei.wire.gen import jobs_pb2, jobs_pb2_grpc, worker_pb2, worker_pb2_grpc
from tests.e2e.faults.hostile import Doorman, Impostor, doorman, hello, verdict
from tests.support.certificates import Authority, Pair, worker_credentials
from tests.support.ports import free_port
from tests.support.processes import until, until_told
from tests.support.server import ServerProcess, clean_environment, data_directory, hodei_command

SECRET = "the secret key of an installation under test"
AWAY = grpc.StatusCode.UNAVAILABLE
REFUSED = grpc.StatusCode.UNAUTHENTICATED
POOL = (("grpc.use_local_subchannel_pool", 1),)


@dataclass(frozen=True, slots=True)
class Site:
    """A server with TLS at every door, and who signed its certificate."""

    server: ServerProcess
    authority: Authority
    folder: Path

    @property
    def ca(self) -> Path:
        """The authority's file."""
        return self.folder / "ca.pem"

    def install(self, pair: Pair) -> None:
        """Puts a new certificate where the server's is."""
        pair.write(self.folder, "server")

    def client(self) -> AsyncClient:
        """One that believes the authority."""
        return AsyncClient(self.server.url, ca=self.ca)

    def channel(self) -> grpc.aio.Channel:
        """A foreign client's, to the public gRPC port."""
        credentials = grpc.ssl_channel_credentials(self.ca.read_bytes())
        return grpc.aio.secure_channel(self.server.grpc_target, credentials, POOL)

    def door(self, credentials: grpc.ChannelCredentials) -> grpc.aio.Channel:
        """To the door of remote workers."""
        return grpc.aio.secure_channel(self.server.agents, credentials, POOL)

    def worker(
        self, worker_id: UUID, *, token: str = "", life: timedelta = timedelta(hours=1)
    ) -> grpc.aio.Channel:
        """With a certificate that this installation might have issued."""
        session = sha256(token.encode()).digest() if token else None
        return self.door(worker_credentials(SECRET.encode(), worker_id, session=session, life=life))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The server of this file."""
    folder, authority = tmp_path_factory.mktemp("tls"), Authority()
    cert, key = authority.issue().write(folder, "server")
    (folder / "ca.pem").write_bytes(authority.pem)
    port = free_port()
    with data_directory() as directory:
        env = {
            "HODEI_TLS_CERT": str(cert),
            "HODEI_TLS_KEY": str(key),
            "HODEI_SECRET_KEY": SECRET,
            "HODEI_AGENT_LISTEN": f"127.0.0.1:{port}",
            # The door is shut unless a test opens it: agents go on to TLS.
            "HODEI_AGENT_SERVERS": f"unix:{directory}/door.sock,tls://127.0.0.1:{port}",
        }
        with ServerProcess(directory, env) as server:
            yield Site(server, authority, folder)


@pytest.fixture
async def door(site: Site) -> AsyncIterator[Doorman]:
    """Whoever enrols goes past it first."""
    path = site.server.data_dir / "door.sock"
    async with doorman(path) as one:
        yield one
    path.unlink(missing_ok=True)


def shown(site: Site, host: str = "127.0.0.1") -> bytes:
    """The certificate that HTTP shows."""
    port = int(site.server.url.rpartition(":")[2])
    context = ssl.create_default_context(cafile=site.ca)
    with (
        socket.create_connection(("127.0.0.1", port), 5) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        return secure.getpeercert(binary_form=True) or b""


async def running(client: AsyncClient, command: str = "echo on; exec sleep 600") -> Job:
    """A job whose first line was seen."""
    job = await client.submit(name="tls", command=command)
    async for _ in client.logs(job):
        break
    return job


async def test_a_job_by_https_and_wss_run_by_a_worker_with_a_certificate(site: Site) -> None:
    assert site.server.url.startswith("https://")
    async with site.client() as client:
        job = await running(client)
        async with client.shell(job, argv=["echo", "by wss"], tty=False) as shell:
            got = await shell.read()
            assert isinstance(got, ShellOutput) and got.data == b"by wss\n"
        await client.cancel(job)
        assert (await client.wait(job)).state == "CANCELLED"


async def test_a_foreign_grpc_client(site: Site) -> None:
    async with site.channel() as channel:
        service = jobs_pb2_grpc.JobExecutionServiceStub(channel)
        await service.ListJobs(jobs_pb2.ListJobsRequest(), timeout=60)
    stranger = grpc.ssl_channel_credentials(Authority().pem)
    for other in (
        grpc.aio.secure_channel(site.server.grpc_target, stranger, POOL),
        grpc.aio.insecure_channel(site.server.grpc_target, POOL),
    ):
        async with other as channel:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                service = jobs_pb2_grpc.JobExecutionServiceStub(channel)
                await service.ListJobs(jobs_pb2.ListJobsRequest(), timeout=60)
            assert refused.value.code() is AWAY


async def test_clients_that_do_not_fit_are_told_why(site: Site) -> None:
    plain = site.server.url.replace("https:", "http:")
    for url, ca, why in (
        (site.server.url, None, "HODEI_CA_FILE"),
        (plain, None, "perhaps that port speaks TLS"),
    ):
        async with AsyncClient(url, ca=ca, patience_s=0) as client:
            with pytest.raises(Unreachable, match=why):
                await client.summary()
    port = int(site.server.url.rpartition(":")[2])
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(site.ca)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        old.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection("127.0.0.1", port, ssl=old)
    command = hodei_command("--ca", str(site.ca), "jobs", "list")
    environment = clean_environment(HODEI_URL=site.server.url)
    listed = await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE)
    assert await listed.wait() == 0


async def test_a_new_certificate_while_streams_are_open(site: Site) -> None:
    before = shown(site)
    async with site.client() as client:
        job = await running(client, "echo on; exec sleep 600")
        lines = client.logs(job)
        assert (await anext(lines)).text == "on"
        fresh = site.authority.issue()
        site.install(fresh)
        der = ssl.PEM_cert_to_DER_cert(fresh.cert.decode())
        await until(lambda: shown(site) == der, what="the new certificate is shown")
        assert der != before
        # What cannot be used changes nothing, and is said.
        site.install(Pair(site.authority.issue().cert, fresh.key))
        site.server.process.send_signal(signal.SIGHUP)
        await until(lambda: "new certificate refused" in site.server.log, what="a warning")
        assert "is not that of the certificate" in site.server.log
        assert shown(site) == der
        site.install(fresh)
        async with site.channel() as channel:
            service = jobs_pb2_grpc.JobExecutionServiceStub(channel)
            await service.ListJobs(jobs_pb2.ListJobsRequest(), timeout=60)
        await client.cancel(job)
        await client.wait(job)
        await lines.aclose()


@pytest.mark.parametrize("kind", ["none", "foreign", "ended"])
async def test_workers_without_a_good_certificate_do_not_pass_the_door(
    site: Site, kind: str
) -> None:
    authority = Authorities(lambda: (SECRET.encode(),)).accepted(datetime.now(UTC)).encode()
    foreign = worker_credentials(b"another" * 5, uuid4(), believes=authority)
    channel = {
        "none": lambda: site.door(grpc.ssl_channel_credentials(authority)),
        "foreign": lambda: site.door(foreign),
        "ended": lambda: site.worker(uuid4(), life=-timedelta(minutes=1)),
    }[kind]()
    async with channel:
        code, _ = await register(channel, str(uuid4()), "guess")
    assert code is AWAY


async def register(
    channel: grpc.aio.Channel, worker_id: str, otp: str
) -> tuple[grpc.StatusCode, worker_pb2.RegisterResponse]:
    """What becomes of the password."""
    request = worker_pb2.RegisterRequest(worker_id=worker_id, otp=otp)
    service = worker_pb2_grpc.WorkerAgentServiceStub(channel)
    try:
        return grpc.StatusCode.OK, await service.Register(request, timeout=60)
    except grpc.aio.AioRpcError as error:
        return error.code(), worker_pb2.RegisterResponse()


async def test_a_stolen_password_or_session_is_nothing_without_its_certificate(
    site: Site, door: Doorman
) -> None:
    async with site.client() as client:
        door.catch()
        # Who waits for a further job would take it.
        for idle in await client.workers():
            await client.terminate_worker(idle.id)
        job = await client.submit(name="tls", command="true")
        caught = await door.caught()
        worker_id, otp = caught.worker_id, caught.otp
        other = uuid4()
        async with site.worker(other) as channel:
            assert (await register(channel, worker_id, otp))[0] is REFUSED
        async with site.worker(UUID(worker_id), token="another") as channel:
            assert (await register(channel, worker_id, otp))[0] is REFUSED
        async with site.worker(UUID(worker_id)) as channel:
            code, granted = await register(channel, worker_id, otp)
            assert code is grpc.StatusCode.OK
            assert (await register(channel, worker_id, otp))[0] is REFUSED
        token = granted.session_token
        session = granted.certificate.identity.encode()
        own = grpc.ssl_channel_credentials(
            granted.certificate.authorities.encode(), session, session
        )
        unix = f"unix:{site.server.data_dir}/run/agents/agent.sock"
        for thief in (
            # Without any, on this machine's own socket.
            grpc.aio.insecure_channel(unix),
            # For enrolling only; of another session; of another worker.
            site.worker(UUID(worker_id)),
            site.worker(UUID(worker_id), token="another"),
            site.worker(other, token=token),
        ):
            async with thief as channel:
                assert (await verdict(channel, token, hello(worker_id)))[0] is REFUSED
        async with site.door(own) as channel:
            stream = Impostor(channel, token)
            await stream.say(hello(worker_id))
            await stream.hear("welcome")
            # Nothing of the above has changed anything: the worker has its job.
            assert (await stream.hear("run")).run.job_id == job.id
            stream.hang_up()
        await client.cancel(job)
        # Three passwords and four sessions that did not count.
        await until_told(lambda: refusals(client, 7), what="they are in the audit log")


async def refusals(client: AsyncClient, enough: int) -> bool:
    """Whether so many refused agents are in the audit log."""
    rows = [
        row["action"]
        async for row in client.audit(result="denied")
        if row["action"] in ("worker.enrol", "worker.connect")
    ]
    return len(rows) >= enough


async def test_a_server_does_not_start_with_files_that_cannot_be_used(tmp_path: Path) -> None:
    cert, key = Authority().issue(ends_in=-timedelta(hours=1)).write(tmp_path, "server")
    environment = clean_environment(
        HODEI_TLS_CERT=str(cert),
        HODEI_TLS_KEY=str(key),
        HODEI_DATA_DIR=str(tmp_path / "data"),
        HODEI_HTTP_PORT="0",
        GRPC_PORT="0",
        HODEI_METRICS_PORT="0",
    )
    refused = await asyncio.create_subprocess_exec(
        *hodei_command("serve"), env=environment, stderr=PIPE
    )
    _, said = await asyncio.wait_for(refused.communicate(), 90)
    assert refused.returncode == 2
    [line] = said.decode().splitlines()
    assert line.startswith(f"hodei: HODEI_TLS_CERT: {cert} has ended on "), line
    assert not (tmp_path / "data" / "postgres").exists()
