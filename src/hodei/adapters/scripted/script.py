"""What a scripted provider is told to do wrong, and its other settings.

A rule names a place (`at`), a deed (`do`) and how often. Rules of one place are used up in their
order.

| do    | intent, provisioning, pulling    | started                  | enrol            |
|-------|----------------------------------|--------------------------|------------------|
| fail  | raises `error`                   | raises `error`, worker up| exit code 1      |
| hang  | waits for release or cancelling  | the same                 | agent never calls|
| die   | the worker, if made, is killed; raises provider_unavailable | killed after the step |
| delay | waits `seconds`                  | the same                 | the same         |

`observe`: fail and hang answer UNKNOWN, die finds the worker killed. `destroy`: fail raises.
`check`: fail answers not ok. Both can hang and delay.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from hodei.domain.errors import (
    CapacityExhausted,
    ImageUnavailable,
    InvalidRequest,
    ProviderError,
    ProviderUnavailable,
    ProvisionTimeout,
    SpecRejected,
    WorkerElsewhere,
)
from hodei.domain.parsing.settings import MAX_ENTRIES, SettingsReader
from hodei.domain.provider import Isolation
from hodei.domain.spec import Architecture


class At(StrEnum):
    """Where a rule applies."""

    INTENT = "intent"
    PROVISIONING = "provisioning"
    PULLING = "pulling"
    STARTED = "started"
    ENROL = "enrol"
    OBSERVE = "observe"
    DESTROY = "destroy"
    CHECK = "check"


class Do(StrEnum):
    """What happens there."""

    FAIL = "fail"
    HANG = "hang"
    DIE = "die"
    DELAY = "delay"


ERRORS: Mapping[str, type[ProviderError]] = {
    kind.code: kind
    for kind in (
        ProviderUnavailable,
        CapacityExhausted,
        SpecRejected,
        ImageUnavailable,
        ProvisionTimeout,
        WorkerElsewhere,
    )
}
DEATHLESS = frozenset({At.DESTROY, At.CHECK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One fault."""

    at: At
    do: Do
    times: int = 0
    """How many calls it meets; 0: every one."""
    error: str = ProviderUnavailable.code
    """Code of the error that `fail` raises."""
    seconds: float = 0
    """How long `delay` takes."""
    message: str = ""

    def exception(self) -> ProviderError:
        """What `fail` raises."""
        return ERRORS[self.error](self.message or f"the script fails at {self.at}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedSettings:
    """What a scripted provider claims to be, and its faults."""

    steps: tuple[Rule, ...] = ()
    max_workers: int = 16
    isolation: Isolation = Isolation.CONTAINER
    images: bool = True
    gpus: int = 0
    architectures: frozenset[Architecture] = frozenset({Architecture.X86_64})
    regions: frozenset[str] = frozenset()
    networks_none: bool = True
    storage_limit: bool = True
    reusable_workers: bool = True


FLAGS = ("images", "networks_none", "storage_limit", "reusable_workers")


def settings_schema() -> Mapping[str, object]:
    """JSON Schema (2020-12) of the settings."""
    plain = ScriptedSettings()
    flags = {name: {"type": "boolean", "default": True} for name in FLAGS}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scripted provider",
        "description": "Workers in memory that fail, hang or die at the named step.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "steps": {
                "title": "Faults",
                "type": "array",
                "items": _rule_schema(),
                "maxItems": MAX_ENTRIES,
                "default": [],
            },
            "max_workers": _whole(1, 100_000, plain.max_workers),
            "gpus": _whole(0, 1024, plain.gpus),
            "isolation": _one_of(Isolation, plain.isolation),
            "architectures": {
                "type": "array",
                "items": {"enum": [str(value) for value in Architecture]},
                "default": sorted(plain.architectures),
            },
            "regions": {
                "type": "array",
                "items": {"type": "string"},
                "maxItems": MAX_ENTRIES,
                "default": [],
            },
            **flags,
        },
    }


