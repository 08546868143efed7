"""What a worker's container is like from within and from without, on a real engine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from hodei.app.bundle.cache import ensure_bundle
from hodei.domain.errors import ImageUnavailable, ProviderUnavailable, SpecRejected
from hodei.domain.provider import Isolation, ObservedState
from hodei.domain.spec import Architecture, Network, Resources
from hodei.domain.worker import Handle
from hodei.ports.provider import Provider, ProvisionRequest
from hodei.testing.provider_contract import state_of
from hodei.testing.provider_harness import PROVIDER, started, until
from tests.contract.provider_docker.docker_harness import IMAGE, DockerHarness
from tests.support.docker import ImageFiles, PrivateEngine, Refused, busybox_layer, tar

SMALL = Resources(cpu=0.1, memory_mb=64)
# CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SYS_CHROOT
DEFAULT_MASK = sum(1 << bit for bit in (0, 1, 3, 4, 5, 6, 7, 8, 10, 18))


@pytest.fixture
async def harness(
    engine: PrivateEngine, bundle: Path, tmp_path: Path
) -> AsyncIterator[DockerHarness]:
    made = DockerHarness(engine, tmp_path, bundle, {})
    try:
        yield made
    finally:
        await made.sweep()


def asking(
    harness: DockerHarness,
    image: str | None = IMAGE,
    resources: Resources = SMALL,
    network: Network = Network.DEFAULT,
) -> ProvisionRequest:
    """An ordinary request but for what is named."""
    request = harness.request()
    spec = replace(request.spec, image=image, resources=resources, network=network)
    return replace(request, spec=spec)


def within(harness: DockerHarness, handle: Handle, line: str) -> str:
    """What a line of shell prints in the worker's container."""
    name = f"hodei-{handle.worker_id}"
    body = {"Cmd": [harness.program, "sh", "-c", line], "AttachStdout": True, "Tty": True}
    answer = json.loads(harness.engine.ask("POST", f"/containers/{name}/exec", body))
    said = harness.engine.ask("POST", f"/exec/{answer['Id']}/start", {"Tty": True})
    return said.decode().replace("\r\n", "\n").strip()


async def test_limits_and_confinement(harness: DockerHarness) -> None:
    request = asking(harness, resources=Resources(cpu=0.5, memory_mb=96))
    async with harness.create() as provider:
        handle = await started(provider, request)
        name = f"hodei-{handle.worker_id}"
        shown = harness.engine.inspect(name)
        host = shown["HostConfig"]
        assert isinstance(host, dict)
        assert host["NanoCpus"] == 500_000_000
        assert host["Memory"] == host["MemorySwap"] == 96 << 20
        assert host["PidsLimit"] == 4096
        assert host["LogConfig"]["Type"] == "none"
        assert host["RestartPolicy"]["Name"] in ("", "no")
        status = within(
            harness, handle, "/.hodei/bin/busybox grep -E '^(Cap|NoNew)' /proc/1/status"
        )
        fields = dict(line.split(":\t") for line in status.splitlines())
        assert int(fields["CapEff"], 16) == DEFAULT_MASK
        assert int(fields["CapBnd"], 16) == DEFAULT_MASK
        assert fields["NoNewPrivs"] == "1"
        assert "Read-only" in within(harness, handle, "echo x >/.hodei/bin/x")
        assert "Read-only" in within(harness, handle, "echo x >/.hodei-worker/otp")
        assert within(harness, handle, "echo x >/x; cat /x") == "x"
        labels = harness.engine.containers(f"hodei.worker={handle.worker_id}")[0]["Labels"]
        assert isinstance(labels, dict)
        assert labels.items() >= request.spec.labels.items()
        assert labels["hodei.provider"] == str(PROVIDER)
        await provider.destroy(handle, grace_s=0)


@pytest.mark.parametrize("network", list(Network))
async def test_networks(harness: DockerHarness, network: Network) -> None:
    async with harness.create() as provider:
        handle = await started(provider, asking(harness, network=network))
        devices = within(harness, handle, "cd /sys/class/net; echo *").split()
        assert ("eth0" in devices) is (network is Network.DEFAULT)
        servers = within(harness, handle, "echo $HODEI_AGENT_SERVER").split(",")
        assert servers[0] == "unix:/.hodei-run/agent.sock"
        assert len(servers) == (2 if network is Network.DEFAULT else 1)
        await provider.destroy(handle, grace_s=0)


