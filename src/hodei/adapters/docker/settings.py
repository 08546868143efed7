"""What an operator may set on a Docker provider."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hodei.domain.errors import InvalidRequest, Violation, shorten

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
MAX_ENTRIES = 100
# These would put a job into the name space of the host, or of somebody else's container.
FORBIDDEN_NETWORKS = ("host", "none", "default")
_HOST = re.compile(r"unix:///\S+|(?:tcp|https?)://[^\s/@?#]+:\d{1,5}/?")
_CAPABILITY = re.compile(r"[A-Z][A-Z_]{1,40}")
_NETWORK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_REGISTRY = re.compile(r"[a-z0-9][a-z0-9.-]*(:\d{1,5})?")


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
class Credentials:
    """A login at one registry."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerSettings:
    """Settings of one Docker provider, checked."""

    host: str = DEFAULT_HOST
    tls: TlsFiles | None = None
    pull_policy: PullPolicy = PullPolicy.MISSING
    registries: Mapping[str, Credentials] = field(default_factory=dict, repr=False)
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
        max_cpu=reader.cpu(),
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
    reader.finish(parsed)
    return parsed


class _Reader:
    """Reads fields one by one and remembers every fault."""

    def __init__(self, given: Mapping[str, object]) -> None:
        # null is "not set": forms send it for an emptied field.
        self._given = {name: value for name, value in given.items() if value is not None}
        self._faults: list[Violation] = []

    def finish(self, parsed: DockerSettings) -> None:
        """Raises InvalidRequest if there was any fault."""
        known = DockerSettings.__dataclass_fields__
        for name in self._given:
            if name not in known:
                self._fault(name, f"unknown setting; known are {', '.join(known)}")
        if parsed.tls is not None and parsed.local:
            self._fault("tls", "is for an engine reached by tcp://, not by a unix socket")
        if self._faults:
            raise InvalidRequest(self._faults)

    def text(self, name: str, default: str, pattern: re.Pattern[str], message: str) -> str:
        value = self._given.get(name, default)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            self._fault(name, message, value)
            return default
        return value

    def choice(self, name: str, choices: type[StrEnum], default: str) -> str:
        value = self._given.get(name, default)
        allowed = [each.value for each in choices]
        if not isinstance(value, str) or value not in allowed:
            self._fault(name, f"must be one of {', '.join(allowed)}", value)
            return default
        return value

    def whole(self, name: str, low: int, high: int, default: int) -> int:
        value = self._given.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self._fault(name, f"must be a whole number from {low} to {high}", value)
            return default
        return value

    def optional_whole(self, name: str, low: int, high: int) -> int | None:
        return self.whole(name, low, high, low) if name in self._given else None

    def cpu(self) -> float | None:
        value = self._given.get("max_cpu")
        if value is None:
            return None
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not 0 < value <= MAX_CPU
        ):
            self._fault("max_cpu", f"must be a number above 0 and at most {MAX_CPU:g}", value)
            return None
        return float(value)

    def flag(self, name: str, default: bool) -> bool:
        value = self._given.get(name, default)
        if not isinstance(value, bool):
            self._fault(name, "must be true or false", value)
            return default
        return value

    def network(self, default: str) -> str:
        name = self.text("network", default, _NETWORK, "must be the name of a network")
        if name in FORBIDDEN_NETWORKS:
            self._fault(
                "network",
                f"must not be {', '.join(FORBIDDEN_NETWORKS)}: name a network of containers",
                name,
            )
            return default
        return name

    def tls(self) -> TlsFiles | None:
        value = self._given.get("tls")
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self._fault("tls", "must be an object with ca, cert and key", value)
            return None
        found = {}
        for name, path in value.items():
            if name not in ("ca", "cert", "key"):
                self._fault(f"tls.{name}", "unknown setting; known are ca, cert, key")
            elif path and (not isinstance(path, str) or not path.startswith("/")):
                self._fault(f"tls.{name}", "must be an absolute path of a file", path)
            elif isinstance(path, str):
                found[str(name)] = path
        if bool(found.get("cert")) != bool(found.get("key")):
            self._fault("tls", "cert and key go together")
        return TlsFiles(**found)

    def registries(self) -> dict[str, Credentials]:
        found = {}
        for host, login in self._entries("registries"):
            field = f"registries.{host}"
            if not _REGISTRY.fullmatch(host):
                self._fault(field, "must be named by the registry's host, with its port if any")
                continue
            user = login.get("username") if isinstance(login, Mapping) else None
            word = login.get("password") if isinstance(login, Mapping) else None
            if not isinstance(login, Mapping) or login.keys() - {"username", "password"}:
                self._fault(field, "must be an object with username and password")
            elif not isinstance(user, str) or not user or not isinstance(word, str):
                self._fault(field, "must have a username and a password")
            else:
                found[host] = Credentials(username=user, password=word)
        return found

    def labels(self) -> dict[str, str]:
        found = {}
        for name, value in self._entries("labels"):
            if name.startswith("hodei."):
                self._fault(f"labels.{name}", "names that begin with hodei. are Hodei's own")
            elif not name or not isinstance(value, str):
                self._fault(f"labels.{name}", "must be text", value)
            else:
                found[name] = value
        return found

    def capabilities(self, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self._given.get("capabilities", default)
        if not isinstance(value, list | tuple) or len(value) > MAX_ENTRIES:
            self._fault("capabilities", f"must be a list of at most {MAX_ENTRIES} names", value)
            return default
        found = []
        for index, name in enumerate(value):
            plain = name.upper().removeprefix("CAP_") if isinstance(name, str) else ""
            if not _CAPABILITY.fullmatch(plain) or plain == "ALL":
                self._fault(f"capabilities[{index}]", "must be a capability, such as CHOWN", name)
            else:
                found.append(plain)
        return tuple(dict.fromkeys(found))

    def _entries(self, name: str) -> list[tuple[str, object]]:
        value = self._given.get(name, {})
        if not isinstance(value, Mapping) or len(value) > MAX_ENTRIES:
            self._fault(name, f"must be an object of at most {MAX_ENTRIES} entries")
            return []
        return [(str(key), each) for key, each in value.items()]

    def _fault(self, name: str, message: str, value: object = "") -> None:
        shown = shorten(value) if value != "" else ""
        self._faults.append(Violation(field=f"settings.{name}", message=message, value=shown))
