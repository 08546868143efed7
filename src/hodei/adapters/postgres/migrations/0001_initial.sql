-- The whole schema of the first release.
--
-- What changes often is kept apart from what never changes: `jobs`, `attempts` and `workers`
-- are narrow and rewritten a few times per job; `job_specs` is written once and carries the
-- wide columns and the indexes of the list's filters, so that a change of state does not
-- touch them. Columns that only say "still of interest" (`live`, `open`) stand in for the
-- state in partial indexes: a partial index on the state itself would make every change of
-- state rewrite every index of the row.
--
-- There are no foreign keys between the hot tables: one writer, the state machine, keeps
-- them in step within one transaction, and the check would cost more than the row.

CREATE TABLE installation (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO installation DEFAULT VALUES;

CREATE TABLE scheduler (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    paused boolean NOT NULL DEFAULT false,
    aging_step_ms bigint NOT NULL DEFAULT 600000,
    version integer NOT NULL DEFAULT 0
);
INSERT INTO scheduler DEFAULT VALUES;

CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    seq bigint NOT NULL,
    version integer NOT NULL,
    project text NOT NULL,
    state text NOT NULL,
    priority text NOT NULL,
    placement_class text NOT NULL,
    -- Order in the queue: submission, moved by the head start of the priority.
    rank timestamptz NOT NULL,
    submitted_at timestamptz NOT NULL,
    queued_at timestamptz NOT NULL,
    not_before timestamptz NOT NULL,
    queue_deadline timestamptz,
    claim_replica text,
    claim_until timestamptz,
    attempt_id uuid,
    attempts integer NOT NULL,
    counted_attempts integer NOT NULL,
    provider_id uuid,
    cancel_requested_at timestamptz,
    cancel_reason text NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    cause text,
    exit_code integer,
    exit_signal integer,
    message text,
    suggestion text,
    warn_count integer NOT NULL,
    error_count integer NOT NULL
) WITH (fillfactor = 75);

CREATE INDEX jobs_submitted ON jobs (submitted_at, seq);
CREATE INDEX jobs_state ON jobs (state, submitted_at, seq);
CREATE INDEX jobs_project_state ON jobs (project, state, submitted_at, seq);
CREATE INDEX jobs_provider ON jobs (provider_id, submitted_at, seq) WHERE provider_id IS NOT NULL;
CREATE INDEX jobs_queue ON jobs (rank, seq) WHERE state = 'PENDING';
CREATE INDEX jobs_queue_deadline ON jobs (queue_deadline)
    WHERE state = 'PENDING' AND queue_deadline IS NOT NULL;
-- `attempts >= 0` is always true and only said where the oldest job is looked for: the claim
-- must have no index of waiting jobs to choose but the one in the order of the queue.
CREATE INDEX jobs_queued ON jobs (queued_at) WHERE state = 'PENDING' AND attempts >= 0;
CREATE INDEX jobs_delayed ON jobs (not_before)
    WHERE state = 'PENDING' AND not_before > queued_at;
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE job_specs (
    job_id uuid PRIMARY KEY,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    submitted_at timestamptz NOT NULL,
    project text NOT NULL,
    name text NOT NULL,
    -- In lower case by the rules of the server's language, whatever the database's locale is.
    name_key text NOT NULL,
    owner text NOT NULL,
    priority text NOT NULL,
    command_type text NOT NULL,
    image text,
    labels jsonb NOT NULL,
    max_attempts integer NOT NULL,
    idempotency_key text,
    rerun_of uuid,
    digest text NOT NULL,
    spec jsonb NOT NULL
);

