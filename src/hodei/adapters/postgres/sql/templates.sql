Templates, their versions, and how their jobs went.

-- name: get
SELECT {template}, v.spec FROM templates t
JOIN template_versions v ON v.template_id = t.id AND v.version = coalesce($2::integer, t.version)
WHERE t.id = $1

-- name: find
SELECT {template}, v.spec FROM templates t
JOIN template_versions v ON v.template_id = t.id AND v.version = t.version
WHERE t.project = $1 AND t.name = $2

-- name: versions
SELECT version, name, description, created_at, created_by FROM template_versions
WHERE template_id = $1 AND ($2::integer IS NULL OR version < $2)
ORDER BY version DESC LIMIT $3

-- name: add
WITH added AS (
    INSERT INTO templates (id, project, name, version, created_at, created_by)
    SELECT $1::uuid, p.name, $3::text, 1, $8::timestamptz, $9::text
    FROM projects p WHERE p.name = $2::text
    ON CONFLICT DO NOTHING RETURNING id, version
)
INSERT INTO template_versions (template_id, version, name, description, tags, parameters, spec,
    created_at, created_by, words)
SELECT id, version, $3::text, $4::text, $5::jsonb, $6::jsonb, $7::jsonb, $8::timestamptz, $9::text,
    $10::text
FROM added
RETURNING version

-- name: set
WITH changed AS (
    UPDATE templates t SET name = $3::text, version = t.version + 1
    WHERE t.id = $1::uuid AND t.project = $2::text AND t.version = $11::integer - 1
        AND NOT EXISTS (
            SELECT FROM templates o WHERE o.project = $2 AND o.name = $3 AND o.id <> $1
        )
    RETURNING id, version
)
INSERT INTO template_versions (template_id, version, name, description, tags, parameters, spec,
    created_at, created_by, words)
SELECT id, version, $3::text, $4::text, $5::jsonb, $6::jsonb, $7::jsonb, $8::timestamptz, $9::text,
    $10::text
FROM changed
RETURNING version

-- name: delete
DELETE FROM templates WHERE id = $1 RETURNING id

-- name: use
SELECT t.id, l.job_id, l.state, l.submitted_at, r.runs, r.succeeded, r.judged, r.avg_ms
FROM unnest($1::uuid[]) AS t (id)
LEFT JOIN LATERAL (
    SELECT s.job_id, j.state, s.submitted_at
    FROM job_specs s JOIN jobs j ON j.id = s.job_id
    WHERE s.template_id = t.id ORDER BY s.submitted_at DESC, s.seq DESC LIMIT 1
) l ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS runs,
        count(*) FILTER (WHERE j.state = 'SUCCEEDED') AS succeeded,
        count(*) FILTER (WHERE j.state IN ('SUCCEEDED', 'FAILED', 'TIMEOUT')) AS judged,
        avg(date_part('epoch', j.finished_at - j.started_at) * 1000)::float8 AS avg_ms
    FROM job_specs s JOIN jobs j ON j.id = s.job_id
    WHERE s.template_id = t.id AND s.submitted_at >= $2
) r

-- name: runs
WITH stretch AS (
    SELECT date_part('epoch', $4::timestamptz - $3::timestamptz) / $5::integer AS step
), made AS (
    SELECT least($5, 1 + floor(date_part('epoch', s.submitted_at - $3::timestamptz) / t.step)::integer)
            AS bucket,
        j.state, date_part('epoch', j.finished_at - j.started_at) * 1000 AS took
    FROM job_specs s CROSS JOIN stretch t JOIN jobs j ON j.id = s.job_id
    WHERE s.template_id = $1 AND ($2::integer IS NULL OR s.template_version = $2)
        AND s.submitted_at >= $3 AND s.submitted_at < $4
), counted AS (
    SELECT bucket, state, count(*) AS n FROM made GROUP BY GROUPING SETS ((bucket, state), (state))
), timed AS (
    SELECT bucket, avg(took)::float8 AS avg_ms,
        percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY took) AS took
    FROM made GROUP BY GROUPING SETS ((bucket), ())
)
SELECT t.bucket, t.avg_ms, t.took,
    (SELECT jsonb_object_agg(c.state, c.n) FROM counted c
        WHERE c.bucket IS NOT DISTINCT FROM t.bucket) AS states
FROM timed t
