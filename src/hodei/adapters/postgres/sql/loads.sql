What providers and workers carry.

-- name: providers
SELECT provider_id, sum(workers)::integer AS workers, sum(cpu)::float8 AS cpu,
    sum(memory_mb)::bigint AS memory_mb, sum(assigned)::integer AS assigned,
    sum(running)::integer AS running
FROM (
    SELECT w.provider_id, count(*) AS workers, sum(w.cpu) AS cpu, sum(w.memory_mb) AS memory_mb,
        0 AS assigned, 0 AS running
    FROM workers w WHERE w.live GROUP BY w.provider_id
    UNION ALL
    SELECT a.provider_id, 0, 0, 0, count(*) FILTER (WHERE a.started_at IS NULL),
        count(*) FILTER (WHERE a.started_at IS NOT NULL)
    FROM attempts a WHERE a.open AND a.ended_at IS NULL GROUP BY a.provider_id
) loads
GROUP BY provider_id

-- name: workers
SELECT w.id, w.lease_until, a.job_id, s.name, s.project, u.sampled_at, u.cpus, u.memory_bytes
FROM workers w
LEFT JOIN attempts a ON a.id = w.attempt_id
LEFT JOIN job_specs s ON s.job_id = a.job_id
LEFT JOIN LATERAL (
    SELECT max(t.at) AS sampled_at,
        (array_agg(t.memory_bytes ORDER BY t.at DESC))[1] AS memory_bytes,
        (max(t.cpu_ms) - min(t.cpu_ms)) / 1000.0
            / nullif(extract(epoch FROM max(t.at) - min(t.at)), 0) AS cpus
    FROM (
        SELECT at, cpu_ms, memory_bytes FROM stats_samples
        WHERE attempt_id = w.attempt_id ORDER BY at DESC LIMIT 2
    ) t
) u ON true
WHERE w.id = ANY ($1::uuid[])
