Parts of the one statement that saves a batch of units; `commit.py` puts together those that
the batch needs, in this order:

  1. `*_in`       what is to be saved, one row per entity, with the number of its unit;
  2. `*_now`      the stored rows, locked in the order of their ids, as they are now;
  3. `refused`    units that do not fit what is stored, and `refused_units` as one array;
  4. the writes   each leaves out the rows of refused units.

One statement is one round trip and one transaction. Its snapshot is older than its locks, so
the versions are read from the locked rows (which are the newest), and every UPDATE compares
the version once more; both follow a row to its newest form when somebody else changed it in
between. The array of refused units is computed once and before the first write.

-- name: job_now
SELECT j.id, j.version, j.state, j.priority FROM jobs j
WHERE j.id IN (SELECT id FROM job_mod_in) ORDER BY j.id FOR NO KEY UPDATE

-- name: attempt_now
SELECT a.id, a.version FROM attempts a
WHERE a.id IN (SELECT id FROM attempt_mod_in) ORDER BY a.id FOR NO KEY UPDATE

-- name: worker_now
SELECT w.id, w.version FROM workers w
WHERE w.id IN (SELECT id FROM worker_mod_in) ORDER BY w.id FOR NO KEY UPDATE

-- name: provider_now
SELECT p.id, p.version FROM providers p
WHERE p.id IN (SELECT id FROM provider_mod_in) ORDER BY p.id FOR NO KEY UPDATE

-- name: head_now
SELECT h.attempt_id, h.acked_seq FROM log_heads h
WHERE h.attempt_id IN (SELECT attempt_id FROM head_in)
ORDER BY h.attempt_id FOR NO KEY UPDATE

-- name: job_mod_refused
SELECT i.unit, 'stale' AS verdict FROM job_mod_in i LEFT JOIN job_now n ON n.id = i.id
WHERE n.version IS DISTINCT FROM i.version

-- name: attempt_mod_refused
SELECT i.unit, 'stale' AS verdict FROM attempt_mod_in i LEFT JOIN attempt_now n ON n.id = i.id
WHERE n.version IS DISTINCT FROM i.version

-- name: worker_mod_refused
SELECT i.unit, 'stale' AS verdict FROM worker_mod_in i LEFT JOIN worker_now n ON n.id = i.id
WHERE n.version IS DISTINCT FROM i.version

-- name: provider_mod_refused
SELECT i.unit, 'stale' AS verdict FROM provider_mod_in i
LEFT JOIN provider_now n ON n.id = i.id
WHERE n.version IS DISTINCT FROM i.version
    OR EXISTS (SELECT FROM providers p WHERE p.name = i.name AND p.id <> i.id)

-- name: head_refused
SELECT i.unit, 'stale' AS verdict FROM head_in i
LEFT JOIN head_now n ON n.attempt_id = i.attempt_id
WHERE coalesce(n.acked_seq, 0) <> i.after_seq

-- name: job_new_refused
SELECT i.unit, 'stale' AS verdict FROM job_new_in i JOIN job_specs s ON s.job_id = i.id
UNION ALL
SELECT i.unit, 'stale' AS verdict FROM job_new_in i
JOIN job_specs s ON s.project = i.project AND s.idempotency_key = i.idempotency_key
UNION ALL
SELECT i.unit, 'stale' AS verdict FROM job_new_in i
WHERE i.state <> 'PENDING' AND (SELECT paused FROM scheduler)

-- name: attempt_new_refused
SELECT i.unit, 'stale' AS verdict FROM attempt_new_in i JOIN attempts a ON a.id = i.id
UNION ALL
SELECT i.unit, 'stale' AS verdict FROM attempt_new_in i
JOIN attempts a ON a.job_id = i.job_id AND a.number = i.number

-- name: worker_new_refused
SELECT i.unit, 'stale' AS verdict FROM worker_new_in i
WHERE EXISTS (SELECT FROM workers w WHERE w.id = i.id)

-- name: provider_new_refused
SELECT i.unit, 'stale' AS verdict FROM provider_new_in i
WHERE EXISTS (SELECT FROM providers p WHERE p.id = i.id OR p.name = i.name)

