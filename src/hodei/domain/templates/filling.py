"""A template's spec with values in place of its placeholders, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hodei.domain.origin import ParameterValue
from hodei.domain.parsing.reader import ABSENT, Absent, pick
from hodei.domain.spec import CommandType, SecretRef, SecretText
from hodei.domain.templates import scripts
from hodei.domain.templates.parameter import Parameter
from hodei.domain.templates.placeholder import filled, whole
from hodei.domain.templates.template import Spec
from hodei.domain.templates.values import Values

NUMERIC = frozenset(
    {
        "resources.cpu",
        "resources.memory_mb",
        "resources.storage_mb",
        "resources.gpus",
        "timeout_ms",
        "queue_timeout_ms",
        "grace_ms",
        "retry",
        "retry.max_attempts",
        "retry.backoff.initial_ms",
        "retry.backoff.factor",
        "retry.backoff.max_ms",
        "retry.backoff.jitter",
    }
)
"""Fields that are no text: a placeholder there stands alone, and gives its own type."""


@dataclass(frozen=True, slots=True)
class Filling:
    """Parameters with their values."""

    parameters: Mapping[str, Parameter]
    values: Values

    @classmethod
    def of(cls, parameters: Sequence[Parameter], values: Values) -> Filling:
        """By name."""
        return cls({parameter.name: parameter for parameter in parameters}, values)

    def spec(self, spec: Spec) -> dict[str, Any]:
        """The spec, filled. A text that is one placeholder without a value is left out."""
        made: dict[str, Any] = {}
        for key, value in spec.items():
            new = self._field(key, value)
            if new is not ABSENT:
                made[key] = new
        return made

    def text(self, name: str) -> str:
        """The value as text; empty when there is none. Secrets stand in no text."""
        value = self._plain(name)
        return "" if value is None else scripts.plain(value)

    def is_text(self, name: str) -> bool:
        """Whether it could be any text."""
        return name not in self.parameters or self.parameters[name].is_text

    def _plain(self, name: str) -> ParameterValue | None:
        value = self.values.get(name)
        return None if isinstance(value, SecretRef | SecretText) else value

    def _field(self, key: str, value: object) -> object:
        match key, value:
            case "command", str() | Mapping():
                return self._command(value)
            case "env", Mapping():
                return self._env(value)
            case _:
                return self._value(value, key)

    def _command(self, command: object) -> object:
        if isinstance(command, str):
            return self._script(CommandType.SHELL, command)
        assert isinstance(command, Mapping)
        kind, script = pick(command.get("type"), CommandType), command.get("script")
        made = self._value(command, "command")
        if kind is not None and isinstance(script, str) and isinstance(made, dict):
            made["script"] = self._script(kind, script)
        return made

    def _script(self, kind: CommandType, script: str) -> str:
        values = {name: self._plain(name) for name in self.parameters}
        return scripts.rendered(kind, script, values, self.is_text)

    def _env(self, env: Mapping[Any, object]) -> dict[Any, object]:
        made: dict[Any, object] = {}
        for key, value in env.items():
            name = whole(value) if isinstance(value, str) else None
            match self.values.get(name) if name else None:
                case SecretRef() as ref:
                    made[key] = {"secret": ref.secret}
                case SecretText() as text:
                    made[key] = {"secret_value": text.value}
                case _:
                    if (new := self._value(value, f"env.{key}")) is not ABSENT:
                        made[key] = new
        return made

    def _value(self, data: object, path: str) -> object | Absent:
        match data:
            case str():
                return self._one(data, path)
            case Mapping():
                new = {key: self._value(value, f"{path}.{key}") for key, value in data.items()}
                return {key: value for key, value in new.items() if value is not ABSENT}
            case list() | tuple():
                items = [self._value(value, f"{path}[{i}]") for i, value in enumerate(data)]
                return [item for item in items if item is not ABSENT]
            case _:
                return data

    def _one(self, text: str, path: str) -> object | Absent:
        name = whole(text)
        if name is None:
            return filled(text, self.text)
        value = self._plain(name)
        if value is None:
            return ABSENT
        return value if path in NUMERIC else scripts.plain(value)
