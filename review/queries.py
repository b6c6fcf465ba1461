"""What the pages read. Constants only: no SQL is built from strings here or anywhere."""

from __future__ import annotations

FLAGS = """
SELECT v.*, s.name_vi AS service_vi, s.name_en AS service_en
FROM flagged_issue v
LEFT JOIN issue i ON i.public_id = v.issue
LEFT JOIN service s ON s.id = i.service_id
WHERE (%(topic)s::text IS NULL OR v.topic = %(topic)s) AND (%(state)s::text IS NULL OR v.state = %(state)s)
ORDER BY v.last_day DESC, v.rank DESC LIMIT 200"""

ISSUE = """
SELECT i.*, s.name_vi AS service_vi, s.name_en AS service_en,
    (SELECT u.name FROM unit u WHERE u.code = i.province_code) AS province,
    (SELECT array_agg(u.name ORDER BY u.name) FROM unit u WHERE u.code = ANY(i.commune_codes)) AS communes
FROM issue i LEFT JOIN service s ON s.id = i.service_id
WHERE i.public_id = %(id)s OR i.id = (SELECT issue_id FROM issue_alias WHERE alias = %(id)s)"""

ISSUE_FLAGS = """
SELECT f.id, f.public_id, f.kind, f.first_day, f.last_day, f.score, f.rank, f.card, f.method, f.raised_at, s.key AS series, s.id AS series_id,
    u.name AS place, u.province_name AS province
FROM flag f JOIN series s ON s.id = f.series_id LEFT JOIN unit u ON u.code = s.unit_code
WHERE f.issue_id = %s AND f.kind = 'surge' ORDER BY f.first_day DESC, f.rank DESC"""

SERIES_DAYS = """
SELECT day, origins, expected, upper, coverage FROM observation
WHERE series_id = %(series)s AND day BETWEEN %(last)s::date - 41 AND %(last)s::date ORDER BY day"""

ISSUE_DOCUMENTS = """
SELECT d.public_id, d.title, d.canonical_url, d.published_at, d.published_precision, s.name AS source, s.kind AS source_kind,
    coalesce(c.relation, 'origin') AS relation, coalesce(c.origin_id, d.id) AS origin
FROM (
    SELECT a.document_id FROM assignment a JOIN issue_story x USING (story_id) WHERE x.issue_id = %(issue)s
    UNION
    SELECT fd.document_id FROM flag_document fd JOIN flag f ON f.id = fd.flag_id WHERE f.issue_id = %(issue)s
) m
JOIN document d ON d.id = m.document_id
JOIN source s ON s.id = d.source_id
LEFT JOIN document_copy c ON c.document_id = d.id
ORDER BY d.published_at DESC LIMIT 300"""

DECISIONS = """
SELECT r.at, r.decision, r.reason, u.display_name, s.name_vi AS service_vi, s.name_en AS service_en
FROM review_decision r JOIN app_user u ON u.id = r.user_id LEFT JOIN service s ON s.id = r.service_id
WHERE r.subject_kind = %s AND r.subject_id = ANY(%s) ORDER BY r.at DESC"""

SERVICES = "SELECT id, key, name_vi, name_en FROM service ORDER BY name_vi"

CLAIMS = """
SELECT c.public_id, c.text, c.topic, c.state, c.first_seen_at, c.last_seen_at, c.documents, c.origins,
    count(m.id) FILTER (WHERE m.state <> 'rejected' AND m.tier <> 'related') AS matches,
    min(CASE m.tier WHEN 'confirmable' THEN 1 WHEN 'suggested' THEN 2 ELSE 3 END) AS best
FROM claim c LEFT JOIN match m ON m.claim_id = c.id
WHERE (%(state)s::text IS NULL OR c.state = %(state)s)
GROUP BY c.id ORDER BY min(CASE m.tier WHEN 'confirmable' THEN 1 WHEN 'suggested' THEN 2 ELSE 3 END) NULLS LAST, c.last_seen_at DESC LIMIT 200"""

CLAIM = "SELECT * FROM claim WHERE public_id = %s"

CLAIM_MATCHES = """
SELECT m.id, m.public_id, m.score, m.tier, m.state, m.features, m.decided_at, k.publisher, k.publisher_kind, k.claim, k.title, k.rating, k.published_at, k.url,
    k.withdrawn_at, u.display_name AS decided_by
FROM match m JOIN fact_check k ON k.id = m.fact_check_id LEFT JOIN app_user u ON u.id = m.decided_by
WHERE m.claim_id = %s ORDER BY CASE m.tier WHEN 'confirmable' THEN 1 WHEN 'suggested' THEN 2 ELSE 3 END, m.score DESC"""

CLAIM_SIGHTINGS = """
SELECT x.sentence, d.title, d.canonical_url, d.published_at, s.name AS source
FROM claim_sighting x JOIN document d ON d.id = x.document_id JOIN source s ON s.id = d.source_id
WHERE x.claim_id = %s ORDER BY d.published_at LIMIT 100"""

SOURCES = "SELECT * FROM source_health ORDER BY CASE state WHEN 'BROKEN' THEN 0 WHEN 'BLOCKED' THEN 1 WHEN 'OK' THEN 9 ELSE 5 END, name"

ARTEFACTS = """
SELECT f.kind, f.first_day, f.last_day, f.card, s.key AS series, s.topic, u.name AS place FROM flag f
JOIN series s ON s.id = f.series_id LEFT JOIN unit u ON u.code = s.unit_code
WHERE f.kind <> 'surge' ORDER BY f.last_day DESC LIMIT 50"""

FEEDBACK = "SELECT topic, place, week, reports_at_least FROM feedback_shown ORDER BY week DESC, reports_at_least DESC LIMIT 200"

LAG = "SELECT * FROM processing_lag ORDER BY stage"

QUARANTINED = "SELECT * FROM quarantined ORDER BY since DESC LIMIT 50"

AUDIT = "SELECT audit_append(%s, %s, %s, %s, %s)"

ISSUE_BY_PUBLIC_ID = "SELECT id, state FROM issue WHERE public_id = %s FOR UPDATE"

ISSUE_SET = "UPDATE issue SET state = %s, state_reason = %s, service_id = coalesce(%s, service_id), updated_at = %s WHERE id = %s"

DECIDE = (
    "INSERT INTO review_decision (at, user_id, subject_kind, subject_id, decision, reason, service_id) VALUES (%s, %s, %s, %s, %s, %s, %s)"
)
