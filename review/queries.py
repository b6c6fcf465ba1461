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
FROM flag f JOIN series s ON s.id = f.series_id JOIN issue i ON i.id = f.issue_id LEFT JOIN unit u ON u.code = s.unit_code
WHERE (i.id = %(issue)s OR i.public_id IN (SELECT alias FROM issue_alias WHERE issue_id = %(issue)s)) AND f.kind = 'surge'
ORDER BY f.first_day DESC, f.rank DESC"""

SERIES_DAYS = """
SELECT day, origins, expected, upper, coverage FROM observation
WHERE series_id = %(series)s AND day BETWEEN %(last)s::date - 41 AND %(last)s::date ORDER BY day"""

ISSUE_DOCUMENTS = """
SELECT d.public_id, d.title, d.canonical_url, d.published_at, d.published_precision, s.name AS source, s.kind AS source_kind,
    coalesce(c.relation, 'origin') AS relation, coalesce(c.origin_id, d.id) AS origin,
    EXISTS (SELECT FROM assignment a JOIN issue_story x USING (story_id) WHERE a.document_id = d.id AND x.issue_id = %(issue)s) AS member
FROM (
    SELECT a.document_id FROM assignment a JOIN issue_story x USING (story_id) WHERE x.issue_id = %(issue)s
    UNION
    SELECT fd.document_id FROM flag_document fd JOIN flag f ON f.id = fd.flag_id WHERE f.issue_id = %(issue)s
) m
JOIN document d ON d.id = m.document_id
JOIN source s ON s.id = d.source_id
LEFT JOIN document_copy c ON c.document_id = d.id
ORDER BY d.published_at DESC LIMIT 300"""

ISSUE_FILES = """
SELECT d.title, s.name AS source, l.url, coalesce(a.state, '') AS state, a.pages, left(a.text, 1500) AS extract, coalesce(length(a.text), 0) > 1500 AS more
FROM (SELECT DISTINCT a.document_id FROM assignment a JOIN issue_story x USING (story_id) WHERE x.issue_id = %(issue)s) m
JOIN document d ON d.id = m.document_id JOIN source s ON s.id = d.source_id
JOIN LATERAL (SELECT attachments FROM document_version WHERE document_id = d.id ORDER BY seen_at DESC, version DESC LIMIT 1) v ON true
CROSS JOIN LATERAL unnest(v.attachments) WITH ORDINALITY AS l (url, n)
LEFT JOIN attachment a ON a.url = l.url AND a.document_id = d.id
ORDER BY d.published_at DESC, d.id, l.n LIMIT 60"""

CHECK_VERSIONS = """
SELECT m.id AS match, v.rating, v.claim, lead(v.seen_at, 1, k.updated_at) OVER (PARTITION BY m.id ORDER BY v.version) AS until
FROM match m JOIN fact_check k ON k.id = m.fact_check_id JOIN fact_check_version v ON v.fact_check_id = k.id WHERE m.claim_id = %s ORDER BY m.id, v.version DESC"""

DECISIONS = """
SELECT r.subject_id, r.at, r.decision, r.reason, u.display_name, s.name_vi AS service_vi, s.name_en AS service_en
FROM review_decision r JOIN app_user u ON u.id = r.user_id LEFT JOIN service s ON s.id = r.service_id
WHERE r.subject_kind = %s AND r.subject_id = ANY(%s) ORDER BY r.at DESC"""

SERVICES = "SELECT id, key, name_vi, name_en FROM service ORDER BY name_vi"

CLAIMS = """
SELECT c.public_id, c.text, c.topic, c.state, c.first_seen_at, c.last_seen_at, c.documents, c.origins, c.rising,
    count(m.id) AS matches,
    min(CASE m.tier WHEN 'confirmable' THEN 1 WHEN 'suggested' THEN 2 ELSE 3 END) AS best
FROM claim c LEFT JOIN (SELECT x.* FROM match x JOIN fact_check k ON k.id = x.fact_check_id AND k.withdrawn_at IS NULL
    WHERE x.state NOT IN ('rejected', 'related') AND x.tier <> 'related') m ON m.claim_id = c.id
