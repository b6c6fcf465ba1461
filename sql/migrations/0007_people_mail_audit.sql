-- Users of the system, mail, decisions, audit, removals.

CREATE TABLE app_user (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login text NOT NULL UNIQUE,
    display_name text NOT NULL,
    email text NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL CHECK (role IN ('analyst', 'officer', 'admin')),
    language text NOT NULL DEFAULT 'vi' CHECK (language IN ('vi', 'en')),
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE app_user IS 'Staff who sign in or receive mail. Nobody who is written about is ever here.';

CREATE TABLE area (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    unit_codes text[] NOT NULL
);
COMMENT ON TABLE area IS 'A named set of today''s units, for subscriptions.';

CREATE TABLE service (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('health', 'education', 'water', 'power', 'roads', 'environment', 'land_office', 'social_welfare',
        'market_control', 'agriculture', 'one_stop_shop', 'fire_and_rescue', 'disaster_relief', 'communications_office', 'telecoms', 'housing')),
    name_vi text NOT NULL,
    name_en text NOT NULL,
    email text NOT NULL DEFAULT ''
);
COMMENT ON TABLE service IS 'Who can put a problem right. A closed list of kinds: no police, security, prosecution or court (SCOPE S10).';
ALTER TABLE issue ADD FOREIGN KEY (service_id) REFERENCES service;

CREATE TABLE subscription (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES app_user ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('immediate', 'digest', 'sources', 'claims')),
    area_id bigint REFERENCES area,
    topic text,
    UNIQUE NULLS NOT DISTINCT (user_id, kind, area_id, topic)
);
COMMENT ON TABLE subscription IS 'Who gets which mail: by place and topic only, never by free text (SCOPE S9).';

CREATE TABLE api_token (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES app_user ON DELETE CASCADE,
    token_sha256 bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE api_token IS 'Hashes of access tokens.';

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_key text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('hotspot', 'digest', 'source', 'claim_answer', 'correction', 'assignment', 'source_week')),
    recipient text NOT NULL,
    language text NOT NULL,
    thread_key text NOT NULL,
    payload jsonb NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'retry', 'sent', 'quarantine', 'superseded')),
    attempts smallint NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    sent_at timestamptz,
    reason text
);
COMMENT ON TABLE outbox IS 'Mails to send; written in the transaction that decided them.';
COMMENT ON COLUMN outbox.message_key IS 'Deterministic: the Message-ID is made from it, so a mail sent twice is recognised as one.';
COMMENT ON COLUMN outbox.thread_key IS 'Mails of one issue share it and form one thread.';
CREATE INDEX ON outbox (not_before) WHERE state IN ('pending', 'retry');

CREATE TABLE delivery (
    id bigint GENERATED ALWAYS AS IDENTITY,
    outbox_id bigint NOT NULL,
    at timestamptz NOT NULL,
    attempt smallint NOT NULL,
    recipient text NOT NULL,
    smtp_code smallint,
    smtp_reply text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('sent', 'retry', 'quarantine')),
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
COMMENT ON TABLE delivery IS 'The ledger: recipient, attempt, reply of the mail server.';
CREATE INDEX ON delivery (outbox_id);

CREATE TABLE review_decision (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    user_id bigint NOT NULL REFERENCES app_user,
    subject_kind text NOT NULL CHECK (subject_kind IN ('issue', 'flag', 'match', 'claim')),
    subject_id bigint NOT NULL,
    decision text NOT NULL CHECK (decision IN ('confirm', 'dismiss', 'assign', 'answered', 'close', 'reopen', 'related', 'reject')),
    reason text NOT NULL DEFAULT '',
    service_id bigint REFERENCES service
);
COMMENT ON TABLE review_decision IS 'Decisions of named reviewers, never overwritten.';
CREATE INDEX ON review_decision (subject_kind, subject_id);

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
COMMENT ON TABLE audit IS 'Who read, searched, exported and decided. Append-only for the application role; each row carries the hash of the one before (SCOPE S12).';
COMMENT ON COLUMN audit.detail IS 'Search words as salted hashes only.';

-- What one row of the chain covers: an array, so that no text can pass from one field into the next.
CREATE FUNCTION audit_hash(previous bytea, moment timestamptz, actor text, action text, subject text, detail jsonb) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(previous || convert_to(jsonb_build_array(extract(epoch FROM moment), actor, action, subject, detail)::text, 'UTF8'))
$$;
COMMENT ON FUNCTION audit_hash(bytea, timestamptz, text, text, text, jsonb) IS 'Hash of an audit row: of the hash before it and of everything the row says.';

CREATE TABLE audit_seal (
    month date PRIMARY KEY,
    first_id bigint NOT NULL,
    last_id bigint NOT NULL,
    rows bigint NOT NULL,
    last_hash bytea NOT NULL,
    sealed_at timestamptz NOT NULL
);
COMMENT ON TABLE audit_seal IS 'One row per month of the audit that is over: what it held. Stays when the month itself is dropped after two years (SCOPE S12).';
COMMENT ON COLUMN audit_seal.month IS 'First day of the month, UTC.';

