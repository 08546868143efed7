Inbound triggers.

-- name: list
SELECT * FROM triggers WHERE template_id = $1 ORDER BY name COLLATE "C"

-- name: get
SELECT * FROM triggers WHERE id = $1

-- name: add
WITH template AS (
    -- Locked, so that of two that are added at once each counts the other.
    SELECT id FROM templates WHERE id = $2 FOR UPDATE
)
INSERT INTO triggers (id, template_id, name, parameters, digest, created_at, created_by)
SELECT $1, t.id, $3, $4, $5, $6, $7 FROM template t
WHERE (SELECT count(*) FROM triggers o WHERE o.template_id = $2) < $8
ON CONFLICT DO NOTHING RETURNING id

-- name: delete
DELETE FROM triggers WHERE template_id = $1 AND id = $2 RETURNING id

-- name: fired
UPDATE triggers SET last_fired_at = $2
WHERE id = $1 AND (last_fired_at IS NULL OR last_fired_at < $2)
