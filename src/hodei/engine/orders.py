"""The order that tells an agent what to run, and the sealing of what it must not show before."""

from __future__ import annotations

from dataclasses import replace

from hodei.domain.spec import JobSpec, SealedText, SecretRef, SecretText
from hodei.ports.peer import RunOrder
from hodei.ports.secrets import Sealer, Secrets
from hodei.ports.store import Held

DEFAULT_PIDS = 4096
"""Processes and threads that one attempt may have."""


async def run_order(held: Held, secrets: Secrets, sealer: Sealer) -> RunOrder:
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
        env={name: value for name, value in spec.env.items() if isinstance(value, str)},
        secret_env={**await _named(spec, secrets), **_unsealed(spec, sealer)},
        working_dir=spec.working_dir or "",
        stdin=spec.stdin.encode(),
        timeout_ms=spec.timeout_ms,
        grace_ms=spec.grace_ms,
        cpu_millis=round(spec.resources.cpu * 1000),
        memory_bytes=spec.resources.memory_mb << 20,
        pids=DEFAULT_PIDS,
    )


async def _named(spec: JobSpec, secrets: Secrets) -> dict[str, str]:
    names = {name: ref.secret for name, ref in spec.env.items() if isinstance(ref, SecretRef)}
    if not names:
        return {}
    values = await secrets.resolve(spec.project, sorted(set(names.values())))
    return {name: values[secret] for name, secret in names.items()}


def _unsealed(spec: JobSpec, sealer: Sealer) -> dict[str, str]:
    return {
        name: sealer.unseal(value.sealed, project=spec.project, name=name)
        for name, value in spec.env.items()
        if isinstance(value, SealedText)
    }


def sealed(spec: JobSpec, sealer: Sealer) -> JobSpec:
    """The spec as it may be stored: every secret value in it sealed."""
    if not any(isinstance(value, SecretText) for value in spec.env.values()):
        return spec
    env = {
        name: SealedText(sealed=sealer.seal(value.value, project=spec.project, name=name))
        if isinstance(value, SecretText)
        else value
        for name, value in spec.env.items()
    }
    return replace(spec, env=env)
