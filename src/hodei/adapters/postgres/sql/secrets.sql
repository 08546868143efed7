Named secrets, and the sealed values in specs of jobs.

-- name: list
SELECT * FROM secrets WHERE project = $1 OR $1 IS NULL
ORDER BY project COLLATE "C", name COLLATE "C"

-- name: find
SELECT * FROM secrets WHERE project = $1 AND name = ANY ($2::text[])

-- name: add
INSERT INTO secrets (project, name, version, sealed, created_at, updated_at, updated_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING RETURNING version

-- name: set
UPDATE secrets SET version = $3, sealed = $4, updated_at = $5, updated_by = $6
WHERE project = $1 AND name = $2 AND version = $3 - 1
RETURNING version

-- name: reseal
UPDATE secrets SET sealed = $5
WHERE project = $1 AND name = $2 AND version = $3 AND sealed = $4
RETURNING version

-- name: delete
DELETE FROM secrets WHERE project = $1 AND name = $2 RETURNING version

-- name: use
UPDATE secrets SET last_used_at = $3
WHERE project = $1 AND name = ANY ($2::text[])
    AND (last_used_at IS NULL OR last_used_at < $3)

-- name: sealed_jobs
SELECT s.job_id, s.project, s.spec -> 'env' AS env FROM job_specs s
WHERE s.job_id > $1 AND jsonb_path_exists(
    s.spec, '$.env.*.sealed ? (!(@ starts with $without))',
    jsonb_build_object('without', $2::text)
)
ORDER BY s.job_id LIMIT $3

-- name: reseal_job
UPDATE job_specs s SET spec = jsonb_set(s.spec, '{env}', (s.spec -> 'env') || $3::jsonb)
WHERE s.job_id = $1 AND s.spec -> 'env' @> $2::jsonb
RETURNING s.job_id
