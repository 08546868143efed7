"""How much the hot statements read: with 30,000 jobs stored, a few hundred rows and no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from hodei.adapters.postgres import upgrade
from hodei.adapters.postgres.commit import commit_statement, submit_statement
from hodei.adapters.postgres.cursors import JobPlace
from hodei.adapters.postgres.database import Database
from hodei.adapters.postgres.listing import plan_page
from hodei.adapters.postgres.parts import PARTS
from hodei.adapters.postgres.queries import sql
from hodei.adapters.postgres.quick import WRITES, quick_statement
from hodei.adapters.postgres.text import loads
from hodei.domain.job import JobState
from hodei.domain.spec import CommandType, Priority
from hodei.ports.store import JobFilter, JobSort
from tests.support.postgres import Server, new_database
from tests.support.postgres_fill import fill

JOBS = 30_000
READ_AT_MOST = 1_500
"""Rows, removed ones included, that a plan may touch in one scan."""
NOBODY = UUID(int=0)
RARE_PROVIDER = UUID("00000000-0000-4000-8000-000000000001")
NOW = datetime.now(UTC)
FAILED = frozenset({JobState.FAILED})
SEVERAL = frozenset({JobState.PENDING, JobState.RUNNING, JobState.FAILED})

FILTERS = {
    "everything": JobFilter(),
    "project": JobFilter(project="default"),
    "rare project": JobFilter(project="rare"),
    "some projects": JobFilter(projects=frozenset({"rare", "default"})),
    "rare projects": JobFilter(projects=frozenset({"rare", "nowhere"})),
    "states in some projects": JobFilter(projects=frozenset({"rare", "nowhere"}), states=SEVERAL),
    "owner in some projects": JobFilter(projects=frozenset({"rare", "default"}), owner="zoe"),
    "state": JobFilter(states=FAILED),
    "several states": JobFilter(states=SEVERAL),
    "common state": JobFilter(states=frozenset({JobState.SUCCEEDED})),
    "state and project": JobFilter(states=FAILED, project="rare"),
    "common name": JobFilter(name="TRAIN"),
    "rare name": JobFilter(name="nightly-report"),
    "beginning of an id": JobFilter(name="abc"),
    "owner": JobFilter(owner="user-3"),
    "rare owner": JobFilter(owner="zoe"),
    "provider": JobFilter(provider_id=RARE_PROVIDER),
    "priority": JobFilter(priority=Priority.HIGH),
    "command type": JobFilter(command_type=CommandType.NODE),
    "image": JobFilter(image="rare:1"),
    "template and state": JobFilter(template=NOBODY, template_version=1, states=SEVERAL),
    "schedule and project": JobFilter(schedule=NOBODY, project="default"),
    "common label": JobFilter(labels={"team": "t1"}),
    "rare label": JobFilter(labels={"team": "rare"}),
    "time": JobFilter(
        submitted_from=NOW - timedelta(hours=5), submitted_before=NOW - timedelta(hours=4)
    ),
    "time and state": JobFilter(
        submitted_from=NOW - timedelta(hours=5),
        submitted_before=NOW - timedelta(hours=4),
        states=FAILED,
    ),
}
READS: dict[str, tuple[str, list[object]]] = {
    "claim": (sql("queue.claim"), ["replica", 50, 1.0, ["class-1"]]),
    "unclaim": (sql("queue.unclaim"), ["replica", [uuid4(), uuid4()]]),
    "queue": (sql("queue.page"), [datetime(1, 1, 1, tzinfo=UTC), 0, 101]),
    "queue status": (sql("queue.status"), []),
    "queue status of some projects": (sql("queue.status_within"), [["rare"]]),
    "expired in queue": (sql("queue.expired"), [1000]),
    "unsettled": (sql("jobs.unsettled"), [1000]),
    "held": (sql("jobs.held"), [uuid4()]),
    "job": (sql("jobs.get"), [uuid4()]),
    "jobs by id": (sql("jobs.rows"), [[uuid4() for _ in range(50)]]),
    "ids by prefix in some projects": (
        sql("jobs.find_within"),
        [NOBODY, UUID(int=2**112), 10, ["rare"]],
    ),
    "ids by prefix": (sql("jobs.find"), [NOBODY, UUID(int=2**112), 10]),
    "attempts of a job": (sql("jobs.attempts"), [uuid4()]),
    "twins": (sql("jobs.twins"), [[uuid4()], ["default"], ["key"]]),
    "count": (sql("jobs.count_all"), []),
    "count in a project": (sql("jobs.count_projects"), [["default"]]),
    "worker by session": (sql("workers.by_session"), [b"digest"]),
    "live workers": (sql("workers.list_live"), [None, [], 1000]),
    "newest workers": (sql("workers.list_all"), [None, [], 50]),
    "count of live workers": (sql("workers.count_live"), []),
    "renewal": (sql("workers.renew"), ["replica", [uuid4()], 15.0]),
    "leases": (sql("workers.leases"), [10_000]),
    "owned handles": (sql("workers.owned"), [RARE_PROVIDER]),
    "last event": (sql("feed.last"), []),
    "events": (sql("feed.after"), ["0", 0, 1000]),
    "events of a job": (sql("feed.of_job"), [uuid4(), 1000]),
    "segments": (sql("logs.segments"), [uuid4(), 5, 16]),
    "segments at": (sql("logs.segments_at"), [uuid4(), [1, 501]]),
    "segments before": (sql("logs.segments_before"), [uuid4(), 5, 16]),
    "samples": (sql("logs.samples"), [uuid4(), None, 3600]),
    "log state": (sql("logs.state"), [uuid4()]),
}


@pytest.fixture(scope="module")
def filled(postgres_server: Server) -> Iterator[str]:
    """Address of a database with many jobs."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        dsn = runner.run(stack.enter_async_context(new_database(postgres_server)))
        runner.run(upgrade(dsn))
        runner.run(fill(dsn, JOBS))
        yield dsn
        runner.run(stack.aclose())