WHERE (%(state)s::text IS NULL OR c.state = %(state)s)
GROUP BY c.id ORDER BY min(CASE m.tier WHEN 'confirmable' THEN 1 WHEN 'suggested' THEN 2 ELSE 3 END) NULLS LAST, c.rising DESC, c.last_seen_at DESC LIMIT 200"""

CLAIM = "SELECT * FROM claim WHERE public_id = %s"

CLAIM_MATCHES = """
SELECT m.id, m.public_id, m.score, m.tier, m.state, m.features, m.decided_at, k.publisher, k.publisher_kind, k.claim, k.title, k.rating, k.published_at, k.url,
    k.language, k.withdrawn_at, u.display_name AS decided_by, (m.features -> 'wording' ->> 'confirmed_at')::timestamptz AS wording_at,
    (SELECT c.public_id FROM match w JOIN claim c ON c.id = w.claim_id
     WHERE w.public_id = (m.features -> 'wording' ->> 'match')::uuid AND w.state = 'confirmed') AS wording_claim
FROM match m JOIN fact_check k ON k.id = m.fact_check_id LEFT JOIN app_user u ON u.id = m.decided_by
WHERE m.claim_id = %s ORDER BY CASE m.tier WHEN 'confirmable' THEN 1 WHEN 'suggested' THEN 2 ELSE 3 END, m.score DESC"""

CLAIM_SIGHTINGS = """
SELECT DISTINCT ON (d.id) d.id, x.sentence, d.title, d.canonical_url, d.published_at, s.name AS source
FROM claim_sighting x JOIN document d ON d.id = x.document_id JOIN source s ON s.id = d.source_id
WHERE x.claim_id = %(claim)s AND d.id = ANY(%(documents)s) ORDER BY d.id, x.sentence"""

CLAIM_DAYS = """
SELECT d.id, d.published_at FROM document d WHERE EXISTS (SELECT FROM claim_sighting x WHERE x.claim_id = %(claim)s AND x.document_id = d.id)"""

CLAIM_PLACES = """
SELECT u.name, count(DISTINCT d.id) AS documents
FROM claim_sighting x JOIN document d ON d.id = x.document_id
JOIN document_place p ON p.document_id = d.id AND p.first_seen_at = d.first_seen_at AND p.level = 'province' JOIN unit u ON u.code = p.unit_code
WHERE x.claim_id = %s GROUP BY u.name ORDER BY documents DESC, u.name LIMIT 20"""

PRECISION = """
SELECT topic, decided, useful, dismissed, precision, low, high, latest FROM (
    SELECT * FROM signal_precision
    UNION ALL
    SELECT '', d, u, d - u, u::float / d, (u + 1.9208 - 1.96 * sqrt(u::float * (d - u) / d + 0.9604)) / (d + 3.8416),
        (u + 1.9208 + 1.96 * sqrt(u::float * (d - u) / d + 0.9604)) / (d + 3.8416), latest
    FROM (SELECT sum(decided)::bigint AS d, sum(useful)::bigint AS u, max(latest) AS latest, count(*) AS topics FROM signal_precision) t WHERE topics > 1
) p ORDER BY topic = '', decided DESC, topic"""

RAISED_LATELY = """
SELECT count(*) AS raised, count(*) FILTER (WHERE state <> 'new') AS decided, count(*) FILTER (WHERE state = 'dismissed') AS dismissed
FROM flagged_issue WHERE raised_at >= %(since)s"""

FAILED_SIGN_INS = "SELECT count(*) AS n, max(at) AS latest FROM sign_in_failure WHERE pair = %(key)s AND at > %(since)s"

REMEMBER_FAILURE = "WITH old AS (DELETE FROM sign_in_failure WHERE at <= %(old)s) INSERT INTO sign_in_failure VALUES (%(key)s, %(at)s)"

FORGET_FAILURES = "DELETE FROM sign_in_failure WHERE pair = %s"

ACCOUNT = "SELECT id FROM app_user WHERE login = %s"

ISSUE_MERGED = "SELECT i.id FROM issue i JOIN issue_alias a ON a.alias = i.public_id WHERE a.issue_id = %s ORDER BY 1"

ISSUE_ORIGINS = "SELECT origins, documents, copies, releases, wires, detail FROM issue_corroboration WHERE issue_id = %s"

ISSUE_CANDIDATES = """
SELECT i.public_id, i.title, i.last_published_at, (SELECT u.name FROM unit u WHERE u.code = i.commune_codes[1]) AS place FROM issue i
WHERE i.id <> %(issue)s AND i.documents > 0 AND i.language = %(language)s AND NOT EXISTS (SELECT FROM issue_alias a WHERE a.alias = i.public_id)
    AND i.last_published_at BETWEEN %(at)s::timestamptz - interval '60 days' AND %(at)s::timestamptz + interval '60 days'