async def test_the_image_s_own_settings_stay(harness: DockerHarness) -> None:
    name = "hodei-test/settled:1"
    config = {
        "User": "worker",
        "WorkingDir": "/data",
        "Env": ["PATH=/opt:/bin", "GREETING=hello there", "HODEI_AGENT_SERVER=tcp://evil:1",
                "HODEI_AGENT_LOG_LEVEL=nonsense"],
        "Entrypoint": ["/bin/never"],
        "Cmd": ["--at", "all"],
        "StopSignal": "SIGQUIT",
        "Healthcheck": {"Test": ["CMD", "/bin/never"], "Interval": 1_000_000_000},
        "Volumes": {"/data": {}},
    }  # fmt: skip
    harness.engine.load(ImageFiles(name, [busybox_layer()], config))
    async with harness.create() as provider:
        handle = await started(provider, asking(harness, image=name))
        assert within(harness, handle, "id -u; pwd; echo $GREETING; echo $PATH").splitlines() == [
            "1000",
            "/data",
            "hello there",
            "/opt:/bin",
        ]
        agent = within(harness, handle, "env | /.hodei/bin/busybox grep HODEI_AGENT_").splitlines()
        given = dict(line.split("=", 1) for line in agent)
        assert given["HODEI_AGENT_SERVER"].startswith("unix:/.hodei-run/")
        assert "HODEI_AGENT_LOG_LEVEL" not in given
        assert json.loads(given["HODEI_AGENT_IMAGE_ENTRYPOINT"]) == ["/bin/never"]
        assert given["HODEI_AGENT_STOP_SIGNAL"] == "SIGQUIT"
        shown = harness.engine.inspect(f"hodei-{handle.worker_id}")
        assert "Health" not in json.dumps(shown["State"])
        await provider.destroy(handle, grace_s=5)
        # The volume that the image asks for goes with the container.
        assert harness.traces() == []


async def test_a_read_only_root(harness: DockerHarness) -> None:
    harness.settings["read_only_root"] = True
    for delivery in ("bind", "volume"):
        harness.settings["delivery"] = delivery
        async with harness.create() as provider:
            handle = await started(provider, harness.request())
            assert "Read-only" in within(harness, handle, "echo x >/x")
            assert await state_of(provider, handle) is ObservedState.RUNNING
            await provider.destroy(handle, grace_s=0)


async def test_out_of_memory_is_told_from_a_plain_kill(harness: DockerHarness) -> None:
    async with harness.create() as provider:
        greedy, killed = [await started(provider, harness.request()) for _ in range(2)]
        harness.engine.ask("POST", f"/containers/hodei-{killed.worker_id}/kill")
        await until(lambda: harness.live(killed.worker_id) == 0, "it is killed")
        # It keeps what it reads, and 64 MiB are not enough for that.
        line = "cat /dev/zero | /.hodei/bin/busybox tail -c 200000000"
        await asyncio.to_thread(within, harness, greedy, line)
        harness.engine.ask("POST", f"/containers/hodei-{greedy.worker_id}/kill")
        await until(lambda: harness.live(greedy.worker_id) == 0, "it is out of memory")
        seen = await provider.observe([greedy, killed])
        assert seen[killed.worker_id].exit_code == 137
        assert "killed from outside" in seen[killed.worker_id].reason
        assert "out of memory" in seen[greedy.worker_id].reason
        assert "64 MiB" in seen[greedy.worker_id].reason
        for handle in (greedy, killed):
            await provider.destroy(handle, grace_s=0)


async def test_check_tells_what_the_engine_is(harness: DockerHarness) -> None:
    harness.settings["max_memory_mb"] = 1024
    async with harness.create() as provider:
        health = await provider.check()
        assert health.ok, health.reason
        assert health.details["storage_driver"].startswith("overlay2")
        assert health.details["api"].endswith("spoken 1.41")
        able = provider.capabilities
        assert able.isolation is Isolation.CONTAINER
        assert able.images
        assert able.networks_none
        assert not able.storage_limit
        assert not able.reusable_workers
        assert able.gpus == 0
        assert able.max_memory_mb == 1024
        assert len(able.architectures) == 1


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("unix:///nowhere/docker.sock", "there is no such socket; is Docker installed"),
        ("tcp://127.0.0.1:9", "nobody listens there; is Docker running?"),
    ],
)
async def test_an_engine_that_is_not_there(harness: DockerHarness, host: str, words: str) -> None:
    harness.settings["host"] = host
    async with harness.create() as provider:
        health = await provider.check()
        assert not health.ok
        assert words in health.reason
        unknown = Handle(provider="docker", worker_id=uuid4())
        assert await state_of(provider, unknown) is ObservedState.UNKNOWN
        with pytest.raises(ProviderUnavailable):
            await started(provider, harness.request())


async def test_check_names_what_is_missing(harness: DockerHarness) -> None:
    harness.settings["network"] = "nowhere"
    async with harness.create() as provider:
        assert "no network 'nowhere'" in (await provider.check()).reason
    del harness.settings["network"]
    harness.bundle = harness.folder / "no bundle"
    async with harness.create() as provider:
        assert "bundle" in (await provider.check()).reason


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        (Resources(gpus=1), "has 0 GPUs for a job; 1 were asked for"),
        (Resources(storage_mb=10), "cannot limit storage"),
        (Resources(cpu=1000), "CPUs; 1000 were asked for"),
        (Resources(memory_mb=1 << 30), "were asked for"),
    ],
)
async def test_what_cannot_be_honoured_is_refused(
    harness: DockerHarness, resources: Resources, words: str
) -> None:
    async with harness.create() as provider:
        with pytest.raises(SpecRejected, match=words):
            await started(provider, asking(harness, resources=resources))
        assert harness.traces() == []


