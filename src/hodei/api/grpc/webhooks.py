"""WebhookService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hodei.api.grpc.guard import granted
from hodei.api.webhooks import admitted, admitted_delivery
from hodei.domain.access.roles import Permission
from hodei.domain.errors import InvalidRequest
from hodei.domain.parsing.reader import one_of, pick
from hodei.domain.project import DEFAULT
from hodei.domain.webhooks.delivery import Delivery, DeliveryState
from hodei.domain.webhooks.parsing import parse_webhook
from hodei.domain.webhooks.webhook import TEST, Webhook, WebhookEvent
from hodei.engine.engine import Engine
from hodei.engine.webhooks.webhooks import MAX_PAGE, Stored
from hodei.ports.webhooks import WebhookState
from hodei.wire.gen import webhooks_pb2 as pb
from hodei.wire.gen import webhooks_pb2_grpc as pb_grpc
from hodei.wire.times import to_timestamp
from hodei.wire.webhooks import config_to_data, delivery_to_pb, webhook_to_pb

if TYPE_CHECKING:
    from hodei.api.grpc.errors import Context


class Webhooks(pb_grpc.WebhookServiceServicer):
    """Webhooks and deliveries over gRPC."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def ListWebhooks(
        self, request: pb.ListWebhooksRequest, context: Context
    ) -> pb.ListWebhooksResponse:
        seen = granted().principal.projects_with(Permission.WEBHOOKS_READ)
        found = await self._engine.webhooks.all(request.project or None)
        return pb.ListWebhooksResponse(
            webhooks=[_view(each) for each in found if seen is None or each.webhook.project in seen]
        )

    async def GetWebhook(self, request: pb.WebhookKey, context: Context) -> pb.Webhook:
        project = request.project or DEFAULT
        return _view(await admitted(self._engine, granted(), request.webhook, project))

    async def CreateWebhook(
        self, request: pb.CreateWebhookRequest, context: Context
    ) -> pb.StoredWebhook:
        grant, config = granted(), parse_webhook(config_to_data(request.config))
        grant.target = config.name
        grant.in_project(config.project)
        return _stored(await self._engine.webhooks.create(config, actor=grant.principal.name))

    async def UpdateWebhook(
        self, request: pb.UpdateWebhookRequest, context: Context
    ) -> pb.StoredWebhook:
        webhook = await self._webhook(request)
        data = {"project": webhook.project, **config_to_data(request.config)}
        if request.HasField("version"):
            data["version"] = request.version
        config, actor = parse_webhook(data), granted().principal.name
        return _stored(await self._engine.webhooks.update(webhook.id, config, actor=actor))

    async def DeleteWebhook(
        self, request: pb.WebhookKey, context: Context
    ) -> pb.DeleteWebhookResponse:
        await self._engine.webhooks.delete((await self._webhook(request)).id)
        return pb.DeleteWebhookResponse()

    async def TestWebhook(self, request: pb.WebhookKey, context: Context) -> pb.Delivery:
        webhook, actor = await self._webhook(request), granted().principal.name
        return delivery_to_pb(await self._engine.webhooks.test(webhook, actor=actor))

    async def ListDeliveries(
        self, request: pb.ListDeliveriesRequest, context: Context
    ) -> pb.ListDeliveriesResponse:
        webhook = await self._webhook(request)
        page = await self._engine.webhooks.deliveries(
            webhook.id,
            state=_state(request.state),
            event=_event(request.event),
            cursor=request.page_token or None,
            limit=_size(request.page_size),
        )
        return pb.ListDeliveriesResponse(
            deliveries=[delivery_to_pb(each) for each in page.items],
            next_page_token=page.cursor or "",
        )

    async def GetDelivery(self, request: pb.DeliveryKey, context: Context) -> pb.Delivery:
        return delivery_to_pb(await self._delivery(request))

    async def Redeliver(self, request: pb.DeliveryKey, context: Context) -> pb.Delivery:
        found = await self._delivery(request)
        return delivery_to_pb(await self._engine.webhooks.redeliver(found.id))

    async def _webhook(
        self, request: pb.WebhookKey | pb.UpdateWebhookRequest | pb.ListDeliveriesRequest
    ) -> Webhook:
        grant, key = granted(), request.webhook
        grant.target = key
        return (await admitted(self._engine, grant, key, request.project or DEFAULT)).webhook

    async def _delivery(self, request: pb.DeliveryKey) -> Delivery:
        grant = granted()
        grant.target = request.delivery
        return await admitted_delivery(self._engine, grant, request.delivery)


def _view(state: WebhookState) -> pb.Webhook:
    message, last = webhook_to_pb(state.webhook), state.last
    message.waiting = state.waiting
    if last is not None:
        message.last_delivery.CopyFrom(
            pb.LastDelivery(
                id=str(last.id),
                event=last.event,
                state=last.state.value,
                at=to_timestamp(last.at),
                status=last.status,
            )
        )
    return message


def _stored(stored: Stored) -> pb.StoredWebhook:
    return pb.StoredWebhook(webhook=_view(stored.state), secret=stored.secret or "")


def _state(name: str) -> DeliveryState | None:
    found = pick(name, DeliveryState)
    if name and found is None:
        raise InvalidRequest.of("state", f"must be {one_of(DeliveryState, name)}", name)
    return found


def _event(name: str) -> str | None:
    if not name or name == TEST or pick(name, WebhookEvent) is not None:
        return name or None
    message = f"must be {TEST}, or {one_of(WebhookEvent, name)}"
    raise InvalidRequest.of("event", message, name)


def _size(asked: int) -> int:
    size = asked or 50
    if size > MAX_PAGE:
        raise InvalidRequest.of("page_size", f"must be at most {MAX_PAGE}", size)
    return size
