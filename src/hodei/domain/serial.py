"""Values as plain data, for JSON columns, REST and digests, and back.

Writing is canonical: every field is present and lists are sorted where order means nothing, so
that equal values give equal data. Reading trusts its input, because it was written here: specs
from outside come in through `hodei.domain.parsing` only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, assert_never
from uuid import UUID

from hodei.domain.attempt import Phase, PhaseMark
from hodei.domain.origin import Origin, ScheduleRef, TemplateRef
from hodei.domain.outcome import Cause, Outcome
from hodei.domain.provider import WarmLearning, WarmPool
from hodei.domain.spec import (
    Architecture,
    Backoff,
    Command,
    CommandType,
    EnvValue,
    JobSpec,
    Network,
    Preferences,
    Priority,
    Resources,
    RetryCause,
    RetryPolicy,
    SealedText,
    SecretRef,
    SecretText,
)
from hodei.domain.worker import Handle

Data = dict[str, Any]
"""A JSON object."""


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def canonical_json(data: object) -> str:
    """`data` as JSON with sorted keys and no spaces: equal data, equal text."""
    return _CANONICAL.encode(data)


def time_to_text(at: datetime) -> str:
    """ISO 8601 in UTC with microseconds; `at` must know its zone."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


# ---- job spec


def spec_to_dict(spec: JobSpec) -> Data:
    """The spec as plain data that `parse_spec` and `spec_from_dict` take back unchanged.

    With sealed values it is for the store only; `shown_spec` is for everybody else. Raises
    ValueError for a secret value that is not sealed.
    """
    return {
        "name": spec.name,
        "command": _command_to_dict(spec.command),
        "image": spec.image,
        "env": {name: _env_to_data(value) for name, value in spec.env.items()},
        "resources": _resources_to_dict(spec.resources),
        "timeout_ms": spec.timeout_ms,
        "queue_timeout_ms": spec.queue_timeout_ms,
        "grace_ms": spec.grace_ms,
        "preferences": {
            "provider": spec.preferences.provider,
            "region": spec.preferences.region,
            "labels": dict(spec.preferences.labels),
        },
        "priority": spec.priority.value,
        "retry": _retry_to_dict(spec.retry),
        "network": spec.network.value,
        "labels": dict(spec.labels),
        "working_dir": spec.working_dir,
        "stdin": spec.stdin,
        "project": spec.project,
    }


def shown_spec(spec: JobSpec) -> Data:
    """The spec for people: of a secret value only that there is one."""
    hidden = {
        name: {"secret_value": None}
        for name, value in spec.env.items()
        if isinstance(value, SecretText | SealedText)
    }
    if not hidden:
        return spec_to_dict(spec)
    open_env = {name: value for name, value in spec.env.items() if name not in hidden}
    shown = spec_to_dict(replace(spec, env=open_env))
    return {**shown, "env": {name: hidden.get(name, shown["env"].get(name)) for name in spec.env}}


def spec_from_dict(data: Mapping[str, Any]) -> JobSpec:
    """The spec that `spec_to_dict` wrote; limits are not checked again."""
    preferences = data["preferences"]
    return JobSpec(
        name=data["name"],
        command=_command_from_dict(data["command"]),
        image=data["image"],
        env={name: _env_from_data(value) for name, value in data["env"].items()},
        resources=_resources_from_dict(data["resources"]),
        timeout_ms=data["timeout_ms"],
        queue_timeout_ms=data["queue_timeout_ms"],
        grace_ms=data["grace_ms"],
        preferences=Preferences(
            provider=preferences["provider"],
            region=preferences["region"],
            labels=dict(preferences["labels"]),
        ),
        priority=Priority(data["priority"]),
        retry=_retry_from_dict(data["retry"]),
        network=Network(data["network"]),
        labels=dict(data["labels"]),
        working_dir=data["working_dir"],
        stdin=data["stdin"],
        project=data["project"],
    )


