"""Lists of jobs: filters, order, cursors, counts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from hodei.domain.errors import InvalidRequest
from hodei.domain.job import Job, JobState
from hodei.domain.spec import CommandType, Priority
from hodei.ports.store import JobFilter, JobRow, JobSort, Store, Unit
from hodei.testing.store_contract.rows import (
    FAILURE,
    ORIGIN,
    OTHER_PROVIDER,
    PROVIDER,
    SCHEDULE,
    T0,
    TEMPLATE,
    after,
    bind,
    bound_job,
    finish,
    must_get,
    new_job,
    new_spec,
    save,
    start,
    stored,
    submitted,
    unit_of,
)


async def listed(store: Store, where: JobFilter) -> set[str]:
    """Names of the jobs that a list shows."""
    page = await store.list_jobs(where, limit=1000)
    assert page.cursor is None
    return {row.name for row in page.items}


async def all_pages(
    store: Store, where: JobFilter, *, sort: JobSort = JobSort.NEWEST, limit: int
) -> list[JobRow]:
    """Every row, page by page."""
    rows: list[JobRow] = []
    cursor = None
    while True:
        page = await store.list_jobs(where, sort=sort, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        rows += page.items
        if page.cursor is None:
            return rows
        assert len(page.items) == limit, "only the last page may be short"
        cursor = page.cursor


async def varied(store: Store) -> None:
    """Jobs that differ in everything that a filter asks for."""
    await submitted(
        store,
        new_job(new_spec("Build 100%", project="a", labels={"team": "x", "env": "dev"})),
        new_job(new_spec("build_it", project="b", priority=Priority.HIGH), owner="eva"),
        new_job(new_spec("deploy", kind=CommandType.PYTHON, image="alpine:3"), at=after(10)),
        new_job(new_spec("back\\slash", labels={"team": "y", "env": "dev"}), at=after(20)),
    )
    held = bind(new_job(new_spec("bound", project="a", image="alpine:3"), at=after(30)))
    await save(store, unit_of(held))
    made = replace(new_job(new_spec("over", priority=Priority.LOW)), origin=ORIGIN)
    over = bind(made, provider_id=OTHER_PROVIDER)
    over = finish(start(over, at=after(1)), FAILURE, at=after(2))
    await save(store, unit_of(over))


FILTERS: Sequence[tuple[JobFilter, set[str]]] = [
    (JobFilter(project="a"), {"Build 100%", "bound"}),
    (JobFilter(project="nobody"), set()),
    (JobFilter(projects=frozenset("a")), {"Build 100%", "bound"}),
    (JobFilter(projects=frozenset("ab")), {"Build 100%", "bound", "build_it"}),
    (JobFilter(projects=frozenset({"a", "b", "nobody"}), owner="eva"), {"build_it"}),
    (JobFilter(projects=frozenset("ab"), name="build"), {"Build 100%", "build_it"}),
    (
        JobFilter(projects=frozenset("ab"), states=frozenset({JobState.PENDING, JobState.FAILED})),
        {"Build 100%", "build_it"},
    ),
    (JobFilter(projects=frozenset("ab"), project="b"), {"build_it"}),
    (JobFilter(projects=frozenset("a"), project="b"), set()),
    (JobFilter(projects=frozenset()), set()),
    (JobFilter(projects=frozenset({"b", *(f"p{n}" for n in range(70))})), {"build_it"}),
    (JobFilter(states=frozenset({JobState.ASSIGNED})), {"bound"}),
    (JobFilter(states=frozenset({JobState.ASSIGNED, JobState.FAILED})), {"bound", "over"}),
    (JobFilter(name="BUILD"), {"Build 100%", "build_it"}),
    (JobFilter(name="0%"), {"Build 100%"}),
    (JobFilter(name="d_i"), {"build_it"}),
    (JobFilter(name="k\\s"), {"back\\slash"}),
    (JobFilter(name="%"), {"Build 100%"}),
    (JobFilter(name="nothing like it"), set()),
    (JobFilter(owner="eva"), {"build_it"}),
    (JobFilter(provider_id=PROVIDER), {"bound"}),
    (JobFilter(provider_id=OTHER_PROVIDER), {"over"}),
    (JobFilter(priority=Priority.HIGH), {"build_it"}),
    (JobFilter(command_type=CommandType.PYTHON), {"deploy"}),
    (JobFilter(image="alpine:3"), {"deploy", "bound"}),
    (JobFilter(image="alpine"), set()),
    (JobFilter(labels={"env": "dev"}), {"Build 100%", "back\\slash"}),
    (JobFilter(labels={"env": "dev", "team": "y"}), {"back\\slash"}),
    (JobFilter(labels={"env": "d"}), set()),
    (JobFilter(submitted_from=after(10)), {"deploy", "back\\slash", "bound"}),
    (JobFilter(submitted_before=after(10)), {"Build 100%", "build_it", "over"}),
    (JobFilter(submitted_from=after(10), submitted_before=after(20)), {"deploy"}),
    (JobFilter(project="a", image="alpine:3"), {"bound"}),
    (JobFilter(project="b", owner="eva", priority=Priority.HIGH, name="build"), {"build_it"}),
    (JobFilter(project="a", owner="eva"), set()),
    (
        JobFilter(states=frozenset({JobState.PENDING}), project="default", name="e"),
        {"deploy"},
    ),
    (
        JobFilter(states=frozenset({JobState.FAILED}), provider_id=OTHER_PROVIDER),
        {"over"},
    ),
    (JobFilter(states=frozenset(JobState), labels={"team": "x"}), {"Build 100%"}),
    (JobFilter(template=TEMPLATE), {"over"}),
    (JobFilter(template=TEMPLATE, template_version=3), {"over"}),
    (JobFilter(template=TEMPLATE, template_version=2), set()),
    (JobFilter(schedule=SCHEDULE, project="default"), {"over"}),
    (JobFilter(template=SCHEDULE), set()),
    (JobFilter(template=TEMPLATE, states=frozenset({JobState.FAILED})), {"over"}),
    (JobFilter(template=TEMPLATE, states=frozenset({JobState.PENDING})), set()),
]
"""With the names they find; ids are random, so no name here is a hex number but for "e"."""


class ListContract:
    """`JobStore.list_jobs`, `job_rows`, `count_jobs`, `find_jobs`."""

    async def test_no_filter_shows_all(self, store: Store) -> None:
        await varied(store)
        assert len(await listed(store, JobFilter())) == 6

    async def test_each_filter_and_their_combinations(self, store: Store) -> None:
        await varied(store)
        for where, names in FILTERS:
            if where.name == "e":
                # As the beginning of an id, one hex digit finds jobs by chance as well.
                assert names <= await listed(store, where)
            else:
                assert await listed(store, where) == names, where

    async def test_counts_agree_with_lists_and_ignore_states(self, store: Store) -> None:
        await varied(store)
        for where, _ in [*FILTERS, (JobFilter(), set())]:
            counts = await store.count_jobs(where)
            assert set(counts) == set(JobState)
            rows = await all_pages(store, replace(where, states=frozenset()), limit=2)
            for state in JobState:
                assert counts[state] == sum(row.state is state for row in rows), where

    async def test_counts_follow_every_change(self, store: Store, other_store: Store) -> None:
        kept = await submitted(store, *(new_job(new_spec(project="p")) for _ in range(6)))
        await submitted(store, new_job(key="k"), new_job(key="k"))
        holds = [await stored(store, bind(job)) for job in kept[:4]]
        await save(
            other_store,
            *(unit_of(finish(held, FAILURE, at=after(5))) for held in holds[:2]),
        )
        await other_store.commit([unit_of(finish(holds[0], at=after(5)))])
        everything = await store.count_jobs(JobFilter())
        of_project = await store.count_jobs(JobFilter(project="p"))
        expected = dict.fromkeys(JobState, 0)
        expected |= {JobState.PENDING: 2, JobState.ASSIGNED: 2, JobState.FAILED: 2}
        assert dict(of_project) == expected
        assert dict(everything) == {**expected, JobState.PENDING: 3}

    async def test_an_id_is_found_by_its_beginning(self, store: Store) -> None:
        job_id = UUID("abcdef01-2345-4678-9abc-def012345678")
        await submitted(store, new_job(new_spec("it"), job_id=job_id), new_job(new_spec("x")))
        for text in ("abcdef0", "ABCDEF01", "abcdef01-23", "abcdef012345", str(job_id)):
            assert await listed(store, JobFilter(name=text)) == {"it"}, text
        for text in ("bcdef01", "abcde-f01", f"{job_id}0"):
            assert await listed(store, JobFilter(name=text)) == set(), text

    async def test_newest_first_and_oldest_first(self, store: Store) -> None:
        kept = await submitted(store, *(new_job(at=after(n * 7 % 5)) for n in range(20)))
        by_time = sorted(range(20), key=lambda n: (kept[n].submitted_at, n))
        oldest = await all_pages(store, JobFilter(), sort=JobSort.OLDEST, limit=3)
        newest = await all_pages(store, JobFilter(), sort=JobSort.NEWEST, limit=7)
        assert [row.id for row in oldest] == [kept[n].id for n in by_time]
        assert [row.id for row in newest] == [kept[n].id for n in reversed(by_time)]

    async def test_pages_of_filtered_lists_join_to_the_whole(self, store: Store) -> None:
        await varied(store)
        await varied(store)
        for where, _ in FILTERS:
            for sort in JobSort:
                whole = (await store.list_jobs(where, sort=sort, limit=1000)).items
                assert await all_pages(store, where, sort=sort, limit=1) == list(whole), where

    async def test_pages_are_stable_while_jobs_are_added(self, store: Store) -> None:
        before = await submitted(store, *(new_job(at=after(n // 4)) for n in range(30)))
        seen: list[UUID] = []
        cursor = None
        while True:
            page = await store.list_jobs(JobFilter(), limit=4, cursor=cursor)
            seen += [row.id for row in page.items]
            if page.cursor is None:
                break
            cursor = page.cursor
            await submitted(store, new_job(at=after(100)), new_job(at=after(50)))
        assert seen == [job.id for job in reversed(before)]

    async def test_an_exact_last_page_has_no_cursor(self, store: Store) -> None:
        await submitted(store, *(new_job() for _ in range(4)))
        page = await store.list_jobs(JobFilter(), limit=2)
        last = await store.list_jobs(JobFilter(), limit=2, cursor=page.cursor)
        assert len(last.items) == 2
        assert last.cursor is None

    @pytest.mark.parametrize(
        "cursor", ["x", "ñ", "e30", "bnVsbA==", "W10", "WyItc3VibWl0dGVkX2F0Il0=", "x" * 10_000]
    )
    async def test_a_foreign_cursor_is_refused(self, store: Store, cursor: str) -> None:
        with pytest.raises(InvalidRequest):
            await store.list_jobs(JobFilter(), cursor=cursor)

    async def test_a_cursor_of_another_order_or_list_is_refused(self, store: Store) -> None:
        await submitted(store, new_job(), new_job())
        newest = (await store.list_jobs(JobFilter(), limit=1)).cursor
        queue = (await store.queue(limit=1)).cursor
        assert newest is not None
        assert queue is not None
        with pytest.raises(InvalidRequest):
            await store.list_jobs(JobFilter(), sort=JobSort.OLDEST, cursor=newest)
        with pytest.raises(InvalidRequest):
            await store.list_jobs(JobFilter(), cursor=queue)
        with pytest.raises(InvalidRequest):
            await store.queue(cursor=newest)

    @pytest.mark.parametrize("limit", [0, -1, 1001])
    async def test_a_page_has_one_to_a_thousand_rows(self, store: Store, limit: int) -> None:
        with pytest.raises(InvalidRequest):
            await store.list_jobs(JobFilter(), limit=limit)

    async def test_a_row_shows_the_job(self, store: Store) -> None:
        spec = new_spec("mine", project="p", image="alpine", labels={"a": "b"})
        [job] = await submitted(store, new_job(spec, owner="eva"))
        expected = JobRow(
            id=job.id,
            name="mine",
            project="p",
            owner="eva",
            state=JobState.PENDING,
            version=1,
            phase=None,
            priority=Priority.NORMAL,
            command_type=CommandType.SHELL,
            image="alpine",
            provider_id=None,
            labels={"a": "b"},
            attempts=0,
            max_attempts=3,
            submitted_at=T0,
            started_at=None,
            finished_at=None,
            exit_code=None,
            cause=None,
            warn_count=0,
            error_count=0,
            cancel_requested_at=None,
        )
        assert list(await store.job_rows([job.id])) == [expected]
        held = await stored(store, start(bind(job), at=after(1)))
        running = replace(
            expected,
            state=JobState.RUNNING,
            version=2,
            phase="RUNNING",
            provider_id=PROVIDER,
            attempts=1,
            started_at=after(1),
        )
        assert list(await store.job_rows([job.id])) == [running]
        done = finish(held, FAILURE, at=after(2))
        counted = replace(done.job, warn_count=1, error_count=2, cancel_requested_at=after(1))
        await save(store, unit_of(replace(done, job=counted)))
        ended = replace(
            running,
            state=JobState.FAILED,
            version=3,
            phase="DONE",
            finished_at=after(2),
            exit_code=3,
            cause="exit",
            warn_count=1,
            error_count=2,
            cancel_requested_at=after(1),
        )
        assert list(await store.job_rows([job.id])) == [ended]
        assert (await store.list_jobs(JobFilter())).items == (ended,)

    async def test_the_phase_is_that_of_the_newest_attempt(self, store: Store) -> None:
        held = await bound_job(store)
        ended = finish(held, FAILURE, at=after(1))
        back = replace(held.job, state=JobState.PENDING, attempt_id=None)
        await save(store, unit_of(replace(ended, job=back)))
        [row] = await store.job_rows([held.job.id])
        assert (row.phase, row.attempts) == ("DONE", 1)
        await save(store, unit_of(bind(await must_get(store, held.job))))
        [row] = await store.job_rows([held.job.id])
        assert (row.phase, row.attempts) == ("QUEUED", 2)

    async def test_rows_of_jobs_that_exist(self, store: Store) -> None:
        kept = await submitted(store, new_job(), new_job(), new_job())
        wanted = [kept[0].id, UUID(int=5), kept[2].id, kept[0].id]
        rows = await store.job_rows(wanted)
        assert sorted(row.id for row in rows) == sorted([kept[0].id, kept[2].id])
        assert list(await store.job_rows([])) == []

    async def test_ids_by_prefix(self, store: Store) -> None:
        ids = [
            UUID("abcd0001-0000-4000-8000-000000000001"),
            UUID("abcd0001-0000-4000-8000-000000000002"),
            UUID("abcd0002-0000-4000-8000-000000000003"),
            UUID("abce0000-0000-4000-8000-000000000004"),
        ]
        await submitted(store, *(new_job(job_id=job_id) for job_id in ids))
        assert list(await store.find_jobs("abcd")) == ids[:3]
        assert list(await store.find_jobs("ABCD0001")) == ids[:2]
        assert list(await store.find_jobs("abcd0001-0000-4000-8000-000000000002")) == [ids[1]]
        assert list(await store.find_jobs("abcd00010000")) == ids[:2]
        assert list(await store.find_jobs("abcd0001-00")) == ids[:2]
        assert list(await store.find_jobs("ffff")) == []
        assert list(await store.find_jobs("abcd", limit=2)) == ids[:2]

    async def test_ids_by_prefix_in_some_projects(self, store: Store) -> None:
        ids = [UUID(f"abcd000{n}-0000-4000-8000-000000000001") for n in range(3)]
        for job_id, project in zip(ids, "aab", strict=True):
            await submitted(store, new_job(new_spec(project=project), job_id=job_id))
        for projects, found in (("b", ids[2:]), ("ab", ids), ("c", []), ("", [])):
            assert list(await store.find_jobs("abcd", projects=frozenset(projects))) == found
        assert list(await store.find_jobs("abcd0", 2, projects=frozenset("ab"))) == ids[:2]

    @pytest.mark.parametrize("prefix", ["", "abc", "wxyz", "----", "abcd%", "a" * 33])
    async def test_a_prefix_that_no_id_can_have_is_refused(self, store: Store, prefix: str) -> None:
        with pytest.raises(InvalidRequest):
            await store.find_jobs(prefix)

    async def test_lists_while_jobs_change(self, store: Store, other_store: Store) -> None:
        kept = await submitted(store, *(new_job(at=after(n)) for n in range(20)))

        async def change(job: Job) -> None:
            await save(other_store, unit_of(bind(job)))

        tasks = [asyncio.create_task(change(job)) for job in kept]
        rows = await all_pages(store, JobFilter(), limit=3)
        assert [row.id for row in rows] == [job.id for job in reversed(kept)]
        await asyncio.gather(*tasks)
        rows = await all_pages(store, JobFilter(states=frozenset({JobState.ASSIGNED})), limit=3)
        assert len(rows) == 20

    async def test_all_states_are_no_filter(self, store: Store) -> None:
        await varied(store)
        every = JobFilter(states=frozenset(JobState))
        rows = await all_pages(store, every, limit=2)
        assert rows == await all_pages(store, JobFilter(), limit=5)

    async def test_a_unit_may_insert_jobs(self, store: Store) -> None:
        await save(store, Unit(jobs=(new_job(new_spec("direct")),)))
        assert await listed(store, JobFilter(name="direct")) == {"direct"}
