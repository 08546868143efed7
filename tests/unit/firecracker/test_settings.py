"""Settings of Firecracker providers: what is taken, what is refused, and what forms show."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from hodei.adapters.firecracker.factory import FACTORY
from hodei.adapters.firecracker.parsing import parse_settings
from hodei.adapters.firecracker.settings import FirecrackerSettings, Rate
from hodei.domain.errors import InvalidRequest

WRONG: dict[str, object] = {
    "firecracker": "",
    "kernel": "vmlinux",
    "boot_args": "quiet root=/dev/sda",
    "cpu_template": {"vendor": "x"},
    "guest_env": {"HODEI_AGENT_OTP": "x"},
    "docker_host": "tcp://other:2375",
    "image_folders": ["images"],
    "registry": "yes",
    "registries": {"r.example": {"username": "u"}},
    "max_workers": 0,
    "max_cpu": 33,
    "max_memory_mb": 1,
    "storage_mb": True,
    "max_storage_mb": "1",
    "max_image_mb": 1,
    "cache_mb": 1,
    "uid_base": 0,
    "network_pool": "8.8.8.0/24",
    "dns": ["resolver"],
    "disk_rate": {"mb_per_s": 0},
    "network_rate": {"speed": 1},
    "memory_mb": 5,
}


@pytest.mark.parametrize("name", WRONG)
def test_each_wrong_field_is_named(name: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_settings({name: WRONG[name]})
    fields = [violation.field for violation in refused.value.violations]
    assert len(fields) == 1
    assert fields[0].startswith(f"settings.{name}")


def test_what_does_not_go_together() -> None:
    for given in (
        {"network_pool": "10.0.0.0/29", "max_workers": 3},
        {"storage_mb": 100, "max_storage_mb": 50},
        {"registry": False},
    ):
        with pytest.raises(InvalidRequest):
            parse_settings(given)


def test_defaults_and_null() -> None:
    assert parse_settings({}) == FirecrackerSettings()
    assert parse_settings({"max_cpu": None, "docker_host": ""}) == FirecrackerSettings()
    assert parse_settings({"disk_rate": {"mb_per_s": 5}}).disk_rate == Rate(mb_per_s=5)


def test_the_schema_agrees_with_the_parser() -> None:
    schema: dict[str, Any] = dict(FACTORY.settings_schema())
    validator = Draft202012Validator(schema)
    assert schema["properties"].keys() == FirecrackerSettings.__dataclass_fields__.keys()
    plain = FirecrackerSettings()
    for name, field in schema["properties"].items():
        if "default" in field:
            value = getattr(plain, name)
            assert field["default"] == (str(value) if name == "network_pool" else value)
    assert validator.is_valid({"registries": {"r": {"username": "u", "password": "p"}}})
    for name in WRONG.keys() - {"network_pool", "dns", "boot_args", "guest_env", "firecracker"}:
        assert not validator.is_valid({name: WRONG[name]}), name


def test_no_password_is_shown() -> None:
    given = {"registries": {"r.example": {"username": "u", "password": "s3cret"}}}
    assert "s3cret" not in repr(parse_settings(given))
