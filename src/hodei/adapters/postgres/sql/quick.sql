The writes of the statement that saves a batch as if all of it fitted; `quick.py` puts together
those that the batch needs. `{rows}` are the rows of one part, in the order of their ids.

-- name: spec_add
INSERT INTO job_specs (job_id, submitted_at, project, name, name_key, owner, priority,
    command_type, image, labels, max_attempts, idempotency_key, rerun_of, digest, spec,
    origin, template_id, template_version, schedule_id, trace)
SELECT i.id, i.submitted_at, i.project, i.name, i.name_key, i.owner, i.priority,
    i.command_type, i.image, i.labels, i.max_attempts, i.idempotency_key, i.rerun_of, i.digest,
    i.spec, i.origin, i.template_id, i.template_version, i.schedule_id, i.trace
FROM job_new_in i
RETURNING job_id, seq

-- name: job_set
UPDATE jobs j SET version = j.version + 1, {assignments},
    rank = CASE WHEN i.state = 'PENDING' THEN j.submitted_at + {head_start} ELSE j.rank END,
    claim_replica = NULL, claim_until = NULL
FROM {rows} i JOIN jobs n ON n.id = i.id
WHERE j.id = i.id AND j.version = i.version AND n.version = i.version
    -- A change of priority is written to the spec, too: the other statement does that.
    AND j.priority = i.priority
RETURNING i.project, n.state AS was, i.state

-- name: attempt_set
UPDATE attempts a SET version = a.version + 1, {assignments}
FROM {rows} i
WHERE a.id = i.id AND a.version = i.version
RETURNING 1

-- name: worker_set
UPDATE workers w SET version = w.version + 1, {assignments},
    lease_replica = coalesce(i.replica, w.lease_replica),
    lease_until = CASE WHEN i.replica IS NULL THEN w.lease_until
        ELSE now() + interval '15 s' END
FROM {rows} i
WHERE w.id = i.id AND w.version = i.version
RETURNING 1

-- name: head_set
UPDATE log_heads h SET acked_seq = i.acked_seq, head = i.head, updated_at = now()
FROM {rows} i
WHERE h.attempt_id = i.attempt_id AND h.acked_seq = i.after_seq
RETURNING 1

-- name: head_add
INSERT INTO log_heads (attempt_id, acked_seq, head, updated_at)
SELECT i.attempt_id, i.acked_seq, i.head, now() FROM {rows} i

-- name: attempt_add
INSERT INTO attempts (version, {columns})
SELECT i.version + 1, {values} FROM {rows} i

-- name: segment_add
INSERT INTO log_segments (attempt_id, first_line, line_count, text_bytes, text, meta)
SELECT i.attempt_id, i.first_line, i.line_count, i.text_bytes, i.text, i.meta FROM {rows} i

-- name: sample_add
INSERT INTO stats_samples ({columns})
SELECT {values} FROM {rows} i
ON CONFLICT DO NOTHING

-- name: event_add
INSERT INTO events ({columns})
SELECT {values} FROM {rows} i

-- name: changes
SELECT i.project, c.state, c.n FROM job_mod_done i
CROSS JOIN LATERAL (VALUES (i.was, -1), (i.state, 1)) c (state, n)
WHERE i.was <> i.state

-- name: may_be_bound
NOT EXISTS (
    SELECT FROM job_new_in WHERE state <> 'PENDING' AND (SELECT paused FROM scheduler)
)

-- name: saved
SELECT (CASE WHEN {checks} THEN '0' ELSE 'some unit is stale' END)::integer
