Stored log text and samples.

-- name: state
SELECT head, updated_at FROM log_heads WHERE attempt_id = $1

-- name: segments
SELECT meta, text, text_bytes FROM log_segments
WHERE attempt_id = $1 AND first_line >= coalesce((
    SELECT max(first_line) FROM log_segments
    WHERE attempt_id = $1 AND first_line <= $2
), 0) AND first_line + line_count > $2
ORDER BY first_line LIMIT $3

-- name: segments_at
SELECT meta, text, text_bytes FROM log_segments
WHERE attempt_id = $1 AND first_line = ANY($2::bigint[])
ORDER BY first_line

-- name: segments_before
SELECT meta, text, text_bytes FROM log_segments
WHERE attempt_id = $1 AND first_line < $2
ORDER BY first_line DESC LIMIT $3

-- name: metas
SELECT meta, text_bytes FROM log_segments WHERE attempt_id = $1 ORDER BY first_line

-- name: samples
SELECT attempt_id, at, cpu_ms, memory_bytes, memory_peak_bytes, disk_read_bytes,
    disk_write_bytes, net_rx_bytes, net_tx_bytes, processes
FROM (
    SELECT *, row_number() OVER (ORDER BY at) - 1 AS place, count(*) OVER () AS total
    FROM stats_samples
    WHERE attempt_id = $1 AND ($2::timestamptz IS NULL OR at >= $2)
) all_of_them
WHERE total <= $3 OR place * $3 / total <> (place - 1) * $3 / total OR place = 0
ORDER BY at
