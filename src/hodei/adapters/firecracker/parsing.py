"""Settings of a Firecracker provider, from JSON to a checked value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, ip_address

from hodei.adapters.firecracker.settings import (
    MAX_MEMORY_MB,
    MAX_SLOTS,
    MAX_STORAGE_MB,
    MAX_VCPUS,
    MAX_WORKERS,
    Credentials,
    FirecrackerSettings,
    Rate,
)
from hodei.domain.errors import InvalidRequest, Violation, shorten

MAX_ENTRIES = 100
MAX_BOOT_ARGS = 1024
SLOT_ADDRESSES = 30
"""Length of the prefix of each microVM's own part of the pool."""
_REGISTRY = re.compile(r"[a-z0-9][a-z0-9.-]*(:\d{1,5})?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_TEMPLATE_KEYS = frozenset(
    {"kvm_capabilities", "cpuid_modifiers", "msr_modifiers", "reg_modifiers"}
)


def parse_settings(given: Mapping[str, object]) -> FirecrackerSettings:
    """The settings as a value. Raises InvalidRequest that names every wrong field."""
    reader = _Reader(given)
    plain = FirecrackerSettings()
    parsed = FirecrackerSettings(
        firecracker=reader.text("firecracker", plain.firecracker),
        jailer=reader.text("jailer", plain.jailer),
        kernel=reader.path("kernel", plain.kernel),
        boot_args=reader.boot_args(plain.boot_args),
        cpu_template=reader.template(),
        guest_env=reader.variables("guest_env"),
        docker_host=reader.socket("docker_host"),
        image_folders=reader.paths("image_folders"),
        registry=reader.flag("registry", plain.registry),
        registries=reader.registries(),
        max_workers=reader.whole("max_workers", 1, MAX_WORKERS, plain.max_workers),
        max_cpu=reader.cpu(),
        max_memory_mb=reader.optional_whole("max_memory_mb", 32, MAX_MEMORY_MB),
        storage_mb=reader.whole("storage_mb", 16, MAX_STORAGE_MB, plain.storage_mb),
        max_storage_mb=reader.whole("max_storage_mb", 16, MAX_STORAGE_MB, plain.max_storage_mb),
        max_image_mb=reader.whole("max_image_mb", 16, MAX_STORAGE_MB, plain.max_image_mb),
        cache_mb=reader.whole("cache_mb", 64, MAX_STORAGE_MB * 16, plain.cache_mb),
        uid_base=reader.whole("uid_base", 1000, 2**31 - 2 - MAX_SLOTS, plain.uid_base),
        network_pool=reader.pool(plain.network_pool),
        dns=reader.addresses("dns"),
        disk_rate=reader.rate("disk_rate"),
        network_rate=reader.rate("network_rate"),
    )
    reader.finish(parsed)
    return parsed


