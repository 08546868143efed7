"""The order that tells an agent what to run."""

from __future__ import annotations

from hodei.domain.spec import SecretRef
from hodei.ports.peer import RunOrder
from hodei.ports.secrets import Secrets
from hodei.ports.store import Held

DEFAULT_PIDS = 4096
"""Processes and threads that one attempt may have."""


async def run_order(held: Held, secrets: Secrets) -> RunOrder:
    """Resolves the secrets and builds the order. Raises NotFound for a secret that is gone."""
    spec = held.job.spec
    names = {name: ref.secret for name, ref in spec.env.items() if isinstance(ref, SecretRef)}
    values = await secrets.resolve(spec.project, sorted(set(names.values()))) if names else {}
    return RunOrder(
        attempt_id=held.attempt.id,
        job_id=held.job.id,
        job_name=spec.name,
        attempt_number=held.attempt.number,
        type=spec.command.type,
        script=spec.command.script,
        argv=spec.command.argv,
        env={name: value for name, value in spec.env.items() if isinstance(value, str)},
        secret_env={name: values[secret] for name, secret in names.items()},
        working_dir=spec.working_dir or "",
        stdin=spec.stdin.encode(),
        timeout_ms=spec.timeout_ms,
        grace_ms=spec.grace_ms,
        cpu_millis=round(spec.resources.cpu * 1000),
        memory_bytes=spec.resources.memory_mb << 20,
        pids=DEFAULT_PIDS,
    )