CREATE UNIQUE INDEX job_specs_idempotency ON job_specs (project, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
CREATE INDEX job_specs_project ON job_specs (project, submitted_at, seq);
CREATE INDEX job_specs_owner ON job_specs (owner, submitted_at, seq);
CREATE INDEX job_specs_priority ON job_specs (priority, submitted_at, seq);
CREATE INDEX job_specs_command_type ON job_specs (command_type, submitted_at, seq);
CREATE INDEX job_specs_image ON job_specs (image, submitted_at, seq) WHERE image IS NOT NULL;
CREATE INDEX job_specs_labels ON job_specs USING gin (labels jsonb_path_ops);

-- Search by part of the name. Where the extension cannot be had, searches read along the
-- index of the list's order instead: slower for rare names, and right.
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX job_specs_name ON job_specs USING gin (name_key gin_trgm_ops);
EXCEPTION
    WHEN insufficient_privilege OR undefined_file OR feature_not_supported
        OR invalid_parameter_value THEN
        RAISE NOTICE 'pg_trgm is not available: search by name will be slower';
END
$$;

-- Jobs per project and state. Every backend adds to a slot of its own, so that two
-- transactions seldom wait for each other here.
CREATE TABLE job_counts (
    project text NOT NULL,
    state text NOT NULL,
    slot integer NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (project, state, slot)
) WITH (fillfactor = 50);

CREATE TABLE attempts (
    id uuid PRIMARY KEY,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    version integer NOT NULL,
    job_id uuid NOT NULL,
    number integer NOT NULL,
    worker_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    phase text NOT NULL,
    -- Whether the phase is anything but DONE.
    open boolean NOT NULL,
    phases jsonb NOT NULL,
    placement_reason text NOT NULL,
    warm boolean NOT NULL,
    image_digest text NOT NULL,
    started_at timestamptz,
    run_deadline timestamptz,
    ended_at timestamptz,
    -- Time of the first phase: when the job was given this attempt.
    bound_at timestamptz,
    cause text,
    exit_code integer,
    exit_signal integer,
    message text,
    suggestion text,
    closing jsonb,
    cancel_requested_at timestamptz,
    cpu_ms bigint NOT NULL,
    memory_peak_bytes bigint NOT NULL
) WITH (fillfactor = 70);

CREATE UNIQUE INDEX attempts_job ON attempts (job_id, number);
CREATE INDEX attempts_open ON attempts (seq) WHERE open;
CREATE INDEX attempts_ended ON attempts (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE workers (
    id uuid PRIMARY KEY,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    version integer NOT NULL,
    provider_id uuid NOT NULL,
    state text NOT NULL,
    -- Whether the state is anything but GONE.
    live boolean NOT NULL,
    target text NOT NULL,
    reusable boolean NOT NULL,
    image text,
    cpu double precision NOT NULL,
    memory_mb integer NOT NULL,
    attempt_id uuid,
    handle jsonb,
    otp_digest bytea,
    otp_expires_at timestamptz,
    session_digest bytea,
    agent_version text NOT NULL,
    architecture text NOT NULL,
    created_at timestamptz NOT NULL,
    enrolled_at timestamptz,
    ready_at timestamptz,
    silent_at timestamptz,
    ended_at timestamptz,
    reason text NOT NULL,
    lease_replica text,
    lease_until timestamptz
) WITH (fillfactor = 70);

CREATE INDEX workers_live ON workers (provider_id, created_at, seq) WHERE live;
CREATE INDEX workers_created ON workers (created_at, seq);
CREATE UNIQUE INDEX workers_session ON workers (session_digest) WHERE session_digest IS NOT NULL;
CREATE INDEX workers_gone ON workers (ended_at) WHERE NOT live;

CREATE TABLE providers (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    name text NOT NULL UNIQUE,
    type text NOT NULL,
    enabled boolean NOT NULL,
    settings jsonb NOT NULL,
    labels jsonb NOT NULL,
    region text,
    max_workers integer,
    warm jsonb NOT NULL,
    idle_timeout_ms bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE provider_health (
    provider_id uuid PRIMARY KEY REFERENCES providers ON DELETE CASCADE,
    ok boolean NOT NULL,
    reason text NOT NULL,
    details jsonb NOT NULL,
    checked_at timestamptz
) WITH (fillfactor = 50);

CREATE TABLE provider_health_history (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider_id uuid NOT NULL REFERENCES providers ON DELETE CASCADE,
    ok boolean NOT NULL,
    reason text NOT NULL,
    details jsonb NOT NULL,
    checked_at timestamptz
);
CREATE INDEX provider_health_history_provider ON provider_health_history (provider_id, seq);

CREATE TABLE placement_blocked (
    placement_class text PRIMARY KEY,
    reason text NOT NULL
);

CREATE TABLE log_heads (
    attempt_id uuid PRIMARY KEY,
    acked_seq bigint NOT NULL,
    head jsonb NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 60);
CREATE INDEX log_heads_updated ON log_heads USING brin (updated_at);

CREATE TABLE log_segments (
    attempt_id uuid NOT NULL,
    first_line bigint NOT NULL,
    line_count integer NOT NULL,
    -- Size of the text before compression.
    text_bytes integer NOT NULL,
    text bytea NOT NULL,
    meta bytea NOT NULL,
    PRIMARY KEY (attempt_id, first_line)
);
-- Compressed already, so PostgreSQL need not try.
ALTER TABLE log_segments
    ALTER COLUMN text SET STORAGE EXTERNAL,
    ALTER COLUMN meta SET STORAGE EXTERNAL;

CREATE TABLE stats_samples (
    attempt_id uuid NOT NULL,
    at timestamptz NOT NULL,
    cpu_ms bigint NOT NULL,
    memory_bytes bigint NOT NULL,
    memory_peak_bytes bigint NOT NULL,
    disk_read_bytes bigint NOT NULL,
    disk_write_bytes bigint NOT NULL,
    net_rx_bytes bigint NOT NULL,
    net_tx_bytes bigint NOT NULL,
    processes integer NOT NULL,
    PRIMARY KEY (attempt_id, at)
);
CREATE INDEX stats_samples_at ON stats_samples USING brin (at);

-- Read in the order of (tx, seq), below the oldest transaction that is still open: a
-- transaction that commits late then has no events behind a cursor that was handed out.
CREATE TABLE events (
    tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
    seq bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    job_id uuid,
    attempt_id uuid,
    worker_id uuid,
    provider_id uuid,
    project text NOT NULL,
    actor text NOT NULL,
    data jsonb NOT NULL,
    PRIMARY KEY (tx, seq)
);
CREATE INDEX events_job ON events (job_id, tx, seq) WHERE job_id IS NOT NULL;
