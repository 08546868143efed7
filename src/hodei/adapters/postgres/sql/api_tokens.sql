API tokens; every read has the name of its user.

-- name: lock_user
SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE

-- name: purge
DELETE FROM api_tokens WHERE user_id = $1 AND expires_at <= $2

-- name: add
INSERT INTO api_tokens (id, digest, user_id, name, role, project, created_at, expires_at,
    last_used_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
WHERE (
    SELECT count(*) FROM api_tokens WHERE user_id = $3 AND (expires_at IS NULL OR expires_at > $7)
) < $10
ON CONFLICT DO NOTHING RETURNING id

-- name: find
SELECT t.*, u.name AS owner FROM api_tokens t JOIN users u ON u.id = t.user_id WHERE t.digest = $1

-- name: get
SELECT t.*, u.name AS owner FROM api_tokens t JOIN users u ON u.id = t.user_id WHERE t.id = $1

-- name: list
SELECT t.*, u.name AS owner FROM api_tokens t JOIN users u ON u.id = t.user_id
ORDER BY t.created_at DESC, t.id

-- name: of_user
SELECT t.*, u.name AS owner FROM api_tokens t JOIN users u ON u.id = t.user_id
WHERE t.user_id = $1 ORDER BY t.created_at DESC, t.id

-- name: note_use
UPDATE api_tokens SET last_used_at = $2
WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)

-- name: delete
DELETE FROM api_tokens WHERE id = $1 RETURNING id