ORDER BY i.commune_codes && %(communes)s DESC, i.province_code IS NOT DISTINCT FROM %(province)s DESC, i.topic = %(topic)s DESC, i.last_published_at DESC LIMIT 60"""

SOURCES = "SELECT * FROM source_health ORDER BY CASE state WHEN 'BROKEN' THEN 0 WHEN 'BLOCKED' THEN 1 WHEN 'OK' THEN 9 ELSE 5 END, name"

SOURCE = "SELECT * FROM source WHERE key = %s"

SOURCE_DAYS = """
SELECT local_day(published_at) AS day, count(*) AS documents FROM document
WHERE source_id = %(source)s AND published_at >= %(since)s GROUP BY 1 ORDER BY 1"""

SOURCE_USUAL = """
SELECT count(*) / 8.0 AS a_week FROM document
WHERE source_id = %(source)s AND published_at >= %(since)s::timestamptz - interval '8 weeks' AND published_at < %(since)s"""

# A document read two weeks after its publication was brought in from an archive; it says nothing of how quickly the source is read.
SOURCE_LAG = """
SELECT local_day(first_seen_at) AS day, count(*) AS documents,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(extract(epoch FROM first_seen_at - published_at), 0) / 60)::float AS median,
    max(greatest(extract(epoch FROM first_seen_at - published_at), 0) / 60)::float AS longest
FROM document WHERE source_id = %(source)s AND first_seen_at >= %(since)s AND published_precision = 'minute'
    AND first_seen_at - published_at < interval '14 days'
GROUP BY 1 ORDER BY 1"""

SOURCE_ANSWERS = """
SELECT local_day(fetched_at) AS day, count(*) FILTER (WHERE http_status BETWEEN 200 AND 299) AS done, count(*) FILTER (WHERE http_status = 304) AS same,
    count(*) FILTER (WHERE http_status BETWEEN 300 AND 399 AND http_status <> 304) AS moved, count(*) FILTER (WHERE http_status BETWEEN 400 AND 499) AS client,
    count(*) FILTER (WHERE http_status >= 500) AS server, count(*) FILTER (WHERE http_status IS NULL) AS none
FROM fetch_log WHERE source_id = %(source)s AND fetched_at >= %(since)s GROUP BY 1 ORDER BY 1"""

SOURCE_STATES = """
SELECT at, state, reason FROM source_state WHERE source_id = %(source)s AND at >= coalesce(
    (SELECT max(at) FROM source_state WHERE source_id = %(source)s AND at < %(since)s), '-infinity') ORDER BY at"""

SOURCE_FAILURES = """
SELECT fetched_at, kind, url, robots_decision, http_status, failure_class, reason FROM fetch_log
WHERE source_id = %(source)s AND fetched_at >= %(since)s AND outcome IN ('retry', 'quarantine', 'refused') ORDER BY fetched_at DESC LIMIT 10"""

ARTEFACTS = """
SELECT f.kind, f.first_day, f.last_day, f.card, s.key AS series, s.topic, u.name AS place FROM flag f
JOIN series s ON s.id = f.series_id LEFT JOIN unit u ON u.code = s.unit_code
WHERE f.kind <> 'surge' ORDER BY f.last_day DESC LIMIT 50"""

FEEDBACK = "SELECT topic, place, week, reports_at_least FROM feedback_shown ORDER BY week DESC, reports_at_least DESC LIMIT 200"

LAG = "SELECT * FROM processing_lag ORDER BY stage"

QUARANTINED = "SELECT * FROM quarantined ORDER BY since DESC LIMIT 50"

AUDIT = "SELECT audit_append(%s, %s, %s, %s, %s)"

ISSUE_BY_PUBLIC_ID = "SELECT id, state FROM issue WHERE public_id = %s FOR UPDATE"

# An issue and those merged into it are decided on together: their flags and mails go on under the old ids.
ISSUE_SET = """
UPDATE issue SET state = %(state)s, state_reason = %(reason)s, service_id = coalesce(%(service)s, service_id), updated_at = %(now)s
WHERE id = %(issue)s OR public_id IN (SELECT alias FROM issue_alias WHERE issue_id = %(issue)s) RETURNING public_id"""

DECIDE = (
    "INSERT INTO review_decision (at, user_id, subject_kind, subject_id, decision, reason, service_id) VALUES (%s, %s, %s, %s, %s, %s, %s)"
)
