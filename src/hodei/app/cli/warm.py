"""Warm pools on the command line: options into the configuration, pools into lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hodei.app.cli import exits
from hodei.app.cli.session import fail

OFF = "off"
_POOL_KEYS = {"cpu": "cpu", "memory": "memory_mb", "memory_mb": "memory_mb", "network": "network"}
_BUDGET_KEYS = {
    "cpu": "budget_cpu",
    "memory": "budget_memory_mb",
    "memory_mb": "budget_memory_mb",
    "max": "max_workers",
}


def warm_options(
    warm: Sequence[str] | None,
    learned: str | None,
    idle_timeout: str | None,
    origins: dict[str, str],
) -> dict[str, Any]:
    """The fields that the options set; notes where each came from. A wrong one ends the command."""
    from hodei.domain.errors import InvalidRequest
    from hodei.domain.units import parse_duration

    config: dict[str, Any] = {}
    try:
        if warm:
            given = [] if list(warm) == [OFF] else warm
            config["warm"] = [_pool(text) for text in given]
            origins |= {f"warm[{index}]": f"--warm {text}" for index, text in enumerate(given)}
        if learned is not None:
            config["warm_learned"] = None if learned == OFF else _budget(learned)
            origins["warm_learned"] = "--warm-learned"
        if idle_timeout is not None:
            config["idle_timeout_ms"] = parse_duration(idle_timeout, "--idle-timeout")
            origins["idle_timeout_ms"] = "--idle-timeout"
    except InvalidRequest as error:
        fail("; ".join(f"{v.field}: {v.message}" for v in error.violations), exits.USAGE)
    return config


def budget_text(learned: Mapping[str, Any] | None) -> str:
    """The budget of learned pools as `providers get` shows it."""
    if not learned:
        return ""
    cpu, memory_mb = learned["budget_cpu"], learned["budget_memory_mb"]
    return f"up to {learned['max_workers']} workers, {cpu:g} CPU, {memory_mb} MB"


def pool_text(pool: Mapping[str, Any]) -> str:
    """One pool as `providers get` shows it."""
    image = pool.get("image") or "no image"
    cut_off = ", no network" if pool.get("network") == "none" else ""
    shape = f"{image} ({pool['cpu']:g} CPU, {pool['memory_mb']} MB{cut_off})"
    text = f"{shape}: {pool['ready']} of {pool['size']} ready; {pool['reason']}"
    if pool.get("fault"):
        text += f"; {pool['fault']}"
    if pool.get("retry_at"):
        text += f"; next try {pool['retry_at']}"
    return text


def _pool(text: str) -> dict[str, Any]:
    size, *rest = text.split(",")
    pool: dict[str, Any] = {"size": _number("--warm", size, int)}
    for part in rest:
        key, equals, value = part.partition("=")
        if equals and key in _POOL_KEYS:
            pool[_POOL_KEYS[key]] = _value("--warm", key, value)
        elif "image" in pool or not part:
            fail(f"--warm: do not know what {part!r} means (given: {text[:100]})", exits.USAGE)
        else:
            pool["image"] = part
    return pool


def _budget(text: str) -> dict[str, Any]:
    budget: dict[str, Any] = {}
    for part in text.split(","):
        key, _, value = part.partition("=")
        if key not in _BUDGET_KEYS:
            known = "cpu=N,memory=M,max=N"
            fail(f"--warm-learned: must look like {known} (given: {text[:100]})", exits.USAGE)
        budget[_BUDGET_KEYS[key]] = _value("--warm-learned", key, value)
    return budget


def _value(option: str, key: str, value: str) -> object:
    from hodei.domain.units import parse_size_mb

    if key == "network":
        return value
    if key == "cpu":
        return _number(option, value, float)
    if key == "max":
        return _number(option, value, int)
    return parse_size_mb(value, option)


def _number(option: str, text: str, kind: type[int] | type[float]) -> int | float:
    try:
        return kind(text)
    except ValueError:
        fail(f"{option}: {text[:100]!r} is not a number", exits.USAGE)