_WRITTEN: dict[int, tuple[JobSpec, str, str]] = {}
"""The newest texts and digests by the identity of their specs, which cannot change: on its way
in, a spec is written once for its digest and once for its row, and in bulk for many jobs."""
_MOST_WRITTEN = 2000


def spec_text(spec: JobSpec) -> str:
    """The spec as canonical JSON."""
    return _written(spec)[1]


def spec_digest(spec: JobSpec) -> str:
    """sha256 in hex of the canonical spec; equal for equal specs, whatever their spelling was."""
    return _written(spec)[2]


def _written(spec: JobSpec) -> tuple[JobSpec, str, str]:
    known = _WRITTEN.get(id(spec))
    if known is not None and known[0] is spec:
        return known
    text = canonical_json(spec_to_dict(spec))
    written = (spec, text, sha256(text.encode()).hexdigest())
    if len(_WRITTEN) >= _MOST_WRITTEN:
        _WRITTEN.clear()
    _WRITTEN[id(spec)] = written
    return written


def _command_to_dict(command: Command) -> Data:
    if command.type is CommandType.EXEC:
        return {"type": command.type.value, "argv": list(command.argv)}
    return {"type": command.type.value, "script": command.script}


def _command_from_dict(data: Mapping[str, Any]) -> Command:
    return Command(
        type=CommandType(data["type"]),
        script=data.get("script", ""),
        argv=tuple(data.get("argv", ())),
    )


def _env_to_data(value: EnvValue) -> str | Data:
    match value:
        case SecretRef():
            return {"secret": value.secret}
        case SealedText():
            return {"sealed": value.sealed}
        case SecretText():
            raise ValueError("a secret value is sealed before it is written")
        case str():
            return value
        case _:
            assert_never(value)


def _env_from_data(value: str | Mapping[str, str]) -> EnvValue:
    if isinstance(value, str):
        return value
    if "sealed" in value:
        return SealedText(sealed=value["sealed"])
    return SecretRef(secret=value["secret"])


def _resources_to_dict(resources: Resources) -> Data:
    return {
        "cpu": float(resources.cpu),
        "memory_mb": resources.memory_mb,
        "storage_mb": resources.storage_mb,
        "gpus": resources.gpus,
        "architecture": resources.architecture.value if resources.architecture else None,
    }


def _resources_from_dict(data: Mapping[str, Any]) -> Resources:
    architecture = data["architecture"]
    return Resources(
        cpu=float(data["cpu"]),
        memory_mb=data["memory_mb"],
        storage_mb=data["storage_mb"],
        gpus=data["gpus"],
        architecture=Architecture(architecture) if architecture else None,
    )


def _retry_to_dict(retry: RetryPolicy) -> Data:
    backoff = retry.backoff
    return {
        "max_attempts": retry.max_attempts,
        "backoff": {
            "initial_ms": backoff.initial_ms,
            "factor": float(backoff.factor),
            "max_ms": backoff.max_ms,
            "jitter": float(backoff.jitter),
        },
        "on": sorted(cause.value for cause in retry.on),
    }


def _retry_from_dict(data: Mapping[str, Any]) -> RetryPolicy:
    backoff = data["backoff"]
    return RetryPolicy(
        max_attempts=data["max_attempts"],
        backoff=Backoff(
            initial_ms=backoff["initial_ms"],
            factor=float(backoff["factor"]),
            max_ms=backoff["max_ms"],
            jitter=float(backoff["jitter"]),
        ),
        on=frozenset(RetryCause(cause) for cause in data["on"]),
    )


# ---- origin


def origin_to_dict(origin: Origin) -> Data:
    """The origin as plain data."""
    template, schedule = origin.template, origin.schedule
    return {
        "template": template
        and {"id": str(template.id), "name": template.name, "version": template.version},
        "parameters": dict(origin.parameters),
        "secret_parameters": list(origin.secret_parameters),
        "schedule": schedule and {"id": str(schedule.id), "name": schedule.name},
        "slot": origin.slot and time_to_text(origin.slot),
        "trigger": origin.trigger,
    }


