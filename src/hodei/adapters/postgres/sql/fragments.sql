Parts that several statements share; `{name}` puts them in.

-- name: job
j.id, j.version, j.state, j.priority, j.submitted_at, j.queued_at, j.not_before,
j.queue_deadline, j.attempt_id, j.attempts, j.counted_attempts, j.provider_id,
j.cancel_requested_at, j.cancel_reason, j.started_at, j.finished_at, j.cause, j.exit_code,
j.exit_signal, j.message, j.suggestion, j.warn_count, j.error_count,
s.owner, s.idempotency_key, s.rerun_of, s.digest, s.spec, s.origin, s.trace

-- name: listed
j.id, s.name, j.project, s.owner, j.state, j.version, j.priority, s.command_type, s.image,
j.provider_id, s.labels, j.attempts, s.max_attempts, j.submitted_at, j.started_at,
j.finished_at, j.exit_code, j.cause, j.warn_count, j.error_count, j.cancel_requested_at, j.seq,
s.origin - 'parameters' AS origin

-- name: attempt
a.id AS a_id, a.job_id AS a_job_id, a.number AS a_number, a.worker_id AS a_worker_id,
a.provider_id AS a_provider_id, a.phase AS a_phase, a.version AS a_version,
a.phases AS a_phases, a.placement_reason AS a_placement_reason, a.warm AS a_warm,
a.image_digest AS a_image_digest, a.started_at AS a_started_at,
a.run_deadline AS a_run_deadline, a.ended_at AS a_ended_at, a.cause AS a_cause,
a.exit_code AS a_exit_code, a.exit_signal AS a_exit_signal, a.message AS a_message,
a.suggestion AS a_suggestion, a.cancel_requested_at AS a_cancel_requested_at,
a.closing AS a_closing, a.cpu_ms AS a_cpu_ms, a.memory_peak_bytes AS a_memory_peak_bytes

-- name: worker
w.id AS w_id, w.provider_id AS w_provider_id, w.state AS w_state, w.target AS w_target,
w.version AS w_version, w.reusable AS w_reusable, w.image AS w_image, w.cpu AS w_cpu,
w.memory_mb AS w_memory_mb, w.network AS w_network, w.image_digest AS w_image_digest,
w.revision AS w_revision, w.attempt_id AS w_attempt_id, w.handle AS w_handle,
w.otp_digest AS w_otp_digest, w.otp_expires_at AS w_otp_expires_at,
w.session_digest AS w_session_digest, w.agent_version AS w_agent_version,
w.architecture AS w_architecture, w.created_at AS w_created_at,
w.enrolled_at AS w_enrolled_at, w.ready_at AS w_ready_at, w.silent_at AS w_silent_at,
w.ended_at AS w_ended_at, w.reason AS w_reason

-- name: template
t.id, t.project, v.version, v.name, v.description, v.tags, v.parameters, t.created_at,
t.created_by, v.created_at AS updated_at, v.created_by AS updated_by

-- name: event
e.tx::text::bigint AS tx, e.seq, e.at, e.kind, e.job_id, e.attempt_id, e.worker_id,
e.provider_id, e.project, e.actor, e.data

-- name: head_start
CASE i.priority WHEN 'HIGH' THEN -1 WHEN 'LOW' THEN 1 ELSE 0 END
    * (SELECT aging_step_ms FROM scheduler) * interval '1 ms'

-- name: lazily
-- For this transaction only: it does not wait until it is on disk. What is lost with the
-- database's machine then must be as good as never done.
(SELECT set_config('synchronous_commit', 'off', true))

-- name: slot
pg_backend_pid() % 8

-- name: saved
i.unit <> ALL ((SELECT units FROM refused_units)::integer[])

-- name: used
count(*) AS running_jobs, sum((s.spec #>> '{resources,cpu}')::float8) AS cpu,
    sum((s.spec #>> '{resources,memory_mb}')::int8)::int8 AS memory_mb

-- name: waits_for
coalesce(
    (SELECT reason FROM placement_blocked
        WHERE placement_class = '@' || j.project || '/' || j.placement_class),
    (SELECT reason FROM placement_blocked WHERE placement_class = '@' || j.project),
    (SELECT reason FROM placement_blocked WHERE placement_class = j.placement_class),
    ''
)

-- name: schedule_seen
f.slot AS f_slot, f.until AS f_until, f.fired_at AS f_fired_at, f.outcome AS f_outcome,
f.code AS f_code, f.reason AS f_reason, f.job_id AS f_job_id, f.manual AS f_manual,
f.actor AS f_actor, (SELECT j.state FROM jobs j WHERE j.id = f.job_id) AS f_job_state,
(SELECT count(*) FROM firings g JOIN jobs j ON j.id = g.job_id
    WHERE g.schedule_id = s.id AND g.outcome = 'submitted' AND NOT g.over
        AND j.state IN ('PENDING', 'ASSIGNED', 'RUNNING')) AS running_jobs
FROM schedules s LEFT JOIN LATERAL (
    SELECT * FROM firings l WHERE l.schedule_id = s.id ORDER BY l.slot DESC LIMIT 1
) f ON true
