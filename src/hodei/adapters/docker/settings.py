"""What an operator may set on a Docker provider."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hodei.domain.parsing.settings import MAX_ENTRIES, RegistryLogin, SettingsReader

DEFAULT_HOST = "unix:///var/run/docker.sock"
DEFAULT_NETWORK = "bridge"
DEFAULT_CAPABILITIES = (
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "NET_BIND_SERVICE",
    "SYS_CHROOT",
)
"""Docker's own set without NET_RAW, MKNOD, AUDIT_WRITE and SETFCAP."""
DEFAULT_PIDS = 4096
DEFAULT_MAX_WORKERS = 16
MAX_WORKERS = 1000
MAX_PIDS = 4_194_304
MAX_CPU = 1024.0
MAX_MEMORY_MB = 67_108_864
MAX_GPUS = 64
# These would put a job into the name space of the host, or of somebody else's container.
FORBIDDEN_NETWORKS = ("host", "none", "default")
_HOST = re.compile(r"unix:///\S+|(?:tcp|https?)://[^\s/@?#]+:\d{1,5}/?")
_CAPABILITY = re.compile(r"[A-Z][A-Z_]{1,40}")
_NETWORK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


class PullPolicy(StrEnum):
    """When an image is fetched from its registry."""

    ALWAYS = "always"
    MISSING = "missing"
    NEVER = "never"


class Delivery(StrEnum):
    """How the agent gets into a container."""

    AUTO = "auto"
    """bind for an engine behind a unix socket, volume for any other."""
    BIND = "bind"
    VOLUME = "volume"


class StorageLimit(StrEnum):
    """Whether `storage_mb` is handed to the engine's storage driver."""

    AUTO = "auto"
    """Only where the engine's answers show for sure that its driver enforces it."""
    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """Paths on the server's machine: the engine's authority and this client's certificate."""

    ca: str = ""
    cert: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerSettings:
    """Settings of one Docker provider, checked."""

    host: str = DEFAULT_HOST
    tls: TlsFiles | None = None
    pull_policy: PullPolicy = PullPolicy.MISSING
    registries: Mapping[str, RegistryLogin] = field(default_factory=dict, repr=False)
    """By registry host; Docker Hub is docker.io."""
    network: str = DEFAULT_NETWORK
    """The engine's network for jobs that ask for the default one."""
    max_workers: int = DEFAULT_MAX_WORKERS
    max_cpu: float | None = None
    """The most CPUs of one job; None: all that the engine has."""
    max_memory_mb: int | None = None
    gpus: int | None = None
    """GPUs of the engine's machine; None: as the engine tells."""
    pids_limit: int = DEFAULT_PIDS
    capabilities: tuple[str, ...] = DEFAULT_CAPABILITIES
    read_only_root: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    storage_limit: StorageLimit = StorageLimit.AUTO
    delivery: Delivery = Delivery.AUTO

    @property
    def local(self) -> bool:
        """Whether the engine is reached by a unix socket."""
        return self.host.startswith("unix:")

    @property
    def binds(self) -> bool:
        """Whether directories of this machine are mounted into the containers."""
        if self.delivery is Delivery.AUTO:
            return self.local
        return self.delivery is Delivery.BIND


def parse_settings(given: Mapping[str, object]) -> DockerSettings:
    """The settings as a value. Raises InvalidRequest that names every wrong field."""
    reader = _Reader(given)
    plain = DockerSettings()
    parsed = DockerSettings(
        host=reader.text("host", plain.host, _HOST, "must be unix:///PATH or tcp://HOST:PORT"),
        tls=reader.tls(),
        pull_policy=PullPolicy(reader.choice("pull_policy", PullPolicy, plain.pull_policy)),
        registries=reader.registries(),
        network=reader.network(plain.network),
        max_workers=reader.whole("max_workers", 1, MAX_WORKERS, plain.max_workers),
        max_cpu=reader.cores("max_cpu", MAX_CPU),
        max_memory_mb=reader.optional_whole("max_memory_mb", 16, MAX_MEMORY_MB),
        gpus=reader.optional_whole("gpus", 0, MAX_GPUS),
        pids_limit=reader.whole("pids_limit", 16, MAX_PIDS, plain.pids_limit),
        capabilities=reader.capabilities(plain.capabilities),
        read_only_root=reader.flag("read_only_root", plain.read_only_root),
        labels=reader.labels(),
        storage_limit=StorageLimit(
            reader.choice("storage_limit", StorageLimit, plain.storage_limit)
        ),
        delivery=Delivery(reader.choice("delivery", Delivery, plain.delivery)),
    )
    reader.settle(parsed)
    return parsed


class _Reader(SettingsReader):
    def settle(self, parsed: DockerSettings) -> None:
        """Raises InvalidRequest if there was any fault."""
        if parsed.tls is not None and parsed.local:
            self.fault("tls", "is for an engine reached by tcp://, not by a unix socket")
        self.finish(DockerSettings.__dataclass_fields__)

    def text(self, name: str, default: str, pattern: re.Pattern[str], message: str) -> str:
        value = self.given(name, default)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            self.fault(name, message, value)
            return default
        return value

    def network(self, default: str) -> str:
        name = self.text("network", default, _NETWORK, "must be the name of a network")
        if name in FORBIDDEN_NETWORKS:
            self.fault(
                "network",
                f"must not be {', '.join(FORBIDDEN_NETWORKS)}: name a network of containers",
                name,
            )
            return default
        return name

    def tls(self) -> TlsFiles | None:
        value = self.given("tls")
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self.fault("tls", "must be an object with ca, cert and key", value)
            return None
        found = {}
        for name, path in value.items():
            if name not in ("ca", "cert", "key"):
                self.fault(f"tls.{name}", "unknown setting; known are ca, cert, key")
            elif path and (not isinstance(path, str) or not path.startswith("/")):
                self.fault(f"tls.{name}", "must be an absolute path of a file", path)
            elif isinstance(path, str):
                found[str(name)] = path
        if bool(found.get("cert")) != bool(found.get("key")):
            self.fault("tls", "cert and key go together")
        return TlsFiles(**found)

    def labels(self) -> dict[str, str]:
        found = {}
        for name, value in self.entries("labels").items():
            if name.startswith("hodei."):
                self.fault(f"labels.{name}", "names that begin with hodei. are Hodei's own")
            elif not name or not isinstance(value, str):
                self.fault(f"labels.{name}", "must be text", value)
            else:
                found[name] = value
        return found

    def capabilities(self, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self.given("capabilities", default)
        if not isinstance(value, list | tuple) or len(value) > MAX_ENTRIES:
            self.fault("capabilities", f"must be a list of at most {MAX_ENTRIES} names", value)
            return default
        found = []
        for index, name in enumerate(value):
            plain = name.upper().removeprefix("CAP_") if isinstance(name, str) else ""
            if not _CAPABILITY.fullmatch(plain) or plain == "ALL":
                self.fault(f"capabilities[{index}]", "must be a capability, such as CHOWN", name)
            else:
                found.append(plain)
        return tuple(dict.fromkeys(found))
