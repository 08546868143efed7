-- The audit log. Rows are added and never changed: a trigger refuses everything else. Only
-- audit_purge removes rows, none that is younger than a day, and leaves a row that says so.

CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL CHECK (length(actor) <= 100),
    via text NOT NULL CHECK (length(via) <= 20),
    action text NOT NULL CHECK (length(action) <= 60),
    target_kind text NOT NULL CHECK (length(target_kind) <= 40),
    target text NOT NULL CHECK (length(target) <= 200),
    project text NOT NULL CHECK (length(project) <= 63),
    result text NOT NULL CHECK (result IN ('ok', 'denied', 'failed')),
    code text NOT NULL CHECK (length(code) <= 60),
    source text NOT NULL CHECK (length(source) <= 100),
    interface text NOT NULL CHECK (length(interface) <= 20),
    correlation_id text NOT NULL CHECK (length(correlation_id) <= 64),
    detail text NOT NULL CHECK (length(detail) <= 500),
    count bigint NOT NULL CHECK (count > 0)
);
CREATE INDEX audit_log_at ON audit_log (at);
CREATE INDEX audit_log_actor ON audit_log (actor, id);
CREATE INDEX audit_log_project ON audit_log (project, id);
CREATE INDEX audit_log_target ON audit_log (target, id) WHERE target <> '';
CREATE INDEX audit_log_refused ON audit_log (result, id) WHERE result <> 'ok';

CREATE FUNCTION audit_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('hodei.audit_purge', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_keep();

CREATE FUNCTION audit_purge(before timestamptz, most integer) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    removed bigint;
BEGIN
    IF before > clock_timestamp() - interval '1 day' THEN
        RAISE EXCEPTION 'audit rows are kept for a day at least'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM set_config('hodei.audit_purge', 'on', true);
    DELETE FROM audit_log a USING (
        SELECT o.id FROM audit_log o WHERE o.at < before ORDER BY o.at LIMIT most
        FOR UPDATE SKIP LOCKED
    ) old WHERE a.id = old.id;
    GET DIAGNOSTICS removed = ROW_COUNT;
    PERFORM set_config('hodei.audit_purge', 'off', true);
    IF removed > 0 THEN
        INSERT INTO audit_log (at, actor, via, action, target_kind, target, project, result, code,
            source, interface, correlation_id, detail, count)
        VALUES (clock_timestamp(), 'system', '', 'audit.retention', '', '', '', 'ok', '', '',
            'system', '', format('removed %s rows of before %s', removed,
                to_char(before AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')), removed);
    END IF;
    RETURN removed;
END $$;