def origin_from_dict(data: Mapping[str, Any]) -> Origin:
    """What `origin_to_dict` wrote; lists leave the parameters out."""
    template, schedule, slot = data["template"], data["schedule"], data["slot"]
    return Origin(
        template=TemplateRef(
            id=UUID(template["id"]), name=template["name"], version=template["version"]
        )
        if template
        else None,
        parameters=dict(data.get("parameters", {})),
        secret_parameters=tuple(data["secret_parameters"]),
        schedule=ScheduleRef(id=UUID(schedule["id"]), name=schedule["name"]) if schedule else None,
        slot=datetime.fromisoformat(slot) if slot else None,
        trigger=data["trigger"],
    )


# ---- outcome, phases, handle, warm pools


def outcome_to_dict(outcome: Outcome) -> Data:
    """The outcome as plain data."""
    return {
        "cause": outcome.cause.value,
        "exit_code": outcome.exit_code,
        "signal": outcome.signal,
        "message": outcome.message,
        "suggestion": outcome.suggestion,
    }


def outcome_from_dict(data: Mapping[str, Any]) -> Outcome:
    """What `outcome_to_dict` wrote."""
    return Outcome(
        cause=Cause(data["cause"]),
        exit_code=data["exit_code"],
        signal=data["signal"],
        message=data["message"],
        suggestion=data["suggestion"],
    )


def phases_to_list(phases: Sequence[PhaseMark]) -> list[Data]:
    """The timeline as plain data, in its order."""
    return [
        {"phase": mark.phase.value, "at": time_to_text(mark.at), "detail": mark.detail}
        for mark in phases
    ]


def phases_from_list(data: Sequence[Mapping[str, Any]]) -> tuple[PhaseMark, ...]:
    """What `phases_to_list` wrote; times are in UTC."""
    return tuple(
        PhaseMark(
            phase=Phase(mark["phase"]),
            at=datetime.fromisoformat(mark["at"]),
            detail=mark["detail"],
        )
        for mark in data
    )


def handle_to_dict(handle: Handle) -> Data:
    """The handle as plain data; its `data` must be JSON already."""
    return {
        "provider": handle.provider,
        "worker_id": str(handle.worker_id),
        "version": handle.version,
        "data": dict(handle.data),
    }


def handle_from_dict(data: Mapping[str, Any]) -> Handle:
    """What `handle_to_dict` wrote."""
    return Handle(
        provider=data["provider"],
        worker_id=UUID(data["worker_id"]),
        version=data["version"],
        data=dict(data["data"]),
    )


def warm_to_list(pools: Sequence[WarmPool]) -> list[Data]:
    """Warm pools as plain data, in their order."""
    return [
        {
            "size": pool.size,
            "image": pool.image,
            "cpu": float(pool.cpu),
            "memory_mb": pool.memory_mb,
            "network": pool.network.value,
        }
        for pool in pools
    ]


def warm_from_list(data: Sequence[Mapping[str, Any]]) -> tuple[WarmPool, ...]:
    """What `warm_to_list` wrote."""
    return tuple(
        WarmPool(
            size=pool["size"],
            image=pool["image"],
            cpu=float(pool["cpu"]),
            memory_mb=pool["memory_mb"],
            # Rows of the first release have none.
            network=Network(pool.get("network", Network.DEFAULT)),
        )
        for pool in data
    )


def learning_to_dict(learning: WarmLearning) -> Data:
    """The budget of learned pools as plain data."""
    return {
        "budget_cpu": float(learning.budget_cpu),
        "budget_memory_mb": learning.budget_memory_mb,
        "max_workers": learning.max_workers,
    }


def learning_from_dict(data: Mapping[str, Any]) -> WarmLearning:
    """What `learning_to_dict` wrote."""
    return WarmLearning(
        budget_cpu=float(data["budget_cpu"]),
        budget_memory_mb=data["budget_memory_mb"],
        max_workers=data["max_workers"],
    )
