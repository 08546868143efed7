"""TriggerService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hodei.api.grpc.guard import granted
from hodei.api.grpc.templates import located
from hodei.domain.trigger import parse_trigger
from hodei.engine.engine import Engine
from hodei.wire.gen import webhooks_pb2 as pb
from hodei.wire.gen import webhooks_pb2_grpc as pb_grpc
from hodei.wire.webhooks import trigger_to_data, trigger_to_pb

if TYPE_CHECKING:
    from hodei.api.grpc.errors import Context


class Triggers(pb_grpc.TriggerServiceServicer):
    """Triggers of templates over gRPC; they are called over HTTP."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def ListTriggers(
        self, request: pb.ListTriggersRequest, context: Context
    ) -> pb.ListTriggersResponse:
        template = await located(self._engine.templates, request)
        found = await self._engine.triggers.all(template)
        return pb.ListTriggersResponse(triggers=[trigger_to_pb(each) for each in found])

    async def CreateTrigger(
        self, request: pb.CreateTriggerRequest, context: Context
    ) -> pb.NewTrigger:
        template = await located(self._engine.templates, request)
        grant, config = granted(), parse_trigger(trigger_to_data(request))
        made = await self._engine.triggers.create(template, config, actor=grant.principal.name)
        grant.target = str(made.trigger.id)
        grant.detail = f"{config.name} of template {template.name}"
        url = f"/api/v1/triggers/{made.trigger.id}"
        return pb.NewTrigger(trigger=trigger_to_pb(made.trigger), token=made.token, url=url)

    async def DeleteTrigger(
        self, request: pb.DeleteTriggerRequest, context: Context
    ) -> pb.DeleteTriggerResponse:
        template = await located(self._engine.templates, request)
        granted().target = request.trigger
        await self._engine.triggers.delete(template, request.trigger)
        return pb.DeleteTriggerResponse()
