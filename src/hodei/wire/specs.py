"""Job specs between protobuf and domain.

Towards the domain a message becomes plain data, which the one parser then reads: so that a bad
field gets the same words here as in REST and in YAML.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.message import Message

from hodei.domain.spec import Backoff, EnvValue, JobSpec, RetryPolicy, SecretRef
from hodei.wire.gen import jobs_pb2 as pb

Data = dict[str, Any]


def spec_to_data(spec: pb.JobSpec) -> Data:
    """What REST would have sent; unset fields are left out."""
    # A command that says nothing is given all the same, and refused for what it lacks.
    given: Data = {"name": "", "command": {}} if spec.HasField("command") else {"name": ""}
    return given | _read(spec)


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


def _read(message: Message) -> Data:
    """What is set, which is little of what there could be: asking for each field costs more.

    A part that says nothing is as good as none.
    """
    data: Data = {}
    for field, value in message.ListFields():
        read = _READERS.get(field.name)
        plain = value if read is None else read(value)
        if plain != {}:
            data[field.name] = plain
    return data


_READERS: Mapping[str, Callable[[Any], object]] = {
    "command": _read,
    "argv": list,
    "env": lambda env: {name: _env_to_data(value) for name, value in env.items()},
    "resources": _read,
    "preferences": _read,
    "labels": dict,
    "retry": _read,
    "backoff": _read,
    "on": list,
}
"""By the field's name: what makes plain data of a message, a list or a map."""
