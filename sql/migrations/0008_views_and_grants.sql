-- What analysts read, and what each role may do.

CREATE VIEW flagged_issue AS
SELECT f.public_id AS flag, i.public_id AS issue, i.title, i.topic, i.state, u.name AS place, u.province_name AS province, s.unit_code,
    f.first_day, f.last_day, (f.card ->> 'observed')::integer AS observed, round((f.card ->> 'expected')::numeric, 2) AS expected,
    i.origins, i.documents, round(f.score::numeric, 2) AS score, round(f.rank::numeric, 2) AS rank, f.raised_at, f.card
FROM flag f
JOIN series s ON s.id = f.series_id
LEFT JOIN issue own ON own.id = f.issue_id
LEFT JOIN issue_alias x ON x.alias = own.public_id
LEFT JOIN issue i ON i.id = coalesce(x.issue_id, own.id)
LEFT JOIN unit u ON u.code = s.unit_code
WHERE f.kind = 'surge';
COMMENT ON VIEW flagged_issue IS 'Hot-spots: statistical signals, not verified. One row per episode, under the issue that its own was merged into, if any.';

CREATE VIEW issue_timeline AS
SELECT i.public_id AS issue, i.title, local_day(d.published_at) AS day, count(DISTINCT coalesce(c.origin_id, d.id)) AS origins, count(*) AS documents,
    count(DISTINCT d.source_id) AS sources
FROM issue i
JOIN issue_story x ON x.issue_id = i.id
JOIN assignment a ON a.story_id = x.story_id
JOIN document d ON d.id = a.document_id
LEFT JOIN document_copy c ON c.document_id = d.id
GROUP BY i.public_id, i.title, local_day(d.published_at);
COMMENT ON VIEW issue_timeline IS 'Documents and independent origins of each issue by local day.';

CREATE VIEW flagged_claim AS
SELECT c.public_id AS claim, c.text, c.topic, c.state, c.first_seen_at, c.last_seen_at, c.documents, c.origins, c.outlets, c.provinces, c.rising,
    m.public_id AS match, m.tier, m.state AS match_state, round(m.score::numeric, 3) AS score,
    k.publisher, k.publisher_kind, k.claim AS checked_claim, k.rating, k.published_at AS check_published_at, k.url
FROM claim c
LEFT JOIN (match m JOIN fact_check k ON k.id = m.fact_check_id AND k.withdrawn_at IS NULL) ON m.claim_id = c.id AND m.state <> 'rejected'
WHERE m.id IS NOT NULL OR c.circulating;
COMMENT ON VIEW flagged_claim IS 'Claims in circulation beside what a named publisher has published about them, a suggestion until match_state is confirmed; without a match, no published check was found. One row per claim and publisher''s check.';

CREATE VIEW flagged_issue_origins AS
SELECT i.public_id AS issue, i.title, i.topic, i.state, k.origins, k.documents, k.copies, k.releases, k.wires, k.alone, k.conflicts, k.origins = 1 AS one_origin_only,
    k.detail, k.method, k.computed_at
FROM issue_corroboration k JOIN issue i ON i.id = k.issue_id;
COMMENT ON VIEW flagged_issue_origins IS 'For each hot-spot''s issue: how many independent origins, what they share, what rests on one origin only, which figures conflict.';

CREATE VIEW source_health AS
SELECT s.key, s.name, s.kind, s.owner, s.state, s.state_reason, s.state_since, s.enabled, s.review_due, s.expected_per_week,
    (SELECT max(f.fetched_at) FROM fetch_log f WHERE f.source_id = s.id AND f.outcome IN ('done', 'unchanged')) AS last_ok_at,
    (SELECT count(*) FROM document d WHERE d.source_id = s.id AND d.first_seen_at > now() - interval '7 days') AS documents_7d,
    (SELECT count(*) FROM fetch_log f WHERE f.source_id = s.id AND f.fetched_at > now() - interval '1 day' AND f.outcome IN ('retry', 'quarantine', 'refused')) AS failures_1d,
    s.state_said, s.broken
