"""Named secrets: setting, listing and removing them, and sealing them anew under another key."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hodei.domain.errors import Conflict, InvalidRequest, NotFound, StaleVersion
from hodei.domain.parsing.limits import SECRET_BYTES, SECRET_NAME
from hodei.domain.parsing.reader import text_fault
from hodei.domain.secret import Secret, secret_place
from hodei.engine.core import Core
from hodei.engine.projects import Projects
from hodei.engine.providers import Providers
from hodei.engine.webhooks.webhooks import Webhooks
from hodei.ports.secret_rows import SealedJob

JOBS_PER_CALL = 1000
_BATCH = 100
_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """How far a rotation has come."""

    key: str
    """Id of the key that seals now."""
    secrets: int = 0
    """Sealed anew, as the next three."""
    providers: int = 0
    webhooks: int = 0
    jobs: int = 0
    unreadable: int = 0
    """Sealed with a key that this server does not have; they stay as they are."""
    cursor: UUID | None = None
    """Where the next call goes on; None: all is done."""


class Secrets:
    """Use cases around named secrets; no value ever comes out of here."""

    def __init__(
        self, core: Core, projects: Projects, providers: Providers, webhooks: Webhooks
    ) -> None:
        self._core = core
        self._projects = projects
        self._providers = providers
        self._webhooks = webhooks

    async def all(self, project: str | None = None) -> list[Secret]:
        """Of one project or of all, by project and name; those from files have version 0."""
        stored = await self._core.store.list_secrets(project)
        found = {(secret.project, secret.name): secret for secret in stored}
        for mounted in await self._core.mounted.all(project):
            found[mounted.project, mounted.name] = Secret(
                project=mounted.project,
                name=mounted.name,
                version=0,
                created_at=mounted.changed_at,
                updated_at=mounted.changed_at,
            )
        return [secret for _, secret in sorted(found.items())]

    async def put(self, project: str, name: str, value: str, *, actor: str) -> Secret:
        """Sets a secret, new or not.

        Raises InvalidRequest for the name or the value; NotFound for the project; Conflict when
        a file of that name would win.
        """
        _check(name, value)
        await self._projects.get(project)
        if await self._core.mounted.values(project, [name]):
            raise Conflict(f"the secret {name!r} comes from a file of the server, which wins")
        for _ in range(_TRIES):
            stored = await self._core.store.find_secrets(project, [name])
            version = stored[0].version + 1 if stored else 1
            now = self._core.clock.now()
            secret = Secret(
                project=project,
                name=name,
                version=version,
                sealed=self._core.sealer.seal(value, *secret_place(project, name, version)),
                created_at=stored[0].created_at if stored else now,
                updated_at=now,
                updated_by=actor,
                last_used_at=stored[0].last_used_at if stored else None,
            )
            if await self._core.store.put_secret(secret):
                return secret
        raise StaleVersion(f"the secret {name!r} is being set by others at this moment")

    async def delete(self, project: str, name: str) -> None:
        """Raises NotFound; Conflict for one that comes from a file."""
        if await self._core.store.delete_secret(project, name):
            return
        if await self._core.mounted.values(project, [name]):
            raise Conflict(f"the secret {name!r} comes from a file of the server; remove it there")
        raise NotFound("secret", name)

    async def rotate(self, cursor: UUID | None = None, *, actor: str) -> Rotation:
        """Seals with the first key what another one sealed: the named secrets, the settings of
        providers and what webhooks hold at the first call, then the values in jobs, so many per
        call."""
        secrets = providers = webhooks = lost = 0
        if cursor is None:
            secrets, lost = await self._reseal_secrets()
            providers, unopened = await self._providers.reseal(actor=actor)
            webhooks, unread = await self._webhooks.reseal()
            lost += unopened + unread
        jobs, unread, following = await self._reseal_jobs(cursor)
        return Rotation(
            key=self._core.sealer.sealed_now.split(".")[1],
            secrets=secrets,
            providers=providers,
            webhooks=webhooks,
            jobs=jobs,
            unreadable=lost + unread,
            cursor=following,
        )

    async def _reseal_secrets(self) -> tuple[int, int]:
        done = lost = 0
        for secret in await self._core.store.list_secrets():
            if secret.sealed.startswith(self._core.sealer.sealed_now):
                continue
            sealed = self._again(secret.sealed, secret.place)
            if sealed is None:
                lost += 1
            else:
                # Not if it was set meanwhile: then it is sealed with a key of that moment.
                done += await self._core.store.reseal_secret(secret, sealed)
        return done, lost

    async def _reseal_jobs(self, cursor: UUID | None) -> tuple[int, int, UUID | None]:
        done = lost = 0
        for _ in range(JOBS_PER_CALL // _BATCH):
            now = self._core.sealer.sealed_now
            batch = await self._core.store.sealed_jobs(without=now, after=cursor, limit=_BATCH)
            for job in batch:
                sealed = self._again_in(job)
                lost += len(sealed) < len(job.sealed)
                done += bool(sealed) and await self._core.store.reseal_job(job, sealed)
                cursor = job.job_id
            if len(batch) < _BATCH:
                return done, lost, None
        return done, lost, cursor

    def _again_in(self, job: SealedJob) -> dict[str, str]:
        found = {
            name: self._again(sealed, (job.project, name)) for name, sealed in job.sealed.items()
        }
        return {name: sealed for name, sealed in found.items() if sealed is not None}

    def _again(self, sealed: str, place: tuple[str, ...]) -> str | None:
        """The same value under the key of now; None when no key opens it."""
        try:
            return self._core.sealer.seal(self._core.sealer.unseal(sealed, *place), *place)
        except NotFound:
            return None


def _check(name: str, value: str) -> None:
    if len(name) > SECRET_NAME.most or not SECRET_NAME.pattern.fullmatch(name):
        raise InvalidRequest.of("name", f"must be {SECRET_NAME.expected}", name)
    if fault := text_fault(value):
        raise InvalidRequest.of("value", fault)
    if not 1 <= len(value.encode()) <= SECRET_BYTES:
        raise InvalidRequest.of("value", f"must be text of 1 to {SECRET_BYTES} bytes")