def parse_settings(given: Mapping[str, object]) -> ScriptedSettings:
    """The settings as a value. Raises InvalidRequest that names every wrong field."""
    reader = _Reader(given)
    plain = ScriptedSettings()
    parsed = ScriptedSettings(
        steps=reader.rules("steps"),
        max_workers=reader.whole("max_workers", 1, 100_000, plain.max_workers),
        gpus=reader.whole("gpus", 0, 1024, plain.gpus),
        isolation=Isolation(reader.choice("isolation", Isolation, plain.isolation)),
        architectures=frozenset(
            Architecture(value)
            for value in reader.texts("architectures", tuple(Architecture), plain.architectures)
        ),
        regions=frozenset(reader.texts("regions", (), ())),
        images=reader.flag("images", plain.images),
        networks_none=reader.flag("networks_none", plain.networks_none),
        storage_limit=reader.flag("storage_limit", plain.storage_limit),
        reusable_workers=reader.flag("reusable_workers", plain.reusable_workers),
    )
    reader.finish(ScriptedSettings.__dataclass_fields__)
    return parsed


def _rule(given: Mapping[str, object], where: str) -> Rule:
    """One rule. Raises InvalidRequest."""
    reader = _Reader(given, where=where)
    at, do = reader.choice("at", At, ""), reader.choice("do", Do, "")
    error = reader.choice("error", ERRORS, ProviderUnavailable.code)
    times = reader.whole("times", 0, 1_000_000, 0)
    seconds, message = reader.seconds("seconds"), reader.text("message")
    if do == Do.DIE and at in DEATHLESS:
        reader.fault("do", f"nothing can die at {at}; use fail, hang or delay", do)
    reader.finish(Rule.__dataclass_fields__)
    return Rule(at=At(at), do=Do(do), times=times, error=error, seconds=seconds, message=message)


class _Reader(SettingsReader):
    def rules(self, name: str) -> tuple[Rule, ...]:
        found = []
        for index, value in enumerate(self.items(name)):
            where = f"{name}[{index}]"
            if not isinstance(value, Mapping):
                self.fault(where, "must be an object", value)
                continue
            try:
                found.append(_rule(value, f"settings.{where}"))
            except InvalidRequest as error:
                self._faults.extend(error.violations)
        return tuple(found)

    def seconds(self, name: str) -> float:
        value = self.given(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 3600:
            self.fault(name, "must be a number of seconds from 0 to 3600", value)
            return 0
        return float(value)

    def text(self, name: str) -> str:
        value = self.given(name, "")
        if not isinstance(value, str):
            self.fault(name, "must be text", value)
            return ""
        return value

    def texts(
        self, name: str, allowed: Collection[str], default: Collection[str]
    ) -> Collection[str]:
        """Of a few words, where some are `allowed`; else any."""
        if self.given(name) is None:
            return default
        found = []
        for index, value in enumerate(self.items(name)):
            if isinstance(value, str) and (not allowed or value in allowed):
                found.append(value)
            else:
                message = f"must be one of {', '.join(allowed)}" if allowed else "must be text"
                self.fault(f"{name}[{index}]", message, value)
        return found


def _rule_schema() -> Mapping[str, object]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["at", "do"],
        "properties": {
            "at": _one_of(At, None),
            "do": _one_of(Do, None),
            "times": {**_whole(0, 1_000_000, 0), "description": "0: every time"},
            "error": {"enum": list(ERRORS), "default": ProviderUnavailable.code},
            "seconds": {"type": "number", "minimum": 0, "maximum": 3600, "default": 0},
            "message": {"type": "string", "default": ""},
        },
    }


def _one_of(kind: type[StrEnum], default: str | None) -> Mapping[str, object]:
    choice: dict[str, object] = {"type": "string", "enum": [str(value) for value in kind]}
    return choice if default is None else {**choice, "default": str(default)}


def _whole(low: int, high: int, default: int) -> Mapping[str, object]:
    return {"type": "integer", "minimum": low, "maximum": high, "default": default}
