-- Inbound triggers of templates; of their tokens only digests.

CREATE TABLE triggers (
    id uuid PRIMARY KEY,
    template_id uuid NOT NULL REFERENCES templates ON DELETE CASCADE,
    name text NOT NULL,
    parameters jsonb NOT NULL,
    digest bytea NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    last_fired_at timestamptz,
    UNIQUE (template_id, name)
);
