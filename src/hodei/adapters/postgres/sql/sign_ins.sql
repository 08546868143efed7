Sign-ins of browsers.

-- name: add
WITH over AS (
    DELETE FROM sign_ins WHERE expires_at <= $3
)
INSERT INTO sign_ins (digest, owner, created_at, expires_at) VALUES ($1, $2, $3, $4)

-- name: find
SELECT digest, owner, created_at, expires_at FROM sign_ins WHERE digest = $1 AND expires_at > $2

-- name: renew
UPDATE sign_ins SET expires_at = $2 WHERE digest = $1

-- name: end
DELETE FROM sign_ins WHERE digest = $1
