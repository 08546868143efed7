Samples of the servers' machines.

-- name: add
INSERT INTO host_samples (host, at, cpus, cpu, load_1m, memory_used_bytes, memory_total_bytes)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING

-- name: stretches
SELECT host, width_bucket(extract(epoch FROM at), extract(epoch FROM $1::timestamptz),
        extract(epoch FROM $2::timestamptz), $3) AS bucket,
    max(cpus) AS cpus, avg(cpu)::float8 AS cpu, avg(load_1m)::float8 AS load_1m,
    round(avg(memory_used_bytes))::bigint AS memory_used_bytes,
    max(memory_total_bytes) AS memory_total_bytes
FROM host_samples
WHERE at >= $1 AND at < $2
GROUP BY 1, 2 ORDER BY host COLLATE "C", 2
