"""Everything that is remembered of what makes jobs by itself, and of who is told of them."""

from __future__ import annotations

from typing import Protocol

from hodei.ports.schedules import ScheduleStore
from hodei.ports.templates import TemplateStore
from hodei.ports.triggers import TriggerStore
from hodei.ports.webhooks import WebhookStore


class AutomationStore(TemplateStore, TriggerStore, ScheduleStore, WebhookStore, Protocol):
    """Templates, triggers, schedules and webhooks together."""
