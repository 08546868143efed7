"""Everything that is remembered of what makes jobs without their being typed."""

from __future__ import annotations

from typing import Protocol

from hodei.ports.schedules import ScheduleStore
from hodei.ports.templates import TemplateStore


class AutomationStore(TemplateStore, ScheduleStore, Protocol):
    """Templates and schedules together."""
