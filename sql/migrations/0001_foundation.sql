-- Roles, folding, the stage queue, runs, partitions. Needs no extension.

DO $$
BEGIN
    -- Two databases of one server may migrate at the same moment; the role is shared by all of them.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'langnghe_app') THEN
        BEGIN CREATE ROLE langnghe_app LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'analyst') THEN
        BEGIN CREATE ROLE analyst LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END;
    END IF;
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO langnghe_app, analyst;

-- Lower case without diacritics, đ as d: the same folding as processing.text.fold, for search inside the database.
CREATE FUNCTION fold(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(normalize(replace(lower(value), 'đ', 'd'), NFD), U&'[\0300-\036f]', '', 'g')
$$;
COMMENT ON FUNCTION fold(text) IS 'Lower case without diacritics, đ as d.';

-- The local calendar day of an instant.
CREATE FUNCTION local_day(moment timestamptz) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (moment AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
$$;
COMMENT ON FUNCTION local_day(timestamptz) IS 'Calendar day in Asia/Ho_Chi_Minh.';

CREATE TABLE run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stage text NOT NULL,
    dag_run text,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    outcome text CHECK (outcome IN ('done', 'failed')),
    done integer NOT NULL DEFAULT 0,
    retry integer NOT NULL DEFAULT 0,
    quarantine integer NOT NULL DEFAULT 0,
    error text
);
COMMENT ON TABLE run IS 'One execution of one stage: when, in which DAG run, how many records ended how.';
COMMENT ON COLUMN run.dag_run IS 'Airflow DAG id and run id, empty when run from the command line.';
COMMENT ON COLUMN run.error IS 'Message of the error that ended the run, without any document text.';
CREATE INDEX ON run (stage, started_at);

CREATE TABLE work (
    stage text NOT NULL CHECK (stage IN ('annotate', 'dedupe', 'cluster', 'claims')),
    subject_id bigint NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'retry', 'quarantine')),
    attempts smallint NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL,
    enqueued_at timestamptz NOT NULL,
    reason text,
    PRIMARY KEY (stage, subject_id)
);
COMMENT ON TABLE work IS 'Records a stage has not finished. Done means the row is gone and the stage''s result row is there.';
COMMENT ON COLUMN work.subject_id IS 'document.id';
COMMENT ON COLUMN work.reason IS 'Why the record is retried or quarantined, in words a person can act on.';
CREATE INDEX ON work (stage, subject_id) WHERE state <> 'quarantine';

CREATE TABLE unit (
    code text PRIMARY KEY,
    name text NOT NULL,
    level text NOT NULL CHECK (level IN ('province', 'commune')),
    province_code text NOT NULL,
    province_name text NOT NULL
);
COMMENT ON TABLE unit IS 'Today''s provinces and communes, mirrored from the gazetteer so that SQL can show names.';

-- Monthly partitions. The default partition keeps a row whose month was never made; housekeeping makes months ahead.
CREATE FUNCTION ensure_months(parent regclass, first_month date, last_month date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month date := date_trunc('month', first_month);
    child text;
    made integer := 0;
BEGIN
    WHILE month <= last_month LOOP
        child := format('%s_%s', parent::text, to_char(month, 'YYYYMM'));
        IF to_regclass(child) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)', child, parent, month, month + interval '1 month');
            made := made + 1;
        END IF;
        month := month + interval '1 month';
    END LOOP;
    RETURN made;
END $$;
COMMENT ON FUNCTION ensure_months(regclass, date, date) IS 'Make the missing monthly partitions of a table; returns how many were made.';

CREATE FUNCTION drop_months(parent regclass, before date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    child record;
    dropped integer := 0;
BEGIN
    IF parent::text = 'audit' AND before > now() - interval '2 years' THEN
        RAISE EXCEPTION 'audit months are kept for two years';
    END IF;
    FOR child IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = parent AND c.relname ~ '_[0-9]{6}$'
    LOOP
        IF to_date(right(child.relname, 6), 'YYYYMM') + interval '1 month' <= before THEN
            EXECUTE format('DROP TABLE %I', child.relname);
            dropped := dropped + 1;
        END IF;
    END LOOP;
    RETURN dropped;
END $$;
COMMENT ON FUNCTION drop_months(regclass, date) IS 'Drop whole months that ended on or before a date; returns how many.';
REVOKE EXECUTE ON FUNCTION ensure_months(regclass, date, date), drop_months(regclass, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_months(regclass, date, date), drop_months(regclass, date) TO langnghe_app;
