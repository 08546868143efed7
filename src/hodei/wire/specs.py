"""Job specs between protobuf and domain.

Towards the domain a message becomes plain data, which the one parser then reads: so that a bad
field gets the same words here as in REST and in YAML.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.message import Message

from hodei.domain.spec import Backoff, EnvValue, JobSpec, RetryPolicy, SecretRef
from hodei.wire.gen import jobs_pb2 as pb

Data = dict[str, Any]


def spec_to_data(spec: pb.JobSpec) -> Data:
    """What REST would have sent; unset fields are left out."""
    data: Data = {"name": spec.name}
    if spec.HasField("command"):
        data["command"] = _filled(
            {
                "type": spec.command.type,
                "script": spec.command.script,
                "argv": list(spec.command.argv),
            }
        )
    data |= _filled(
        {
            "image": spec.image,
            "env": {name: _env_to_data(value) for name, value in spec.env.items()},
            "priority": spec.priority,
            "network": spec.network,
            "labels": dict(spec.labels),
            "working_dir": spec.working_dir,
            "stdin": spec.stdin,
            "project": spec.project,
        }
    )
    data |= _present(spec, "timeout_ms", "queue_timeout_ms", "grace_ms")
    data |= _filled(
        {
            "resources": _resources_to_data(spec.resources),
            "preferences": _filled(
                {
                    "provider": spec.preferences.provider,
                    "region": spec.preferences.region,
                    "labels": dict(spec.preferences.labels),
                }
            ),
            "retry": _retry_to_data(spec.retry),
        }
    )
    return data


def spec_from_domain(spec: JobSpec) -> pb.JobSpec:
    """The message of a stored spec; every field is set."""
    return pb.JobSpec(
        name=spec.name,
        command=pb.Command(
            type=spec.command.type.value, script=spec.command.script, argv=spec.command.argv
        ),
        image=spec.image or "",
        env={name: _env_from_domain(value) for name, value in spec.env.items()},
        resources=_resources_from_domain(spec),
        timeout_ms=spec.timeout_ms,
        queue_timeout_ms=spec.queue_timeout_ms,
        grace_ms=spec.grace_ms,
        preferences=pb.Preferences(
            provider=spec.preferences.provider or "",
            region=spec.preferences.region or "",
            labels=spec.preferences.labels,
        ),
        priority=spec.priority.value,
        retry=_retry_from_domain(spec.retry),
        network=spec.network.value,
        labels=spec.labels,
        working_dir=spec.working_dir or "",
        stdin=spec.stdin,
        project=spec.project,
    )


def _resources_from_domain(spec: JobSpec) -> pb.Resources:
    wanted = spec.resources
    return pb.Resources(
        cpu=wanted.cpu,
        memory_mb=wanted.memory_mb,
        storage_mb=wanted.storage_mb,
        gpus=wanted.gpus,
        architecture=wanted.architecture.value if wanted.architecture else "",
    )


def _retry_from_domain(retry: RetryPolicy) -> pb.RetryPolicy:
    return pb.RetryPolicy(
        max_attempts=retry.max_attempts,
        backoff=_backoff_from_domain(retry.backoff),
        on=sorted(cause.value for cause in retry.on),
    )


def _backoff_from_domain(backoff: Backoff) -> pb.Backoff:
    return pb.Backoff(
        initial_ms=backoff.initial_ms,
        factor=backoff.factor,
        max_ms=backoff.max_ms,
        jitter=backoff.jitter,
    )


def _env_to_data(value: pb.EnvValue) -> object:
    match value.WhichOneof("kind"):
        case "secret":
            return {"secret": value.secret}
        case "secret_value":
            return {"secret_value": value.secret_value}
        case _:
            return value.value


def _env_from_domain(value: EnvValue) -> pb.EnvValue:
    """The message; of a secret value only that there is one."""
    match value:
        case str():
            return pb.EnvValue(value=value)
        case SecretRef():
            return pb.EnvValue(secret=value.secret)
        case _:
            return pb.EnvValue(secret_value="")


def _resources_to_data(resources: pb.Resources) -> Data:
    data = _present(resources, "cpu", "memory_mb", "storage_mb", "gpus")
    return data | _filled({"architecture": resources.architecture})


def _retry_to_data(retry: pb.RetryPolicy) -> Data:
    data = _present(retry, "max_attempts")
    data |= _filled(
        {
            "backoff": _present(retry.backoff, "initial_ms", "factor", "max_ms", "jitter"),
            "on": list(retry.on),
        }
    )
    return data


def _present(message: Message, *names: str) -> Data:
    return {name: getattr(message, name) for name in names if message.HasField(name)}


def _filled(data: Mapping[str, object]) -> Data:
    return {name: value for name, value in data.items() if value not in ("", {}, [])}
