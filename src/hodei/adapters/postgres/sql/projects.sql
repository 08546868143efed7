Projects, and what their jobs use.

-- name: list
SELECT * FROM projects WHERE name = $1 OR $1 IS NULL ORDER BY name COLLATE "C"

-- name: add
INSERT INTO projects (name, description, running_jobs, cpu, memory_mb, job_days, log_days,
    audit_days, version, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10)
ON CONFLICT DO NOTHING RETURNING version

-- name: set
UPDATE projects SET description = $2, running_jobs = $3, cpu = $4, memory_mb = $5,
    job_days = $6, log_days = $7, audit_days = $8, updated_at = $9, version = version + 1
WHERE name = $1 AND version = $10
RETURNING version

-- name: delete
WITH gone AS (
    DELETE FROM projects WHERE name = $1
        AND NOT EXISTS (SELECT FROM jobs WHERE project = $1)
        AND NOT EXISTS (SELECT FROM secrets WHERE project = $1)
        AND NOT EXISTS (SELECT FROM schedules WHERE project = $1)
        AND NOT EXISTS (SELECT FROM templates WHERE project = $1)
        AND NOT EXISTS (SELECT FROM webhooks WHERE project = $1)
    RETURNING version
), roles AS (
    UPDATE users SET roles = roles - $1::text, version = version + 1
    WHERE roles ? $1 AND EXISTS (SELECT FROM gone)
), tokens AS (
    DELETE FROM api_tokens WHERE project = $1 AND EXISTS (SELECT FROM gone)
)
SELECT version FROM gone

-- name: use
SELECT j.project, {used} FROM jobs j JOIN job_specs s ON s.job_id = j.id
WHERE j.state IN ('ASSIGNED', 'RUNNING') AND ($1::text[] IS NULL OR j.project = ANY ($1))
GROUP BY j.project
