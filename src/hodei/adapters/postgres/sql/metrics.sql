Aggregates over jobs, computed from the rows themselves.

-- name: submitted
SELECT width_bucket(extract(epoch FROM submitted_at), extract(epoch FROM $1::timestamptz),
    extract(epoch FROM $2::timestamptz), $3) AS bucket, state, count(*) AS n
FROM jobs
WHERE submitted_at >= $1 AND submitted_at < $2 AND ($4::text[] IS NULL OR project = ANY ($4))
GROUP BY 1, 2

-- name: finished
WITH stretch AS (
    SELECT date_part('epoch', $2::timestamptz - $1::timestamptz) / $3::integer AS step
), done AS (
    SELECT least($3, 1 + floor(date_part('epoch', j.finished_at - $1::timestamptz) / t.step)::integer)
            AS bucket,
        j.state,
        date_part('epoch', j.finished_at - a.started_at) * 1000 AS duration,
        date_part('epoch', a.bound_at - j.queued_at) * 1000 AS wait,
        date_part('epoch', a.started_at - a.bound_at) * 1000 AS latency
    FROM jobs j CROSS JOIN stretch t LEFT JOIN attempts a ON a.id = j.attempt_id
    WHERE j.finished_at >= $1 AND j.finished_at < $2 AND ($4::text[] IS NULL OR j.project = ANY ($4))
)
SELECT bucket,
    count(*) FILTER (WHERE state = 'SUCCEEDED') AS succeeded,
    count(*) FILTER (WHERE state = 'FAILED') AS failed,
    count(*) FILTER (WHERE state = 'CANCELLED') AS cancelled,
    count(*) FILTER (WHERE state = 'TIMEOUT') AS timeout,
    avg(duration)::float8 AS duration_avg,
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY duration) AS duration,
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY wait) AS wait,
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY latency) AS latency
FROM done GROUP BY GROUPING SETS ((bucket), ())

-- name: providers
SELECT a.provider_id, count(*) AS attempts,
    count(*) FILTER (WHERE a.cause <> 'exit' OR a.exit_code <> 0) AS failed,
    coalesce(sum(a.cpu_ms), 0)::bigint AS cpu_ms,
    coalesce(max(a.memory_peak_bytes), 0)::bigint AS memory_peak_bytes,
    coalesce(sum(extract(epoch FROM a.ended_at - a.started_at) * 1000), 0)::bigint AS run_ms
FROM attempts a
WHERE a.ended_at >= $1 AND a.ended_at < $2
    AND ($3::text[] IS NULL OR (SELECT j.project FROM jobs j WHERE j.id = a.job_id) = ANY ($3))
GROUP BY a.provider_id ORDER BY a.provider_id

-- name: demand
WITH given AS (
    SELECT j.id, j.submitted_at FROM jobs j
    WHERE j.provider_id = $1 AND j.submitted_at >= $2
    ORDER BY j.submitted_at DESC, j.seq DESC LIMIT $4
), came AS (
    SELECT s.image, (s.spec->'resources'->>'cpu')::float8 AS cpu,
        (s.spec->'resources'->>'memory_mb')::integer AS memory_mb,
        s.spec->>'network' AS network,
        floor(extract(epoch FROM g.submitted_at) / $3::integer) AS stretch
    FROM given g JOIN job_specs s ON s.job_id = g.id
    WHERE s.spec->'resources'->>'storage_mb' = '0' AND s.spec->'resources'->>'gpus' = '0'
), counted AS (
    SELECT image, cpu, memory_mb, network, count(*) AS jobs
    FROM came GROUP BY image, cpu, memory_mb, network, stretch
)
SELECT image, cpu, memory_mb, network, jobs, count(*) AS stretches
FROM counted GROUP BY image, cpu, memory_mb, network, jobs

-- name: recent
SELECT count(*) AS finished, avg(run)::float8 AS run_ms,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY latency) AS start_ms
FROM (
    SELECT extract(epoch FROM j.finished_at - a.started_at) * 1000 AS run,
        extract(epoch FROM a.started_at - a.bound_at) * 1000 AS latency
    FROM (
        SELECT finished_at, attempt_id FROM jobs
        WHERE finished_at >= $1 ORDER BY finished_at DESC LIMIT $2
    ) j LEFT JOIN attempts a ON a.id = j.attempt_id
) last

-- name: ended
SELECT a.provider_id, width_bucket(extract(epoch FROM a.ended_at),
        extract(epoch FROM $1::timestamptz), extract(epoch FROM $2::timestamptz), $3) AS bucket,
    count(*) AS attempts,
    count(*) FILTER (WHERE a.cause <> 'exit' OR a.exit_code <> 0) AS failed
FROM attempts a
WHERE a.ended_at >= $1 AND a.ended_at < $2
    AND ($4::text[] IS NULL OR (SELECT j.project FROM jobs j WHERE j.id = a.job_id) = ANY ($4))
GROUP BY 1, 2

-- name: ran
WITH stretch AS (
    SELECT date_part('epoch', $2::timestamptz - $1::timestamptz) / $3::integer AS step
), ran AS (
    SELECT a.provider_id, a.cpu_ms, a.memory_peak_bytes AS memory,
        date_part('epoch', a.started_at - $1::timestamptz) AS begun,
        date_part('epoch', a.ended_at - $1::timestamptz) AS until
    FROM attempts a
    WHERE a.ended_at >= $1 AND a.started_at < $2
        AND ($4::text[] IS NULL OR (SELECT j.project FROM jobs j WHERE j.id = a.job_id) = ANY ($4))
    UNION ALL
    SELECT a.provider_id, coalesce(s.cpu_ms, a.cpu_ms),
        coalesce(s.memory_peak_bytes, a.memory_peak_bytes),
        date_part('epoch', a.started_at - $1::timestamptz),
        date_part('epoch', least(now(), $2::timestamptz) - $1::timestamptz)
    FROM attempts a LEFT JOIN LATERAL (
        SELECT u.cpu_ms, u.memory_peak_bytes FROM stats_samples u
        WHERE u.attempt_id = a.id ORDER BY u.at DESC LIMIT 1
    ) s ON true
    WHERE a.open AND a.ended_at IS NULL AND a.started_at < $2
        AND ($4::text[] IS NULL OR (SELECT j.project FROM jobs j WHERE j.id = a.job_id) = ANY ($4))
), placed AS (
    SELECT r.*, t.step, greatest(0, floor(r.begun / t.step))::integer AS first,
        least($3::integer - 1, floor(r.until / t.step))::integer AS last
    FROM ran r CROSS JOIN stretch t WHERE r.until >= 0
), pieces AS (
    -- Nearly all lie within one stretch.
    SELECT provider_id, first AS place, step, begun, until, cpu_ms, memory
    FROM placed WHERE first = last
    UNION ALL
    SELECT provider_id, p.place, step, begun, until, cpu_ms, memory
    FROM placed CROSS JOIN LATERAL generate_series(first, last) AS p (place)
    WHERE first < last
), cut AS (
    SELECT provider_id, place, cpu_ms, memory, until - begun AS whole_s,
        least(until, step * (place + 1)) - greatest(begun, step * place) AS part_s
    FROM pieces
)
SELECT provider_id, place, sum(part_s) AS running_s,
    sum(cpu_ms * CASE WHEN whole_s > 0 THEN part_s / whole_s ELSE 1 END) AS cpu_ms,
    sum(memory * part_s) AS memory
FROM cut GROUP BY 1, 2
