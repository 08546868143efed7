"""Settings of a Firecracker provider, from JSON to a checked value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, ip_address

from hodei.adapters.firecracker.settings import (
    MAX_MEMORY_MB,
    MAX_SLOTS,
    MAX_STORAGE_MB,
    MAX_VCPUS,
    MAX_WORKERS,
    FirecrackerSettings,
    Rate,
)
from hodei.domain.parsing.settings import SettingsReader

MAX_BOOT_ARGS = 1024
SLOT_ADDRESSES = 30
"""Length of the prefix of each microVM's own part of the pool."""
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
        max_cpu=reader.cores("max_cpu", MAX_VCPUS),
        max_memory_mb=reader.optional_whole("max_memory_mb", 32, MAX_MEMORY_MB),
        storage_mb=reader.whole("storage_mb", 16, MAX_STORAGE_MB, plain.storage_mb),
        max_storage_mb=reader.whole("max_storage_mb", 16, MAX_STORAGE_MB, plain.max_storage_mb),
        max_image_mb=reader.whole("max_image_mb", 16, MAX_STORAGE_MB, plain.max_image_mb),
        cache_mb=reader.whole("cache_mb", 64, MAX_STORAGE_MB * 16, plain.cache_mb),
        snapshot_mb=reader.whole("snapshot_mb", 0, MAX_STORAGE_MB * 16, plain.snapshot_mb),
        uid_base=reader.whole("uid_base", 1000, 2**31 - 2 - MAX_SLOTS, plain.uid_base),
        network_pool=reader.pool(plain.network_pool),
        dns=reader.addresses("dns"),
        disk_rate=reader.rate("disk_rate"),
        network_rate=reader.rate("network_rate"),
    )
    reader.settle(parsed)
    return parsed


class _Reader(SettingsReader):
    def settle(self, parsed: FirecrackerSettings) -> None:
        """Raises InvalidRequest if there was any fault."""
        if parsed.storage_mb > parsed.max_storage_mb:
            self.fault("storage_mb", "must not be more than max_storage_mb", parsed.storage_mb)
        if parsed.slots < parsed.max_workers:
            self.fault(
                "network_pool",
                f"has room for {parsed.slots} microVMs; max_workers is {parsed.max_workers}",
                str(parsed.network_pool),
            )
        if not (parsed.registry or parsed.docker_host or parsed.image_folders):
            self.fault("registry", "is off, and neither docker_host nor image_folders is set")
        self.finish(FirecrackerSettings.__dataclass_fields__)

    def text(self, name: str, default: str) -> str:
        value = self.given(name, default)
        if not isinstance(value, str) or not value.strip() or "\0" in value or len(value) > 4096:
            self.fault(name, "must be a path, or the name of a program", value)
            return default
        return value

    def path(self, name: str, default: str) -> str:
        value = self.given(name, default)
        if not isinstance(value, str) or not value.startswith("/") or "\0" in value:
            self.fault(name, "must be an absolute path", value)
            return default
        return value

    def paths(self, name: str) -> tuple[str, ...]:
        found = []
        for index, value in enumerate(self.items(name)):
            if not isinstance(value, str) or not value.startswith("/") or "\0" in value:
                self.fault(f"{name}[{index}]", "must be an absolute path", value)
            else:
                found.append(value)
        return tuple(found)

    def socket(self, name: str) -> str | None:
        value = self.given(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str) or not re.fullmatch(r"unix:///\S+", value):
            self.fault(name, "must be unix:///PATH", value)
            return None
        return value

    def boot_args(self, default: str) -> str:
        value = self.given("boot_args", default)
        if not isinstance(value, str) or len(value) > MAX_BOOT_ARGS or not value.isprintable():
            self.fault("boot_args", f"must be one line of at most {MAX_BOOT_ARGS} letters", value)
            return default
        for word in value.split():
            if word.partition("=")[0] in ("root", "init", "ro", "rw", "rootfstype"):
                self.fault("boot_args", "root, init, ro and rw are Hodei's own", word)
        return value

    def template(self) -> Mapping[str, object] | None:
        value = self.given("cpu_template")
        if value is None:
            return None
        if not isinstance(value, Mapping) or not value.keys() <= _TEMPLATE_KEYS:
            known = ", ".join(sorted(_TEMPLATE_KEYS))
            self.fault("cpu_template", f"must be an object with some of {known}", value)
            return None
        return {str(key): each for key, each in value.items()}

    def variables(self, name: str) -> dict[str, str]:
        found = {}
        for key, value in self.entries(name).items():
            if not _VARIABLE.fullmatch(key) or key.startswith("HODEI_AGENT_"):
                self.fault(f"{name}.{key}", "is no name of a variable, or one of Hodei's own")
            elif not isinstance(value, str) or "\0" in value:
                self.fault(f"{name}.{key}", "must be text", value)
            else:
                found[key] = value
        return found

    def pool(self, default: IPv4Network) -> IPv4Network:
        value = self.given("network_pool", str(default))
        try:
            found = IPv4Network(value if isinstance(value, str) else "")
        except ValueError:
            found = None
        if found is None or found.prefixlen > SLOT_ADDRESSES or not found.is_private:
            self.fault("network_pool", "must be a private network, such as 172.30.0.0/16", value)
            return default
        return found

    def addresses(self, name: str) -> tuple[str, ...]:
        found = []
        for index, value in enumerate(self.items(name)):
            try:
                found.append(str(ip_address(value if isinstance(value, str) else "")))
            except ValueError:
                self.fault(f"{name}[{index}]", "must be an address", value)
        return tuple(found)

    def rate(self, name: str) -> Rate:
        value = self.given(name)
        if value is None:
            return Rate()
        known = Rate.__dataclass_fields__
        if not isinstance(value, Mapping) or not value.keys() <= known.keys():
            self.fault(name, f"must be an object with {' and '.join(known)}", value)
            return Rate()
        found: dict[str, int] = {}
        for key, each in value.items():
            if each is None:
                continue
            if isinstance(each, bool) or not isinstance(each, int) or not 1 <= each <= 1_000_000:
                self.fault(f"{name}.{key}", "must be a whole number from 1 to 1000000", each)
            else:
                found[str(key)] = each
        return Rate(**found)
