-- Where in a trace from outside a job was submitted, as `traceparent` has it.

ALTER TABLE job_specs ADD COLUMN trace text;
