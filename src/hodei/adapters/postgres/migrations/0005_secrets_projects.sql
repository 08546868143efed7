-- Projects as rows: until now a project was whatever name a job said, and those become rows. And
-- named secrets, sealed under a key that is not in the database; their names may be read.

CREATE TABLE projects (
    name text PRIMARY KEY,
    description text NOT NULL,
    -- The most that may be used at the same time; null: no limit.
    running_jobs integer,
    cpu double precision,
    memory_mb bigint,
    -- How long finished jobs and their logs are kept; null: as the server is set.
    job_days integer,
    log_days integer,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
INSERT INTO projects (name, description, version, created_at, updated_at)
SELECT name, '', 1, now(), now()
FROM (SELECT 'default' AS name UNION SELECT project FROM job_counts) known;

CREATE TABLE secrets (
    project text NOT NULL,
    name text NOT NULL,
    version integer NOT NULL,
    sealed text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    last_used_at timestamptz,
    PRIMARY KEY (project, name)
);
