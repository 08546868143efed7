Workers and their leases.

-- name: get
SELECT {worker} FROM workers w WHERE w.id = $1

-- name: by_session
SELECT {worker} FROM workers w WHERE w.session_digest = $1

-- name: list_live
SELECT {worker} FROM workers w
WHERE w.live AND ($1::uuid IS NULL OR w.provider_id = $1)
    AND (cardinality($2::text[]) = 0 OR w.state = ANY ($2))
ORDER BY w.created_at DESC, w.seq DESC LIMIT $3

-- name: list_all
SELECT {worker} FROM workers w
WHERE ($1::uuid IS NULL OR w.provider_id = $1)
    AND (cardinality($2::text[]) = 0 OR w.state = ANY ($2))
ORDER BY w.created_at DESC, w.seq DESC LIMIT $3

-- name: count_live
SELECT provider_id, count(*) AS n FROM workers WHERE live GROUP BY provider_id

-- name: renew
WITH mine AS MATERIALIZED (
    SELECT id FROM workers WHERE id = ANY ($2::uuid[]) AND live
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE workers w SET lease_replica = $1, lease_until = now() + $3 * interval '1 s'
FROM mine WHERE w.id = mine.id AND w.live
RETURNING w.id, {lazily}

-- name: leases
SELECT {worker}, w.lease_replica,
    extract(epoch FROM now() - coalesce(w.lease_until, w.created_at))::float8 AS lease_age_s
FROM workers w WHERE w.live ORDER BY w.created_at, w.seq LIMIT $1

-- name: owned
SELECT id, handle FROM workers WHERE live AND provider_id = $1
