"""The job list over a million jobs, and the claim behind a long queue."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp

from bench import commands
from bench.figures import Figure, quantile
from bench.system import PROVIDER, System, connect, system
from hodei.adapters.postgres import PostgresStore
from hodei.wire.gen import jobs_pb2 as jobs
from hodei.wire.gen import providers_pb2

if TYPE_CHECKING:
    from bench.system import Connection

QUEUED = 10_000
CLAIM = 8
FILL_S = 7200.0
STATES = ("SUCCEEDED", "FAILED", "CANCELLED", "TIMEOUT")
MODEL = "FROM floor_model m, generate_series(1, $1::int) AS g"
# Everything of one real job but what tells jobs apart: a week per 100,000 jobs, 1 % failures,
# 50 owners, 20 names, three environments.
SPECS = {
    "job_id": "('00000000-0000-4000-8000-' || lpad(to_hex(g), 12, '0'))::uuid",
    "submitted_at": "now() - ($1::int - g) * interval '6 s'",
    "name": "'nightly-' || (g % 20) || '-run-' || g",
    "name_key": "'nightly-' || (g % 20) || '-run-' || g",
    "owner": "'owner-' || (g % 50)",
    "labels": "jsonb_build_object('env', (ARRAY['dev', 'test', 'prod'])[1 + g % 3])",
    "digest": "md5(g::text)",
    "idempotency_key": "NULL",
}
JOBS = {
    "id": SPECS["job_id"],
    "seq": "-($1::int - g) - 1",
    "submitted_at": SPECS["submitted_at"],
    "queued_at": SPECS["submitted_at"],
    "rank": SPECS["submitted_at"],
    "not_before": SPECS["submitted_at"],
    "state": "CASE WHEN g % 100 = 0 THEN 'FAILED' WHEN g % 250 = 1 THEN 'CANCELLED' "
    "WHEN g % 500 = 2 THEN 'TIMEOUT' ELSE 'SUCCEEDED' END",
    "started_at": SPECS["submitted_at"],
    "finished_at": f"{SPECS['submitted_at']} + interval '5 s'",
    "cause": "'exit'",
    "exit_code": "0",
    "attempts": "1",
    "counted_attempts": "1",
}


async def run(quick: bool) -> list[Figure]:
    """Fills the tables by SQL, then asks as the interfaces do."""
    count = 50_000 if quick else 1_000_000
    async with system() as it:
        await it.pause(True)
        await it.submit_many([commands.shell(commands.SHORT)])
        connection = await connect(it.dsn)
        try:
            start = time.perf_counter()
            await fill(connection, count)
            filled = time.perf_counter() - start
            figures = await _lists(it, connection, count, 10 if quick else 40)
            figures[0] = _noted(figures[0], fill_s=round(filled, 1))
        finally:
            await connection.close()
        figures += await _claims(it, 50 if quick else 300)
    return figures


def _noted(figure: Figure, **details: object) -> Figure:
    return replace(figure, details=dict(figure.details) | details)


async def fill(connection: Connection, count: int) -> None:
    """Makes so many finished jobs of the first one that waits, by SQL."""
    for table, given in (("job_specs", SPECS), ("jobs", JOBS)):
        columns = [
            row["column_name"]
            for row in await connection.fetch(
                "SELECT column_name FROM information_schema.columns WHERE table_name = $1 "
                "ORDER BY ordinal_position",
                table,
            )
        ]
        if table == "job_specs":
            columns.remove("seq")
            wanted = [given.get(name, f"m.{name}") for name in columns]
            # In the order of submission, as the identity column counts them.
            source = MODEL.replace("floor_model", "job_specs") + " WHERE m.job_id = $2"
        else:
            values = dict(given)
            values["seq"] = "s.seq"
            wanted = [values.get(name, f"m.{name}") for name in columns]
            source = (
                MODEL.replace("floor_model", "jobs")
                + f" JOIN job_specs s ON s.job_id = {SPECS['job_id']} WHERE m.id = $2"
            )
        model = await connection.fetchval(
            "SELECT id FROM jobs WHERE state = 'PENDING' ORDER BY seq LIMIT 1"
        )
        await connection.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(wanted)} {source}",
            *(count, model),
            timeout=FILL_S,
        )
    await connection.execute(
        "INSERT INTO job_counts (project, state, slot, n) "
        "SELECT project, state, 1000, count(*) FROM jobs WHERE state <> 'PENDING' "
        "GROUP BY project, state"
    )
    await connection.execute("VACUUM (ANALYZE) jobs, job_specs", timeout=FILL_S)


def _queries(count: int) -> Mapping[str, jobs.ListJobsRequest]:
    def moment(jobs_back: int) -> Timestamp:
        stamp = Timestamp()
        stamp.FromDatetime(datetime.now(UTC) - timedelta(seconds=6 * jobs_back))
        return stamp

    request = jobs.ListJobsRequest
    failed, cancelled = jobs.JOB_STATE_FAILED, jobs.JOB_STATE_CANCELLED
    return {
        "newest": request(),
        "state": request(states=[failed]),
        "two states": request(states=[failed, cancelled]),
        "owner": request(owner="owner-7"),
        "label": request(labels={"env": "prod"}),
        "state and label": request(states=[failed], labels={"env": "prod"}),
        "part of the name": request(q=f"run-{count // 2}"),
        "common part of the name": request(q="nightly-3"),
        "days": request(submitted_from=moment(count // 2), submitted_before=moment(count // 4)),
        "owner, state, days": request(
            owner="owner-0", states=[failed], submitted_before=moment(count // 4)
        ),
        # Both are common, and no job has both.
        "owner and state that never meet": request(owner="owner-10", states=[failed]),
        "three that never meet": request(owner="owner-10", states=[failed], labels={"env": "prod"}),
        "nothing fits": request(owner="nobody", states=[failed]),
    }


async def _lists(it: System, connection: Connection, count: int, rounds: int) -> list[Figure]:
    taken: list[float] = []
    by_query: dict[str, object] = {}
    for name, request in _queries(count).items():
        await _ask(it, request)
        times = [await _ms(partial(_ask, it, request)) for _ in range(rounds)]
        by_query[name] = round(quantile(times, 0.95), 1)
        taken += times
    bare = [
        await _ms(
            lambda: connection.fetch(
                "SELECT * FROM jobs ORDER BY submitted_at DESC, seq DESC LIMIT 50"
            )
        )
        for _ in range(rounds)
    ]
    return [
        Figure(
            name=f"job list over {count:,} jobs, all filters, p95",
            value=quantile(taken, 0.95),
            unit="ms",
            floor=quantile(bare, 0.95),
            floor_name="the newest 50 rows by index, bare",
            bar=50,
            details={"p95_ms": by_query},
        )
    ]


async def _ask(it: System, request: jobs.ListJobsRequest) -> object:
    return await it.jobs.ListJobs(request)


async def _claims(it: System, rounds: int) -> list[Figure]:
    """The dispatcher's claim, made by the store's own code in this process."""
    # Nothing can be claimed while dispatch is paused; without a provider nothing is bound.
    await it.providers.DisableProvider(providers_pb2.DisableProviderRequest(provider=PROVIDER))
    await it.pause(False)
    await it.submit_many([commands.shell(commands.SHORT)] * QUEUED)
    async with PostgresStore.open(it.dsn, pool_size=1) as store:
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            claimed = await store.claim("bench", limit=CLAIM, lease_s=30)
            times.append((time.perf_counter() - start) * 1000)
            if len(claimed) != CLAIM:
                raise RuntimeError(f"{len(claimed)} jobs were claimed")
            await store.unclaim("bench", [job.id for job in claimed])
    bare = await _bare_claims(it.dsn, rounds)
    return [
        Figure(
            name=f"claim of {CLAIM}, {QUEUED:,} queued, {label}",
            value=quantile(times, share),
            unit="ms",
            floor=quantile(bare, share),
            floor_name="bare UPDATE of the first rows with SKIP LOCKED",
        )
        for label, share in (("p50", 0.5), ("p95", 0.95))
    ]


async def _bare_claims(dsn: str, rounds: int) -> list[float]:
    connection = await connect(dsn)
    try:
        await connection.execute(
            "CREATE TABLE floor_queue AS SELECT id, seq, NULL::text AS replica "
            f"FROM jobs WHERE state = 'PENDING' ORDER BY seq LIMIT {QUEUED}"
        )
        await connection.execute("CREATE UNIQUE INDEX ON floor_queue (seq)")
        await connection.execute("ANALYZE floor_queue")
        claim = (
            "UPDATE floor_queue SET replica = $1 WHERE seq IN (SELECT seq FROM floor_queue "
            f"ORDER BY seq LIMIT {CLAIM} FOR UPDATE SKIP LOCKED) RETURNING *"
        )
        return [await _ms(lambda: connection.fetch(claim, "bench")) for _ in range(rounds)]
    finally:
        await connection.close()


async def _ms(call: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    await call()
    return (time.perf_counter() - start) * 1000
