"""The annotate stage: newest version of a document → annotation, today's places; then dedupe and claims are asked to work."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from processing.annotate.core import METHOD, Annotation, Annotator
from processing.db import Connection, work
from processing.db.work import StageStats
from processing.errors import Quarantine
from processing.search import vector
from processing.settings import get_settings
from processing.zone import LOCAL

STAGE = "annotate"
_BETWEEN = "\x1f"
"""Between the parts of a list on its way to the database: no cleaned text holds it, and one string is passed faster than hundreds."""


@cache
def annotator(extra_gazetteer: Path | None) -> Annotator:
    """The annotator with these places, loaded once a process for each set of places."""
    return Annotator.load(extra_gazetteer)


def run(conn: Connection, *, limit: int, now: datetime) -> StageStats:
    """Annotate up to `limit` due documents in the caller's transaction. Running again on the same text writes the same rows."""
    ids = work.claim(conn, STAGE, limit, now)
    ready = annotator(get_settings().extra_gazetteer)
    if not ids:
        return StageStats()
    try:
        with conn.transaction():
            _all(conn, ready, ids, now)
    except psycopg.OperationalError:
        raise
    except Exception:
        # one of them cannot be done: each for itself, so that it alone is set aside
        return work.each(conn, STAGE, ids, lambda document: _all(conn, ready, [document], now), now)
    work.done(conn, STAGE, ids)
    return StageStats(done=len(ids))


def _all(conn: Connection, annotator: Annotator, ids: list[int], now: datetime) -> None:
    rows = conn.execute(
        """SELECT DISTINCT ON (d.id) d.id, d.version, d.first_seen_at, d.published_at, v.title, v.text, s.places
           FROM document d JOIN source s ON s.id = d.source_id JOIN document_version v ON v.document_id = d.id AND v.version = d.version
           WHERE d.id = ANY(%s) ORDER BY d.id, v.seen_at DESC""",
        [ids],
    ).fetchall()
    if gone := set(ids) - {row["id"] for row in rows}:
        raise Quarantine(f"document {min(gone)} has no text: it was removed, or its version has expired")
    found = []
    for row in rows:
        day = row["published_at"].astimezone(LOCAL).date()
        found.append(_Annotated(row, annotator.analyse(row["text"], row["title"], day, home(annotator, row["places"]))))
    _write(conn, found, now)
    for stage in ("dedupe", "claims"):
        work.enqueue(conn, stage, ids, now)


def home(annotator: Annotator, codes: list[str]) -> str | None:
    """Today's province in which all of a source's own units lie; None when there is no such one. A hint for ambiguous names."""
    gazetteer = annotator.places.gazetteer
    found = {province.id for code in codes if code in gazetteer.units and (province := gazetteer.province_today(code)) is not None}
    return found.pop() if len(found) == 1 else None


class _Annotated(NamedTuple):
    """A document's row (id, version, first_seen_at, title, text) and what it is about."""

    row: dict[str, Any]
    found: Annotation

    def values(self, now: datetime) -> list[Any]:
        row, found = self.row, self.found
        return [
            row["id"], row["version"], row["first_seen_at"], found.language, _BETWEEN.join(found.sentences), _BETWEEN, _BETWEEN.join(found.tokens), _BETWEEN,
            Jsonb(found.places), found.province["code"] if found.province else None, found.province_confidence if found.province else None,
            found.topic, found.topic_score, Jsonb(found.checkable), METHOD, now, vector(row["title"], row["text"]),
        ]  # fmt: skip


def _write(conn: Connection, annotated: list[_Annotated], now: datetime) -> None:
    with conn.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO annotation (document_id, version, first_seen_at, language, sentences, tokens, places, province_code, province_confidence,
                   topic, topic_score, checkable, method, annotated_at, words)
               VALUES (%s, %s, %s, %s, string_to_array(%s, %s), string_to_array(%s, %s), %s, %s, %s, %s, %s, %s, %s, %s, %s)
               ON CONFLICT (document_id, first_seen_at) DO UPDATE SET version = excluded.version, language = excluded.language,
                   sentences = excluded.sentences, tokens = excluded.tokens, places = excluded.places, province_code = excluded.province_code,
                   province_confidence = excluded.province_confidence, topic = excluded.topic, topic_score = excluded.topic_score,
                   checkable = excluded.checkable, method = excluded.method, annotated_at = excluded.annotated_at, words = excluded.words""",
            [one.values(now) for one in annotated],
        )
    seen = [one.row["first_seen_at"] for one in annotated]
    conn.execute(  # the bounds tell which partitions to look in
        """DELETE FROM document_place p USING unnest(%s::bigint[], %s::timestamptz[]) AS d(id, seen)
           WHERE p.document_id = d.id AND p.first_seen_at = d.seen AND p.first_seen_at BETWEEN %s AND %s""",
        [[one.row["id"] for one in annotated], seen, min(seen), max(seen)],
    )
    places = [
        (one.row["id"], code, one.row["first_seen_at"], level, confidence) for one in annotated for code, (level, confidence) in units_today(one.found).items()
    ]
    if places:
        conn.execute(
            """INSERT INTO document_place (document_id, unit_code, first_seen_at, level, confidence)
               SELECT * FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::text[], %s::float8[])""",
            [list(column) for column in zip(*places, strict=True)],
        )


def units_today(found: Annotation) -> dict[str, tuple[str, float]]:
    """Today's units the document is about: code → (level, confidence).

    A unit that was split gives each successor the mention's confidence times its share, or an equal part where the share is unknown, so
    that an old district of seven communes does not count seven times. The chief province is always among them.
    """
    out: dict[str, tuple[str, float]] = {}
    for place in found.places:
        for heir in place["current"]:
            share = heir["share"] if heir["share"] is not None else 1.0 / len(place["current"])
            confidence = round(place["confidence"] * share, 3)
            if heir["level"] != "district" and confidence > out.get(heir["code"], ("", 0.0))[1]:
                out[heir["code"]] = (heir["level"], confidence)
    if found.province is not None:
        code = found.province["code"]
        out[code] = ("province", max(found.province_confidence, out.get(code, ("", 0.0))[1]))
    return out
