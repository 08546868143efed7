Sign-ins of browsers, and tries to sign in.

-- name: add
WITH over AS (
    DELETE FROM sign_ins WHERE expires_at <= $5
)
INSERT INTO sign_ins
    (id, digest, owner, method, created_at, expires_at, user_id, token_id, agent, source)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: find
SELECT id, digest, owner, method, created_at, expires_at, user_id, token_id, agent, source
FROM sign_ins WHERE digest = $1 AND expires_at > $2

-- name: of_user
SELECT id, digest, owner, method, created_at, expires_at, user_id, token_id, agent, source
FROM sign_ins WHERE user_id = $1 AND expires_at > $2 ORDER BY created_at DESC, id

-- name: renew
UPDATE sign_ins SET expires_at = $2 WHERE digest = $1

-- name: end
DELETE FROM sign_ins WHERE digest = $1

-- name: end_one
DELETE FROM sign_ins WHERE user_id = $1 AND id = $2 RETURNING id

-- name: end_all
DELETE FROM sign_ins WHERE user_id = $1 AND id IS DISTINCT FROM $2::uuid

-- name: count_tries
WITH over AS (
    DELETE FROM sign_in_tries WHERE since <= $2::timestamptz - $3::interval AND key <> ALL ($1::bytea[])
)
INSERT INTO sign_in_tries AS t (key, since, count)
SELECT key, $2::timestamptz, 1 FROM unnest($1::bytea[]) AS given (key) ORDER BY key
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN t.since <= $2::timestamptz - $3::interval THEN 1 ELSE t.count + 1 END,
    since = CASE WHEN t.since <= $2::timestamptz - $3::interval THEN $2::timestamptz ELSE t.since END
RETURNING key, since, count

-- name: forgive_all
DELETE FROM sign_in_tries WHERE key = $1

-- name: forgive_one
UPDATE sign_in_tries SET count = count - 1 WHERE key = $1 AND count > 0
