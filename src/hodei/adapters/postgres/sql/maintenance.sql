Housekeeping.

-- name: installation
SELECT id FROM installation

-- name: pulse
SELECT EXISTS (SELECT FROM jobs WHERE state = 'PENDING') AS waiting,
    EXISTS (SELECT FROM workers WHERE live) OR EXISTS (SELECT FROM attempts WHERE open) AS busy

-- name: database
SELECT current_setting('server_version') AS version,
    pg_database_size(current_database()) AS size

-- name: purge_jobs
WITH old AS MATERIALIZED (
    SELECT id FROM jobs WHERE finished_at < $1
        AND (project = $3 OR $3::text IS NULL) AND project <> ALL ($4::text[])
    ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM jobs j USING old WHERE j.id = old.id RETURNING j.id, j.project, j.state
), specs AS (
    DELETE FROM job_specs s USING old WHERE s.job_id = old.id
), tries AS (
    DELETE FROM attempts a USING old WHERE a.job_id = old.id RETURNING a.id
), heads AS (
    DELETE FROM log_heads h USING tries t WHERE h.attempt_id = t.id
), texts AS (
    DELETE FROM log_segments l USING tries t WHERE l.attempt_id = t.id RETURNING 1
), used AS (
    DELETE FROM stats_samples u USING tries t WHERE u.attempt_id = t.id RETURNING 1
), told AS (
    DELETE FROM events e USING old WHERE e.job_id = old.id RETURNING 1
), counted AS (
    INSERT INTO job_counts AS c (project, state, slot, n)
    SELECT project, state, {slot}, -count(*) FROM gone GROUP BY project, state
    ORDER BY project, state
    ON CONFLICT (project, state, slot) DO UPDATE SET n = c.n + excluded.n
)
SELECT (SELECT count(*) FROM gone) AS jobs, (SELECT count(*) FROM texts) AS log_segments,
    (SELECT count(*) FROM told) AS events, (SELECT count(*) FROM used) AS samples

-- name: purge_logs
WITH old AS MATERIALIZED (
    SELECT h.attempt_id FROM log_heads h
    LEFT JOIN attempts a ON a.id = h.attempt_id
    LEFT JOIN jobs j ON j.id = a.job_id
    WHERE h.updated_at < $1 AND a.open IS NOT TRUE
        AND (j.project = $3 OR $3::text IS NULL) AND coalesce(j.project, '') <> ALL ($4::text[])
    LIMIT $2 FOR UPDATE OF h SKIP LOCKED
), heads AS (
    DELETE FROM log_heads h USING old WHERE h.attempt_id = old.attempt_id
), gone AS (
    DELETE FROM log_segments l USING old WHERE l.attempt_id = old.attempt_id RETURNING 1
)
SELECT count(*) FROM gone

-- name: purge_events
WITH gone AS (
    DELETE FROM events e USING (
        SELECT o.tx, o.seq, o.at FROM events o
        WHERE NOT EXISTS (SELECT FROM jobs j WHERE j.id = o.job_id AND j.finished_at IS NULL)
        ORDER BY o.tx, o.seq LIMIT $2
    ) oldest
    WHERE e.tx = oldest.tx AND e.seq = oldest.seq AND oldest.at < $1
    RETURNING 1
)
SELECT count(*) FROM gone

-- name: purge_samples
WITH gone AS (
    DELETE FROM stats_samples u USING (
        SELECT attempt_id, at FROM stats_samples WHERE at < $1 LIMIT $2
    ) old
    WHERE u.attempt_id = old.attempt_id AND u.at = old.at
    RETURNING 1
), hosts AS (
    DELETE FROM host_samples h USING (
        SELECT host, at FROM host_samples WHERE at < $1 ORDER BY at LIMIT $2
    ) old
    WHERE h.host = old.host AND h.at = old.at
    RETURNING 1
)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM hosts)

-- name: purge_workers
WITH gone AS (
    DELETE FROM workers w USING (
        SELECT g.id FROM workers g WHERE NOT g.live AND g.ended_at < $1
        ORDER BY g.ended_at LIMIT $2
    ) old
    WHERE w.id = old.id AND NOT w.live
    RETURNING 1
)
SELECT count(*) FROM gone
