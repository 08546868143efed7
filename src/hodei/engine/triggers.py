"""Inbound triggers: making them, and the jobs that come of calling them."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from hodei.domain.access.tries import WINDOW, source_key
from hodei.domain.errors import Conflict, NotFound, TooManyRequests
from hodei.domain.templates.parameter import ParameterType
from hodei.domain.templates.template import Template
from hodei.domain.trigger import (
    CALLS,
    MOST_TRIGGERS,
    WRONG_CALLS,
    Trigger,
    TriggerConfig,
    check_parameters,
    trigger_digest,
    trigger_token,
)
from hodei.engine.core import Core
from hodei.engine.jobs import Submitted
from hodei.engine.templates import Templates


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeTrigger:
    """A new trigger and its token, which nobody can read again."""

    trigger: Trigger
    token: str = field(repr=False)


class Triggers:
    """Use cases around triggers."""

    def __init__(self, core: Core, templates: Templates) -> None:
        self._core = core
        self._templates = templates

    async def all(self, template: Template) -> Sequence[Trigger]:
        """Of a template, by name."""
        return await self._core.store.list_triggers(template.id)

    async def create(self, template: Template, config: TriggerConfig, *, actor: str) -> MadeTrigger:
        """Raises InvalidRequest for parameters that the template does not have, and Conflict for
        a taken name and too many."""
        check_parameters(
            config.parameters,
            {each.name: each.type is ParameterType.SECRET for each in template.draft.parameters},
        )
        token = trigger_token(self._core.chance.token())
        trigger = Trigger(
            id=self._core.chance.uuid(),
            template_id=template.id,
            name=config.name,
            parameters=config.parameters,
            digest=trigger_digest(token),
            created_at=self._core.clock.now(),
            created_by=actor,
        )
        if not await self._core.store.add_trigger(trigger, most=MOST_TRIGGERS):
            raise Conflict(
                f"the template has a trigger named {config.name!r} already, or {MOST_TRIGGERS} of "
                "them; choose another name, or delete one"
            )
        return MadeTrigger(trigger=trigger, token=token)

    async def delete(self, template: Template, key: str) -> None:
        """Raises NotFound."""
        trigger_id = _uuid(key)
        if trigger_id is None or not await self._core.store.delete_trigger(template.id, trigger_id):
            raise NotFound("trigger", key)

    async def called(self, key: str, token: str, source: str) -> Trigger:
        """The trigger that somebody may call with this token.

        Raises NotFound for one that is not there and for a wrong token alike, and TooManyRequests.
        """
        trigger_id = _uuid(key)
        found = await self._core.store.get_trigger(trigger_id) if trigger_id else None
        good = found.digest if found else b""
        if found is None or not hmac.compare_digest(good, trigger_digest(token)):
            await self._count(source_key(f"trigger {source}"), WRONG_CALLS)
            raise NotFound("trigger", key)
        await self._count(sha256(f"trigger {found.id}".encode()).digest(), CALLS)
        return found

    async def fire(self, trigger: Trigger, body: object, *, key: str | None) -> Submitted:
        """A job of the trigger's template. Raises InvalidRequest for parameters that do not fit,
        NotFound for a template that is gone, and what a submission raises."""
        template = await self._templates.find(str(trigger.template_id))
        submission = await self._templates.submission(
            template.project,
            str(template.id),
            None,
            trigger.filled(body),
            trigger=trigger.name,
            idempotency_key=_own(trigger, key),
        )
        made = await self._templates.run(submission, actor=trigger.actor)
        await self._core.store.trigger_fired(trigger.id, self._core.clock.now())
        return made

    async def _count(self, key: bytes, most: int) -> None:
        now = self._core.clock.now()
        [counted] = await self._core.store.count_tries([key], now=now, window=WINDOW)
        if counted.count > most:
            wait = max(1, round((counted.since + WINDOW - now).total_seconds()))
            raise TooManyRequests(f"too many calls; try again in {wait} s", retry_after_s=wait)


def _own(trigger: Trigger, key: str | None) -> str | None:
    """A caller's key, which must not lead to jobs that others made."""
    return f"trigger:{trigger.id}:{sha256(key.encode()).hexdigest()}" if key else None


def _uuid(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None
