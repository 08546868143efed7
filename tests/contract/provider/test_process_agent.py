"""The process provider with the real agent, against a server of the test."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

import hodei.agent
from hodei.testing.provider_harness import started, until
from hodei.wire.gen import worker_pb2 as pb
from tests.contract.peer.scripted_server import OTP, ScriptedServer
from tests.contract.provider.process_harness import ProcessHarness

AGENT = (sys.executable, "-I", "-S", str(Path(hodei.agent.__file__).parent))


@pytest.fixture(params=["auto", "off"])
async def harness(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[ProcessHarness]:
    made = ProcessHarness(tmp_path, {"cgroups": request.param})
    made.agent = AGENT
    try:
        yield made
    finally:
        await made.sweep()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ScriptedServer]:
    made = ScriptedServer(f"unix:{tmp_path}/server.sock")
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


def order(script: str) -> pb.ServerFrame:
    """An order to run a shell script with small limits."""
    limits = pb.ResourceLimits(cpu_millis=1000, memory_bytes=128 << 20)
    return pb.ServerFrame(
        run=pb.RunAttempt(
            attempt_id="attempt-1",
            job_id="job-1",
            job_name="hello",
            attempt_number=1,
            type=pb.COMMAND_TYPE_SHELL,
            script=script,
            grace_ms=2000,
            limits=limits,
        )
    )


async def test_a_job_runs_and_everything_is_gone_afterwards(
    harness: ProcessHarness, server: ScriptedServer
) -> None:
    asked = harness.request(otp=OTP)
    asked = replace(asked, enrolment=replace(asked.enrolment, servers=(server.address,)))
    async with harness.create() as provider:
        handle = await started(provider, asked)
        await server.until(lambda: server.hellos)
        assert not (harness.folder(asked.worker_id).parent / "otp").exists()
        await server.send(
            order("echo $HODEI_WORKER; env | grep -c HODEI_AGENT_; cat /proc/self/cgroup")
        )
        record = server.of("attempt-1")
        await server.until(lambda: record.exits)
        lines = record.text().decode().splitlines()
        assert lines[0].endswith(str(asked.worker_id))
        assert lines[1] == "0"
        limited = any(str(asked.worker_id) in line for line in lines[2:])
        assert limited == (harness.settings["cgroups"] == "auto")
        assert harness.leaks(OTP) == []
        await provider.destroy(handle, grace_s=5)
        assert harness.traces() == []


@pytest.mark.parametrize("grace_s", [0, 5])
async def test_a_running_job_ends_with_its_worker(
    harness: ProcessHarness, server: ScriptedServer, grace_s: float
) -> None:
    asked = harness.request(otp=OTP)
    asked = replace(asked, enrolment=replace(asked.enrolment, servers=(server.address,)))
    async with harness.create() as provider:
        handle = await started(provider, asked)
        await server.until(lambda: server.hellos)
        await server.send(order("trap '' TERM; (setsid sleep 600 &); echo up; sleep 600"))
        record = server.of("attempt-1")
        await server.until(record.text)
        assert len(harness.marked(str(asked.worker_id))) >= 3
        await provider.destroy(handle, grace_s=grace_s)
        await until(lambda: harness.marked() == [], "nothing is left")
        assert harness.traces() == []
