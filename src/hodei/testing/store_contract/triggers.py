"""Inbound triggers."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

from hodei.domain.trigger import Given, Trigger
from hodei.ports.store import Store
from hodei.testing.store_contract.rows import T0, after
from hodei.testing.store_contract.templates import new_template


def new_trigger(template_id: UUID, name: str = "deploy") -> Trigger:
    """A trigger that nobody has stored."""
    return Trigger(
        id=uuid4(),
        template_id=template_id,
        name=name,
        parameters={"a": Given(pointer="/ñ/0"), "b": Given(value=[1, None])},
        digest=b"d" * 32,
        created_at=T0,
        created_by="ana",
    )


class TriggerContract:
    """TriggerStore."""

    async def test_triggers_go_with_their_template(self, store: Store, other_store: Store) -> None:
        template = new_template()
        assert not await store.add_trigger(new_trigger(template.id), most=2)
        assert await store.put_template(template)
        one, two = new_trigger(template.id), new_trigger(template.id, "backup")
        assert await store.add_trigger(one, most=2)
        assert not await store.add_trigger(new_trigger(template.id), most=2)
        assert await store.add_trigger(two, most=2)
        assert not await store.add_trigger(new_trigger(template.id, "third"), most=2)
        assert list(await other_store.list_triggers(template.id)) == [two, one]
        for at in (after(5), after(3)):
            await store.trigger_fired(one.id, at)
        assert await store.get_trigger(one.id) == replace(one, last_fired_at=after(5))
        assert not await store.delete_trigger(uuid4(), two.id)
        assert await store.delete_trigger(template.id, two.id)
        assert not await store.delete_trigger(template.id, two.id)
        assert await store.delete_template(template.id)
        assert await store.get_trigger(one.id) is None
