"""The queue as people see it: places, reasons, numbers, deadlines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from hodei.domain.errors import InvalidRequest
from hodei.domain.placement import placement_class
from hodei.domain.spec import Priority
from hodei.ports.store import QueueEntry, QueueStatus, Store
from hodei.testing.store_contract.claims import Advance
from hodei.testing.store_contract.rows import (
    FAR,
    T0,
    after,
    bind,
    bound_job,
    new_job,
    new_spec,
    start,
    stored,
    submitted,
)


class QueueContract:
    """`JobStore.queue`, `queue_entry`, `queue_status`, `set_blocked` and `expired_in_queue`."""

    async def test_an_empty_queue(self, store: Store) -> None:
        assert (await store.queue()).items == ()
        assert await store.queue_status() == QueueStatus(
            pending=0,
            delayed=0,
            assigned=0,
            running=0,
            oldest_queued_at=None,
            blocked_classes={},
        )

    async def test_places_follow_the_order_of_claims(self, store: Store) -> None:
        specs = [new_spec(priority=priority) for priority in Priority] * 3
        kept = await submitted(
            store, *(new_job(spec, at=after(97 * n % 7)) for n, spec in enumerate(specs))
        )
        page = await store.queue()
        claimed = await store.claim("r", limit=100, lease_s=60)
        assert [entry.job_id for entry in page.items] == [job.id for job in claimed]
        assert [entry.position for entry in page.items] == list(range(1, len(kept) + 1))
        assert page.cursor is None
        for entry in page.items:
            assert await store.queue_entry(entry.job_id) == entry

    async def test_an_entry_tells_what_a_person_asks(self, store: Store) -> None:
        spec = new_spec("mine", project="p", priority=Priority.HIGH)
        [job] = await submitted(store, new_job(spec, owner="eva", not_before=FAR))
        kind = placement_class(spec)
        await store.set_blocked({kind: "no room"})
        assert await store.queue_entry(job.id) == QueueEntry(
            job_id=job.id,
            name="mine",
            priority=Priority.HIGH,
            queued_at=T0,
            not_before=FAR,
            position=1,
            placement_class=kind,
            reason="no room",
            owner="eva",
            project="p",
        )

    async def test_reasons_are_replaced_and_removed(self, store: Store, other_store: Store) -> None:
        [job] = await submitted(store, new_job())
        kind = placement_class(job.spec)
        await store.set_blocked({kind: "one", "other": "stays"})
        await other_store.set_blocked({kind: "two"})
        assert (await store.queue_status()).blocked_classes == {kind: "two", "other": "stays"}
        await store.set_blocked({kind: "", "unknown": ""})
        await store.set_blocked({})
        assert (await store.queue_status()).blocked_classes == {"other": "stays"}
        entry = await store.queue_entry(job.id)
        assert entry is not None
        assert entry.reason == ""

    async def test_only_pending_jobs_have_a_place(self, store: Store) -> None:
        held = await bound_job(store)
        assert await store.queue_entry(held.job.id) is None
        assert await store.queue_entry(new_job().id) is None
        assert (await store.queue()).items == ()

    async def test_claimed_and_delayed_jobs_are_still_waiting(self, store: Store) -> None:
        await submitted(store, new_job(), new_job(not_before=FAR))
        await store.claim("r", limit=9, lease_s=60)
        assert len((await store.queue()).items) == 2

    async def test_pages_join_to_the_whole_and_survive_new_jobs(self, store: Store) -> None:
        kept = await submitted(store, *(new_job(at=after(n // 3)) for n in range(10)))
        seen: list[QueueEntry] = []
        page = await store.queue(limit=3)
        while True:
            seen += page.items
            if page.cursor is None:
                break
            await submitted(store, new_job(new_spec("late"), at=after(100)))
            page = await store.queue(limit=3, cursor=page.cursor)
        assert [entry.job_id for entry in seen if entry.name != "late"] == [j.id for j in kept]
        assert [entry.position for entry in seen] == list(range(1, len(seen) + 1))

    @pytest.mark.parametrize("cursor", ["x", "ñ", "e30", "bnVsbA==", "W10", "x" * 10_000])
    async def test_a_foreign_cursor_is_refused(self, store: Store, cursor: str) -> None:
        with pytest.raises(InvalidRequest):
            await store.queue(cursor=cursor)

    async def test_status_counts_by_state(self, store: Store) -> None:
        await submitted(
            store, new_job(at=after(5)), new_job(at=after(3)), new_job(at=after(9), not_before=FAR)
        )
        await bound_job(store)
        for _ in range(2):
            [job] = await submitted(store, new_job())
            await stored(store, start(bind(job), at=after(1)))
        status = await store.queue_status()
        assert (status.pending, status.delayed, status.assigned, status.running) == (3, 1, 1, 2)
        assert status.oldest_queued_at == after(3)

    async def test_of_some_projects_with_places_among_all(self, store: Store) -> None:
        specs = [new_spec(project=name) for name in "abbacab"]
        kept = await submitted(store, *(new_job(spec, at=after(n)) for n, spec in enumerate(specs)))
        ours = frozenset("bc")
        first = await store.queue(limit=2, projects=ours)
        second = await store.queue(limit=2, projects=ours, cursor=first.cursor)
        seen = [*first.items, *second.items]
        assert second.cursor is None
        assert [entry.job_id for entry in seen] == [kept[n].id for n in (1, 2, 4, 6)]
        assert [entry.position for entry in seen] == [2, 3, 5, 7]
        assert (await store.queue(projects=frozenset())).items == ()

    async def test_status_of_some_projects(self, store: Store) -> None:
        mine, theirs = new_spec(project="a", image="a:1"), new_spec(project="b", image="b:1")
        await submitted(store, new_job(mine, at=after(5)), new_job(theirs, not_before=FAR))
        await stored(store, start(bind(new_job(theirs)), at=after(1)))
        await store.set_blocked(
            {placement_class(mine): "no room", placement_class(theirs): "no image"}
        )
        status = await store.queue_status(frozenset("a"))
        assert (status.pending, status.delayed, status.running) == (1, 0, 0)
        assert status.oldest_queued_at == after(5)
        assert status.blocked_classes == {placement_class(mine): "no room"}
        assert await store.queue_status(frozenset()) == QueueStatus(
            pending=0, delayed=0, assigned=0, running=0, oldest_queued_at=None, blocked_classes={}
        )
        both = await store.queue_status(frozenset("ab"))
        assert both == await store.queue_status()

    async def test_deadlines_of_waiting_jobs(
        self,
        store: Store,
        now: Callable[[], datetime],
        advance: Advance,
        short_lease: float,
    ) -> None:
        soon = now() + timedelta(seconds=short_lease)
        overdue, due, *_ = await submitted(
            store,
            new_job(queue_deadline=T0),
            new_job(queue_deadline=soon),
            new_job(queue_deadline=FAR),
            new_job(),
        )
        await bound_job(store, new_job(queue_deadline=T0))
        await advance(short_lease * 1.5)
        assert list(await store.expired_in_queue()) == [overdue, due]
        assert list(await store.expired_in_queue(limit=1)) == [overdue]
