"""Configured providers, and how they are."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

from hodei.domain.events import Event, EventKind
from hodei.domain.provider import Health
from hodei.domain.worker import WorkerState
from hodei.ports.store import Store, Unit, Verdict
from hodei.testing.store_contract.rows import T0, after, new_provider, new_worker, save


def removal(provider_id: UUID) -> Event:
    """The event of a removal."""
    return Event(kind=EventKind.PROVIDER_CHANGED, at=T0, provider_id=provider_id)


class ProviderRowContract:
    """ProviderStore."""

    async def test_providers_are_listed_by_name_and_found_by_id_or_name(
        self, store: Store, other_store: Store
    ) -> None:
        assert list(await store.list_providers()) == []
        names = ["zeta", "alpha", "mid"]
        made = {name: new_provider(name) for name in names}
        await save(store, Unit(providers=tuple(made.values())))
        listed = await other_store.list_providers()
        assert [record.name for record in listed] == sorted(names)
        for name, record in made.items():
            kept = replace(record, version=1)
            assert await store.get_provider(name) == kept
            assert await store.get_provider(str(record.id)) == kept
            assert await store.get_provider(str(record.id).upper()) == kept
        for key in ("", "Alpha", "nobody", str(uuid4())):
            assert await store.get_provider(key) is None

    async def test_an_id_is_meant_before_a_name(self, store: Store) -> None:
        plain = new_provider("plain")
        await save(store, Unit(providers=(plain, new_provider(str(plain.id)))))
        found = await store.get_provider(str(plain.id))
        assert found is not None
        assert found.name == "plain"

    async def test_of_concurrent_changes_one_wins(self, store: Store, other_store: Store) -> None:
        record = new_provider("p")
        await save(store, Unit(providers=(record,)))
        results = await asyncio.gather(
            *(
                own.commit([Unit(providers=(replace(record, version=1, region=str(n)),))])
                for n, own in enumerate([store, other_store] * 3)
            )
        )
        verdicts = [verdict for [verdict] in results]
        assert verdicts.count(Verdict.SAVED) == 1
        found = await store.get_provider("p")
        assert found is not None
        assert found.region == str(verdicts.index(Verdict.SAVED))

    async def test_a_provider_with_live_workers_stays(self, store: Store) -> None:
        record, worker = new_provider("p"), None
        worker = new_worker(record.id)
        await save(store, Unit(providers=(record,), workers=(worker,)))
        assert not await store.delete_provider(record.id, removal(record.id))
        assert await store.get_provider("p") is not None
        assert list(await store.events(after="")) == []
        gone = replace(worker, version=1, state=WorkerState.GONE)
        await save(store, Unit(workers=(gone,)))
        assert await store.delete_provider(record.id, removal(record.id))
        assert await store.get_provider("p") is None
        assert [event.provider_id for event in await store.events(after="")] == [record.id]

    async def test_a_provider_that_is_not_there_is_not_deleted(self, store: Store) -> None:
        assert not await store.delete_provider(uuid4(), removal(uuid4()))
        assert list(await store.events(after="")) == []

    async def test_a_name_is_free_again_after_removal(self, store: Store) -> None:
        record = new_provider("p")
        await save(store, Unit(providers=(record,)))
        await store.record_health(record.id, Health(ok=True, checked_at=T0))
        assert await store.delete_provider(record.id, removal(record.id))
        assert dict(await store.health()) == {}
        await save(store, Unit(providers=(new_provider("p"),)))

    async def test_the_newest_health_is_kept(self, store: Store, other_store: Store) -> None:
        one, two = new_provider("one"), new_provider("two")
        await save(store, Unit(providers=(one, two)))
        assert dict(await store.health()) == {}
        assert list(await store.health_history(one.id)) == []
        first = Health(ok=True, details={"version": "1"}, checked_at=T0)
        newer = Health(ok=True, reason="slow", details={"version": "2"}, checked_at=after(1))
        await store.record_health(one.id, first)
        await store.record_health(one.id, newer)
        await store.record_health(two.id, Health(ok=False, reason="down"))
        assert dict(await other_store.health()) == {
            one.id: newer,
            two.id: Health(ok=False, reason="down"),
        }

    async def test_history_has_a_row_per_change_newest_first(self, store: Store) -> None:
        record = new_provider("p")
        await save(store, Unit(providers=(record,)))
        seen = [
            Health(ok=ok, reason=str(n), checked_at=after(n))
            for n, ok in enumerate([True, True, False, False, True])
        ]
        for health in seen:
            await store.record_health(record.id, health)
        assert list(await store.health_history(record.id)) == [seen[4], seen[2], seen[0]]

    async def test_history_is_bounded(self, store: Store) -> None:
        record = new_provider("p")
        await save(store, Unit(providers=(record,)))
        for number in range(205):
            health = Health(ok=number % 2 == 0, checked_at=after(number))
            await store.record_health(record.id, health)
        history = await store.health_history(record.id)
        assert [item.checked_at for item in history] == [after(n) for n in range(204, 4, -1)]

    async def test_health_of_an_unknown_provider_is_dropped(self, store: Store) -> None:
        nobody = uuid4()
        await store.record_health(nobody, Health(ok=True))
        assert dict(await store.health()) == {}
        assert list(await store.health_history(nobody)) == []
