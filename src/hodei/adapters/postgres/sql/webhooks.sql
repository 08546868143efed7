Webhooks, how far the feed was read for them, and their deliveries.

-- name: list
SELECT w.*, o.waiting, l.id AS l_id, l.event AS l_event, l.state AS l_state,
    l.tried_at AS l_at, (l.attempts -> -1 ->> 'status')::integer AS l_status
FROM webhooks w
CROSS JOIN LATERAL (
    SELECT count(*) AS waiting FROM webhook_deliveries d
    WHERE d.webhook_id = w.id AND d.state IN ('pending', 'failed')
) o
LEFT JOIN LATERAL (
    SELECT d.id, d.event, d.state, d.tried_at, d.attempts FROM webhook_deliveries d
    WHERE d.webhook_id = w.id AND d.tried_at IS NOT NULL
    ORDER BY d.tried_at DESC LIMIT 1
) l ON true
WHERE ($1::text IS NULL OR w.project = $1)
    AND ($2::text IS NULL OR w.name = $2)
    AND ($3::uuid IS NULL OR w.id = $3)
ORDER BY w.project COLLATE "C", w.name COLLATE "C"

-- name: enabled
SELECT w.* FROM webhooks w WHERE w.enabled

-- name: add
INSERT INTO webhooks (id, project, name, url, events, filters, headers, secret, enabled,
    timeout_ms, version, created_at, created_by, updated_at, updated_by, since, since_tx)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $12, $13, $14,
    pg_current_snapshot(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
ON CONFLICT DO NOTHING RETURNING version

-- name: set
UPDATE webhooks w SET project = $2, name = $3, url = $4, events = $5, filters = $6,
    headers = $7, secret = $8, enabled = $9, timeout_ms = $10, version = w.version + 1,
    updated_at = $11, updated_by = $12,
    since = CASE WHEN w.enabled THEN w.since ELSE pg_current_snapshot() END,
    since_tx = CASE WHEN w.enabled THEN w.since_tx
        ELSE pg_snapshot_xmin(pg_current_snapshot())::text::bigint END
WHERE w.id = $1 AND w.version = $13
    AND NOT EXISTS (SELECT FROM webhooks o WHERE o.project = $2 AND o.name = $3 AND o.id <> $1)
RETURNING w.version

-- name: reseal
UPDATE webhooks SET secret = $4, headers = $5
WHERE id = $1 AND version = $2 AND secret = $3
RETURNING version

-- name: delete
DELETE FROM webhooks WHERE id = $1 RETURNING version

-- name: place
SELECT f.tx, f.seq, greatest(f.tx, w.since) AS from_tx,
    CASE WHEN f.tx >= w.since THEN f.seq ELSE 0 END AS from_seq
FROM webhook_feed f
CROSS JOIN (SELECT min(since_tx) AS since FROM webhooks WHERE enabled) w
WHERE w.since IS NOT NULL

-- name: stretch
WITH stretch AS MATERIALIZED (
    SELECT {event} FROM events e
    WHERE (e.tx, e.seq) > ($1::text::xid8, $2)
        AND e.tx < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY e.tx, e.seq LIMIT $3
), newest AS (
    SELECT s.tx, s.seq FROM stretch s ORDER BY s.tx DESC, s.seq DESC LIMIT 1
)
SELECT s.*, s.kind = ANY ($4::text[]) AND s.project = ANY ($5::text[]) AS wanted
FROM stretch s CROSS JOIN newest n
WHERE (s.kind = ANY ($4::text[]) AND s.project = ANY ($5::text[]))
    OR (s.tx, s.seq) = (n.tx, n.seq)
ORDER BY s.tx, s.seq

-- name: read
WITH place AS (
    UPDATE webhook_feed SET tx = $3, seq = $4 WHERE tx = $1 AND seq = $2 RETURNING 1
), heard AS (
    SELECT d.* FROM unnest($5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::uuid[],
        $10::text[], $11::timestamptz[], $12::bigint[])
        AS d (id, webhook_id, project, event, job_id, payload, created_at, tx)
    JOIN webhooks w ON w.id = d.webhook_id AND w.enabled
        AND NOT pg_visible_in_snapshot(d.tx::text::xid8, w.since)
    WHERE EXISTS (SELECT FROM place)
    FOR KEY SHARE OF w
), added AS (
    INSERT INTO webhook_deliveries (id, webhook_id, project, event, job_id, payload, state,
        version, created_at, tries, attempts, next_attempt_at)
    SELECT id, webhook_id, project, event, job_id, payload, 'pending', 1, created_at, 0, '[]',
        now()
    FROM heard ON CONFLICT (id) DO NOTHING RETURNING 1
)
SELECT EXISTS (SELECT FROM place) AS moved, (SELECT count(*) FROM added) AS added

-- name: add_one
INSERT INTO webhook_deliveries (id, webhook_id, project, event, job_id, payload, state, version,
    created_at, tries, attempts, next_attempt_at)
SELECT $1, w.id, $3, $4, $5, $6, 'pending', 1, $7, 0, '[]', now()
FROM webhooks w WHERE w.id = $2 FOR KEY SHARE
RETURNING *

-- name: claim
WITH due AS MATERIALIZED (
    SELECT d.seq, w.timeout_ms FROM webhooks w CROSS JOIN LATERAL (
        SELECT x.seq, x.next_attempt_at FROM webhook_deliveries x
        WHERE x.webhook_id = w.id AND x.state IN ('pending', 'failed')
            AND x.next_attempt_at <= now()
            AND (x.leased_until IS NULL OR x.leased_until <= now())
        ORDER BY x.next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ) d
    WHERE w.enabled AND w.id <> ALL ($4::uuid[])
    ORDER BY d.next_attempt_at LIMIT $3
)
UPDATE webhook_deliveries d
SET leased_by = $1,
    leased_until = now() + due.timeout_ms * interval '1 ms' + $5::float8 * interval '1 second'
FROM due WHERE d.seq = due.seq
RETURNING d.*

-- name: save
WITH saved AS (
    UPDATE webhook_deliveries SET state = $3, version = version + 1, tries = $4, attempts = $5,
        tried_at = $6, next_attempt_at = $7, finished_at = $8, leased_by = NULL,
        leased_until = NULL
    WHERE id = $1 AND version = $2
    RETURNING webhook_id
), noted AS (
    UPDATE webhooks w SET failing_since = CASE WHEN $9 THEN NULL ELSE $6 END
    FROM saved s WHERE w.id = s.webhook_id AND (w.failing_since IS NULL) <> $9::boolean
)
SELECT webhook_id FROM saved

-- name: get
SELECT * FROM webhook_deliveries WHERE id = $1

-- name: deliveries
SELECT d.seq, d.id, d.webhook_id, d.project, d.event, d.job_id, '' AS payload, d.state,
    d.version, d.created_at, d.tries, d.attempts, d.next_attempt_at, d.finished_at
FROM webhook_deliveries d
WHERE d.webhook_id = $1 AND ($2::text IS NULL OR d.state = $2)
    AND ($3::text IS NULL OR d.event = $3) AND ($4::bigint IS NULL OR d.seq < $4)
ORDER BY d.seq DESC LIMIT $5

-- name: purge
WITH gone AS (
    DELETE FROM webhook_deliveries d USING (
        SELECT seq FROM webhook_deliveries WHERE created_at < $1 ORDER BY created_at LIMIT $2
    ) old
    WHERE d.seq = old.seq RETURNING 1
)
SELECT count(*) FROM gone
