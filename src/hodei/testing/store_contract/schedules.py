"""Schedules and their firings: one of several replicas decides, and everything is found again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from hodei.domain.errors import Conflict
from hodei.domain.events import Event, EventKind
from hodei.domain.job import JobState
from hodei.domain.schedules.rule import CronRule, IntervalRule, OnceRule
from hodei.domain.schedules.schedule import (
    CatchUp,
    CatchUpPolicy,
    Firing,
    Outcome,
    Overlap,
    Schedule,
    SpecTarget,
    TemplateTarget,
)
from hodei.domain.schedules.turn import Active
from hodei.ports.schedules import ScheduleFilter
from hodei.ports.store import Store
from hodei.testing.store_contract.rows import (
    T0,
    after,
    bind,
    finish,
    new_job,
    new_spec,
    stored,
    submitted,
)

HOUR = timedelta(hours=1)
Advance = Callable[[float], Awaitable[None]]


def new_schedule(name: str = "nightly", *, project: str = "default") -> Schedule:
    """A schedule that has not come yet."""
    return Schedule(
        id=uuid4(),
        project=project,
        name=name,
        rule=CronRule(expression="30 2 * * *"),
        zone="Europe/Madrid",
        target=SpecTarget(spec=new_spec(project=project)),
        created_at=T0,
        created_by="ana",
        updated_at=T0,
        updated_by="ana",
        handled_until=T0,
    )


def told(schedule: Schedule) -> Event:
    """The event of a change."""
    data = {"schedule_id": str(schedule.id)}
    return Event(kind=EventKind.SCHEDULE_CHANGED, at=T0, project=schedule.project, data=data)


def firing(schedule: Schedule, hours: int, outcome: Outcome = Outcome.SUBMITTING) -> Firing:
    """A firing of some slot."""
    return Firing(
        schedule_id=schedule.id, slot=T0 + hours * HOUR, fired_at=T0 + HOUR, outcome=outcome
    )


async def added(store: Store, schedule: Schedule) -> Schedule:
    """The schedule, stored."""
    assert await store.add_schedule(schedule, told(schedule))
    return await again(store, schedule)


async def again(store: Store, schedule: Schedule) -> Schedule:
    """The schedule as it is stored."""
    found = await store.get_schedule(schedule.id)
    assert found is not None
    return found


async def ran(store: Store, schedule: Schedule, hours: int) -> UUID:
    """The id of a job that was submitted for a slot."""
    one = firing(schedule, hours)
    job = new_job(schedule.target.spec) if isinstance(schedule.target, SpecTarget) else new_job()
    job = replace(job, idempotency_key=one.key)
    await submitted(store, job)
    stored = await again(store, schedule)
    assert await store.save_schedule(stored, [one], None)
    done = replace(one, outcome=Outcome.SUBMITTED, job_id=job.id)
    assert await store.settle_firing(done, told(schedule))
    return job.id


class ScheduleContract:
    """ScheduleStore."""

    @pytest.mark.parametrize(
        "rule",
        [
            CronRule(expression="@daily"),
            IntervalRule(every_ms=1500, anchor=T0),
            OnceRule(at=T0 + HOUR),
        ],
    )
    async def test_every_field_of_a_schedule_is_kept(
        self, store: Store, rule: CronRule | IntervalRule | OnceRule
    ) -> None:
        schedule = replace(
            new_schedule(),
            description="for the night",
            rule=rule,
            overlap=Overlap.QUEUE,
            queue_limit=7,
            catch_up=CatchUp(policy=CatchUpPolicy.ALL, limit=9),
            jitter_ms=1234,
            starts_at=T0,
            ends_at=T0 + HOUR,
            paused=True,
            paused_by="ben",
            paused_at=T0,
            target=TemplateTarget(
                template_id=uuid4(), name="report", version=3, parameters={"n": 1, "s": "x"}
            ),
            next_slot=T0 + HOUR,
            next_at=T0 + 2 * HOUR,
        )
        assert await added(store, schedule) == schedule
        assert await store.find_schedule("default", "nightly") == schedule

    async def test_a_name_is_taken_once_per_project(self, store: Store) -> None:
        first = await added(store, new_schedule())
        second = new_schedule()
        assert not await store.add_schedule(second, told(second))
        other = await added(store, new_schedule("weekly"))
        with pytest.raises(Conflict):
            await store.save_schedule(replace(other, name="nightly"), [], told(other))
        assert (await again(store, other)).name == "weekly"
        assert await store.find_schedule("web", "nightly") is None
        assert await store.find_schedule("default", "nightly") == first

    async def test_of_two_replicas_one_decides(self, store: Store, other_store: Store) -> None:
        schedule = await added(store, new_schedule())
        one, other = firing(schedule, 1), firing(schedule, 1, Outcome.SKIPPED_OVERLAP)
        saved = await asyncio.gather(
            store.save_schedule(schedule, [one], told(schedule)),
            other_store.save_schedule(schedule, [other], told(schedule)),
        )
        assert sorted(saved) == [False, True]
        [row] = await store.firings(schedule.id)
        assert row.firing == (one if saved[0] else other)
        assert (await again(store, schedule)).turn == schedule.turn + 1

    async def test_what_was_settled_stays(self, store: Store) -> None:
        schedule = await added(store, new_schedule())
        one = firing(schedule, 1)
        assert await store.save_schedule(schedule, [one], None)
        done = replace(one, outcome=Outcome.REFUSED, code="not_found", reason="no template")
        assert await store.settle_firing(done, told(schedule))
        assert not await store.settle_firing(replace(one, job_id=uuid4()), told(schedule))
        assert await store.save_schedule(await again(store, schedule), [one], None)
        [row] = await store.firings(schedule.id)
        assert row.firing == done

    async def test_due_is_what_has_come_or_is_open(
        self, store: Store, now: Callable[[], datetime], advance: Advance, short_lease: float
    ) -> None:
        soon = timedelta(seconds=short_lease)
        assert (await store.due_schedules()).next_in_s is None
        at = now() + soon
        coming = await added(store, replace(new_schedule("coming"), next_slot=at, next_at=at))
        far = now() + HOUR * 24
        await added(store, replace(new_schedule("far"), next_slot=far, next_at=far))
        opened = await added(store, new_schedule("open"))
        assert await store.save_schedule(opened, [firing(opened, 1, Outcome.WAITING)], None)
        due = await store.due_schedules()
        # The machine may have been slow: then `coming` has come already.
        assert opened.id in due.ids and set(due.ids) <= {opened.id, coming.id}
        await advance(short_lease + 0.01)
        due = await store.due_schedules()
        assert set(due.ids) == {coming.id, opened.id}
        assert due.next_in_s is not None and 0 < due.next_in_s <= 24 * 3600

    async def test_how_a_schedule_stands(self, store: Store, now: Callable[[], datetime]) -> None:
        schedule = await added(store, new_schedule())
        over = await ran(store, schedule, 1)
        going = await ran(store, schedule, 2)
        job = await store.get_job(over)
        assert job is not None
        held = await stored(store, bind(job))
        await stored(store, finish(held, at=after(5)))
        waiting = firing(schedule, 3, Outcome.WAITING)
        before = now()
        assert await store.save_schedule(await again(store, schedule), [waiting], None)
        standing = await store.standing(schedule.id)
        assert standing is not None
        assert before <= standing.now <= now()
        assert list(standing.open) == [waiting]
        assert list(standing.active) == [Active(slot=T0 + 2 * HOUR, job_id=going)]
        assert list(standing.over) == [T0 + HOUR]
        saved = await store.save_schedule(standing.schedule, [], None, over=standing.over)
        assert saved
        standing = await store.standing(schedule.id)
        assert standing is not None and not standing.over
        assert await store.standing(uuid4()) is None

    async def test_lists_go_by_name_and_show_what_was_last(self, store: Store) -> None:
        names = ["Zeta", "alpha", "beta"]
        for name in names:
            await added(store, new_schedule(name))
        web = await added(store, replace(new_schedule("alpha", project="web"), paused=True))
        job_id = await ran(store, web, 4)
        rows = [*await store.list_schedules(ScheduleFilter(), limit=2)]
        rows += await store.list_schedules(
            ScheduleFilter(), after=(rows[-1].schedule.project, rows[-1].schedule.name)
        )
        assert [row.schedule.name for row in rows] == [*names, "alpha"]
        assert [row.running_jobs for row in rows] == [0, 0, 0, 1]
        last = rows[-1].last_firing
        assert last is not None and last.firing.job_id == job_id
        assert last.job_state is JobState.PENDING
        assert await store.schedule_row(web.id) == rows[-1]

        async def shown(where: ScheduleFilter) -> list[UUID]:
            return [row.schedule.id for row in await store.list_schedules(where)]

        assert await shown(ScheduleFilter(projects=frozenset({"web"}))) == [web.id]
        assert await shown(ScheduleFilter(projects=frozenset())) == []
        assert await shown(ScheduleFilter(paused=True)) == [web.id]
        assert len(await shown(ScheduleFilter(text="ALPH"))) == 2

    async def test_firings_are_listed_newest_first_and_by_outcome(self, store: Store) -> None:
        schedule = await added(store, new_schedule())
        rows = [
            firing(schedule, 1, Outcome.SKIPPED_MISSED),
            firing(schedule, 2, Outcome.REFUSED),
            replace(firing(schedule, 3, Outcome.SKIPPED_MISSED), until=T0 + 9 * HOUR),
            replace(firing(schedule, 10), manual=True, actor="ana"),
        ]
        assert await store.save_schedule(schedule, rows, None)
        found = await store.firings(schedule.id)
        assert [row.firing for row in found] == rows[::-1]
        missed = frozenset({Outcome.SKIPPED_MISSED})
        found = await store.firings(schedule.id, outcomes=missed)
        assert [row.firing for row in found] == [rows[2], rows[0]]
        found = await store.firings(schedule.id, before=rows[2].slot, limit=1)
        assert [row.firing for row in found] == [rows[1]]

    async def test_a_job_is_found_by_its_key(self, store: Store) -> None:
        schedule = await added(store, new_schedule())
        job_id = await ran(store, schedule, 1)
        assert await store.job_of_key("default", firing(schedule, 1).key) == job_id
        assert await store.job_of_key("web", firing(schedule, 1).key) is None

    async def test_a_deleted_schedule_leaves_its_jobs(self, store: Store) -> None:
        schedule = await added(store, new_schedule())
        job_id = await ran(store, schedule, 1)
        assert await store.delete_schedule(schedule.id, told(schedule))
        assert not await store.delete_schedule(schedule.id, told(schedule))
        assert not await store.save_schedule(schedule, [], None)
        assert await store.get_schedule(schedule.id) is None
        assert list(await store.firings(schedule.id)) == []
        assert await store.get_job(job_id) is not None

    async def test_old_firings_go_and_the_newest_and_the_open_stay(self, store: Store) -> None:
        schedule = await added(store, new_schedule())
        rows = [
            firing(schedule, 1, Outcome.REFUSED),
            firing(schedule, 2, Outcome.WAITING),
            firing(schedule, 3, Outcome.REFUSED),
        ]
        assert await store.save_schedule(schedule, rows, None)
        assert await store.purge_firings(T0, limit=10) == 0
        assert await store.purge_firings(T0 + 2 * HOUR, limit=10) == 1
        left = await store.firings(schedule.id)
        assert [row.firing for row in left] == [rows[2], rows[1]]

    async def test_a_project_with_schedules_stays(self, store: Store) -> None:
        schedule = await added(store, new_schedule(project="default"))
        assert not await store.delete_project("default")
        assert await store.delete_schedule(schedule.id, told(schedule))

    async def test_a_change_is_in_the_feed(self, store: Store) -> None:
        cursor = await store.last_cursor()
        schedule = await added(store, new_schedule())
        assert not await store.save_schedule(replace(schedule, turn=99), [], told(schedule))
        await store.save_schedule(schedule, [], told(schedule))
        events = await store.events(after=cursor)
        assert [event.kind for event in events] == [EventKind.SCHEDULE_CHANGED] * 2
