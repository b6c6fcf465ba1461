"""Documents per core-second of every stage and end to end, and the cost of a document as the stored history grows.

The newest documents are real articles (../shared/data/news); the history before them is made in bulk: rows of the first real ones, repeated with
shifted dates and changed fingerprints, 1,000 documents a day, so that windows hold the same number at every size. Text, annotations and fingerprints are
kept 180 days and the rest for good, as retention leaves them. Core-seconds count this process, its extraction worker and Postgres.

    python -m bench.pipeline                 10,000 and 100,000 stored documents
    python -m bench.pipeline 10000 1000000   other sizes
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg

from processing import pipeline
from processing.db import Connection, connect
from processing.db.landing import make_key
from processing.db.migrate import migrate
from processing.replay import import_archive
from processing.settings import ROOT, get_settings
from processing.stack.postgres import EmbeddedPostgres

A_DAY = 1000
POOL = 600
BATCH = 200
TEXT_DAYS = 180
SIZES = (10_000, 100_000)
Row = tuple[str, str, str, str]

_HISTORY = (
    """INSERT INTO document (source_id, canonical_url, title, language, published_at, published_precision, first_seen_at, last_seen_at)
       SELECT source_id, canonical_url || '?copy=' || k, title, language, published_at - k * %(step)s::interval, published_precision,
           first_seen_at - k * %(step)s::interval, last_seen_at - k * %(step)s::interval
       FROM document, generate_series(%(from)s::int, %(to)s::int) k WHERE id <= %(pool)s""",
    """CREATE TEMP TABLE twin ON COMMIT DROP AS
       SELECT p.id AS pool, d.id AS id, substring(d.canonical_url FROM '\\?copy=(\\d+)$')::int AS k, d.first_seen_at, d.published_at
       FROM document d JOIN document p ON p.canonical_url = regexp_replace(d.canonical_url, '\\?copy=\\d+$', '')
       WHERE d.canonical_url LIKE '%%?copy=%%' AND d.id > %(last)s""",
    """INSERT INTO document_version (document_id, version, seen_at, title, text, text_sha256, extractor)
       SELECT t.id, 1, t.first_seen_at, v.title, v.text, v.text_sha256, v.extractor FROM twin t JOIN document_version v ON v.document_id = t.pool
       WHERE t.first_seen_at > %(text_from)s""",
    """INSERT INTO annotation (document_id, version, first_seen_at, language, sentences, tokens, places, province_code, province_confidence, topic,
           topic_score, checkable, method, annotated_at)
       SELECT t.id, 1, t.first_seen_at, language, sentences, tokens, places, province_code, province_confidence, topic, topic_score, checkable, method,
           t.first_seen_at
       FROM twin t JOIN annotation a ON a.document_id = t.pool WHERE t.first_seen_at > %(text_from)s""",
    """INSERT INTO fingerprint (hash, document_id, first_seen_at) SELECT hash # (t.k * 7919::bigint << 20), t.id, t.first_seen_at
       FROM twin t JOIN fingerprint f ON f.document_id = t.pool WHERE t.first_seen_at > %(text_from)s""",
    """INSERT INTO document_place SELECT t.id, p.unit_code, t.first_seen_at, p.level, p.confidence FROM twin t JOIN document_place p ON p.document_id = t.pool""",
    """INSERT INTO document_copy SELECT t.id, t.first_seen_at, t.id, t.id, 'origin', 0 FROM twin t""",
    """INSERT INTO story (language, opened_at, last_published_at, documents) SELECT 'vi', published_at, published_at, 1 FROM twin ORDER BY id""",
    """CREATE TEMP TABLE home ON COMMIT DROP AS SELECT t.id AS document_id, s.id AS story_id FROM
       (SELECT id, row_number() OVER (ORDER BY id) n FROM twin) t JOIN
       (SELECT id, row_number() OVER (ORDER BY id) n FROM story WHERE id > %(last_story)s) s USING (n)""",
    """INSERT INTO assignment SELECT h.document_id, t.first_seen_at, h.story_id, t.published_at, 1, 'bench', t.first_seen_at
       FROM home h JOIN twin t ON t.id = h.document_id""",
    """INSERT INTO issue (title, topic, language, first_seen_at, last_published_at, documents, origins, updated_at)
       SELECT d.title, 'other', 'vi', d.first_seen_at, d.published_at, 1, 1, d.first_seen_at FROM home h JOIN document d ON d.id = h.document_id
       ORDER BY h.story_id""",
    """INSERT INTO issue_story SELECT s.id, i.id FROM (SELECT story_id AS id, row_number() OVER (ORDER BY story_id) n FROM home) s
       JOIN (SELECT id, row_number() OVER (ORDER BY id) n FROM issue WHERE id > %(last_issue)s) i USING (n)""",
)


def _cpu() -> float:
    """Core-seconds used so far by this process and all below it."""
    total = 0.0
    me = psutil.Process()
    for process in [me, *me.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def _memory() -> int:
    """Resident MiB of this process and its extraction worker."""
    me = psutil.Process()
    total = me.memory_info().rss
    for process in me.children(recursive=True):
        if "extract.worker" in " ".join(process.cmdline()):
            total += process.memory_info().rss
    return int(total / 2**20)


def _archive(folder: Path, articles: list[dict[str, Any]], name: str) -> Path:
    path = folder / f"{name}.jsonl"
    path.write_text(
        "".join(json.dumps({**a, "url": f"http://archive.invalid/{a['id']}"}, ensure_ascii=False) + "\n" for a in articles),
        encoding="utf-8",
    )
    return path


def _through(conn: Connection, archive: Path, now: datetime) -> dict[str, tuple[float, float]]:
    """Land an archive spread over the last day and drain every stage. Stage → (core-seconds, wall seconds)."""
    import_archive(conn, archive, now, days=1)
    spent = {}
    for stage in pipeline.STAGES:
        cpu, wall = _cpu(), time.monotonic()
        pipeline.drain(stage, conn=conn, now=now)
        spent[stage] = (_cpu() - cpu, time.monotonic() - wall)
    return spent


def _one(conn: Connection, query: str) -> int:
    row = conn.execute(query.encode()).fetchone()
    assert row is not None
    value: int = row["n"] or 0
    return value


def _grow(conn: Connection, size: int, pool: int, grown: int, now: datetime) -> int:
    """Add synthetic history up to `size` documents. Returns how many copies of the pool there are now."""
    wanted = max(grown, size // pool)
    for parent in ("document_version", "annotation", "document_place", "document_copy", "fingerprint", "assignment"):
        first = now - timedelta(days=wanted * pool / A_DAY + 32)
        conn.execute("SELECT ensure_months(%s::regclass, %s, %s)", [parent, first.date(), now.date()])
    conn.commit()
    chunk = 20
    for start in range(grown + 1, wanted + 1, chunk):
        values = {
            "step": timedelta(days=pool / A_DAY), "from": start, "to": min(start + chunk - 1, wanted), "pool": pool,
            "text_from": now - timedelta(days=TEXT_DAYS), "last": _one(conn, "SELECT max(id) AS n FROM document"),
            "last_story": _one(conn, "SELECT max(id) AS n FROM story"), "last_issue": _one(conn, "SELECT max(id) AS n FROM issue"),
        }  # fmt: skip
        for statement in _HISTORY:
            conn.execute(statement.encode(), values)
        conn.commit()
    conn.autocommit = True
    conn.execute("VACUUM ANALYZE")
    conn.autocommit = False
    return wanted


def measure(shared: Path, sizes: tuple[int, ...]) -> list[Row]:
    """All rows of the table."""
    with gzip.open(shared / "news" / "vietnews.jsonl.gz", "rt", encoding="utf-8") as lines:
        articles = [json.loads(line) for line in itertools.islice(lines, POOL + BATCH * (len(sizes) + 1))]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["LANGNGHE_HOME"] = name
        with EmbeddedPostgres(folder / "pg") as server:
            with psycopg.connect(server.dsn(), autocommit=True) as admin:
                for role in ("langnghe_app", "analyst"):
                    admin.execute(f"CREATE ROLE {role} LOGIN")
            server.create_database("langnghe", "langnghe_owner")
            os.environ["LANGNGHE_DSN"] = server.dsn("langnghe_owner", "langnghe")
            get_settings.cache_clear()
            make_key(get_settings().key_file)
            with connect() as conn:
                migrate(conn)
                return _table(conn, folder, articles, sizes)


def _table(conn: Connection, folder: Path, articles: list[dict[str, Any]], sizes: tuple[int, ...]) -> list[Row]:
    now = datetime.now(UTC)
    first = _through(conn, _archive(folder, articles[:POOL], "pool"), now)
    spent = _through(conn, _archive(folder, articles[POOL : POOL + BATCH], "warm"), now)
    rows: list[Row] = [
        (f"{stage}: documents per core-second", f"{BATCH / max(cpu, 1e-6):.0f}", "", "") for stage, (cpu, _) in spent.items()
    ]
    total = sum(cpu for cpu, _ in spent.values())
    rows.append(("every stage, from text: documents per core-second", f"{BATCH / total:.1f}", "", ">= 25"))
    rows.append(("first batch, loading models included: seconds", f"{sum(w for _, w in first.values()):.1f}", "", ""))
    rows.append(("memory of the stages, MiB", str(_memory()), "", ""))
    base = 0.0
    grown = 0
    pool = _one(
        conn, "SELECT count(*) AS n FROM document WHERE id <= (SELECT max(id) FROM (SELECT id FROM document ORDER BY id LIMIT 600) f)"
    )
    for n, size in enumerate(sizes):
        began = time.monotonic()
        grown = _grow(conn, size, pool, grown, now)
        stored = _one(conn, "SELECT count(*) AS n FROM document")
        loaded = time.monotonic() - began
        batch = _archive(folder, articles[POOL + BATCH * (n + 1) : POOL + BATCH * (n + 2)], f"batch{n}")
        spent = _through(conn, batch, now)
        cost = 1000 * sum(cpu for cpu, _ in spent.values()) / BATCH
        base = base or cost
        detail = ", ".join(f"{stage} {1000 * cpu / BATCH:.1f}" for stage, (cpu, _) in spent.items())
        rows.append(
            (
                f"core-ms per document at {stored:,} stored ({detail}; history made in {loaded:.0f} s)",
                f"{cost:.1f} ({cost / base - 1:+.0%})",
                "",
                "within 20 %",
            )
        )
    return rows


def rows(shared: Path) -> list[Row]:
    return measure(shared, SIZES)


if __name__ == "__main__":
    chosen = tuple(int(size) for size in sys.argv[1:]) or SIZES
    for row in measure(ROOT.parent / "shared" / "data", chosen):
        print(*row[:2], row[3], sep="  |  ")
