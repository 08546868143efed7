-- What a waiting worker was made from, and the budget of pools that are learned.
-- The defaults are what the previous release means by rows that it writes.

ALTER TABLE workers
    ADD COLUMN network text NOT NULL DEFAULT 'default',
    ADD COLUMN image_digest text NOT NULL DEFAULT '',
    ADD COLUMN revision text NOT NULL DEFAULT '';
ALTER TABLE providers ADD COLUMN warm_learned jsonb;
