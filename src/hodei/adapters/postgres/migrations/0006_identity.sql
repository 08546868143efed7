-- Who signs in, with what, and how often somebody tried to.
-- Sign-ins of the previous release were those of development mode's tokens.

CREATE TABLE users (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE,
    enabled boolean NOT NULL,
    roles jsonb NOT NULL,
    password_hash text,
    oidc_subject text UNIQUE,
    created_at timestamptz NOT NULL,
    last_sign_in_at timestamptz,
    version bigint NOT NULL
);

CREATE TABLE api_tokens (
    id uuid PRIMARY KEY,
    digest bytea NOT NULL UNIQUE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name text NOT NULL,
    role text NOT NULL,
    project text,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    UNIQUE (user_id, name)
);

ALTER TABLE sign_ins
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN method text NOT NULL DEFAULT 'dev',
    ADD COLUMN user_id uuid REFERENCES users ON DELETE CASCADE,
    ADD COLUMN token_id uuid REFERENCES api_tokens ON DELETE CASCADE,
    ADD COLUMN agent text NOT NULL DEFAULT '',
    ADD COLUMN source text NOT NULL DEFAULT '';
CREATE INDEX sign_ins_user ON sign_ins (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX sign_ins_token ON sign_ins (token_id) WHERE token_id IS NOT NULL;

CREATE TABLE sign_in_tries (
    key bytea PRIMARY KEY,
    since timestamptz NOT NULL,
    count integer NOT NULL
);
CREATE INDEX sign_in_tries_since ON sign_in_tries (since);
