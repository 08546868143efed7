-- What the web pages need beyond jobs: what the servers' machines were busy with, one row per
-- machine and minute, and the sign-ins of browsers, by the digest of what their cookie holds.

CREATE TABLE host_samples (
    host text NOT NULL,
    at timestamptz NOT NULL,
    cpus integer NOT NULL,
    cpu double precision NOT NULL,
    load_1m double precision NOT NULL,
    memory_used_bytes bigint NOT NULL,
    memory_total_bytes bigint NOT NULL,
    PRIMARY KEY (host, at)
);
CREATE INDEX host_samples_at ON host_samples (at);

CREATE TABLE sign_ins (
    digest bytea PRIMARY KEY,
    owner text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_ins_expires ON sign_ins (expires_at);