async def test_without_an_image_or_on_another_machine_nothing_runs(harness: DockerHarness) -> None:
    async with harness.create() as provider:
        with pytest.raises(SpecRejected, match="runs every job in an image"):
            await started(provider, asking(harness, image=None))
        own = provider.capabilities.architectures
        other = next(each for each in Architecture if each not in own)
        with pytest.raises(SpecRejected, match=f"{other} was asked for"):
            await started(provider, asking(harness, resources=Resources(architecture=other)))
        assert harness.traces() == []


async def test_a_user_that_the_image_does_not_know(harness: DockerHarness) -> None:
    name = "hodei-test/nobody:1"
    harness.engine.load(ImageFiles(name, [busybox_layer()], {"User": "stranger"}))
    async with harness.create() as provider:
        request = asking(harness, image=name)
        with pytest.raises(ImageUnavailable, match="unable to find user stranger"):
            await started(provider, request)
        await provider.destroy(Handle(provider="docker", worker_id=request.worker_id), grace_s=0)
        assert harness.traces() == []


async def test_a_name_taken_by_somebody_else(harness: DockerHarness) -> None:
    request = harness.request()
    name = f"hodei-{request.worker_id}"
    harness.engine.ask("POST", f"/containers/create?name={name}", {"Image": IMAGE, "Cmd": ["x"]})
    try:
        async with harness.create() as provider:
            with pytest.raises(ProviderUnavailable, match="somebody else"):
                await started(provider, request)
    finally:
        harness.engine.ask("DELETE", f"/containers/{name}")


async def test_a_socket_without_a_directory_of_its_own_is_not_mounted(
    harness: DockerHarness,
) -> None:
    request = harness.request()
    enrolment = replace(request.enrolment, servers=("unix:/run/agent.sock",))
    async with harness.create() as provider:
        with pytest.raises(ProviderUnavailable, match="a directory of its own"):
            await started(provider, replace(request, enrolment=enrolment))
        assert harness.traces() == []


async def test_without_a_socket_and_a_network_nothing_can_be_done(harness: DockerHarness) -> None:
    request = asking(harness, network=Network.NONE)
    enrolment = replace(request.enrolment, servers=("tls://server:1",))
    async with harness.create() as provider:
        with pytest.raises(SpecRejected, match="by a unix socket only"):
            await started(provider, replace(request, enrolment=enrolment))
    harness.settings["delivery"] = "volume"
    async with harness.create() as provider:
        await provider.check()
        assert not provider.capabilities.networks_none
        with pytest.raises(SpecRejected, match="network none was asked for"):
            await started(provider, request)


async def test_a_handle_of_another_engine_is_unknown(harness: DockerHarness) -> None:
    async with harness.create() as provider:
        handle = await started(provider, harness.request())
        other = replace(handle, data={"engine": "ANOTHER", "host": "tcp://elsewhere:2376"})
        assert await state_of(provider, other) is ObservedState.UNKNOWN
        with pytest.raises(ProviderUnavailable, match="tcp://elsewhere:2376"):
            await provider.destroy(other, grace_s=0)
        await provider.destroy(handle, grace_s=0)
        with pytest.raises(Refused):
            harness.engine.inspect(f"hodei-{handle.worker_id}")


@pytest.mark.parametrize("user", ["", "12345:12345"])
async def test_the_real_agent_calls_from_an_image_of_nothing(
    harness: DockerHarness, user: str
) -> None:
    """Read-only root, no network, no shell: only its own bundle and the server's socket."""
    name = f"hodei-test/scratch{user[:1]}:1"
    config = {"User": user, "Env": ["LD_PRELOAD=/x.so", "PYTHONHOME=/x"]}
    harness.engine.load(ImageFiles(name, [tar({"data": (b"", 0o644)})], config))
    harness.bundle = await asyncio.to_thread(ensure_bundle, harness.folder / "bundles")
    harness.settings |= {"read_only_root": True, "capabilities": []}
    called = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await reader.read(24)).startswith(b"PRI * HTTP/2.0"):
            called.set()
        writer.close()

    path = harness.sockets / "agent.sock"
    server = await asyncio.start_unix_server(listen, path)
    path.chmod(0o666)
    async with server, harness.create() as provider:
        handle = await started(provider, asking(harness, image=name, network=Network.NONE))
        async with asyncio.timeout(90):
            await called.wait()
        await _ended(provider, handle)


async def _ended(provider: Provider, handle: Handle) -> None:
    await provider.destroy(handle, grace_s=5)
    assert await state_of(provider, handle) is ObservedState.GONE
