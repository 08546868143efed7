The queue: who is next, and why somebody waits.

-- name: claim
WITH picked AS MATERIALIZED (
    SELECT j.id FROM jobs j
    WHERE j.state = 'PENDING'
        AND j.not_before <= now()
        AND (j.claim_until IS NULL OR j.claim_until < now())
        AND j.placement_class <> ALL ($4::text[])
        AND NOT (SELECT paused FROM scheduler)
    ORDER BY j.rank, j.seq LIMIT $2
    FOR NO KEY UPDATE SKIP LOCKED
), j AS (
    UPDATE jobs SET claim_replica = $1, claim_until = now() + $3 * interval '1 s'
    FROM picked WHERE jobs.id = picked.id
    RETURNING jobs.*
)
SELECT {job}, {lazily} FROM j JOIN job_specs s ON s.job_id = j.id ORDER BY j.rank, j.seq

-- name: claim_within
WITH picked AS MATERIALIZED (
    SELECT j.id FROM jobs j
    WHERE j.state = 'PENDING'
        AND j.not_before <= now()
        AND (j.claim_until IS NULL OR j.claim_until < now())
        AND j.placement_class <> ALL ($4::text[])
        AND '@' || j.project <> ALL ($4::text[])
        AND '@' || j.project || '/' || j.placement_class <> ALL ($4::text[])
        AND NOT (SELECT paused FROM scheduler)
    ORDER BY j.rank, j.seq LIMIT $2
    FOR NO KEY UPDATE SKIP LOCKED
), j AS (
    UPDATE jobs SET claim_replica = $1, claim_until = now() + $3 * interval '1 s'
    FROM picked WHERE jobs.id = picked.id
    RETURNING jobs.*
)
SELECT {job}, {lazily} FROM j JOIN job_specs s ON s.job_id = j.id ORDER BY j.rank, j.seq

-- name: unclaim
UPDATE jobs SET claim_replica = NULL, claim_until = NULL
WHERE id IN (
    SELECT id FROM jobs WHERE id = ANY ($2::uuid[]) AND claim_replica = $1
    ORDER BY id FOR NO KEY UPDATE
)
RETURNING {lazily}

-- name: block
WITH given AS (
    SELECT * FROM unnest($1::text[], $2::text[]) AS t (placement_class, reason)
), gone AS (
    DELETE FROM placement_blocked b USING given g
    WHERE b.placement_class = g.placement_class AND g.reason = ''
)
INSERT INTO placement_blocked (placement_class, reason)
SELECT g.placement_class, g.reason FROM given g WHERE g.reason <> ''
ORDER BY g.placement_class
ON CONFLICT (placement_class) DO UPDATE SET reason = excluded.reason
    WHERE placement_blocked.reason <> excluded.reason

-- name: expired
SELECT {job} FROM jobs j JOIN job_specs s ON s.job_id = j.id
WHERE j.state = 'PENDING' AND j.queue_deadline <= now()
ORDER BY j.queue_deadline LIMIT $1

-- name: page
SELECT j.id, s.name, j.priority, j.queued_at, j.not_before, j.placement_class, j.rank, j.seq,
    {waits_for} AS reason, s.owner, j.project
FROM (
    SELECT * FROM jobs q
    WHERE q.state = 'PENDING' AND (q.rank, q.seq) > ($1, $2)
    ORDER BY q.rank, q.seq LIMIT $3
) j
JOIN job_specs s ON s.job_id = j.id
ORDER BY j.rank, j.seq

-- name: page_within
SELECT j.id, s.name, j.priority, j.queued_at, j.not_before, j.placement_class, j.rank, j.seq,
    coalesce(b.reason, '') AS reason, s.owner, j.project, j.place
FROM (
    SELECT * FROM (
        SELECT q.*, row_number() OVER (ORDER BY q.rank, q.seq) AS place FROM jobs q
        WHERE q.state = 'PENDING' AND (q.rank, q.seq) > ($1, $2)
    ) q
    WHERE q.project = ANY ($4::text[])
    ORDER BY q.rank, q.seq LIMIT $3
) j
JOIN job_specs s ON s.job_id = j.id
LEFT JOIN placement_blocked b ON b.placement_class = j.placement_class
ORDER BY j.rank, j.seq

-- name: entry
SELECT j.id, s.name, j.priority, j.queued_at, j.not_before, j.placement_class, j.rank, j.seq,
    {waits_for} AS reason, s.owner, j.project,
    (
        SELECT count(*) FROM (
            SELECT FROM jobs q
            WHERE q.state = 'PENDING' AND (q.rank, q.seq) <= (j.rank, j.seq)
            LIMIT 10000
        ) ahead
    ) AS position
FROM jobs j
JOIN job_specs s ON s.job_id = j.id
WHERE j.id = $1 AND j.state = 'PENDING'

-- name: status
SELECT
    coalesce(sum(n) FILTER (WHERE state = 'PENDING'), 0)::bigint AS pending,
    coalesce(sum(n) FILTER (WHERE state = 'ASSIGNED'), 0)::bigint AS assigned,
    coalesce(sum(n) FILTER (WHERE state = 'RUNNING'), 0)::bigint AS running,
    (SELECT count(*) FROM jobs
        WHERE state = 'PENDING' AND not_before > queued_at AND not_before > now()) AS delayed,
    (SELECT min(queued_at) FROM jobs WHERE state = 'PENDING' AND attempts >= 0) AS oldest,
    (SELECT coalesce(jsonb_object_agg(placement_class, reason), '{}')
        FROM placement_blocked) AS blocked
FROM job_counts

-- name: status_within
SELECT
    coalesce(sum(n) FILTER (WHERE state = 'PENDING'), 0)::bigint AS pending,
    coalesce(sum(n) FILTER (WHERE state = 'ASSIGNED'), 0)::bigint AS assigned,
    coalesce(sum(n) FILTER (WHERE state = 'RUNNING'), 0)::bigint AS running,
    (SELECT count(*) FROM jobs
        WHERE state = 'PENDING' AND not_before > queued_at AND not_before > now()
            AND project = ANY ($1::text[])) AS delayed,
    (SELECT min(queued_at) FROM jobs
        WHERE state = 'PENDING' AND project = ANY ($1::text[])) AS oldest,
    (SELECT coalesce(jsonb_object_agg(b.placement_class, b.reason), '{}')
        FROM placement_blocked b WHERE EXISTS (
            SELECT FROM jobs q WHERE q.state = 'PENDING' AND q.project = ANY ($1::text[])
                AND q.placement_class = b.placement_class)) AS blocked
FROM job_counts WHERE project = ANY ($1::text[])

-- name: scheduler
SELECT paused, aging_step_ms, version FROM scheduler

-- name: save_scheduler
UPDATE scheduler SET paused = $1, aging_step_ms = $2, version = version + 1
WHERE version = $3

-- name: rank_anew
UPDATE jobs j SET rank = i.rank FROM (
    SELECT i.id, i.submitted_at + {head_start} AS rank FROM jobs i
    WHERE i.state = 'PENDING' ORDER BY i.id FOR NO KEY UPDATE
) i
WHERE j.id = i.id AND j.rank <> i.rank
