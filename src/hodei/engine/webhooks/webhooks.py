"""Use cases around webhooks; no secret comes out of here but the one that was just made."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from hodei.domain.errors import Conflict, InvalidRequest, NotFound, StaleVersion
from hodei.domain.webhooks.delivery import Delivery, DeliveryState, wanted_again
from hodei.domain.webhooks.parsing import WebhookConfig
from hodei.domain.webhooks.payload import trial_payload
from hodei.domain.webhooks.signing import secret_text
from hodei.domain.webhooks.webhook import MOST_WEBHOOKS, TEST, Webhook
from hodei.engine.core import Core
from hodei.engine.projects import Projects
from hodei.engine.webhooks.courier import Courier, opened
from hodei.engine.webhooks.outbox import Outbox
from hodei.ports.store import Page
from hodei.ports.webhook_sender import WebhookSender
from hodei.ports.webhooks import WebhookState

MAX_PAGE = 500
_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A webhook as it was just stored."""

    state: WebhookState
    secret: str | None = field(default=None, repr=False)
    """The one that was made for it; None: none was."""


class Webhooks:
    """Use cases around webhooks and their deliveries."""

    def __init__(self, core: Core, projects: Projects, sender: WebhookSender | None) -> None:
        self._core = core
        self._projects = projects
        self._sender = sender
        self._outbox = Outbox(core)
        self._courier = Courier(core, sender, self._outbox) if sender else None

    # ---- what the engine does with it

    async def run(self) -> None:
        """Tells and sends until cancelled."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._outbox.run(), name="outbox")
            if self._courier is not None:
                loops.create_task(self._courier.run(), name="courier")

    async def stop(self) -> None:
        """Breaks off what is being sent."""
        if self._courier is not None:
            await self._courier.stop()

    def heard(self, topic: str) -> None:
        """A hint came."""
        if topic in ("event", "job"):
            self._outbox.wake()
        elif topic in ("webhook", "resync"):
            self._outbox.changed()
        if topic in ("webhook", "delivery", "resync") and self._courier is not None:
            self._courier.wake()

    # ---- what people do

    async def all(self, project: str | None = None) -> Sequence[WebhookState]:
        """Of one project or of all, by project and name."""
        return await self._core.store.list_webhooks(project)

    async def get(self, key: str, project: str) -> WebhookState:
        """By id, or by name in `project`. Raises NotFound."""
        found = await self._core.store.find_webhook(key, project)
        if found is None:
            raise NotFound("webhook", key)
        return found

    async def create(self, config: WebhookConfig, *, actor: str) -> Stored:
        """A new one. Raises InvalidRequest; NotFound for the project; Conflict when the name is
        taken, or there are too many."""
        await self._projects.get(config.project)
        unknown = [name for name, value in config.headers.items() if value is None]
        if unknown:
            raise InvalidRequest.of(f"headers.{unknown[0]}", "must be text: none is stored yet")
        await self._check_address(config.url)
        if len(await self._core.store.list_webhooks(config.project)) >= MOST_WEBHOOKS:
            raise Conflict(f"a project has {MOST_WEBHOOKS} webhooks at most; delete one")
        now = self._core.clock.now()
        blank = Webhook(
            id=self._core.chance.uuid(),
            project=config.project,
            name=config.name,
            url=config.url,
            events=config.events,
            created_at=now,
            created_by=actor,
            updated_at=now,
        )
        made = None if config.secret else secret_text(self._core.chance.token())
        webhook = self._written(blank, config, made or config.secret, actor=actor)
        if not await self._core.store.put_webhook(webhook):
            raise self._taken(config)
        return Stored(state=await self.get(str(webhook.id), webhook.project), secret=made)

    async def update(self, webhook_id: UUID, config: WebhookConfig, *, actor: str) -> Stored:
        """Reconfigures one; what is left out is set back, but for the secret and headers that
        are null. Raises InvalidRequest, NotFound, StaleVersion, and Conflict for a taken name."""
        await self._check_address(config.url)
        made = secret_text(self._core.chance.token()) if config.rotate_secret else None
        for _ in range(_TRIES):
            stored = (await self.get(str(webhook_id), "")).webhook
            if config.version not in (None, stored.version):
                raise StaleVersion(
                    f"the webhook is at version {stored.version} by now, not {config.version}; "
                    "read it again"
                )
            if config.project != stored.project:
                message = "a webhook stays in its project; make another one"
                raise InvalidRequest.of("project", message, config.project)
            webhook = self._written(stored, config, made or config.secret, actor=actor)
            if await self._core.store.put_webhook(webhook):
                return Stored(state=await self.get(str(webhook_id), ""), secret=made)
            if await self._is_taken(webhook):
                raise self._taken(config)
        raise StaleVersion("the webhook is being changed by others at this moment")

    async def delete(self, webhook_id: UUID) -> None:
        """With its deliveries. Raises NotFound."""
        if not await self._core.store.delete_webhook(webhook_id):
            raise NotFound("webhook", webhook_id)

    async def test(self, webhook: Webhook, *, actor: str) -> Delivery:
        """A delivery of the event `webhook.test`, which is sent at once. Raises Conflict for one
        that is disabled."""
        if not webhook.enabled:
            raise Conflict(f"the webhook {webhook.name!r} is disabled; enable it first")
        now, key = self._core.clock.now(), self._core.chance.uuid()
        return await self._core.store.add_delivery(
            Delivery(
                id=key,
                webhook_id=webhook.id,
                project=webhook.project,
                event=TEST,
                payload=trial_payload(key, webhook, now, actor),
                created_at=now,
                next_attempt_at=now,
            )
        )

    async def deliveries(
        self,
        webhook_id: UUID,
        *,
        state: DeliveryState | None = None,
        event: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Delivery]:
        """The newest first. Raises InvalidRequest."""
        found = await self._core.store.list_deliveries(
            webhook_id, state=state, event=event, after=_place(cursor), limit=limit + 1
        )
        items = tuple(found[:limit])
        return Page(items=items, cursor=str(items[-1].seq) if len(found) > limit else None)

    async def delivery(self, key: str) -> Delivery:
        """Raises NotFound."""
        try:
            found = await self._core.store.get_delivery(UUID(key))
        except ValueError:
            found = None
        if found is None:
            raise NotFound("delivery", key)
        return found

    async def redeliver(self, delivery_id: UUID) -> Delivery:
        """Sends one again, at once and with all its tries, whatever came of it before. Raises
        NotFound, and StaleVersion while others change it."""
        for _ in range(_TRIES):
            delivery = await self.delivery(str(delivery_id))
            if await self._core.store.save_delivery(wanted_again(delivery, self._core.clock.now())):
                return await self.delivery(str(delivery_id))
        raise StaleVersion("the delivery is being changed at this moment")

    async def reseal(self) -> tuple[int, int]:
        """Seals with the key of now what another one sealed; how many webhooks that were, and
        how many could not be opened."""
        done = lost = 0
        for state in await self._core.store.list_webhooks():
            webhook, now = state.webhook, self._core.sealer.sealed_now
            if all(s.startswith(now) for s in (webhook.secret, *webhook.headers.values())):
                continue
            try:
                secret, headers = opened(self._core, webhook)
            except NotFound:
                lost += 1
                continue
            resealed = self._sealed(webhook, secret, headers)
            # Not if it was set meanwhile: then it is sealed with a key of that moment.
            done += await self._core.store.reseal_webhook(webhook, resealed)
        return done, lost

    def _written(
        self, stored: Webhook, config: WebhookConfig, secret: str | None, *, actor: str
    ) -> Webhook:
        """`stored` as `config` wants it."""
        webhook = replace(
            stored,
            name=config.name,
            url=config.url,
            events=config.events,
            filters=config.filters,
            enabled=config.enabled,
            timeout_ms=config.timeout_ms,
            updated_at=self._core.clock.now(),
            updated_by=actor,
        )
        kept = {n: stored.headers.get(n) for n, value in config.headers.items() if value is None}
        if missing := [name for name, sealed in kept.items() if sealed is None]:
            raise InvalidRequest.of(f"headers.{missing[0]}", "must be text: none is stored yet")
        given = {name: value for name, value in config.headers.items() if value is not None}
        fresh = self._sealed(webhook, secret, given)
        headers = {**fresh.headers, **{n: sealed for n, sealed in kept.items() if sealed}}
        return replace(fresh, headers=headers)

    def _sealed(self, webhook: Webhook, secret: str | None, headers: Mapping[str, str]) -> Webhook:
        """With these values sealed; without a secret the old one stays."""
        seal = self._core.sealer.seal
        return replace(
            webhook,
            secret=seal(secret, *webhook.secret_place) if secret else webhook.secret,
            headers={
                name: seal(value, *webhook.header_place(name)) for name, value in headers.items()
            },
        )

    async def _check_address(self, url: str) -> None:
        refusal = await self._sender.refusal(url) if self._sender else ""
        if refusal:
            message = f"must be a public address: {refusal}"
            raise InvalidRequest.of("url", message, url)

    async def _is_taken(self, webhook: Webhook) -> bool:
        found = await self._core.store.find_webhook(webhook.name, webhook.project)
        return found is not None and found.webhook.id != webhook.id

    def _taken(self, config: WebhookConfig) -> Conflict:
        return Conflict(
            f"the project {config.project!r} has a webhook named {config.name!r} already; choose "
            "another name"
        )


def _place(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
        raise InvalidRequest.of("cursor", "is not a cursor of this list", cursor)
    return int(cursor)