@pytest.fixture
async def database(filled: str) -> AsyncIterator[Database]:
    """The filled database, with the settings that the store has."""
    async with Database.open(filled, pool_size=1) as opened:
        yield opened


async def plan_of(
    database: Database, statement: str, arguments: list[object], *, run: bool = True
) -> list[dict[str, Any]]:
    """All nodes of the plan; with what they read when it was run."""
    options = "ANALYZE, TIMING OFF, FORMAT JSON" if run else "FORMAT JSON"
    text = await database.value(f"EXPLAIN ({options}) {statement}", *arguments)
    return [*_nodes(loads(text)[0]["Plan"])]


async def plan_of_page(
    database: Database, where: JobFilter, sort: JobSort, place: JobPlace | None
) -> list[dict[str, Any]]:
    """The plan of one page of the list."""
    statement, arguments = await database.run(
        lambda session: plan_page(session, where, sort, 50, place)
    )
    return await plan_of(database, statement, [*arguments])


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def read_whole(nodes: list[dict[str, Any]]) -> set[str]:
    """Large tables that are read from end to end."""
    large = {"jobs", "job_specs", "attempts", "workers", "events"}
    return large & {
        node["Relation Name"] for node in nodes if node["Node Type"].endswith("Seq Scan")
    }


def most_read(nodes: list[dict[str, Any]]) -> float:
    """Rows that the busiest scan touched."""
    touched = [
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in nodes
        if "Scan" in node["Node Type"]
    ]
    return float(max(touched, default=0))


@pytest.mark.parametrize("name", READS)
async def test_a_hot_statement_reads_little(database: Database, name: str) -> None:
    nodes = await plan_of(database, *READS[name])
    assert not read_whole(nodes)
    assert most_read(nodes) <= READ_AT_MOST