-- name: full
SELECT r.unit, 'full' AS verdict FROM (
    SELECT i.unit, i.max_live,
        row_number() OVER (PARTITION BY i.provider_id ORDER BY i.unit) + (
            SELECT count(*) FROM workers w WHERE w.provider_id = i.provider_id AND w.live
        ) AS live
    FROM worker_new_in i
    WHERE i.unit NOT IN (SELECT unit FROM stale)
) r WHERE r.live > r.max_live

-- name: over_quota
SELECT r.unit, 'full' AS verdict FROM (
    SELECT i.unit, p.running_jobs AS most_jobs, p.cpu AS most_cpu, p.memory_mb AS most_memory,
        coalesce(u.running_jobs, 0) + count(*) OVER mine AS jobs,
        coalesce(u.cpu, 0) + sum((s.spec #>> '{resources,cpu}')::float8) OVER mine AS cpu,
        coalesce(u.memory_mb, 0)
            + sum((s.spec #>> '{resources,memory_mb}')::int8) OVER mine AS memory
    FROM job_mod_in i
    JOIN job_now n ON n.id = i.id AND n.state = 'PENDING'
    JOIN job_specs s ON s.job_id = i.id
    JOIN projects p ON p.name = i.project
    LEFT JOIN (
        SELECT j.project, {used} FROM jobs j JOIN job_specs s ON s.job_id = j.id
        WHERE j.state IN ('ASSIGNED', 'RUNNING')
            AND j.project IN (SELECT project FROM job_mod_in)
        GROUP BY j.project
    ) u ON u.project = i.project
    WHERE i.state = 'ASSIGNED' AND i.unit NOT IN (SELECT unit FROM stale)
    WINDOW mine AS (PARTITION BY i.project ORDER BY i.unit)
) r
-- CPUs are sums of tenths, which binary fractions are not.
WHERE r.jobs > r.most_jobs OR r.cpu > r.most_cpu + 1e-6 OR r.memory > r.most_memory

-- name: spec_add
INSERT INTO job_specs (job_id, submitted_at, project, name, name_key, owner, priority,
    command_type, image, labels, max_attempts, idempotency_key, rerun_of, digest, spec,
    origin, template_id, template_version, schedule_id, trace)
SELECT i.id, i.submitted_at, i.project, i.name, i.name_key, i.owner, i.priority,
    i.command_type, i.image, i.labels, i.max_attempts, i.idempotency_key, i.rerun_of, i.digest,
    i.spec, i.origin, i.template_id, i.template_version, i.schedule_id, i.trace
FROM job_new_in i WHERE {saved}
RETURNING job_id, seq

-- name: spec_try
INSERT INTO job_specs (job_id, submitted_at, project, name, name_key, owner, priority,
    command_type, image, labels, max_attempts, idempotency_key, rerun_of, digest, spec,
    origin, template_id, template_version, schedule_id, trace)
SELECT i.id, i.submitted_at, i.project, i.name, i.name_key, i.owner, i.priority,
    i.command_type, i.image, i.labels, i.max_attempts, i.idempotency_key, i.rerun_of, i.digest,
    i.spec, i.origin, i.template_id, i.template_version, i.schedule_id, i.trace
FROM job_new_in i
ON CONFLICT DO NOTHING
RETURNING job_id, seq

-- name: job_add
INSERT INTO jobs (id, seq, version, project, state, priority, placement_class, rank,
    submitted_at, queued_at, not_before, queue_deadline, attempt_id, attempts,
    counted_attempts, provider_id, cancel_requested_at, cancel_reason, started_at,
    finished_at, cause, exit_code, exit_signal, message, suggestion, warn_count, error_count)
SELECT i.id, s.seq, i.version + 1, i.project, i.state, i.priority, i.placement_class,
    i.submitted_at + {head_start},
    i.submitted_at, i.queued_at, i.not_before, i.queue_deadline, i.attempt_id, i.attempts,
    i.counted_attempts, i.provider_id, i.cancel_requested_at, i.cancel_reason, i.started_at,
    i.finished_at, i.cause, i.exit_code, i.exit_signal, i.message, i.suggestion,
    i.warn_count, i.error_count
FROM job_new_in i JOIN spec_added s ON s.job_id = i.id
RETURNING project, state

-- name: job_set
UPDATE jobs j SET version = j.version + 1, {assignments},
    rank = CASE WHEN i.state = 'PENDING' THEN j.submitted_at + {head_start} ELSE j.rank END,
    claim_replica = NULL, claim_until = NULL
FROM job_mod_in i
WHERE j.id = i.id AND j.version = i.version AND {saved}

-- name: priority_set
UPDATE job_specs s SET priority = i.priority
FROM job_mod_in i JOIN job_now n ON n.id = i.id AND n.priority <> i.priority
WHERE s.job_id = i.id AND {saved}

-- name: attempt_add
INSERT INTO attempts (version, {columns})
SELECT i.version + 1, {values} FROM attempt_new_in i WHERE {saved}

-- name: attempt_set
UPDATE attempts a SET version = a.version + 1, {assignments}
FROM attempt_mod_in i
WHERE a.id = i.id AND a.version = i.version AND {saved}

-- name: worker_add
INSERT INTO workers (version, lease_replica, lease_until, {columns})
SELECT i.version + 1, i.replica,
    CASE WHEN i.replica IS NOT NULL THEN now() + interval '15 s' END, {values}
FROM worker_new_in i WHERE {saved}

-- name: worker_set
UPDATE workers w SET version = w.version + 1, {assignments},
    lease_replica = coalesce(i.replica, w.lease_replica),
    lease_until = CASE WHEN i.replica IS NULL THEN w.lease_until
        ELSE now() + interval '15 s' END
FROM worker_mod_in i
WHERE w.id = i.id AND w.version = i.version AND {saved}

-- name: provider_add
INSERT INTO providers (version, {columns})
SELECT i.version + 1, {values} FROM provider_new_in i WHERE {saved}

-- name: provider_set
UPDATE providers p SET version = p.version + 1, {assignments}
FROM provider_mod_in i
WHERE p.id = i.id AND p.version = i.version AND {saved}

-- name: head_add
INSERT INTO log_heads (attempt_id, acked_seq, head, updated_at)
SELECT i.attempt_id, i.acked_seq, i.head, now() FROM head_in i
WHERE i.attempt_id NOT IN (SELECT attempt_id FROM head_now) AND {saved}

-- name: head_set
UPDATE log_heads h SET acked_seq = i.acked_seq, head = i.head, updated_at = now()
FROM head_in i
WHERE h.attempt_id = i.attempt_id AND h.acked_seq = i.after_seq AND {saved}

-- name: segment_add
INSERT INTO log_segments (attempt_id, first_line, line_count, text_bytes, text, meta)
SELECT i.attempt_id, i.first_line, i.line_count, i.text_bytes, i.text, i.meta
FROM segment_in i WHERE {saved}

-- name: sample_add
INSERT INTO stats_samples ({columns})
SELECT {values} FROM sample_in i WHERE {saved}
ON CONFLICT DO NOTHING

-- name: event_add
INSERT INTO events ({columns})
SELECT {values} FROM event_in i WHERE {saved}

-- name: event_try
INSERT INTO events ({columns})
SELECT {values} FROM event_in i
WHERE i.job_id IS NULL OR i.job_id IN (SELECT job_id FROM spec_added)

-- name: mod_changes
SELECT i.project, c.state, c.n FROM job_mod_in i JOIN job_now n ON n.id = i.id
CROSS JOIN LATERAL (VALUES (n.state, -1), (i.state, 1)) c (state, n)
WHERE n.state <> i.state AND {saved}

-- name: new_changes
SELECT i.project, i.state, 1 AS n FROM job_new_in i JOIN spec_added s ON s.job_id = i.id

-- name: count
INSERT INTO job_counts AS c (project, state, slot, n)
SELECT d.project, d.state, {slot}, sum(d.n) FROM ({changes}) d
GROUP BY d.project, d.state HAVING sum(d.n) <> 0 ORDER BY d.project, d.state
ON CONFLICT (project, state, slot) DO UPDATE SET n = c.n + excluded.n

-- name: lock_rooms
SELECT pg_advisory_xact_lock(k) FROM (
    SELECT DISTINCT hashtextextended(name, 0) AS k FROM unnest($1::text[]) AS t (name)
    ORDER BY k
) keys
