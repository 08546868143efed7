"""Workers: sessions, lists, leases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from hodei.domain.worker import Handle, Worker, WorkerState
from hodei.ports.store import Leased, Store, Unit
from hodei.testing.store_contract.claims import LONG_S, Advance
from hodei.testing.store_contract.rows import (
    OTHER_PROVIDER,
    PROVIDER,
    after,
    new_worker,
    save,
)


async def add(store: Store, *workers: Worker, replica: str | None = None) -> list[Worker]:
    """Stores new workers; as they are stored."""
    await save(store, Unit(workers=workers, replica=replica))
    return [replace(worker, version=1) for worker in workers]


async def lease_of(store: Store, worker: Worker) -> Leased:
    """The lease of one worker."""
    [leased] = [item for item in await store.leases() if item.worker.id == worker.id]
    return leased


class WorkerContract:
    """WorkerStore."""

    async def test_a_worker_is_found_by_its_session(self, store: Store) -> None:
        [worker] = await add(store, replace(new_worker(), session_digest=b"\x00one"))
        await add(store, replace(new_worker(), session_digest=b"two"), new_worker())
        assert await store.worker_by_session(b"\x00one") == worker
        assert await store.worker_by_session(b"") is None
        await save(store, Unit(workers=(replace(worker, session_digest=b"new"),)))
        assert await store.worker_by_session(b"\x00one") is None
        found = await store.worker_by_session(b"new")
        assert found is not None
        await save(store, Unit(workers=(replace(found, session_digest=None),)))
        assert await store.worker_by_session(b"new") is None

    async def test_lists_are_newest_first_and_filtered(self, store: Store) -> None:
        old, new, far, gone = await add(
            store,
            new_worker(at=after(1)),
            replace(new_worker(at=after(2)), state=WorkerState.READY),
            replace(new_worker(OTHER_PROVIDER, at=after(3)), state=WorkerState.BUSY),
            replace(new_worker(at=after(4)), state=WorkerState.GONE),
        )
        listed = store.list_workers
        assert list(await listed()) == [far, new, old]
        assert list(await listed(live=False)) == [gone, far, new, old]
        assert list(await listed(provider_id=PROVIDER)) == [new, old]
        assert list(await listed(provider_id=PROVIDER, live=False)) == [gone, new, old]
        states = frozenset({WorkerState.READY, WorkerState.GONE})
        assert list(await listed(states=states)) == [new]
        assert list(await listed(states=states, live=False)) == [gone, new]
        assert list(await listed(states=states, provider_id=OTHER_PROVIDER)) == []
        assert list(await listed(limit=2)) == [far, new]

    async def test_live_workers_are_counted_per_provider(self, store: Store) -> None:
        assert dict(await store.count_live()) == {}
        one, *_ = await add(
            store,
            *(new_worker() for _ in range(3)),
            new_worker(OTHER_PROVIDER),
            replace(new_worker(), state=WorkerState.GONE),
        )
        assert dict(await store.count_live()) == {PROVIDER: 3, OTHER_PROVIDER: 1}
        await save(store, Unit(workers=(replace(one, state=WorkerState.GONE),)))
        assert dict(await store.count_live()) == {PROVIDER: 2, OTHER_PROVIDER: 1}

    async def test_owned_handles_are_those_of_live_workers(self, store: Store) -> None:
        plain, gone = new_worker(), replace(new_worker(), state=WorkerState.GONE)
        named = new_worker()
        handle = Handle(provider="p", worker_id=named.id, data={"pid": 1})
        await add(store, plain, gone, replace(named, handle=handle), new_worker(OTHER_PROVIDER))
        found = dict(await store.owned_handles(PROVIDER))
        assert found == {plain.id: None, named.id: handle}
        assert list(await store.owned_handles(uuid4())) == []

    async def test_a_new_worker_is_leased_to_the_replica_of_its_unit(self, store: Store) -> None:
        [worker] = await add(store, new_worker(), replica="r1")
        leased = await lease_of(store, worker)
        assert (leased.worker, leased.replica) == (worker, "r1")
        assert leased.lease_age_s == pytest.approx(-15, abs=5)

    async def test_a_unit_without_a_replica_leaves_the_lease_alone(self, store: Store) -> None:
        [worker] = await add(store, new_worker(), replica="r1")
        await save(store, Unit(workers=(replace(worker, reason="x"),)))
        leased = await lease_of(store, worker)
        assert (leased.replica, leased.worker.version) == ("r1", 2)
        assert leased.lease_age_s < 0

    async def test_a_unit_of_another_replica_takes_the_lease(self, store: Store) -> None:
        [worker] = await add(store, new_worker(), replica="r1")
        await save(store, Unit(workers=(worker,), replica="r2"))
        assert (await lease_of(store, worker)).replica == "r2"

    async def test_a_worker_that_nobody_leased_shows_its_age(self, store: Store) -> None:
        [worker] = await add(store, new_worker())
        leased = await lease_of(store, worker)
        assert leased.replica is None
        assert leased.lease_age_s > 0

    async def test_renew_takes_and_extends(self, store: Store, other_store: Store) -> None:
        free, mine, theirs = await add(store, *(new_worker() for _ in range(3)))
        await store.renew("r1", [mine.id], LONG_S)
        await store.renew("r2", [theirs.id], LONG_S)
        everybody = [free.id, mine.id, theirs.id]
        assert await other_store.renew("r1", everybody, LONG_S) == set(everybody)
        for worker in (free, mine, theirs):
            leased = await lease_of(store, worker)
            assert leased.replica == "r1"
            assert leased.lease_age_s == pytest.approx(-LONG_S, abs=30)

    async def test_renew_leaves_gone_and_unknown_workers_out(self, store: Store) -> None:
        live, gone = await add(store, new_worker(), replace(new_worker(), state=WorkerState.GONE))
        assert await store.renew("r", [live.id, gone.id, uuid4()], 5) == {live.id}
        assert await store.renew("r", [], 5) == set()
        assert [item.worker.id for item in await store.leases()] == [live.id]

    async def test_renew_is_no_change_of_the_worker(self, store: Store) -> None:
        [worker] = await add(store, new_worker())
        await store.renew("r", [worker.id], LONG_S)
        assert await store.get_worker(worker.id) == worker
        await save(store, Unit(workers=(worker,)))

    async def test_a_lease_runs_out(
        self, store: Store, advance: Advance, short_lease: float
    ) -> None:
        [worker] = await add(store, new_worker())
        await store.renew("r", [worker.id], short_lease)
        await advance(short_lease * 2)
        leased = await lease_of(store, worker)
        assert leased.replica == "r"
        assert leased.lease_age_s > 0

    async def test_renewals_and_saves_do_not_hinder_each_other(
        self, store: Store, other_store: Store
    ) -> None:
        workers = await add(store, *(new_worker() for _ in range(20)))
        ids = [worker.id for worker in workers]
        results = await asyncio.gather(
            store.renew("r1", ids, LONG_S),
            other_store.renew("r2", ids[::-1], LONG_S),
            other_store.commit([Unit(workers=(worker,)) for worker in workers]),
            store.renew("r1", ids[::2] + ids[1::2], LONG_S),
        )
        assert results[0] == results[1] == results[3] == set(ids)
        assert {worker.version for worker in await store.list_workers()} == {2}

    async def test_leases_limit(self, store: Store) -> None:
        await add(store, *(new_worker() for _ in range(3)))
        assert len(await store.leases(limit=2)) == 2
