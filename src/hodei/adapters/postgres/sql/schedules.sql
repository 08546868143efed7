Schedules, and what became of each of their slots.

-- name: now
SELECT clock_timestamp()

-- name: add
INSERT INTO schedules (id, project, name, description, rule, zone, overlap, queue_limit,
    catch_up, catch_up_limit, jitter_ms, starts_at, ends_at, paused, paused_by, paused_at, target,
    version, created_at, created_by, updated_at, updated_by, handled_until, next_slot, next_at,
    turn)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
    $20, $21, $22, $23, $24, $25, $26)
ON CONFLICT DO NOTHING RETURNING turn

-- name: set
UPDATE schedules SET project = $2, name = $3, description = $4, rule = $5, zone = $6,
    overlap = $7, queue_limit = $8, catch_up = $9, catch_up_limit = $10, jitter_ms = $11,
    starts_at = $12, ends_at = $13, paused = $14, paused_by = $15, paused_at = $16, target = $17,
    version = $18, created_at = $19, created_by = $20, updated_at = $21, updated_by = $22,
    handled_until = $23, next_slot = $24, next_at = $25, turn = $26 + 1
WHERE id = $1 AND turn = $26
RETURNING turn

-- name: get
SELECT * FROM schedules WHERE id = $1

-- name: find
SELECT * FROM schedules WHERE project = $1 AND name = $2

-- name: list
SELECT s.*, {schedule_seen}
WHERE ($1::text[] IS NULL OR s.project = ANY ($1))
    AND ($2::text IS NULL OR strpos(lower(s.name), lower($2)) > 0)
    AND ($3::boolean IS NULL OR s.paused = $3)
    AND ($4::text IS NULL
        OR (s.project COLLATE "C", s.name COLLATE "C") > ($4, $5::text))
ORDER BY s.project COLLATE "C", s.name COLLATE "C" LIMIT $6

-- name: row
SELECT s.*, {schedule_seen} WHERE s.id = $1

-- name: delete
DELETE FROM schedules WHERE id = $1 RETURNING id

-- name: put_firing
INSERT INTO firings AS f (schedule_id, slot, until, fired_at, outcome, code, reason, job_id,
    manual, actor)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (schedule_id, slot) DO UPDATE SET until = excluded.until,
    fired_at = excluded.fired_at, outcome = excluded.outcome, code = excluded.code,
    reason = excluded.reason, job_id = excluded.job_id
WHERE f.outcome IN ('submitting', 'waiting')

-- name: settle
UPDATE firings SET fired_at = $3, outcome = $4, code = $5, reason = $6, job_id = $7
WHERE schedule_id = $1 AND slot = $2 AND outcome = 'submitting'
RETURNING slot

-- name: over
UPDATE firings SET over = true
WHERE schedule_id = $1 AND slot = ANY ($2::timestamptz[]) AND outcome = 'submitted'

-- name: due
WITH late AS MATERIALIZED (
    SELECT id FROM schedules WHERE next_at <= clock_timestamp() ORDER BY next_at LIMIT $1
), open AS MATERIALIZED (
    SELECT DISTINCT schedule_id FROM firings WHERE outcome IN ('submitting', 'waiting') LIMIT $1
)
SELECT ARRAY(SELECT id FROM late) AS late, ARRAY(SELECT schedule_id FROM open) AS open,
    extract(epoch FROM (SELECT min(next_at) FROM schedules WHERE next_at > clock_timestamp())
        - clock_timestamp())::float8 AS next_in_s

-- name: open
SELECT * FROM firings WHERE schedule_id = $1 AND outcome IN ('submitting', 'waiting')
ORDER BY slot

-- name: going
SELECT f.slot, f.job_id, coalesce(j.state IN ('PENDING', 'ASSIGNED', 'RUNNING'), false) AS active
FROM firings f LEFT JOIN jobs j ON j.id = f.job_id
WHERE f.schedule_id = $1 AND f.outcome = 'submitted' AND NOT f.over
ORDER BY f.slot

-- name: job_of_key
SELECT job_id FROM job_specs WHERE project = $1 AND idempotency_key = $2

-- name: firings
SELECT f.*, j.state AS job_state FROM firings f LEFT JOIN jobs j ON j.id = f.job_id
WHERE f.schedule_id = $1 AND (cardinality($2::text[]) = 0 OR f.outcome = ANY ($2))
    AND ($3::timestamptz IS NULL OR f.slot < $3)
ORDER BY f.slot DESC LIMIT $4

-- name: purge
WITH old AS MATERIALIZED (
    SELECT schedule_id, slot FROM firings f
    WHERE fired_at < $1 AND outcome NOT IN ('submitting', 'waiting')
        AND EXISTS (SELECT FROM firings n WHERE n.schedule_id = f.schedule_id AND n.slot > f.slot)
    LIMIT $2
), gone AS (
    DELETE FROM firings f USING old o
    WHERE f.schedule_id = o.schedule_id AND f.slot = o.slot RETURNING 1
)
SELECT count(*) FROM gone
