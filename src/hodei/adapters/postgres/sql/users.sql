Users of the installation.

-- name: lock
LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE

-- name: any
SELECT EXISTS (SELECT FROM users)

-- name: add
INSERT INTO users (id, name, enabled, roles, password_hash, oidc_subject, created_at,
    last_sign_in_at, version)
VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8, $9)
ON CONFLICT DO NOTHING RETURNING id

-- name: get
SELECT * FROM users WHERE name = $1 OR id = $2::uuid ORDER BY (id = $2) DESC NULLS LAST LIMIT 1

-- name: by_subject
SELECT * FROM users WHERE oidc_subject = $1

-- name: list
SELECT * FROM users ORDER BY name COLLATE "C"

-- name: another_admin
SELECT EXISTS (SELECT FROM users WHERE enabled AND roles ->> '*' = 'admin' AND id <> $1)

-- name: taken
SELECT EXISTS (SELECT FROM users WHERE (name = $2 OR oidc_subject = $3) AND id <> $1)

-- name: save
UPDATE users SET name = $2, enabled = $3, roles = $4::jsonb, password_hash = $5,
    oidc_subject = $6, version = version + 1
WHERE id = $1

-- name: delete
DELETE FROM users WHERE id = $1

-- name: note_sign_in
UPDATE users SET last_sign_in_at = $2 WHERE id = $1

-- name: replace_hash
UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2 RETURNING id