FROM source s;
COMMENT ON VIEW source_health IS 'Each source, its state in words, and what it brought lately.';

CREATE VIEW processing_lag AS
SELECT stage, count(*) FILTER (WHERE state <> 'quarantine') AS waiting, count(*) FILTER (WHERE state = 'retry') AS retrying,
    count(*) FILTER (WHERE state = 'quarantine') AS quarantined, min(enqueued_at) FILTER (WHERE state <> 'quarantine') AS oldest,
    now() - min(enqueued_at) FILTER (WHERE state <> 'quarantine') AS lag
FROM (
    SELECT stage, state, enqueued_at FROM work
    UNION ALL
    SELECT 'extract', state, landed_at FROM landing WHERE state <> 'done'
) w
GROUP BY stage;
COMMENT ON VIEW processing_lag IS 'What waits at each stage, since when, and what was set aside.';

CREATE VIEW feedback_shown AS
SELECT f.topic, f.unit_code, u.name AS place, f.week, (sum(f.reports)::integer / 5) * 5 AS reports_at_least
FROM feedback_count f LEFT JOIN unit u ON u.code = f.unit_code
GROUP BY f.topic, f.unit_code, u.name, f.week
HAVING sum(f.reports) >= 5;
COMMENT ON VIEW feedback_shown IS 'Reports to public services by topic, commune and week, from five on and in steps of five, so that two looks cannot isolate one report (SCOPE S8).';

CREATE VIEW quarantined AS
SELECT 'extract' AS stage, l.id AS record, l.url, l.reason, l.landed_at AS since FROM landing l WHERE l.state = 'quarantine'
UNION ALL
SELECT w.stage, w.subject_id, d.canonical_url, w.reason, w.enqueued_at FROM work w LEFT JOIN document d ON d.id = w.subject_id WHERE w.state = 'quarantine'
UNION ALL
SELECT 'registry', q.id, q.url, q.reason, q.since FROM fact_check_set_aside q;
COMMENT ON VIEW quarantined IS 'Records set aside, with the reason.';

-- The application: everything it needs, but audit rows are written through audit_append alone and never changed.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO langnghe_app;
REVOKE INSERT, UPDATE, DELETE ON schema_migration FROM langnghe_app;
DO $$
DECLARE
    part record;
BEGIN
    -- audit, its months and its seals
    FOR part IN SELECT oid::regclass AS name FROM pg_class WHERE relname = 'audit' OR relname ~ '^audit_' LOOP
        IF (SELECT relkind FROM pg_class WHERE oid = part.name) IN ('r', 'p') THEN
            EXECUTE format('REVOKE ALL ON %s FROM langnghe_app', part.name);
        END IF;
    END LOOP;
END $$;
GRANT SELECT ON audit, audit_seal TO langnghe_app;
REVOKE INSERT, UPDATE, DELETE ON flagged_issue, issue_timeline, flagged_claim, flagged_issue_origins, source_health, processing_lag, feedback_shown, quarantined FROM langnghe_app;
REVOKE UPDATE, DELETE ON review_decision, delivery FROM langnghe_app;
REVOKE EXECUTE ON FUNCTION audit_append(text, text, text, jsonb, timestamptz), audit_seal_months(), audit_verify() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_append(text, text, text, jsonb, timestamptz), audit_seal_months(), audit_verify() TO langnghe_app;

-- Analysts: read what was published and what was made of it; no raw pages, no single reports, no staff, no mail.
GRANT SELECT ON source, source_state, source_move, feed, fetch_log, document, document_version, attachment, annotation, document_place, document_copy, story, story_alias, assignment,
    story_event, issue, issue_story, issue_alias, series, observation, flag, flag_document, fact_check, fact_check_version, claim, claim_sighting, match,
    service, area, unit, run, work,
    flagged_issue, issue_timeline, flagged_claim, issue_corroboration, flagged_issue_origins, source_health, processing_lag, feedback_shown, quarantined
TO analyst;
