Providers, and how they are.

-- name: list
SELECT * FROM providers ORDER BY name

-- name: get
SELECT * FROM providers WHERE name = $1 OR id = $2::uuid ORDER BY (id = $2) DESC NULLS LAST LIMIT 1

-- name: delete
DELETE FROM providers p
WHERE p.id = $1 AND NOT EXISTS (SELECT FROM workers w WHERE w.provider_id = $1 AND w.live)
RETURNING p.id

-- name: record_health
WITH before AS (
    SELECT ok FROM provider_health WHERE provider_id = $1
), kept AS (
    INSERT INTO provider_health AS h (provider_id, ok, reason, details, checked_at)
    SELECT id, $2, $3, $4, $5 FROM providers WHERE id = $1
    ON CONFLICT (provider_id) DO UPDATE SET ok = excluded.ok, reason = excluded.reason,
        details = excluded.details, checked_at = excluded.checked_at
    RETURNING provider_id
)
INSERT INTO provider_health_history (provider_id, ok, reason, details, checked_at)
SELECT provider_id, $2, $3, $4, $5 FROM kept
WHERE (SELECT ok FROM before) IS DISTINCT FROM $2
RETURNING provider_id

-- name: trim_history
DELETE FROM provider_health_history WHERE provider_id = $1 AND seq <= (
    SELECT seq FROM provider_health_history WHERE provider_id = $1
    ORDER BY seq DESC OFFSET 200 LIMIT 1
)

-- name: health
SELECT * FROM provider_health

-- name: history
SELECT ok, reason, details, checked_at FROM provider_health_history
WHERE provider_id = $1 ORDER BY seq DESC LIMIT 200
