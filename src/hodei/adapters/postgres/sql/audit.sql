The audit log, to which rows are only ever added.

-- name: add
INSERT INTO audit_log (at, actor, via, action, target_kind, target, project, result, code, source,
    interface, correlation_id, detail, count)
SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
    $14::bigint[])

-- name: columns
id, at, actor, via, action, target_kind, target, project, result, code, source, interface,
    correlation_id, detail, count

-- name: purge
SELECT audit_purge($1, $2, $3, $4)
