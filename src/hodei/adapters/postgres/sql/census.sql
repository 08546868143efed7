How the installation stands, for gauges: one statement, over indexes of what lives.

-- name: census
SELECT 'job' AS what, state AS one, priority AS two, count(*) AS n,
    count(*) FILTER (WHERE not_before > now()) AS later,
    date_part('epoch', now() - min(greatest(queued_at, not_before))
        FILTER (WHERE not_before <= now())) AS age
FROM jobs WHERE state IN ('PENDING', 'ASSIGNED', 'RUNNING') GROUP BY state, priority
UNION ALL
SELECT 'worker', provider_id::text, state, count(*), 0, NULL
FROM workers WHERE live GROUP BY provider_id, state
UNION ALL
SELECT 'delivery', '', '', coalesce(sum(d.n), 0)::bigint, 0, max(d.age)
FROM webhooks w CROSS JOIN LATERAL (
    SELECT count(*) AS n, date_part('epoch', now() - min(x.next_attempt_at)) AS age
    FROM webhook_deliveries x WHERE x.webhook_id = w.id AND x.state IN ('pending', 'failed')
) d
WHERE w.enabled
UNION ALL
SELECT 'webhook', '', '', count(*) FILTER (WHERE failing_since IS NOT NULL), 0, NULL
FROM webhooks WHERE enabled
UNION ALL
SELECT 'schedule', '', '', count(*), 0, date_part('epoch', now() - min(next_at))
FROM schedules WHERE next_at IS NOT NULL
UNION ALL
SELECT 'paused', '', '', count(*) FILTER (WHERE paused), 0, NULL FROM scheduler
