"""The memory store fails on request, before or after saving."""

from __future__ import annotations

import pytest

from hodei.adapters.memory import MemoryFaults, MemoryStore
from hodei.domain.errors import Unavailable
from hodei.ports.store import Unit, Verdict
from hodei.testing.fake_clock import FakeChance, FakeClock
from hodei.testing.store_contract.rows import bind, event_of, new_job, submitted, unit_of


async def test_a_lost_commit_saves_nothing() -> None:
    faults = MemoryFaults(commits_lost=2)
    store = MemoryStore(FakeClock(), faults=faults)
    unit = unit_of(bind(new_job()))
    for _ in range(2):
        with pytest.raises(Unavailable):
            await store.commit([unit])
        assert await store.get_job(unit.jobs[0].id) is None
    assert list(await store.commit([unit])) == [Verdict.SAVED]


async def test_an_unanswered_commit_saved_everything_and_a_repeat_is_stale() -> None:
    faults = MemoryFaults(commits_unanswered=1)
    store = MemoryStore(FakeClock(), faults=faults)
    held = bind(new_job())
    unit = Unit(jobs=(held.job,), events=(event_of(held.job),))
    with pytest.raises(Unavailable):
        await store.commit([unit])
    assert await store.get_job(held.job.id) is not None
    assert list(await store.commit([unit])) == [Verdict.STALE]
    assert len(await store.job_events(held.job.id)) == 1


async def test_an_unanswered_submission_can_be_repeated() -> None:
    faults = MemoryFaults(commits_unanswered=1)
    store = MemoryStore(FakeClock(), faults=faults)
    job = new_job(key="k")
    with pytest.raises(Unavailable):
        await submitted(store, job)
    [kept] = await submitted(store, job)
    assert kept.id == job.id
    assert len(await store.job_events(job.id)) == 1


async def test_a_store_that_is_down_answers_nothing_and_comes_back() -> None:
    faults = MemoryFaults()
    store = MemoryStore(FakeClock(), faults=faults)
    [job] = await submitted(store, new_job())
    faults.down = True
    with pytest.raises(Unavailable):
        await store.ping()
    with pytest.raises(Unavailable):
        await store.get_job(job.id)
    with pytest.raises(Unavailable):
        await store.commit([Unit(jobs=(job,))])
    faults.down = False
    assert await store.get_job(job.id) == job


async def test_faults_of_one_replica_leave_the_other_alone() -> None:
    one = MemoryStore(FakeClock(), faults=MemoryFaults(down=True))
    two = MemoryStore(FakeClock(), tables=one.tables)
    [job] = await submitted(two, new_job())
    assert await two.get_job(job.id) == job


async def test_the_installation_id_comes_from_chance() -> None:
    first = MemoryStore(FakeClock(), chance=FakeChance(7))
    again = MemoryStore(FakeClock(), chance=FakeChance(7))
    other = MemoryStore(FakeClock(), chance=FakeChance(8))
    assert await first.installation_id() == await again.installation_id()
    assert await first.installation_id() != await other.installation_id()
