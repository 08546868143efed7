"""Values of named secrets: where they are, and when they go to a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hodei.domain.audit import Entry, Interface
from hodei.domain.errors import NotFound
from hodei.domain.spec import SecretRef
from hodei.engine.core import Core
from hodei.ports.store import Held


async def missing_secrets(core: Core, project: str, names: Sequence[str]) -> Sequence[str]:
    """Those of `names` that the project has no secret for."""
    mounted = await core.mounted.values(project, names)
    rest = [name for name in names if name not in mounted]
    if not rest:
        return []
    stored = {secret.name for secret in await core.store.find_secrets(project, rest)}
    return [name for name in rest if name not in stored]


async def secret_values(core: Core, project: str, names: Sequence[str]) -> Mapping[str, str]:
    """Values by name; a mounted one wins over a stored one.

    Raises NotFound for the first one that is missing, or that no key of this server opens.
    """
    found = dict(await core.mounted.values(project, names))
    rest = [name for name in names if name not in found]
    if rest:
        for secret in await core.store.find_secrets(project, rest):
            found[secret.name] = core.sealer.unseal(secret.sealed, *secret.place)
    for name in names:
        if name not in found:
            raise NotFound("secret", name)
    return found


def named_secrets(held: Held) -> list[str]:
    """Names of the secrets that the job of an attempt refers to, each once."""
    refs = (value for value in held.job.spec.env.values() if isinstance(value, SecretRef))
    return sorted({ref.secret for ref in refs})


async def note_delivery(core: Core, held: Held) -> None:
    """Writes down that the secrets of an attempt go to its worker. Raises Unavailable."""
    names = named_secrets(held)
    if not names:
        return
    now, project = core.clock.now(), held.job.spec.project
    entries = [
        Entry(
            at=now,
            actor="system",
            action="secret.deliver",
            target_kind="secret",
            target=name,
            project=project,
            interface=Interface.SYSTEM,
            detail=f"attempt {held.attempt.number} of job {held.job.id}, worker {held.worker.id}",
        )
        for name in names
    ]
    await core.store.add_audit(entries)
    await core.store.use_secrets(project, names, now)
