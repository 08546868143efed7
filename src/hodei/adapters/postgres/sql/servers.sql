Servers that other servers may call.

-- name: announce
WITH gone AS (DELETE FROM servers WHERE replica <> $1 AND seen_at < now() - interval '1 hour')
INSERT INTO servers (replica, address, seen_at) VALUES ($1, $2, now())
ON CONFLICT (replica) DO UPDATE SET address = excluded.address, seen_at = excluded.seen_at

-- name: forget
DELETE FROM servers WHERE replica = $1

-- name: address
SELECT address FROM servers
WHERE replica = $1 AND seen_at > now() - make_interval(secs => $2)
