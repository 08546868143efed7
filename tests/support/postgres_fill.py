"""Many jobs at once, written by PostgreSQL itself, for tests of plans and for measurements."""

from __future__ import annotations

import asyncpg

from hodei.domain.serial import canonical_json, spec_to_dict
from hodei.domain.spec import Command, CommandType, JobSpec

_SPEC = JobSpec(
    name="filled", command=Command(type=CommandType.SHELL, script="echo filled"), image="alpine"
)

# Most jobs are long finished; a few hundred wait, run or failed. Owners, images and labels
# have a few frequent and many rare values.
_FILL = """
INSERT INTO job_specs (job_id, submitted_at, project, name, name_key, owner, priority,
    command_type, image, labels, max_attempts, digest, spec)
SELECT gen_random_uuid(), now() - ($1 - n) * interval '1 s',
    CASE WHEN n % 50 = 0 THEN 'rare' ELSE 'default' END,
    k.name, k.name,
    CASE WHEN n % 1009 = 0 THEN 'zoe' ELSE 'user-' || n % 20 END,
    CASE WHEN n % 1013 = 0 THEN 'HIGH' ELSE 'NORMAL' END,
    CASE WHEN n % 1019 = 0 THEN 'node' ELSE 'shell' END,
    CASE WHEN n % 1021 = 0 THEN 'rare:1' ELSE 'alpine:3.' || n % 9 END,
    jsonb_build_object('team', CASE WHEN n % 1031 = 0 THEN 'rare' ELSE 't' || n % 7 END),
    1, '', $2::jsonb
FROM generate_series(1, $1) AS t (n) CROSS JOIN LATERAL (
    SELECT CASE WHEN n % 997 = 0 THEN 'nightly-report-' ELSE 'train-model-' END || n AS name
) k
"""
_FILL_JOBS = """
INSERT INTO jobs (id, seq, version, project, state, priority, placement_class, rank,
    submitted_at, queued_at, not_before, attempt_id, attempts, counted_attempts, provider_id,
    cancel_reason, started_at, finished_at, cause, exit_code, message, suggestion,
    warn_count, error_count)
SELECT s.job_id, s.seq, 4, s.project, k.state, s.priority, 'class-' || s.seq % 5,
    s.submitted_at, s.submitted_at, s.submitted_at, s.submitted_at,
    CASE WHEN k.state <> 'PENDING' THEN gen_random_uuid() END,
    CASE WHEN k.state <> 'PENDING' THEN 1 ELSE 0 END, 1,
    CASE WHEN k.state <> 'PENDING' THEN
        ('00000000-0000-4000-8000-00000000000' || (s.seq % 97 = 0)::int)::uuid END,
    '', s.submitted_at,
    CASE WHEN k.state NOT IN ('PENDING', 'RUNNING') THEN s.submitted_at + interval '9 s' END,
    CASE WHEN k.state NOT IN ('PENDING', 'RUNNING') THEN 'exit' END, 0, '', '', 0, 0
FROM job_specs s CROSS JOIN LATERAL (
    SELECT CASE
        WHEN s.seq % 211 = 0 THEN 'PENDING'
        WHEN s.seq % 499 = 0 THEN 'RUNNING'
        WHEN s.seq % 101 = 0 THEN 'FAILED'
        ELSE 'SUCCEEDED' END AS state
) k
"""
_FILL_ATTEMPTS = """
INSERT INTO attempts (id, version, job_id, number, worker_id, provider_id, phase, open, phases,
    placement_reason, warm, image_digest, started_at, ended_at, bound_at, cause, exit_code,
    message, suggestion, cpu_ms, memory_peak_bytes)
SELECT j.attempt_id, 5, j.id, 1, gen_random_uuid(), j.provider_id,
    CASE WHEN j.state = 'RUNNING' THEN 'RUNNING' ELSE 'DONE' END, j.state = 'RUNNING',
    '[]', '', true, '', j.started_at, j.finished_at, j.queued_at, j.cause, j.exit_code,
    '', '', 5, 1000
FROM jobs j WHERE j.attempt_id IS NOT NULL
"""
_FILL_WORKERS = """
INSERT INTO workers (id, version, provider_id, state, live, target, reusable, cpu, memory_mb,
    attempt_id, agent_version, architecture, created_at, ended_at, reason, session_digest)
SELECT a.worker_id, 5, a.provider_id, CASE WHEN a.open THEN 'BUSY' ELSE 'GONE' END, a.open,
    CASE WHEN a.open THEN 'RUN' ELSE 'GONE' END, false, 1, 512, a.id, '', '', a.bound_at,
    a.ended_at, '', CASE WHEN a.open THEN decode(replace(a.id::text, '-', ''), 'hex') END
FROM attempts a
"""
_FILL_EVENTS = """
INSERT INTO events (at, kind, job_id, project, actor, data)
SELECT submitted_at, 'job.submitted', id, project, 'system', '{}' FROM jobs
"""
_FILL_COUNTS = """
INSERT INTO job_counts (project, state, slot, n)
SELECT project, state, 0, count(*) FROM jobs GROUP BY project, state
"""


async def fill(dsn: str, jobs: int) -> None:
    """`jobs` jobs with attempts, workers and events in an empty database, with statistics."""
    session = await asyncpg.connect(dsn, command_timeout=None)
    try:
        await session.execute("SET timezone = 'UTC'")
        await session.execute(_FILL, jobs, canonical_json(spec_to_dict(_SPEC)))
        steps = (_FILL_JOBS, _FILL_ATTEMPTS, _FILL_WORKERS, _FILL_EVENTS, _FILL_COUNTS)
        for statement in (*steps, "VACUUM ANALYZE"):
            await session.execute(statement)
    finally:
        await session.close()
