-- Webhooks, and what is on its way to them. Secrets and values of headers are sealed.

CREATE TABLE webhooks (
    id uuid PRIMARY KEY,
    project text NOT NULL,
    name text NOT NULL,
    url text NOT NULL,
    events text[] NOT NULL,
    filters jsonb NOT NULL,
    headers jsonb NOT NULL,
    secret text NOT NULL,
    enabled boolean NOT NULL,
    timeout_ms integer NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    failing_since timestamptz,
    -- It hears of events of transactions that were not over at this moment, of which since_tx
    -- is the oldest.
    since pg_snapshot NOT NULL,
    since_tx bigint NOT NULL,
    UNIQUE (project, name)
);
CREATE INDEX webhooks_enabled ON webhooks (since_tx) WHERE enabled;

-- Up to where the events were read for webhooks: one row.
CREATE TABLE webhook_feed (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    tx bigint NOT NULL,
    seq bigint NOT NULL
);
INSERT INTO webhook_feed (tx, seq) VALUES (0, 0);

CREATE TABLE webhook_deliveries (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    webhook_id uuid NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    project text NOT NULL,
    event text NOT NULL,
    job_id uuid,
    payload text NOT NULL,
    state text NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    tries integer NOT NULL,
    attempts jsonb NOT NULL,
    tried_at timestamptz,
    next_attempt_at timestamptz,
    finished_at timestamptz,
    leased_by text,
    leased_until timestamptz
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_attempt_at)
    WHERE state IN ('pending', 'failed');
CREATE INDEX webhook_deliveries_listed ON webhook_deliveries (webhook_id, seq);
CREATE INDEX webhook_deliveries_tried ON webhook_deliveries (webhook_id, tried_at)
    WHERE tried_at IS NOT NULL;
CREATE INDEX webhook_deliveries_old ON webhook_deliveries (created_at);
