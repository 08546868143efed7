"""Reads the maps of a spec whose keys a person chooses: environment and labels.

Values of the environment may be secret: no violation repeats one, nor what follows an `=` in a
name that was written as `NAME=value`.
"""

from __future__ import annotations

from collections.abc import Mapping

from hodei.domain.parsing import limits
from hodei.domain.parsing.reader import (
    ABSENT,
    Report,
    check_text,
    describe,
    printable,
    size,
    text_fault,
)
from hodei.domain.spec import EnvValue, SecretRef, SecretText

_SECRET_FORMS = "{secret: NAME} or {secret_value: TEXT}"


def read_env(report: Report, raw: object) -> dict[str, EnvValue]:
    """The environment, in the order given."""
    if raw is ABSENT:
        return {}
    if not isinstance(raw, Mapping):
        report.add("env", "must be an object of names and values, such as {NAME: value}")
        return {}
    if len(raw) > limits.ENV_ENTRIES:
        report.add("env", f"must have at most {limits.ENV_ENTRIES} entries, not {len(raw)}")
        return {}
    env: dict[str, EnvValue] = {}
    total = 0
    for key, raw_value in raw.items():
        name = _env_name(report, key)
        value = _env_value(report, f"env.{_shown(key)}", raw_value)
        if name is None or value is None:
            continue
        env[name] = value
        total += len(name) + _length(value)
    if total > limits.ENV_BYTES:
        report.add("env", f"must be at most {limits.ENV_BYTES} bytes together, not {total}")
    return env


def read_labels(report: Report, path: str, raw: object) -> dict[str, str]:
    """Labels, in the order given."""
    if raw is ABSENT:
        return {}
    if not isinstance(raw, Mapping):
        report.add(path, "must be an object of names and values, such as {team: data}", raw)
        return {}
    if len(raw) > limits.LABELS:
        report.add(path, f"must have at most {limits.LABELS} entries, not {len(raw)}")
        return {}
    labels: dict[str, str] = {}
    for key, raw_value in raw.items():
        rule = limits.LABEL_KEY
        where = f"{path}.{describe(key)}"
        if not isinstance(key, str) or len(key) > rule.most or not rule.pattern.fullmatch(key):
            report.add(where, f"the name of a label must be {rule.expected}")
            continue
        value = check_text(report, where, raw_value, limits.LABEL_VALUE)
        if value is not None:
            labels[key] = value
    return labels


def _shown(key: object) -> str:
    return printable(key.partition("=")[0]) if isinstance(key, str) else describe(key)


def _env_name(report: Report, key: object) -> str | None:
    rule = limits.ENV_NAME
    if isinstance(key, str) and len(key) <= rule.most and rule.pattern.fullmatch(key):
        return key
    if isinstance(key, str) and key.startswith(limits.RESERVED_ENV_PREFIX):
        message = f"names that begin with {limits.RESERVED_ENV_PREFIX} belong to Hodei"
    elif isinstance(key, str) and "=" in key:
        message = "a name cannot contain '='; write NAME: value, not NAME=value"
    else:
        message = f"must be {rule.expected}"
    report.add(f"env.{_shown(key)}", message)
    return None


def _env_value(report: Report, path: str, raw: object) -> EnvValue | None:
    match raw:
        case str():
            return _plain(report, path, raw)
        case Mapping():
            return _secret(report, path, raw)
        case bool() | int() | float():
            report.add(path, "must be text; put the value in quotes")
        case None:
            report.add(path, 'must be text; write "" for an empty value')
        case _:
            report.add(path, f"must be text, {_SECRET_FORMS}")
    return None


def _length(value: EnvValue) -> int:
    match value:
        case str():
            return size(value)
        case SecretText():
            return size(value.value)
        case _:
            return 0


def _plain(report: Report, path: str, raw: str) -> str | None:
    if fault := text_fault(raw):
        report.add(path, fault)
        return None
    if (length := size(raw)) > limits.ENV_VALUE_BYTES:
        report.add(path, f"must be at most {limits.ENV_VALUE_BYTES} bytes, not {length}")
        return None
    return raw


def _secret(
    report: Report, path: str, raw: Mapping[object, object]
) -> SecretRef | SecretText | None:
    if len(raw) == 1 and "secret_value" in raw:
        return _secret_text(report, f"{path}.secret_value", raw["secret_value"])
    name = raw.get("secret", ABSENT)
    if len(raw) != 1 or name is ABSENT:
        report.add(path, "must be text, or an object with the one field 'secret' or 'secret_value'")
        return None
    rule = limits.SECRET_NAME
    if isinstance(name, str) and len(name) <= rule.most and rule.pattern.fullmatch(name):
        return SecretRef(secret=name)
    report.add(f"{path}.secret", f"must be {rule.expected}")
    return None


def _secret_text(report: Report, path: str, raw: object) -> SecretText | None:
    if raw is None:
        report.add(path, "is never given back; write the value again")
        return None
    if not isinstance(raw, str):
        report.add(path, "must be text; put the value in quotes")
        return None
    value = _plain(report, path, raw)
    return None if value is None else SecretText(value=value)
