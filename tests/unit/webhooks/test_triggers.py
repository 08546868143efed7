"""Inbound triggers: what is taken from a body, who may call, and what comes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from hodei.domain.errors import Conflict, InvalidRequest, NotFound, TooManyRequests
from hodei.domain.parsing.reader import ABSENT
from hodei.domain.templates.drafting import parse_draft
from hodei.domain.templates.template import Template
from hodei.domain.trigger import CALLS, WRONG_CALLS, parse_trigger, pointed
from hodei.engine.triggers import Triggers
from tests.unit.engine.world import World, world

BODY = {"ref": "main", "a/b": {"~": [10, {"x": None}]}}
TEMPLATE = {
    "name": "build",
    "spec": {"command": "echo {{ branch }}", "image": "busybox:1", "env": {"T": "{{ key }}"}},
    "parameters": [
        {"name": "branch", "type": "string", "required": True},
        {"name": "key", "type": "secret", "default": {"secret": "KEY"}},
    ],
}


@dataclass(slots=True)
class Site:
    """A template and its triggers."""

    world: World
    triggers: Triggers
    template: Template


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with world() as made:
        await made.engine.secrets.put("default", "KEY", "sesame", actor="ana")
        draft = parse_draft(TEMPLATE, "default")
        template = await made.engine.templates.create("default", draft, actor="ana")
        yield Site(made, made.engine.triggers, template)


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", BODY),
        ("/ref", "main"),
        ("/a~1b/~0/0", 10),
        ("/a~1b/~0/1/x", None),
        ("/a~1b/~0/2", ABSENT),
        ("/a~1b/~0/00", ABSENT),
        ("/a~1b/~0/-", ABSENT),
        ("/ref/x", ABSENT),
        ("/nothing", ABSENT),
    ],
)
def test_pointers(pointer: str, found: object) -> None:
    assert pointed(BODY, pointer) == found


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"name": "a b"}, "name"),
        ({"name": "a", "parameters": {"x": 3}}, "parameters.x"),
        ({"name": "a", "parameters": {"x": {"pointer": "ref"}}}, "parameters.x.pointer"),
        ({"name": "a", "parameters": {"x": {"pointer": "/a~2"}}}, "parameters.x.pointer"),
        ({"name": "a", "parameters": {"x": {"value": 1, "pointer": ""}}}, "parameters.x"),
        ({"name": "a", "params": {}}, "params"),
    ],
)
def test_what_is_wrong_is_said(raw: object, field: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse_trigger(raw)
    assert [violation.field for violation in raised.value.violations] == [field]


async def test_a_call_makes_a_job_that_tells_of_it(site: Site) -> None:
    config = parse_trigger({"name": "push", "parameters": {"branch": {"pointer": "/ref"}}})
    made = await site.triggers.create(site.template, config, actor="ana")
    assert made.token not in repr(made)
    trigger = await site.triggers.called(str(made.trigger.id), made.token, "192.0.2.1")
    done = await site.triggers.fire(trigger, BODY, key="one")
    again = await site.triggers.fire(trigger, BODY, key="one")
    assert (done.created, again.created, again.job.id) == (True, False, done.job.id)
    origin = done.job.origin
    assert origin is not None and origin.template is not None
    assert (origin.trigger, origin.template.name, origin.parameters) == (
        *("push", "build"),
        {"branch": "main"},
    )
    assert done.job.owner == "trigger:push"
    [listed] = await site.triggers.all(site.template)
    assert listed.last_fired_at == site.world.clock.now()
    with pytest.raises(InvalidRequest, match=r"parameters\.branch"):
        await site.triggers.fire(trigger, {}, key=None)


async def test_what_the_template_does_not_have_is_refused(site: Site) -> None:
    for parameters, words in (
        ({"brnch": {"value": "x"}}, "no parameter of the template; it has branch, key"),
        ({"key": {"value": "sesame"}}, "name a secret"),
    ):
        config = parse_trigger({"name": "push", "parameters": parameters})
        with pytest.raises(InvalidRequest, match=words) as raised:
            await site.triggers.create(site.template, config, actor="ana")
        assert "sesame" not in str(raised.value)
    await site.triggers.create(site.template, parse_trigger({"name": "push"}), actor="ana")
    with pytest.raises(Conflict):
        await site.triggers.create(site.template, parse_trigger({"name": "push"}), actor="ana")


async def test_who_has_no_token_learns_nothing_and_tires(site: Site) -> None:
    config = parse_trigger({"name": "push", "parameters": {"branch": {"value": "x"}}})
    made = await site.triggers.create(site.template, config, actor="ana")
    key = str(made.trigger.id)
    for _ in range(WRONG_CALLS):
        with pytest.raises(NotFound):
            await site.triggers.called(key, "hodei_trigger_x", "192.0.2.1")
    with pytest.raises(TooManyRequests):
        await site.triggers.called("nothing", made.token, "192.0.2.1")
    for _ in range(CALLS):
        await site.triggers.called(key, made.token, "192.0.2.1")
    with pytest.raises(TooManyRequests):
        await site.triggers.called(key, made.token, "192.0.2.1")
    await site.triggers.delete(site.template, key)
    with pytest.raises(NotFound):
        await site.triggers.called(key, made.token, "192.0.2.2")
