"""Stored history for `bench.pipeline`: hundreds of thousands of documents with everything that the stages read of older ones.

Rows of real documents that went through every stage are repeated with shifted times and changed fingerprints and sketches, so that
no copy is found among them. What a stage never looks back to is not made: fingerprints and sketches reach as far back as their windows, texts and
annotations as far as retention. Secondary indexes are dropped before and built again after, which is what makes a million rows a matter of minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

A_DAY = 1000
TEXT = timedelta(days=180)
FINGERPRINTS = timedelta(days=62)
SKETCHES = timedelta(days=16)
PARTITIONED = ("document_version", "annotation", "fingerprint", "document_place", "document_copy", "assignment", "observation")
_BULK = ("document", "issue", "issue_story", "story", "claim_sketch", *PARTITIONED[:-1])
_SETTLED = "(SELECT max(published_at) FROM twin)"

_TWINS = """
CREATE TABLE twin AS
SELECT row_number() OVER (ORDER BY k, d.id) + (SELECT max(id) FROM document) AS id, row_number() OVER (ORDER BY k, d.id) AS n, d.id AS pool, k,
    d.first_seen_at - k * %(step)s::interval AS first_seen_at, d.published_at - k * %(step)s::interval AS published_at
FROM document d, generate_series(%(from)s::int, %(to)s::int) k WHERE d.id = ANY(%(pool)s)"""

_HISTORY = (
    """INSERT INTO document (id, source_id, canonical_url, title, language, published_at, published_precision, first_seen_at, last_seen_at)
       OVERRIDING SYSTEM VALUE
       SELECT t.id, d.source_id, d.canonical_url || '?copy=' || t.k, d.title, d.language, t.published_at, d.published_precision, t.first_seen_at, t.first_seen_at
       FROM twin t JOIN document d ON d.id = t.pool""",
    """INSERT INTO document_version (document_id, version, seen_at, title, text, text_sha256, extractor)
       SELECT t.id, 1, t.first_seen_at, v.title, v.text, v.text_sha256, v.extractor FROM twin t JOIN document_version v ON v.document_id = t.pool
       WHERE t.first_seen_at > %(text)s""",
    """INSERT INTO annotation (document_id, version, first_seen_at, language, sentences, tokens, places, province_code, province_confidence, topic,
           topic_score, checkable, method, annotated_at)
       SELECT t.id, 1, t.first_seen_at, language, sentences, tokens, places, province_code, province_confidence, topic, topic_score, checkable, method,
           t.first_seen_at
       FROM twin t JOIN annotation a ON a.document_id = t.pool WHERE t.first_seen_at > %(text)s""",
    """INSERT INTO fingerprint (hash, document_id, first_seen_at) SELECT hash # (t.k * 7919::bigint << 20), t.id, t.first_seen_at
       FROM twin t JOIN fingerprint f ON f.document_id = t.pool WHERE t.first_seen_at > %(prints)s""",
    # the same statements would be found a thousand times over: other keys of the same shape
    """INSERT INTO claim_sketch (document_id, published_at, sentences, keys, method)
       SELECT t.id, t.published_at, c.sentences, decode(string_agg(md5(t.k::text || e.n || encode(c.keys, 'hex')), '' ORDER BY e.n), 'hex'), c.method
       FROM twin t JOIN claim_sketch c ON c.document_id = t.pool, generate_series(1, octet_length(c.keys) / 16) e(n)
       WHERE t.first_seen_at > %(sketches)s GROUP BY t.id, t.published_at, c.sentences, c.method""",
    """INSERT INTO document_place (document_id, unit_code, first_seen_at, level, confidence)
       SELECT t.id, p.unit_code, t.first_seen_at, p.level, p.confidence FROM twin t JOIN document_place p ON p.document_id = t.pool""",
    """INSERT INTO document_copy (document_id, first_seen_at, group_id, origin_id, relation) SELECT t.id, t.first_seen_at, t.id, t.id, 'origin' FROM twin t""",
    """INSERT INTO story (id, language, opened_at, last_published_at, documents) OVERRIDING SYSTEM VALUE
       SELECT t.n + %(stories)s, d.language, t.published_at, t.published_at, 1 FROM twin t JOIN document d ON d.id = t.pool""",
    """INSERT INTO assignment (document_id, first_seen_at, story_id, published_at, score, method, assigned_at, ordered_at)
       SELECT t.id, t.first_seen_at, t.n + %(stories)s, t.published_at, 1, 'bench', t.first_seen_at, t.published_at FROM twin t""",
    """INSERT INTO issue (id, title, topic, language, first_seen_at, last_published_at, documents, origins, updated_at) OVERRIDING SYSTEM VALUE
       SELECT t.n + %(issues)s, d.title, 'other', d.language, t.first_seen_at, t.published_at, 1, 1, t.first_seen_at FROM twin t JOIN document d ON d.id = t.pool""",
    """INSERT INTO issue_story (story_id, issue_id) SELECT t.n + %(stories)s, t.n + %(issues)s FROM twin t""",
    # the clusterer reads its stories anew, and holds what is older than the real documents for settled
    f"""UPDATE cluster_state SET seen = seen + (SELECT count(*) FROM twin), revision = revision + 1,
           settled_at = greatest(settled_at, {_SETTLED}), settled_key = CASE WHEN settled_at >= {_SETTLED} THEN settled_key ELSE 'g' END""",  # noqa: S608  # constant parts
)  # fmt: skip


@dataclass(frozen=True)
class _Index:
    name: str
    definition: str


def _secondary(admin: psycopg.Connection[tuple[str, str]], tables: tuple[str, ...]) -> list[_Index]:
    """Indexes of the tables that belong to no constraint; of partitioned tables the parents'."""
    rows = admin.execute(
        """SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
           WHERE i.indrelid = ANY(%s::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)""",
        [list(tables)],
    )
    return [_Index(name, definition.replace(" ON ONLY ", " ON ")) for name, definition in rows]


