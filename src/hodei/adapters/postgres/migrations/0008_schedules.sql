-- Schedules, and what became of each of their slots.

CREATE TABLE schedules (
    id uuid PRIMARY KEY,
    project text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    rule jsonb NOT NULL,
    zone text NOT NULL,
    overlap text NOT NULL,
    queue_limit integer NOT NULL,
    catch_up text NOT NULL,
    catch_up_limit integer NOT NULL,
    jitter_ms bigint NOT NULL,
    starts_at timestamptz,
    ends_at timestamptz,
    paused boolean NOT NULL,
    paused_by text NOT NULL,
    paused_at timestamptz,
    target jsonb NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    -- Every slot up to here has been decided; it never goes back.
    handled_until timestamptz NOT NULL,
    next_slot timestamptz,
    next_at timestamptz,
    -- One higher with every change: of several replicas, one decides.
    turn bigint NOT NULL,
    UNIQUE (project, name)
);
CREATE INDEX schedules_listed ON schedules (project COLLATE "C", name COLLATE "C");
CREATE INDEX schedules_due ON schedules (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE firings (
    schedule_id uuid NOT NULL REFERENCES schedules ON DELETE CASCADE,
    slot timestamptz NOT NULL,
    until timestamptz,
    fired_at timestamptz NOT NULL,
    outcome text NOT NULL,
    code text NOT NULL,
    reason text NOT NULL,
    job_id uuid,
    manual boolean NOT NULL,
    actor text NOT NULL,
    -- Its job has finished, and nobody need look at it again.
    over boolean NOT NULL DEFAULT false,
    PRIMARY KEY (schedule_id, slot)
);
CREATE INDEX firings_open ON firings (schedule_id) WHERE outcome IN ('submitting', 'waiting');
CREATE INDEX firings_going ON firings (schedule_id) WHERE outcome = 'submitted' AND NOT over;
CREATE INDEX firings_age ON firings (fired_at);
