-- Rows of the audit log are kept as long as their project says. The function with two arguments
-- stays for servers of the release before, which know no such days.

-- null: as the server is set.
ALTER TABLE projects ADD COLUMN audit_days integer;

CREATE FUNCTION audit_purge(before timestamptz, most integer, only_project text,
    without_projects text[]) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    removed bigint;
BEGIN
    IF before > clock_timestamp() - interval '1 day' THEN
        RAISE EXCEPTION 'audit rows are kept for a day at least'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM set_config('hodei.audit_purge', 'on', true);
    IF only_project IS NULL THEN
        DELETE FROM audit_log a USING (
            SELECT o.id FROM audit_log o
            WHERE o.at < before AND o.project <> ALL (without_projects)
            ORDER BY o.at LIMIT most FOR UPDATE SKIP LOCKED
        ) old WHERE a.id = old.id;
    ELSE
        DELETE FROM audit_log a USING (
            SELECT o.id, o.at FROM audit_log o WHERE o.project = only_project
            ORDER BY o.id LIMIT most FOR UPDATE SKIP LOCKED
        ) oldest WHERE a.id = oldest.id AND oldest.at < before;
    END IF;
    GET DIAGNOSTICS removed = ROW_COUNT;
    PERFORM set_config('hodei.audit_purge', 'off', true);
    IF removed > 0 THEN
        INSERT INTO audit_log (at, actor, via, action, target_kind, target, project, result, code,
            source, interface, correlation_id, detail, count)
        VALUES (clock_timestamp(), 'system', '', 'audit.retention',
            CASE WHEN only_project IS NULL THEN '' ELSE 'project' END, coalesce(only_project, ''),
            '', 'ok', '', '', 'system', '', format('removed %s rows of before %s', removed,
                to_char(before AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')), removed);
    END IF;
    RETURN removed;
END $$;
