"""Daily detection through the database: 10,000 series a day, each with a document, over 400 days of stored counts.

Everything the stage does in one pass is in the figure: the changed days counted again from their documents, the history read, coverage, the filter,
what was judged written back. Core-seconds count this process and PostgreSQL. The history is written in bulk; names and texts are empty.
"""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from bench._database import database
from processing.db import Connection
from processing.hotspots import store
from processing.zone import LOCAL

NEEDS_SHARED = False
SERIES, DAYS, SOURCES = 10_000, 400, 120
TOPICS = (
    "land", "environment_water", "waste", "transport", "electricity_telecoms", "health", "food_safety", "education", "social_welfare", "housing", "agriculture",
    "prices_markets", "public_works", "administrative", "disaster_weather", "fire_accident", "scam_fraud",
)  # fmt: skip
TODAY = dt.date(2026, 3, 20)
Row = tuple[str, str, str, str]


def build(conn: Connection, series: int, days: int) -> None:
    """`series` of a topic in a commune with `days` of Poisson counts, and one document for each on each of the last three days."""
    random = np.random.default_rng(5)
    communes = -(-series // len(TOPICS))
    conn.execute("INSERT INTO unit SELECT 'u' || n, 'xã ' || n, 'commune', 'p', 'tỉnh' FROM generate_series(0, %s) n", [communes])
    conn.execute(
        """INSERT INTO source (key, name, kind, owner, basis, reviewed_on, review_due, home_url, enabled)
           SELECT 's' || n, 'Báo ' || n, 'press', 'o' || n, 'bench', '2026-01-01', '2027-01-01', 'http://x.invalid/', true FROM generate_series(1, %s) n""",
        [SOURCES],
    )
    keys = [(TOPICS[i % len(TOPICS)], f"u{i // len(TOPICS)}") for i in range(series)]
    conn.execute(
        """INSERT INTO series (key, kind, topic, unit_code)
           SELECT 'topic_commune:' || t || ':' || u, 'topic_commune', t, u FROM unnest(%s::text[], %s::text[]) AS k(t, u)""",
        [[t for t, _ in keys], [u for _, u in keys]],
    )
    conn.execute("SELECT ensure_months('observation', %s, %s)", [TODAY - dt.timedelta(days=days), TODAY])
    ids = [r["id"] for r in conn.execute("SELECT id FROM series ORDER BY id")]
    counts = random.poisson(np.exp(random.uniform(-2.5, 1.0, (series, 1))), (series, days))
    stamp = dt.datetime.combine(TODAY, dt.time(1), LOCAL)
    with conn.cursor() as cursor, cursor.copy("COPY observation (series_id, day, origins, documents, coverage, counted_at) FROM STDIN") as copy:
        for s, t in zip(*np.nonzero(counts), strict=True):
            n = int(counts[s, t])
            copy.write_row((ids[s], TODAY - dt.timedelta(days=days - int(t)), n, n, 1.0, stamp))
    _documents(conn, keys, random)
    conn.commit()
    conn.execute("ANALYZE")
    conn.commit()


def _documents(conn: Connection, keys: list[tuple[str, str]], random: np.random.Generator) -> None:
    """Annotated documents of the last three days, one for each series and day, and 60 days of the sources' other documents."""
    number = 0
    rows: list[tuple[int, int, dt.datetime, str, str | None]] = []
    for back in range(60, -1, -1):
        day = dt.datetime.combine(TODAY - dt.timedelta(days=back), dt.time(12), LOCAL)
        wanted: list[tuple[str, str | None]] = list(keys) if back < 3 else [("other", None)] * SOURCES
        for topic, unit in wanted:
            number += 1
            rows.append((number, number % SOURCES + 1, day + dt.timedelta(seconds=int(random.integers(0, 3600))), topic, unit))
    for table in ("document_version", "annotation", "document_place", "document_copy", "assignment"):
        conn.execute("SELECT ensure_months(%s::regclass, %s, %s)", [table, TODAY - dt.timedelta(days=61), TODAY])
    with conn.cursor() as cursor:
        with cursor.copy(
            "COPY document (source_id, canonical_url, title, language, published_at, published_precision, first_seen_at, last_seen_at) FROM STDIN"
        ) as copy:
            for n, source, at, _, _ in rows:
                copy.write_row((source, f"http://x.invalid/{n}", "", "vi", at, "minute", at, at))
        with cursor.copy(
            """COPY annotation (document_id, version, first_seen_at, language, sentences, tokens, places, province_code, topic, topic_score, checkable, method,
               annotated_at) FROM STDIN"""
        ) as copy:
            for n, _, at, topic, _ in rows:
                copy.write_row((n, 1, at, "vi", [], [], "[]", "p", topic, 0.9, "[]", "bench", at))
        with cursor.copy("COPY document_place (document_id, unit_code, first_seen_at, level, confidence) FROM STDIN") as copy:
            for n, _, at, _, unit in rows:
                if unit is not None:
                    copy.write_row((n, unit, at, "commune", 0.9))


def _cpu() -> float:
    me = psutil.Process()
    return sum(sum(p.cpu_times()[:2]) for p in [me, *me.children(recursive=True)])


def measure(series: int = SERIES, days: int = DAYS) -> tuple[float, float]:
    """(core-seconds, wall seconds) of a pass when the day's documents are new, the models loaded and the history known."""
    with tempfile.TemporaryDirectory() as name, database(Path(name), fsync=False) as (_, conn):
        build(conn, series, days)
        now = dt.datetime.combine(TODAY, dt.time(20), LOCAL)
        store.run(conn, now=now)
        conn.execute("UPDATE annotation SET annotated_at = %s WHERE first_seen_at >= %s", [now, now - dt.timedelta(days=1)])
        conn.commit()
        cpu, wall = _cpu(), time.monotonic()
        store.run(conn, now=now + dt.timedelta(minutes=10))
        return _cpu() - cpu, time.monotonic() - wall


def rows(_shared: Path) -> list[Row]:
    cpu, wall = measure()
    return [(f"daily detection of {SERIES:,} series, each with a document that day, {DAYS} days of history, through the database: core-seconds (wall)", f"{cpu:.1f} ({wall:.1f})", "", "< 5")]


if __name__ == "__main__":
    for line in rows(Path()):
        print(" | ".join(line))