def grow(dsn: str, pool: list[int], have: int, size: int, now: datetime) -> int:
    """Bring the stored documents to about `size` by copies of `pool`, `A_DAY` a day into the past. `have`: copies of the pool made before.

    `dsn` is a superuser's: foreign keys are not checked row by row. Returns the number of copies there are now.
    """
    wanted = max(have, size // len(pool))
    if wanted == have:
        return have
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("SET synchronous_commit = off")
        admin.execute("SET maintenance_work_mem = '512MB'")
        admin.execute("SET work_mem = '128MB'")
        first = now - timedelta(days=wanted * len(pool) / A_DAY + 32)
        for table in PARTITIONED:
            admin.execute("SELECT ensure_months(%s::regclass, %s, %s)", [table, first.date(), now.date()])
        indexes = _secondary(admin, _BULK)
        for index in indexes:
            admin.execute(f"DROP INDEX {index.name}".encode())
        admin.execute("DROP TABLE IF EXISTS twin")
        step = timedelta(days=len(pool) / A_DAY)
        _fill(admin, {"step": step, "from": have + 1, "to": wanted, "pool": pool}, now)
        for index in indexes:
            admin.execute(index.definition.encode())
        admin.execute("DROP TABLE twin")
    tidy(dsn)
    return wanted


def tidy(dsn: str) -> None:
    """What autovacuum would have done long before, had the history come day by day; else its work on the bulk is charged to whoever is measured next."""
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("VACUUM ANALYZE")


def _fill(admin: psycopg.Connection[tuple[str, str]], which: dict[str, object], now: datetime) -> None:
    client = psycopg.ClientCursor(admin)  # values in the text: CREATE TABLE AS takes no parameters
    client.execute(_TWINS, which)
    admin.execute("ANALYZE twin")
    tops = {name: admin.execute(f"SELECT coalesce(max(id), 0) FROM {name}".encode()).fetchone() for name in ("story", "issue")}  # noqa: S608
    values = {
        "text": now - TEXT, "prints": now - FINGERPRINTS, "sketches": now - SKETCHES,
        "stories": int((tops["story"] or ("0",))[0]), "issues": int((tops["issue"] or ("0",))[0]),
    }  # fmt: skip
    for statement in _HISTORY:
        client.execute(statement, values)
    for table in ("document", "story", "issue"):
        admin.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))".encode())  # noqa: S608
