Jobs and attempts.

-- name: twins
SELECT {job} FROM (
    SELECT t.id FROM unnest($1::uuid[]) AS t (id)
    UNION
    SELECT o.job_id FROM unnest($2::text[], $3::text[]) AS t (project, key)
    JOIN job_specs o ON o.project = t.project AND o.idempotency_key = t.key
) t
JOIN job_specs s ON s.job_id = t.id
JOIN jobs j ON j.id = s.job_id

-- name: get
SELECT {job} FROM jobs j JOIN job_specs s ON s.job_id = j.id WHERE j.id = $1

-- name: find
SELECT id FROM jobs WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT $3

-- name: find_within
SELECT id FROM jobs WHERE id BETWEEN $1 AND $2 AND project = ANY ($4::text[]) ORDER BY id LIMIT $3

-- name: rows
SELECT {listed}, a.phase FROM jobs j JOIN job_specs s ON s.job_id = j.id
LEFT JOIN attempts a ON a.job_id = j.id AND a.number = j.attempts
WHERE j.id = ANY ($1::uuid[])

-- name: attempts
SELECT {attempt} FROM attempts a WHERE a.job_id = $1 ORDER BY a.number

-- name: get_attempt
SELECT {attempt} FROM attempts a WHERE a.id = $1

-- name: held
SELECT {job}, {attempt}, {worker} FROM attempts a
JOIN jobs j ON j.id = a.job_id
JOIN job_specs s ON s.job_id = j.id
JOIN workers w ON w.id = a.worker_id
WHERE a.id = $1

-- name: unsettled
WITH due AS MATERIALIZED (
    SELECT o.id, o.seq FROM attempts o
    JOIN jobs k ON k.id = o.job_id
    JOIN workers v ON v.id = o.worker_id
    WHERE o.open AND (
        o.cancel_requested_at IS NOT NULL
        OR k.cancel_requested_at IS NOT NULL
        OR o.run_deadline <= now()
        OR o.cause IS NOT NULL
        OR v.target = 'GONE'
    )
    ORDER BY o.seq LIMIT $1
)
SELECT {job}, {attempt}, {worker} FROM due
JOIN attempts a ON a.id = due.id
JOIN jobs j ON j.id = a.job_id
JOIN job_specs s ON s.job_id = j.id
JOIN workers w ON w.id = a.worker_id
ORDER BY due.seq

-- name: count_all
SELECT state, sum(n)::bigint AS n FROM job_counts GROUP BY state

-- name: count_projects
SELECT state, sum(n)::bigint AS n FROM job_counts WHERE project = ANY ($1::text[]) GROUP BY state
