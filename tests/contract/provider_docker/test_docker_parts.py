"""The parts of the Docker provider that need no engine."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest

from hodei.adapters.docker.containers import by_worker, ending, observation
from hodei.adapters.docker.delivery import write_password
from hodei.adapters.docker.engine import api_prefix
from hodei.adapters.docker.errors import EngineRefusal, provider_error, pull_error
from hodei.adapters.docker.factory import FACTORY
from hodei.adapters.docker.facts import capabilities, read_facts, unfit
from hodei.adapters.docker.images import (
    PullProgress,
    parse_reference,
    read_image,
    require_machine,
)
from hodei.adapters.docker.settings import DockerSettings, StorageLimit, parse_settings
from hodei.adapters.docker.tarball import fingerprint, tree
from hodei.domain.errors import (
    CapacityExhausted,
    ImageUnavailable,
    InvalidRequest,
    ProviderError,
    ProviderUnavailable,
    SpecRejected,
)
from hodei.domain.provider import Observation, ObservedState
from hodei.domain.spec import Architecture

# Settings.


def test_nothing_given_is_the_local_engine() -> None:
    settings = parse_settings({})
    assert settings == DockerSettings()
    assert settings.local
    assert settings.binds


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"host": "docker.sock"}, "settings.host"),
        ({"host": "tcp://nowhere"}, "settings.host"),
        ({"hots": "x"}, "settings.hots"),
        ({"tls": {"ca": "/a"}}, "settings.tls"),
        ({"host": "tcp://a:1", "tls": {"cert": "/a"}}, "settings.tls"),
        ({"host": "tcp://a:1", "tls": {"ca": "a.pem"}}, "settings.tls.ca"),
        ({"host": "tcp://a:1", "tls": "x"}, "settings.tls"),
        ({"pull_policy": "sometimes"}, "settings.pull_policy"),
        ({"registries": {"a": {"username": "u"}}}, "settings.registries.a"),
        ({"registries": {"https://a": {"username": "u", "password": "p"}}},
         "settings.registries.https://a"),
        ({"network": "host"}, "settings.network"),
        ({"network": "container:x"}, "settings.network"),
        ({"max_workers": 0}, "settings.max_workers"),
        ({"max_workers": True}, "settings.max_workers"),
        ({"max_cpu": 0}, "settings.max_cpu"),
        ({"max_memory_mb": 1.5}, "settings.max_memory_mb"),
        ({"gpus": -1}, "settings.gpus"),
        ({"pids_limit": 1}, "settings.pids_limit"),
        ({"capabilities": ["ALL"]}, "settings.capabilities[0]"),
        ({"capabilities": "CHOWN"}, "settings.capabilities"),
        ({"read_only_root": "yes"}, "settings.read_only_root"),
        ({"labels": {"hodei.worker": "x"}}, "settings.labels.hodei.worker"),
        ({"labels": {"a": 1}}, "settings.labels.a"),
        ({"storage_limit": "maybe"}, "settings.storage_limit"),
        ({"delivery": "pigeon"}, "settings.delivery"),
        ({"binds": ["/:/host"]}, "settings.binds"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(given: Mapping[str, object], field: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse_settings(given)
    assert [violation.field for violation in raised.value.violations] == [field]


def test_a_password_is_never_shown() -> None:
    given = {"registries": {"r.example:5000": {"username": "u", "password": "s3cret"}}}
    assert "s3cret" not in repr(parse_settings(given))
    bad = {"registries": {"r.example:5000": {"username": "u", "password": "s3cret", "x": 1}}}
    with pytest.raises(InvalidRequest) as raised:
        parse_settings(bad)
    assert "s3cret" not in str(raised.value)


def test_the_schema_knows_every_setting() -> None:
    properties = FACTORY.settings_schema()["properties"]
    assert isinstance(properties, dict)
    assert properties.keys() == DockerSettings.__dataclass_fields__.keys()
    assert properties["registries"]["writeOnly"] is True
    defaults = {name: field["default"] for name, field in properties.items() if "default" in field}
    assert parse_settings(defaults) == DockerSettings()


def test_capabilities_are_written_in_any_way() -> None:
    assert parse_settings({"capabilities": ["cap_chown", "KILL"]}).capabilities == ("CHOWN", "KILL")


# Images.


@pytest.mark.parametrize(
    ("image", "name", "tag", "repository"),
    [
        ("alpine", "alpine", "latest", "docker.io/library/alpine"),
        ("a/b:1", "a/b", "1", "docker.io/a/b"),
        ("docker.io/a/b", "docker.io/a/b", "latest", "docker.io/a/b"),
        ("localhost/a", "localhost/a", "latest", "localhost/a"),
        ("r.example:5000/a", "r.example:5000/a", "latest", "r.example:5000/a"),
        ("r.example:5000/a:2", "r.example:5000/a", "2", "r.example:5000/a"),
        ("a:1@sha256:00", "a", "sha256:00", "docker.io/library/a"),
    ],
)
def test_a_reference_in_its_parts(image: str, name: str, tag: str, repository: str) -> None:
    found = parse_reference(image)
    assert (found.name, found.tag, found.repository) == (name, tag, repository)


def test_the_digest_is_that_of_the_image_s_own_registry() -> None:
    answer = {"Id": "sha256:id", "RepoDigests": ["r.example/a@sha256:1", "alpine@sha256:2"]}
    assert read_image("alpine:3", answer).digest == "sha256:2"
    assert read_image("r.example/a:3", answer).digest == "sha256:1"
    assert read_image("built-here", answer).digest == "sha256:id"


def test_an_image_of_another_system_or_machine() -> None:
    machines = frozenset({Architecture.X86_64})
    require_machine("a", read_image("a", {"Os": "linux", "Architecture": "amd64"}), machines)
    for answer in ({"Os": "windows", "Architecture": "amd64"}, {"Architecture": "riscv64"}):
        with pytest.raises(ImageUnavailable):
            require_machine("a", read_image("a", answer), machines)


def test_percent_never_falls_and_stays_below_the_end() -> None:
    progress = PullProgress()
    said: list[Mapping[str, object]] = [
        {"id": "latest", "status": "Pulling from a"},
        {"id": "1", "status": "Pulling fs layer"},
        {"id": "2", "status": "Pulling fs layer"},
        {"id": "1", "status": "Downloading", "progressDetail": {"current": 50, "total": 100}},
        {"id": "2", "status": "Downloading", "progressDetail": {"current": 1, "total": 900}},
        {"id": "1", "status": "Download complete"},
        {"id": "2", "status": "Downloading", "progressDetail": {"current": 900, "total": 900}},
        {"id": "1", "status": "Extracting", "progressDetail": {"current": 100, "total": 100}},
        {"id": "1", "status": "Pull complete"},
        {"id": "2", "status": "Pull complete"},
        {"status": "Status: Downloaded newer image"},
    ]
    percents = []
    for message in said:
        progress.take(message)
        percents.append(progress.percent)
    assert percents == sorted(percents)
    assert percents[-1] == 99
    assert 0 < percents[6] < 99


# What an engine says.


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (500, "write /x: no space left on device", CapacityExhausted),
        (500, "linux spec user: unable to find user x", ImageUnavailable),
        (404, "No such image: a:1", ImageUnavailable),
        (500, 'could not select device driver "nvidia"', SpecRejected),
        (400, "Minimum memory limit allowed is 6MB", SpecRejected),
        (500, "something else", ProviderUnavailable),
    ],
)
def test_a_refusal_becomes_an_error(status: int, words: str, kind: type[ProviderError]) -> None:
    made = provider_error("start it", EngineRefusal(status, words))
    assert type(made) is kind
    assert words in str(made)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("manifest for a:1 not found: manifest unknown: manifest unknown", ImageUnavailable),
        ("pull access denied for a, repository does not exist", ImageUnavailable),
        ("Get https://r/v2/: dial tcp 127.0.0.1:9: connect: connection refused",
         ProviderUnavailable),
        ("toomanyrequests: You have reached your pull rate limit", ProviderUnavailable),
        ("Get https://r/v2/: EOF", ProviderUnavailable),
        ("dial tcp: lookup r.exmaple: no such host", ImageUnavailable),
        ("write /var/lib/docker/tmp/x: no space left on device", CapacityExhausted),
    ],
)  # fmt: skip
def test_a_failed_pull_becomes_an_error(words: str, kind: type[ProviderError]) -> None:
    made = pull_error("a:1", words)
    assert type(made) is kind
    assert words in str(made)


def test_the_version_of_the_api() -> None:
    host = "unix:///x"
    assert api_prefix(host, {"ApiVersion": "1.41", "MinAPIVersion": "1.12"}) == "/v1.41"
    assert api_prefix(host, {"ApiVersion": "1.52", "MinAPIVersion": "1.44"}) == "/v1.44"
    for wrong in ({"ApiVersion": "1.40"}, {}, {"ApiVersion": "2.0", "MinAPIVersion": "2.0"}):
        with pytest.raises(ProviderUnavailable):
            api_prefix(host, wrong)


INFO = {"OSType": "linux", "Architecture": "aarch64", "Driver": "overlay2", "NCPU": 4,
        "MemTotal": 8 << 30, "Runtimes": {"runc": {}, "nvidia": {}}, "MemoryLimit": True,
        "CpuCfsQuota": True, "SwapLimit": False}  # fmt: skip


def test_what_an_engine_can_do() -> None:
    facts = read_facts({}, INFO, "/v1.41")
    able = capabilities(DockerSettings(max_cpu=3, gpus=2), facts)
    assert able.architectures == {Architecture.ARM64}
    assert (able.max_cpu, able.max_memory_mb, able.gpus) == (3, 8192, 2)
    assert capabilities(DockerSettings(), facts).gpus == 1
    assert not able.storage_limit
    assert capabilities(DockerSettings(storage_limit=StorageLimit.ON), facts).storage_limit
    btrfs = read_facts({}, {**INFO, "Driver": "btrfs"}, "/v1.41")
    assert capabilities(DockerSettings(), btrfs).storage_limit
    assert facts.warnings == ("swap",)
    assert unfit(facts, DockerSettings()) == ""
    assert "windows" in unfit(read_facts({}, {"OSType": "windows"}, ""), DockerSettings())
    weak = read_facts({}, {**INFO, "MemoryLimit": False}, "")
    assert "cannot limit memory" in unfit(weak, DockerSettings())
    bare = read_facts({}, {**INFO, "Runtimes": {}}, "")
    assert capabilities(DockerSettings(gpus=2), bare).gpus == 0
    assert "no runtime for GPUs" in unfit(bare, DockerSettings(gpus=2))


@pytest.mark.parametrize(
    ("state", "seen"),
    [
        ("created", ObservedState.STARTING),
        ("running", ObservedState.RUNNING),
        ("paused", ObservedState.RUNNING),
        ("removing", ObservedState.EXITED),
        ("dead", ObservedState.EXITED),
    ],
)
def test_states(state: str, seen: ObservedState) -> None:
    assert observation({"State": state}).state is seen


def test_endings_in_words() -> None:
    def seen(**state: object) -> Observation:
        shown = {"State": {"Status": "exited", **state}, "HostConfig": {"Memory": 64 << 20}}
        return ending(shown)

    def words(**state: object) -> str:
        return seen(**state).reason

    assert seen(ExitCode=137, OOMKilled=True).out_of_memory
    # A plain kill; and an agent that lived to tell what became of its job.
    assert not seen(ExitCode=137).out_of_memory
    assert not seen(ExitCode=0, OOMKilled=True).out_of_memory

    assert words(ExitCode=137, OOMKilled=True) == "out of memory: the container used up its 64 MiB"
    assert "killed from outside" in words(ExitCode=137)
    assert "no server answered it" in words(ExitCode=4)
    assert words(ExitCode=128, Error="no such file") == "the container failed: no such file"


def test_rows_without_a_worker_are_nobody_s() -> None:
    worker_id = uuid4()
    rows = [{"Labels": {"hodei.worker": str(worker_id)}}, {"Labels": {"hodei.worker": "x"}}, {}]
    assert list(by_worker(rows)) == [worker_id]


# Files.


def test_the_password_is_kept_from_this_machine_s_users(tmp_path: Path) -> None:
    worker_id = uuid4()
    for otp in ("first", "second"):
        folder = write_password(tmp_path / "workers", worker_id, otp)
        assert (folder / "otp").read_text("utf-8") == otp
    assert [path.name for path in folder.iterdir()] == ["otp"]
    assert folder.parent.stat().st_mode & 0o777 == 0o700
    assert (folder / "otp").stat().st_mode & 0o777 == 0o444


def test_the_same_tree_is_the_same_archive(tmp_path: Path) -> None:
    for name in ("a", "b"):
        made = tmp_path / name / "bin"
        made.mkdir(parents=True)
        (made / "agent").write_text("x", encoding="ascii")
        (made / "agent").chmod(0o755)
        (made / "link").symlink_to("agent")
    packed = tree(tmp_path / "a")
    assert packed == tree(tmp_path / "b")
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        assert archive.getnames() == ["bin", "bin/agent", "bin/link"]
        assert archive.getmember("bin/agent").mode == 0o755
    assert fingerprint(packed, "one") != fingerprint(packed, "other")


def test_settings_survive_json() -> None:
    given = json.loads('{"host": "tcp://e:2376", "tls": {"ca": "/ca.pem"}, "max_cpu": null}')
    settings = parse_settings(given)
    assert settings.tls is not None
    assert not settings.binds
