"""The courier: sends deliveries that are due, a few of each webhook at a time.

A delivery is taken with a lease and saved with what came of it. A server that dies between the
two leaves a lease that runs out, and the delivery is sent again by whoever comes first.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from uuid import UUID

from hodei.domain.errors import HodeiError, NotFound
from hodei.domain.webhooks.delivery import Delivery, DeliveryTry, Patience, tried
from hodei.domain.webhooks.signing import signature
from hodei.domain.webhooks.webhook import Webhook
from hodei.engine.core import Core
from hodei.engine.webhooks.outbox import Outbox
from hodei.ports.meter import Loop
from hodei.ports.webhook_sender import Answer, Outgoing, WebhookSender

logger = logging.getLogger(__name__)

EACH = 4
"""Deliveries of one webhook that are taken at once; one that has so many under way waits."""
AT_ONCE = 32
"""Deliveries that one replica has under way."""
SLACK_S = 5.0
"""A lease is so much longer than the webhook's timeout."""
RETRY_S = 2.0
"""After the store did not answer."""
LEAST_MASKED = 4
"""Characters of a value that is masked where a receiver repeats it."""
MASK = "***"
UNREADABLE = "its secret or a header cannot be opened: a key is missing on this server"


class Courier:
    """The sending loop of this replica."""

    def __init__(
        self, core: Core, sender: WebhookSender, outbox: Outbox, patience: Patience | None = None
    ) -> None:
        self._core = core
        self._sender = sender
        self._outbox = outbox
        self._patience = patience or Patience()
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way = Counter[UUID]()

    def wake(self) -> None:
        """Something may be due."""
        self._wake.set()

    async def run(self) -> None:
        """Sends until cancelled."""
        while True:
            try:
                taken = await self.run_once()
                self._core.meter.passed(Loop.COURIER)
            except HodeiError as error:
                logger.warning("deliveries not taken", extra={"error": str(error)})
                await self._core.clock.sleep(RETRY_S)
                continue
            if not taken:
                await self._woken()

    async def run_once(self) -> int:
        """Takes what is due and begins to send it; how many that were."""
        self._wake.clear()
        room = AT_ONCE - len(self._tasks)
        if not self._outbox.watching or room <= 0:
            return 0
        full = [key for key, count in self._under_way.items() if count >= EACH]
        due = await self._core.store.claim_deliveries(
            self._core.replica, each=EACH, limit=room, slack_s=SLACK_S, without=full
        )
        if not due:
            return 0
        webhooks = {each.id: each for each in await self._core.store.enabled_webhooks()}
        for delivery in due:
            self._begin(delivery, webhooks)
        return len(due)

    async def rest(self) -> None:
        """Returns when nothing is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)
            await asyncio.sleep(0)

    async def stop(self) -> None:
        """Breaks off what is under way; it is sent again when its lease has run out."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._sender.close()

    async def _woken(self) -> None:
        """Waits for a wake, or for a sweep's time."""
        try:
            async with asyncio.timeout(self._core.timings.calm_sweep.total_seconds()):
                await self._wake.wait()
        except TimeoutError:
            return

    def _begin(self, delivery: Delivery, webhooks: Mapping[UUID, Webhook]) -> None:
        webhook = webhooks.get(delivery.webhook_id)
        if webhook is None:
            return  # disabled or gone since: its lease runs out
        task = asyncio.get_running_loop().create_task(self._deliver(delivery, webhook))
        self._tasks.add(task)
        self._under_way[webhook.id] += 1

        def ended(done: asyncio.Task[None]) -> None:
            self._tasks.discard(done)
            self._under_way -= Counter({webhook.id: 1})
            self.wake()

        task.add_done_callback(ended)

    async def _deliver(self, delivery: Delivery, webhook: Webhook) -> None:
        try:
            after = await self._attempted(delivery, webhook)
            await self._core.store.save_delivery(after)
            self._core.meter.delivered(after)
        except HodeiError as error:
            extra = {"delivery": delivery.id, "error": str(error)}
            logger.warning("delivery not noted; it is sent again", extra=extra)
            return
        except Exception:
            logger.exception("delivery failed", extra={"delivery": delivery.id})
            return
        newest = after.attempts[-1]
        if not newest.arrived:
            extra = {"webhook": webhook.id, "delivery": delivery.id, "status": newest.status}
            logger.info("delivery did not arrive", extra=extra)
        if after.next_attempt_at is not None:
            wait = (after.next_attempt_at - self._core.clock.now()).total_seconds()
            asyncio.get_running_loop().call_later(max(0.0, wait), self.wake)

    async def _attempted(self, delivery: Delivery, webhook: Webhook) -> Delivery:
        """The delivery after one attempt."""
        at, begun = self._core.clock.now(), self._core.clock.monotonic()
        body = delivery.payload.encode()
        try:
            secret, headers = opened(self._core, webhook)
        except NotFound:
            answer = Answer(error=UNREADABLE)
        else:
            asked = Outgoing(
                url=webhook.url,
                headers={
                    **headers,
                    "Content-Type": "application/json",
                    "Hodei-Event": delivery.event,
                    "Hodei-Delivery": str(delivery.id),
                    "Hodei-Signature": signature(secret, body, int(at.timestamp())),
                },
                body=body,
                timeout_s=webhook.timeout_ms / 1000,
            )
            answer = _masked(await self._sender.send(asked), (secret, *headers.values()))
        attempt = DeliveryTry(
            at=at,
            status=answer.status,
            ms=round((self._core.clock.monotonic() - begun) * 1000),
            error=answer.error,
            response=answer.response,
            retry_after_s=answer.retry_after_s,
        )
        return tried(delivery, attempt, self._patience, self._core.chance.share())


def opened(core: Core, webhook: Webhook) -> tuple[str, dict[str, str]]:
    """The secret and the headers of a webhook. Raises NotFound when no key opens them."""
    headers = {
        name: core.sealer.unseal(sealed, *webhook.header_place(name))
        for name, sealed in webhook.headers.items()
    }
    return core.sealer.unseal(webhook.secret, *webhook.secret_place), headers


def _masked(answer: Answer, values: tuple[str, ...]) -> Answer:
    """Without what a receiver repeats of the secrets it was sent."""
    text = answer.response
    for value in values:
        if len(value) >= LEAST_MASKED:
            text = text.replace(value, MASK)
    return Answer(
        status=answer.status,
        error=answer.error,
        response=text,
        retry_after_s=answer.retry_after_s,
    )
