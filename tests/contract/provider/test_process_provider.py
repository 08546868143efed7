"""What the process provider owes beyond the contract."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hodei.domain.errors import (
    CapacityExhausted,
    InvalidRequest,
    ProviderUnavailable,
    SpecRejected,
)
from hodei.domain.provider import Isolation, ObservedState
from hodei.domain.spec import Network, Resources
from hodei.domain.worker import Handle
from hodei.testing.provider_harness import PROVIDER, started, until
from tests.contract.provider.process_harness import ProcessHarness, state


@pytest.fixture(params=["auto", "off"])
async def harness(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[ProcessHarness]:
    made = ProcessHarness(tmp_path, {"cgroups": request.param, "pids_max": 64})
    try:
        yield made
    finally:
        await made.sweep()


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with any worker."""
    process = subprocess.Popen(["/bin/sleep", "600"])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def environment(pid: int) -> dict[str, str]:
    block = Path(f"/proc/{pid}/environ").read_bytes().decode().rstrip("\0")
    return dict(item.split("=", 1) for item in block.split("\0"))


async def test_the_agent_gets_its_settings_and_little_else(
    harness: ProcessHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HODEI_DATABASE_URL", "postgresql://secret")
    monkeypatch.setenv("HODEI_SECRET_KEY", "secret")
    monkeypatch.setenv("LD_PRELOAD", "")
    monkeypatch.setenv("LC_TIME", "C")
    monkeypatch.setenv("FROM_OPERATOR", "yes")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    harness.settings["pass_env"] = ["FROM_OPERATOR"]
    request = harness.request(otp="very secret")
    async with harness.create() as provider:
        grouped = (await provider.check()).details["cgroups"].startswith("v")
        handle = await started(provider, request)
        given = environment(await harness.ready(request.worker_id))
        await provider.destroy(handle, grace_s=0)
    usual = {"PATH", "HOME", "LANG", "TZ", "TMPDIR", "USER", "LOGNAME", "SHELL", "PWD"}
    ours = {name for name in given if name.startswith("HODEI_")}
    rest = {name for name in given if name not in ours | usual and not name.startswith("LC_")}
    assert rest - {"OLDPWD", "_", "SHLVL"} == {"FROM_OPERATOR"}
    expected = {
        "HODEI_AGENT_SERVER": "unix:/nowhere",
        "HODEI_AGENT_WORKER_ID": str(request.worker_id),
        "HODEI_AGENT_REUSABLE": "0",
        "HODEI_AGENT_WORKDIR": "attempt",
        "HODEI_AGENT_LIMITS": "cgroup" if grouped else "rlimit",
        "HODEI_AGENT_DIR": given["HODEI_AGENT_DIR"],
        "HODEI_AGENT_OTP_FILE": given["HODEI_AGENT_OTP_FILE"],
        "HODEI_WORKER": f"{harness.tag}-contract:{PROVIDER}:{request.worker_id}",
    }
    if grouped:
        base = f"/hodei-{harness.tag}-contract-{PROVIDER}/{request.worker_id}"
        assert given["HODEI_AGENT_CGROUP"].endswith(base)
        expected["HODEI_AGENT_CGROUP"] = given["HODEI_AGENT_CGROUP"]
    assert {name: given[name] for name in ours} == expected
    assert given["LC_TIME"] == "C"
    assert "very secret" not in str(given)


async def test_reusable_and_certificate_are_told(harness: ProcessHarness) -> None:
    asked = harness.request()
    asked = replace(
        asked,
        spec=replace(asked.spec, reusable=True),
        enrolment=replace(asked.enrolment, servers=("unix:/a", "tls://b:1"), ca_pem="A\nB\n"),
    )
    async with harness.create() as provider:
        handle = await started(provider, asked)
        given = environment(await harness.ready(asked.worker_id))
        await provider.destroy(handle, grace_s=0)
    assert given["HODEI_AGENT_REUSABLE"] == "1"
    assert given["HODEI_AGENT_SERVER"] == "unix:/a,tls://b:1"
    assert given["HODEI_AGENT_CA"] == "A\nB\n"


async def test_the_agent_is_alone(harness: ProcessHarness) -> None:
    """Own session, own directory, nothing inherited but its standard streams."""
    leaky, other = os.pipe()
    os.set_inheritable(leaky, True)
    request = harness.request()
    try:
        async with harness.create() as provider:
            handle = await started(provider, request)
            pid = await harness.ready(request.worker_id)
            assert os.getsid(pid) == pid == os.getpgid(pid)
            folder = harness.folder(request.worker_id).parent
            assert folder.stat().st_mode & 0o777 == 0o700
            assert not (folder / "otp").exists()
            links = {n: os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd")}
            log = str(folder / "agent.log")
            assert links == {"0": "/dev/null", "1": log, "2": log}
            await provider.destroy(handle, grace_s=0)
    finally:
        os.close(leaky)
        os.close(other)


async def test_the_password_file_is_private(harness: ProcessHarness) -> None:
    harness.agent = ("/bin/sleep", "600")
    request = harness.request(otp="very secret")
    async with harness.create() as provider:
        handle = await started(provider, request)
        file = harness.folder(request.worker_id).parent / "otp"
        assert file.read_text("utf-8") == "very secret"
        assert file.stat().st_mode & 0o777 == 0o600
        await provider.destroy(handle, grace_s=0)


async def test_the_agent_is_in_its_control_groups(harness: ProcessHarness) -> None:
    request = harness.request()
    async with harness.create() as provider:
        grouped = (await provider.check()).details["cgroups"].startswith("v")
        handle = await started(provider, request)
        pid = await harness.ready(request.worker_id)
        places = Path(f"/proc/{pid}/cgroup").read_text("ascii").splitlines()
        inside = {line.split(":")[1] for line in places if str(request.worker_id) in line}
        if grouped:
            assert inside >= {"memory", "pids", "cpu"} or inside == {""}
            limits = [Path(folder) / "pids.max" for folder in harness.groups()]
            assert "64" in {file.read_text("ascii").strip() for file in limits if file.exists()}
        else:
            assert inside == set()
            assert harness.groups() == []
        await provider.destroy(handle, grace_s=0)


async def test_an_ended_agent_is_collected_without_being_asked_for(
    harness: ProcessHarness,
) -> None:
    async with harness.create() as provider:
        handle = await started(provider, harness.request())
        pid = await harness.ready(handle.worker_id)
        await harness.end(handle.worker_id, 7)
        await until(lambda: state(pid) == "X", "the zombie is collected")
        seen = (await provider.observe([handle]))[handle.worker_id]
        assert (seen.state, seen.exit_code) == (ObservedState.EXITED, 7)
        assert seen.reason == "the agent ended with exit code 7: the stand-in was told to end"
        await provider.destroy(handle, grace_s=0)


async def test_workers_survive_the_provider_and_are_collected_by_the_next(
    harness: ProcessHarness,
) -> None:
    async with harness.create() as provider:
        handle = await started(provider, harness.request())
        pid = await harness.ready(handle.worker_id)
    assert state(pid) not in "ZX"
    async with harness.create() as provider:
        seen = await provider.observe([handle])
        assert seen[handle.worker_id].state is ObservedState.RUNNING
        await harness.end(handle.worker_id, 0)
        await until(lambda: state(pid) == "X", "the next provider has collected it")
        await provider.destroy(handle, grace_s=0)


async def test_a_reused_pid_is_not_the_worker(
    harness: ProcessHarness, stranger: subprocess.Popen[bytes]
) -> None:
    async with harness.create() as provider:
        handle = await started(provider, harness.request())
        await harness.end(handle.worker_id, 0)
        stat = Path(f"/proc/{stranger.pid}/stat").read_text("ascii")
        start = stat.split()[21]
        # The worker had the stranger's pid, a second before the stranger.
        data = {**handle.data, "pid": stranger.pid, "start": int(start) - 100}
        note = harness.folder(handle.worker_id).parent / "process"
        boot = note.read_text("ascii").split()[0]
        note.write_text(f"{boot} {stat.replace(start, str(data['start']))}", "ascii")
        later = replace(handle, data=data)
        seen = await provider.observe([later])
        assert seen[handle.worker_id].state is ObservedState.EXITED
        await provider.destroy(later, grace_s=5)
        assert stranger.poll() is None
        assert harness.traces() == []


async def test_an_impatient_call_cuts_a_patient_one_short(harness: ProcessHarness) -> None:
    async with harness.create() as provider:
        handle = await started(provider, harness.request())
        await harness.ready(handle.worker_id)
        (harness.folder(handle.worker_id) / "stubborn").touch()
        patient = asyncio.create_task(provider.destroy(handle, grace_s=600))
        await asyncio.sleep(0)
        await provider.destroy(handle, grace_s=0)
        await patient
        assert harness.traces() == []


async def test_a_stubborn_agent_is_killed_after_its_grace(harness: ProcessHarness) -> None:
    async with harness.create() as provider:
        handle = await started(provider, harness.request())
        await harness.ready(handle.worker_id)
        (harness.folder(handle.worker_id) / "stubborn").touch()
        await provider.destroy(handle, grace_s=0.05)
        assert harness.traces() == []


async def test_ending_outruns_what_forks_all_the_time(harness: ProcessHarness) -> None:
    script = "trap '' TERM; while :; do (setsid sleep 3 &); done"
    harness.agent = ("/bin/sh", "-c", script)
    async with harness.create() as provider:
        handle = await started(provider, harness.request())
        await until(lambda: len(harness.marked(str(handle.worker_id))) > 8, "it forks")
        await provider.destroy(handle, grace_s=0)
        assert harness.traces() == []


async def test_what_a_job_left_is_removed_whatever_its_rights(harness: ProcessHarness) -> None:
    async with harness.create() as provider:
        handle = await started(provider, harness.request())
        await harness.ready(handle.worker_id)
        deep = harness.folder(handle.worker_id) / "a" / "b"
        deep.mkdir(parents=True)
        (deep / "file").touch()
        (deep / "away").symlink_to("/etc")
        deep.chmod(0)
        deep.parent.chmod(0o500)
        await provider.destroy(handle, grace_s=0)
        assert harness.traces() == []
        assert Path("/etc").is_dir()


async def test_an_agent_that_cannot_be_executed_has_exited(harness: ProcessHarness) -> None:
    harness.agent = ("/no/such/agent",)
    async with harness.create() as provider:
        health = await provider.check()
        assert not health.ok
        assert health.reason == "the agent's program '/no/such/agent' cannot be executed"
        handle = await started(provider, harness.request())
        await until(lambda: harness.live(handle.worker_id) == 0, "the launcher has ended")
        seen = (await provider.observe([handle]))[handle.worker_id]
        assert (seen.state, seen.exit_code) == (ObservedState.EXITED, 127)
        assert "/no/such/agent" in seen.reason
        await provider.destroy(handle, grace_s=0)


async def test_a_data_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    harness = ProcessHarness(tmp_path / "file", {})
    async with harness.create() as provider:
        health = await provider.check()
        assert not health.ok
        assert "cannot be written: Not a directory" in health.reason
        with pytest.raises(ProviderUnavailable, match="cannot start a worker"):
            await started(provider, harness.request())
        assert await provider.list_owned() == []


async def test_a_full_disk_is_a_lack_of_capacity(
    harness: ProcessHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    async with harness.create() as provider:
        monkeypatch.setattr(Path, "mkdir", full)
        with pytest.raises(CapacityExhausted, match="No space left on device"):
            await started(provider, harness.request())


async def test_workers_of_another_machine_are_unknown_here(harness: ProcessHarness) -> None:
    async with harness.create() as provider:
        handle = await started(provider, harness.request())
        data = {**handle.data, "place": "elsewhere", "host": "far-away"}
        foreign = Handle(provider="process", worker_id=handle.worker_id, data=data)
        seen = (await provider.observe([foreign]))[handle.worker_id]
        assert seen.state is ObservedState.UNKNOWN
        assert "the worker is on the machine far-away" in seen.reason
        with pytest.raises(ProviderUnavailable, match="far-away"):
            await provider.destroy(foreign, grace_s=0)
        await provider.destroy(handle, grace_s=0)


async def test_what_it_cannot_honour_is_refused_in_one_sentence(harness: ProcessHarness) -> None:
    plain = harness.request()
    refused = {
        "the process provider 'process' runs plain processes and cannot use the image 'alpine'; "
        "choose a docker, kubernetes or firecracker provider, or leave the image out": replace(
            plain.spec, image="alpine"
        ),
        "the process provider 'process' cannot give a job a GPU; 2 were asked for": replace(
            plain.spec, resources=Resources(gpus=2)
        ),
        "the process provider 'process' cannot limit storage; 5 MiB were asked for": replace(
            plain.spec, resources=Resources(storage_mb=5)
        ),
        "the process provider 'process' cannot cut a job off the network; "
        "network none was asked for": replace(plain.spec, network=Network.NONE),
    }
    async with harness.create() as provider:
        for sentence, spec in refused.items():
            with pytest.raises(SpecRejected) as caught:
                await started(provider, replace(plain, spec=spec))
            assert str(caught.value) == sentence
        able = provider.capabilities
        assert (able.isolation, able.images) == (Isolation.NONE, False)
        assert able.reusable_workers
        assert able.survives_restart
        assert harness.traces() == []


async def test_control_groups_that_were_switched_off_are_still_tidied(tmp_path: Path) -> None:
    harness = ProcessHarness(tmp_path, {"cgroups": "auto"})
    async with harness.create() as provider:
        handle = await started(provider, harness.request())
        await harness.ready(handle.worker_id)
    harness.settings = {"cgroups": "off"}
    async with harness.create() as provider:
        child_lives = await harness.add_child(handle.worker_id)
        await provider.destroy(handle, grace_s=5)
        assert not child_lives()
        assert harness.traces() == []


def test_every_wrong_setting_is_named(tmp_path: Path) -> None:
    wrong = {
        "max_workers": 65,
        "cgroups": "maybe",
        "cpu_limit": 0,
        "pids_max": True,
        "pass_env": ["GOOD", "HODEI_SECRET_KEY", "no good"],
        "shell": "/bin/zsh",
    }
    with pytest.raises(InvalidRequest) as caught:
        ProcessHarness(tmp_path, wrong).create()
    assert {violation.field for violation in caught.value.violations} == {
        "settings.max_workers",
        "settings.cgroups",
        "settings.cpu_limit",
        "settings.pids_max",
        "settings.pass_env[1]",
        "settings.pass_env[2]",
        "settings.shell",
    }


async def test_the_polite_signal_comes_first(harness: ProcessHarness) -> None:
    script = "trap 'echo farewell >&2; exit 0' TERM; echo up; while :; do sleep 0.01; done"
    harness.agent = ("/bin/sh", "-c", script)
    async with harness.create() as provider:
        handle = await started(provider, harness.request())
        log = harness.folder(handle.worker_id).parent / "agent.log"
        await until(lambda: b"up" in log.read_bytes(), "it runs")
        kept = os.open(log, os.O_RDONLY)
        try:
            await provider.destroy(handle, grace_s=10)
            assert os.read(kept, 100) == b"up\nfarewell\n"
        finally:
            os.close(kept)
