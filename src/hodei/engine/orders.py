"""The order that tells an agent what to run, and the sealing of what it must not show before."""

from __future__ import annotations

from dataclasses import replace

from hodei.domain.errors import NotFound
from hodei.domain.job import Job
from hodei.domain.spec import JobSpec, SealedText, SecretRef, SecretText
from hodei.engine.core import Core
from hodei.engine.secret_values import secret_values
from hodei.engine.traces import place_of_run
from hodei.ports.peer import RunOrder
from hodei.ports.secrets import Sealer
from hodei.ports.store import Held

TRACEPARENT = "TRACEPARENT"
DEFAULT_PIDS = 4096
"""Processes and threads that one attempt may have."""


async def run_order(core: Core, held: Held) -> RunOrder:
    """Resolves the secrets and builds the order. Raises NotFound for a secret that is gone."""
    spec = held.job.spec
    return RunOrder(
        attempt_id=held.attempt.id,
        job_id=held.job.id,
        job_name=spec.name,
        attempt_number=held.attempt.number,
        type=spec.command.type,
        script=spec.command.script,
        argv=spec.command.argv,
        env={**_trace(core, held), **_plain(spec)},
        secret_env={**await _named(core, spec), **_unsealed(spec, core.sealer)},
        working_dir=spec.working_dir or "",
        stdin=spec.stdin.encode(),
        timeout_ms=spec.timeout_ms,
        grace_ms=spec.grace_ms,
        cpu_millis=round(spec.resources.cpu * 1000),
        memory_bytes=spec.resources.memory_mb << 20,
        pids=DEFAULT_PIDS,
    )


def _plain(spec: JobSpec) -> dict[str, str]:
    return {name: value for name, value in spec.env.items() if isinstance(value, str)}


def _trace(core: Core, held: Held) -> dict[str, str]:
    """By which the process joins the job's trace, unless the job has a say in it."""
    if TRACEPARENT in held.job.spec.env:
        return {}
    place = place_of_run(core.tracer, held.job, held.attempt.id)
    return {} if place is None else {TRACEPARENT: str(place)}


async def _named(core: Core, spec: JobSpec) -> dict[str, str]:
    names = {name: ref.secret for name, ref in spec.env.items() if isinstance(ref, SecretRef)}
    if not names:
        return {}
    values = await secret_values(core, spec.project, sorted(set(names.values())))
    return {name: values[secret] for name, secret in names.items()}


def _unsealed(spec: JobSpec, sealer: Sealer) -> dict[str, str]:
    return {
        name: sealer.unseal(value.sealed, spec.project, name)
        for name, value in spec.env.items()
        if isinstance(value, SealedText)
    }


def sealed(spec: JobSpec, sealer: Sealer) -> JobSpec:
    """The spec as it may be stored: every secret value in it sealed."""
    if not any(isinstance(value, SecretText) for value in spec.env.values()):
        return spec
    env = {
        name: SealedText(sealed=sealer.seal(value.value, spec.project, name))
        if isinstance(value, SecretText)
        else value
        for name, value in spec.env.items()
    }
    return replace(spec, env=env)


def same_job(one: Job, other: Job, sealer: Sealer) -> bool:
    """Whether two jobs ask for the same, although their values may be sealed with two keys."""
    if one.spec_digest == other.spec_digest:
        return True
    try:
        return _opened(one.spec, sealer) == _opened(other.spec, sealer)
    except NotFound:
        return False


def _opened(spec: JobSpec, sealer: Sealer) -> JobSpec:
    values = {name: SecretText(value=text) for name, text in _unsealed(spec, sealer).items()}
    return replace(spec, env={**spec.env, **values})
