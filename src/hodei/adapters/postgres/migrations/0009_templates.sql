-- Templates. Every change is a version of its own, which nothing changes any more.

CREATE TABLE templates (
    id uuid PRIMARY KEY,
    project text NOT NULL,
    name text NOT NULL,
    -- Number of the newest version.
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    UNIQUE (project, name)
);
CREATE INDEX templates_listed ON templates (name COLLATE "C", project COLLATE "C");

CREATE TABLE template_versions (
    template_id uuid NOT NULL REFERENCES templates ON DELETE CASCADE,
    version integer NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    -- Both in lower case by the rules of the server's language, to be searched.
    words text NOT NULL,
    tags jsonb NOT NULL,
    parameters jsonb NOT NULL,
    spec jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    PRIMARY KEY (template_id, version)
);
