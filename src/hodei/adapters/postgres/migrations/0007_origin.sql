-- Where a job comes from, when a template, a schedule or a trigger made it. Jobs that somebody
-- submitted have nothing here, and no entry in the indexes.

ALTER TABLE job_specs
    ADD COLUMN origin jsonb,
    ADD COLUMN template_id uuid,
    ADD COLUMN template_version integer,
    ADD COLUMN schedule_id uuid;
CREATE INDEX job_specs_template ON job_specs (template_id, submitted_at, seq)
    WHERE template_id IS NOT NULL;
CREATE INDEX job_specs_schedule ON job_specs (schedule_id, submitted_at, seq)
    WHERE schedule_id IS NOT NULL;
