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
    kind text NOT NULL CHECK (kind IN ('hotspot', 'digest', 'source', 'claim_answer', 'correction', 'assignment')),
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

-- The only way to write the audit table: one writer at a time, so that the chain has no forks.
CREATE FUNCTION audit_append(actor text, action text, subject text, detail jsonb, moment timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    last bytea;
    made bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(7205110002);
    SELECT a.hash INTO last FROM audit a ORDER BY a.id DESC LIMIT 1;
    last := coalesce(last, '\x00');
    INSERT INTO audit (at, actor, action, subject, detail, previous_hash, hash)
    VALUES (moment, actor, action, subject, detail, last,
        sha256(last || convert_to(concat_ws('|', extract(epoch FROM moment)::numeric::text, actor, action, subject, detail::text), 'UTF8')))
    RETURNING id INTO made;
    RETURN made;
END $$;
COMMENT ON FUNCTION audit_append(text, text, text, jsonb, timestamptz) IS 'Append one audit row to the hash chain; returns its id.';

CREATE FUNCTION audit_verify() RETURNS TABLE (broken_at bigint, why text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH chain AS (
        SELECT id, hash, previous_hash, lag(hash) OVER (ORDER BY id) AS before, lag(id) OVER (ORDER BY id) AS before_id,
            sha256(previous_hash || convert_to(concat_ws('|', extract(epoch FROM at)::numeric::text, actor, action, subject, detail::text), 'UTF8')) AS again
        FROM audit
    )
    SELECT id, CASE WHEN hash <> again THEN 'the row was changed' ELSE 'a row before it is missing' END
    FROM chain WHERE hash <> again OR (before_id IS NOT NULL AND previous_hash <> before)
    ORDER BY id
$$;
COMMENT ON FUNCTION audit_verify() IS 'Rows at which the hash chain does not hold; none when it does.';

CREATE TABLE tombstone (
    url_sha256 bytea PRIMARY KEY,
    removed_at timestamptz NOT NULL,
    reason text NOT NULL
);
COMMENT ON TABLE tombstone IS 'Hashed addresses that were removed on request and are never collected again (SCOPE S14).';

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
