"""Everything that is remembered of what makes jobs by itself, and of who is told of them."""

from __future__ import annotations

from typing import Protocol

from hodei.ports.schedules import ScheduleStore
from hodei.ports.templates import TemplateStore
from hodei.ports.webhooks import WebhookStore


class AutomationStore(TemplateStore, ScheduleStore, WebhookStore, Protocol):
    """Templates, schedules and webhooks together."""
