"""Webhooks and deliveries as requests name them, where the caller may do what was asked."""

from __future__ import annotations

from hodei.api.access.gate import Grant
from hodei.domain.errors import NotFound
from hodei.domain.webhooks.delivery import Delivery
from hodei.engine.engine import Engine
from hodei.ports.webhooks import WebhookState


async def admitted(engine: Engine, grant: Grant, key: str, project: str) -> WebhookState:
    """By id, or by name in `project`. Raises NotFound, Forbidden."""
    try:
        found = await engine.webhooks.get(key, project)
    except NotFound:
        # As for a secret: whoever cannot read the project learns nothing of what is in it.
        grant.in_project(project)
        raise
    grant.target = found.webhook.name
    try:
        grant.in_project(found.webhook.project)
    except NotFound:
        if key == found.webhook.name:
            raise
        raise NotFound("webhook", key) from None
    return found


async def admitted_delivery(engine: Engine, grant: Grant, key: str) -> Delivery:
    """Raises NotFound, Forbidden."""
    found = await engine.webhooks.delivery(key)
    try:
        grant.in_project(found.project)
    except NotFound:
        raise NotFound("delivery", key) from None
    return found