@pytest.mark.parametrize("sort", JobSort)
@pytest.mark.parametrize("name", FILTERS)
async def test_a_page_of_the_list_reads_little(
    database: Database, name: str, sort: JobSort
) -> None:
    middle = JobPlace(submitted_at=NOW - timedelta(seconds=JOBS // 2), seq=JOBS // 2)
    for place in (None, middle):
        nodes = await plan_of_page(database, FILTERS[name], sort, place)
        assert not read_whole(nodes)
        assert most_read(nodes) <= READ_AT_MOST


async def test_the_beginning_of_any_id_reads_little(database: Database) -> None:
    edges = await database.value(
        "SELECT histogram_bounds::text::uuid[] FROM pg_stats"
        " WHERE tablename = 'job_specs' AND attname = 'job_id'"
    )
    # Around an edge the statistics say least about how many there are. Digits alone are in names.
    some = [str(edge) for edge in edges[1:-1] if not str(edge)[:3].isdecimal()][::6]
    assert len(some) > 5
    for begin in {edge[:length] for edge in some for length in (3, 4, 10)}:
        for sort in JobSort:
            nodes = await plan_of_page(database, JobFilter(name=begin), sort, None)
            assert most_read(nodes) <= READ_AT_MOST, begin


async def test_filters_that_find_nothing_read_little(database: Database) -> None:
    nothing = JobFilter(project="nowhere")
    for where in (
        nothing,
        replace(nothing, states=FAILED),
        replace(nothing, states=SEVERAL),
        JobFilter(owner="nobody"),
        JobFilter(image="none:1"),
        JobFilter(labels={"team": "none"}),
        JobFilter(name="no such name"),
        JobFilter(provider_id=NOBODY),
        JobFilter(template=NOBODY),
        JobFilter(schedule=NOBODY),
    ):
        nodes = await plan_of_page(database, where, JobSort.NEWEST, None)
        assert most_read(nodes) <= READ_AT_MOST


@pytest.mark.parametrize("sort", JobSort)
async def test_common_filters_that_never_meet_read_no_rows(
    database: Database, sort: JobSort
) -> None:
    await database.rows(
        "UPDATE job_specs SET owner = 'unlucky' WHERE job_id IN"
        " (SELECT id FROM jobs WHERE state = 'FAILED')"
    )
    await database.rows("ANALYZE job_specs")
    succeeded = frozenset({JobState.SUCCEEDED})
    for where in (
        JobFilter(owner="unlucky", states=succeeded),
        JobFilter(owner="unlucky", states=succeeded, labels={"team": "t1"}),
        JobFilter(owner="user-3", states=FAILED),
        JobFilter(owner="user-3", states=FAILED, project="default"),
        JobFilter(owner="user-3", states=FAILED, priority=Priority.NORMAL),
        JobFilter(owner="unlucky", command_type=CommandType.SHELL, states=succeeded),
    ):
        nodes = await plan_of_page(database, where, sort, None)
        assert nodes[0]["Actual Rows"] == 0
        read = [
            n for n in nodes if n["Node Type"] in ("Index Scan", "Bitmap Heap Scan", "Seq Scan")
        ]
        assert most_read(read) <= READ_AT_MOST, where


async def test_the_claim_reads_the_queue_in_order(database: Database) -> None:
    nodes = await plan_of(database, *READS["claim"])
    assert "jobs_queue" in {node.get("Index Name") for node in nodes}


@pytest.mark.parametrize("state", ["filled", "new"])
async def test_saving_reads_by_index_even_while_tables_are_new(
    filled: str, postgres_dsn: str, state: str
) -> None:
    dsn = filled if state == "filled" else postgres_dsn
    async with Database.open(dsn, pool_size=1) as database:
        whole = commit_statement(tuple(PARTS), counted=True)
        nothing: list[object] = [()] * len(PARTS)
        assert not read_whole(await plan_of(database, whole, nothing, run=False))
        quick = quick_statement(tuple(WRITES))
        nothing = [()] * len(WRITES)
        assert not read_whole(await plan_of(database, quick, nothing, run=False))
        submit = submit_statement(events=True)
        assert not read_whole(await plan_of(database, submit, [(), ()], run=False))


async def test_deliveries_are_found_among_many(database: Database) -> None:
    webhook = uuid4()
    await database.rows(
        "INSERT INTO webhooks (id, project, name, url, events, filters, headers, secret, enabled,"
        " timeout_ms, version, created_at, created_by, updated_at, updated_by, since,"
        " since_tx)"
        " VALUES ($1, 'default', 'busy', '', '{}', '{}', '{}', '', true, 1000, 1, now(), '',"
        " now(), '', pg_current_snapshot(), 0)",
        webhook,
    )
    await database.rows(
        "INSERT INTO webhook_deliveries (id, webhook_id, project, event, payload, state, version,"
        " created_at, tries, attempts, tried_at, next_attempt_at)"
        " SELECT gen_random_uuid(), $1, 'default', 'job.failed', '{}',"
        " CASE WHEN n % 2000 = 0 THEN 'pending' ELSE 'delivered' END, 1, now(), 1, '[]', now(),"
        " CASE WHEN n % 2000 = 0 THEN now() END FROM generate_series(1, 20000) n",
        webhook,
    )
    await database.rows("ANALYZE webhook_deliveries")
    for statement, arguments in (
        (sql("webhooks.claim"), ["replica", 4, 32, [], 5.0]),
        (sql("webhooks.deliveries"), [webhook, None, None, None, 51]),
        (sql("webhooks.deliveries"), [webhook, None, None, 10_000, 51]),
        (sql("webhooks.list"), [None, None, None]),
        (sql("webhooks.purge"), [NOW - timedelta(days=30), 500]),
    ):
        assert most_read(await plan_of(database, statement, [*arguments])) <= READ_AT_MOST
