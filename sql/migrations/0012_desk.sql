-- A mail to those who answer the public desk; and words that staff typed have an end, too (SCOPE S14).

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check, ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('hotspot', 'digest', 'source', 'claim_answer', 'correction', 'assignment', 'source_week', 'desk'));

-- The application may not change decisions. This alone it may do to old ones, by the database's own clock: who decided what stays, the words go.
CREATE FUNCTION forget_reasons(before timestamptz) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    emptied integer;
BEGIN
    UPDATE review_decision SET reason = '' WHERE reason <> '' AND at < least(before, now() - interval '3 years');
    GET DIAGNOSTICS emptied = ROW_COUNT;
    RETURN emptied;
END $$;
COMMENT ON FUNCTION forget_reasons(timestamptz) IS 'Empty the reasons of decisions older than this and than three years; returns how many.';
REVOKE EXECUTE ON FUNCTION forget_reasons(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_reasons(timestamptz) TO langnghe_app;