class _Reader:
    """Reads fields one by one and remembers every fault."""

    def __init__(self, given: Mapping[str, object]) -> None:
        # null is "not set": forms send it for an emptied field.
        self._given = {name: value for name, value in given.items() if value is not None}
        self._faults: list[Violation] = []

    def finish(self, parsed: FirecrackerSettings) -> None:
        """Raises InvalidRequest if there was any fault."""
        known = FirecrackerSettings.__dataclass_fields__
        for name in self._given:
            if name not in known:
                self._fault(name, f"unknown setting; known are {', '.join(known)}")
        if parsed.storage_mb > parsed.max_storage_mb:
            self._fault("storage_mb", "must not be more than max_storage_mb", parsed.storage_mb)
        if parsed.slots < parsed.max_workers:
            self._fault(
                "network_pool",
                f"has room for {parsed.slots} microVMs; max_workers is {parsed.max_workers}",
                str(parsed.network_pool),
            )
        if not (parsed.registry or parsed.docker_host or parsed.image_folders):
            self._fault("registry", "is off, and neither docker_host nor image_folders is set")
        if self._faults:
            raise InvalidRequest(self._faults)

    def text(self, name: str, default: str) -> str:
        value = self._given.get(name, default)
        if not isinstance(value, str) or not value.strip() or "\0" in value or len(value) > 4096:
            self._fault(name, "must be a path, or the name of a program", value)
            return default
        return value

    def path(self, name: str, default: str) -> str:
        value = self._given.get(name, default)
        if not isinstance(value, str) or not value.startswith("/") or "\0" in value:
            self._fault(name, "must be an absolute path", value)
            return default
        return value

    def paths(self, name: str) -> tuple[str, ...]:
        found = []
        for index, value in enumerate(self._list(name)):
            if not isinstance(value, str) or not value.startswith("/") or "\0" in value:
                self._fault(f"{name}[{index}]", "must be an absolute path", value)
            else:
                found.append(value)
        return tuple(found)

    def socket(self, name: str) -> str | None:
        value = self._given.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str) or not re.fullmatch(r"unix:///\S+", value):
            self._fault(name, "must be unix:///PATH", value)
            return None
        return value

    def boot_args(self, default: str) -> str:
        value = self._given.get("boot_args", default)
        if not isinstance(value, str) or len(value) > MAX_BOOT_ARGS or not value.isprintable():
            self._fault("boot_args", f"must be one line of at most {MAX_BOOT_ARGS} letters", value)
            return default
        for word in value.split():
            if word.partition("=")[0] in ("root", "init", "ro", "rw", "rootfstype"):
                self._fault("boot_args", "root, init, ro and rw are Hodei's own", word)
        return value

    def template(self) -> Mapping[str, object] | None:
        value = self._given.get("cpu_template")
        if value is None:
            return None
        if not isinstance(value, Mapping) or not value.keys() <= _TEMPLATE_KEYS:
            known = ", ".join(sorted(_TEMPLATE_KEYS))
            self._fault("cpu_template", f"must be an object with some of {known}", value)
            return None
        return {str(key): each for key, each in value.items()}

    def variables(self, name: str) -> dict[str, str]:
        found = {}
        for key, value in self._entries(name):
            if not _VARIABLE.fullmatch(key) or key.startswith("HODEI_AGENT_"):
                self._fault(f"{name}.{key}", "is no name of a variable, or one of Hodei's own")
            elif not isinstance(value, str) or "\0" in value:
                self._fault(f"{name}.{key}", "must be text", value)
            else:
                found[key] = value
        return found

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
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 < float(str(value)) <= MAX_VCPUS:
            self._fault("max_cpu", f"must be a number above 0 and at most {MAX_VCPUS}", value)
            return None
        return float(str(value))

    def flag(self, name: str, default: bool) -> bool:
        value = self._given.get(name, default)
        if not isinstance(value, bool):
            self._fault(name, "must be true or false", value)
            return default
        return value

    def pool(self, default: IPv4Network) -> IPv4Network:
        value = self._given.get("network_pool", str(default))
        try:
            found = IPv4Network(value if isinstance(value, str) else "")
        except ValueError:
            found = None
        if found is None or found.prefixlen > SLOT_ADDRESSES or not found.is_private:
            self._fault("network_pool", "must be a private network, such as 172.30.0.0/16", value)
            return default
        return found

    def addresses(self, name: str) -> tuple[str, ...]:
        found = []
        for index, value in enumerate(self._list(name)):
            try:
                found.append(str(ip_address(value if isinstance(value, str) else "")))
            except ValueError:
                self._fault(f"{name}[{index}]", "must be an address", value)
        return tuple(found)

    def rate(self, name: str) -> Rate:
        value = self._given.get(name)
        if value is None:
            return Rate()
        known = Rate.__dataclass_fields__
        if not isinstance(value, Mapping) or not value.keys() <= known.keys():
            self._fault(name, f"must be an object with {' and '.join(known)}", value)
            return Rate()
        found: dict[str, int] = {}
        for key, each in value.items():
            if each is None:
                continue
            if isinstance(each, bool) or not isinstance(each, int) or not 1 <= each <= 1_000_000:
                self._fault(f"{name}.{key}", "must be a whole number from 1 to 1000000", each)
            else:
                found[str(key)] = each
        return Rate(**found)

    def registries(self) -> dict[str, Credentials]:
        found = {}
        for host, login in self._entries("registries"):
            field = f"registries.{host}"
            user = login.get("username") if isinstance(login, Mapping) else None
            word = login.get("password") if isinstance(login, Mapping) else None
            if not _REGISTRY.fullmatch(host):
                self._fault(field, "must be named by the registry's host, with its port if any")
            elif not isinstance(login, Mapping) or login.keys() - {"username", "password"}:
                self._fault(field, "must be an object with username and password")
            elif not isinstance(user, str) or not user or not isinstance(word, str):
                self._fault(field, "must have a username and a password")
            else:
                found[host] = Credentials(username=user, password=word)
        return found

    def _list(self, name: str) -> Sequence[object]:
        value = self._given.get(name, [])
        if not isinstance(value, list | tuple) or len(value) > MAX_ENTRIES:
            self._fault(name, f"must be a list of at most {MAX_ENTRIES} entries")
            return ()
        return value

    def _entries(self, name: str) -> list[tuple[str, object]]:
        value = self._given.get(name, {})
        if not isinstance(value, Mapping) or len(value) > MAX_ENTRIES:
            self._fault(name, f"must be an object of at most {MAX_ENTRIES} entries")
            return []
        return [(str(key), each) for key, each in value.items()]

    def _fault(self, name: str, message: str, value: object = "") -> None:
        shown = shorten(value) if value != "" else ""
        self._faults.append(Violation(field=f"settings.{name}", message=message, value=shown))