-- The only way to write the audit table: one writer at a time, so that the chain has no forks. A chain whose months were all dropped goes on from the last seal.
CREATE FUNCTION audit_append(actor text, action text, subject text, detail jsonb, moment timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    last bytea;
    made bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(7205110009);
    SELECT a.hash INTO last FROM audit a ORDER BY a.id DESC LIMIT 1;
    last := coalesce(last, (SELECT s.last_hash FROM audit_seal s ORDER BY s.last_id DESC LIMIT 1), '\x00');
    INSERT INTO audit (at, actor, action, subject, detail, previous_hash, hash)
    VALUES (moment, actor, action, subject, detail, last, audit_hash(last, moment, actor, action, subject, detail))
    RETURNING id INTO made;
    RETURN made;
END $$;
COMMENT ON FUNCTION audit_append(text, text, text, jsonb, timestamptz) IS 'Append one audit row to the hash chain; returns its id.';

-- Months that are over by the database's own clock, each sealed once, as a stretch of ids: nothing is ever added to one afterwards.
CREATE FUNCTION audit_seal_months() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    sealed integer;
BEGIN
    PERFORM pg_advisory_xact_lock(7205110009);
    INSERT INTO audit_seal (month, first_id, last_id, rows, last_hash, sealed_at)
    SELECT m.month, m.first_id, m.last_id, (SELECT count(*) FROM audit b WHERE b.id BETWEEN m.first_id AND m.last_id), a.hash, now()
    FROM (SELECT date_trunc('month', at AT TIME ZONE 'UTC')::date AS month, min(id) AS first_id, max(id) AS last_id FROM audit GROUP BY 1) m
    JOIN audit a ON a.id = m.last_id
    WHERE m.month < date_trunc('month', now() AT TIME ZONE 'UTC')::date
    ON CONFLICT (month) DO NOTHING;
    GET DIAGNOSTICS sealed = ROW_COUNT;
    RETURN sealed;
END $$;
COMMENT ON FUNCTION audit_seal_months() IS 'Seal the months of the audit that are over; returns how many.';

CREATE FUNCTION audit_verify() RETURNS TABLE (broken_at bigint, why text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH chain AS (
        SELECT id, hash, previous_hash, lag(hash) OVER (ORDER BY id) AS before, lag(id) OVER (ORDER BY id) AS before_id,
            audit_hash(previous_hash, at, actor, action, subject, detail) AS again
        FROM audit
    )
    SELECT id, CASE WHEN hash <> again THEN 'the row was changed' ELSE 'a row before it is missing' END
    FROM chain WHERE hash <> again OR (before_id IS NOT NULL AND previous_hash <> before)
    UNION ALL
    -- the oldest row there is follows the newest sealed month before it, or nothing
    SELECT id, 'rows before it are missing' FROM chain WHERE before_id IS NULL
        AND previous_hash <> coalesce((SELECT s.last_hash FROM audit_seal s WHERE s.last_id < chain.id ORDER BY s.last_id DESC LIMIT 1), '\x00')
    UNION ALL
    SELECT s.last_id, 'what was sealed as ' || to_char(s.month, 'YYYY-MM') || ' is no longer whole'
    FROM audit_seal s LEFT JOIN audit a ON a.id = s.last_id
    WHERE s.month > now() - interval '2 years' AND (a.hash IS DISTINCT FROM s.last_hash
        OR s.rows <> (SELECT count(*) FROM audit b WHERE b.id BETWEEN s.first_id AND s.last_id))
    ORDER BY 1
$$;
COMMENT ON FUNCTION audit_verify() IS 'Rows at which the hash chain does not hold, and sealed months that are not what they were; none when all is well.';

CREATE TABLE tombstone (
    url_sha256 bytea PRIMARY KEY,
    removed_at timestamptz NOT NULL,
    reason text NOT NULL
);
COMMENT ON TABLE tombstone IS 'Hashed addresses that were removed on request and are never collected again (SCOPE S14).';

CREATE TABLE removal_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    kind text NOT NULL CHECK (kind IN ('erase', 'access')),
    received_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    url text,
    url_sha256 bytea NOT NULL,
    ground text NOT NULL CHECK (ground IN ('personal_data', 'no_longer_published', 'wrong', 'rights', 'other')),
    details text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'refused')),
    answer text NOT NULL DEFAULT '',
    decided_at timestamptz,
    decided_by bigint REFERENCES app_user,
    CHECK ((state = 'open') = (decided_at IS NULL)),
    CHECK (state = 'open' OR (url IS NULL AND details = ''))
);
COMMENT ON TABLE removal_request IS 'What anyone asked of a page: to remove it, or to be told what is held of it (SCOPE S14). No name and no contact of who asked.';
COMMENT ON COLUMN removal_request.public_id IS 'The number the asker is given; the answer is read under it.';
COMMENT ON COLUMN removal_request.url IS 'Only until the decision; after it the hash alone is kept.';
COMMENT ON COLUMN removal_request.details IS 'In the asker''s words, scrubbed; only until the decision.';
CREATE INDEX ON removal_request (due_at) WHERE state = 'open';

-- Months around now; housekeeping goes on from here, and an import makes the months it needs.
DO $$
DECLARE
    parent text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['fetch_log', 'document_version', 'annotation', 'document_place', 'document_copy', 'fingerprint', 'assignment',
        'story_event', 'observation', 'delivery', 'audit']
    LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', parent || '_default', parent);
        PERFORM ensure_months(parent::regclass, (now() - interval '3 months')::date, (now() + interval '2 months')::date);
    END LOOP;
END $$;
