The feed of events.

-- name: add
INSERT INTO events (at, kind, job_id, attempt_id, worker_id, provider_id, project, actor, data)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: last
SELECT e.tx::text::bigint AS tx, e.seq FROM events e
WHERE e.tx < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY e.tx DESC, e.seq DESC LIMIT 1

-- name: after
SELECT {event} FROM events e
WHERE (e.tx, e.seq) > ($1::text::xid8, $2)
    AND e.tx < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY e.tx, e.seq LIMIT $3

-- name: of_job
SELECT {event} FROM events e WHERE e.job_id = $1 ORDER BY e.tx, e.seq LIMIT $2

-- name: notify
SELECT pg_notify($1, payload), {lazily} FROM unnest($2::text[]) AS t (payload)
