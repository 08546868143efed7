"""What providers and workers carry at the moment."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from hodei.domain.worker import WorkerState
from hodei.ports.loads import ProviderLoad, WorkerLoad
from hodei.ports.store import Store, Unit
from hodei.testing.store_contract.rows import (
    OTHER_PROVIDER,
    PROVIDER,
    after,
    bind,
    finish,
    new_job,
    new_spec,
    new_worker,
    sample_at,
    save,
    start,
    unit_of,
)


class LoadContract:
    """LoadStore."""

    async def test_providers_carry_live_workers_and_open_attempts(self, store: Store) -> None:
        assert dict(await store.provider_loads()) == {}
        idle = replace(new_worker(), cpu=0.5, memory_mb=100, state=WorkerState.READY)
        gone = replace(new_worker(), state=WorkerState.GONE)
        await save(store, Unit(workers=(idle, gone)))
        assigned = bind(new_job())
        running = start(bind(new_job()), at=after(1))
        over = start(bind(new_job(), provider_id=OTHER_PROVIDER), at=after(1))
        over = finish(over, at=after(2))
        await save(store, *(unit_of(held) for held in (assigned, running, over)))
        loads = await store.provider_loads()
        held = (assigned.worker, running.worker)
        assert loads[PROVIDER] == ProviderLoad(
            workers=3,
            cpu=0.5 + sum(worker.cpu for worker in held),
            memory_mb=100 + sum(worker.memory_mb for worker in held),
            assigned=1,
            running=1,
        )
        left = loads.get(OTHER_PROVIDER, ProviderLoad())
        assert (left.assigned, left.running) == (0, 0)

    async def test_workers_carry_a_job_and_its_newest_samples(self, store: Store) -> None:
        held = start(bind(new_job(new_spec("nightly"))), at=after(1))
        idle = new_worker()
        await save(store, unit_of(held), Unit(workers=(idle,)))
        found = await store.worker_loads([held.worker.id, idle.id, uuid4()])
        assert set(found) == {held.worker.id, idle.id}
        assert found[idle.id] == WorkerLoad()
        mine = found[held.worker.id]
        assert (mine.job_id, mine.job_name) == (held.job.id, "nightly")
        assert mine.project == held.job.spec.project
        assert (mine.sampled_at, mine.cpus, mine.memory_bytes) == (None, None, None)
        samples = [
            replace(sample_at(held.attempt.id, n), cpu_ms=cpu, memory_bytes=memory)
            for n, cpu, memory in ((1, 100, 9), (3, 5_000, 5), (5, 8_000, 3))
        ]
        await save(store, Unit(samples=tuple(samples[:1])))
        [mine] = (await store.worker_loads([held.worker.id])).values()
        assert (mine.sampled_at, mine.cpus, mine.memory_bytes) == (after(1), None, 9)
        await save(store, Unit(samples=tuple(samples[1:])))
        [mine] = (await store.worker_loads([held.worker.id])).values()
        assert (mine.sampled_at, mine.memory_bytes) == (after(5), 3)
        assert mine.cpus == pytest.approx(1.5)

    async def test_a_lease_says_when_a_worker_was_last_seen(self, store: Store) -> None:
        worker = new_worker()
        await save(store, Unit(workers=(worker,)))
        assert (await store.worker_loads([worker.id]))[worker.id].lease_until is None
        await store.renew("me", [worker.id], 10)
        first = (await store.worker_loads([worker.id]))[worker.id].lease_until
        await store.renew("me", [worker.id], 100)
        second = (await store.worker_loads([worker.id]))[worker.id].lease_until
        assert first is not None and second is not None
        assert 80 < (second - first).total_seconds() < 100

    async def test_nobody_asked_nothing_found(self, store: Store) -> None:
        assert dict(await store.worker_loads([])) == {}
