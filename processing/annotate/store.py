"""The annotate stage: newest version of a document → annotation, today's places; then dedupe and claims are asked to work."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path

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
    return work.each(conn, STAGE, ids, lambda document: _one(conn, ready, document, now), now)


def _one(conn: Connection, annotator: Annotator, document: int, now: datetime) -> None:
    row = conn.execute(
        """SELECT d.version, d.first_seen_at, d.published_at, v.title, v.text, s.places
           FROM document d JOIN source s ON s.id = d.source_id JOIN document_version v ON v.document_id = d.id AND v.version = d.version
           WHERE d.id = %s ORDER BY v.seen_at DESC LIMIT 1""",
        [document],
    ).fetchone()
    if row is None:
        raise Quarantine(f"document {document} has no text: it was removed, or its version has expired")
    published = row["published_at"].astimezone(LOCAL).date()
    found = annotator.analyse(row["text"], row["title"], published, home(annotator, row["places"]))
    _write(conn, document, row["version"], row["first_seen_at"], found, vector(row["title"], row["text"]), now)
    for stage in ("dedupe", "claims"):
        work.enqueue(conn, stage, [document], now)


def home(annotator: Annotator, codes: list[str]) -> str | None:
    """Today's province in which all of a source's own units lie; None when there is no such one. A hint for ambiguous names."""
    gazetteer = annotator.places.gazetteer
    found = {province.id for code in codes if code in gazetteer.units and (province := gazetteer.province_today(code)) is not None}
    return found.pop() if len(found) == 1 else None


def _write(conn: Connection, document: int, version: int, first_seen: datetime, found: Annotation, words: str, now: datetime) -> None:
    conn.execute(
        """INSERT INTO annotation (document_id, version, first_seen_at, language, sentences, tokens, places, province_code, province_confidence,
               topic, topic_score, checkable, method, annotated_at, words)
           VALUES (%s, %s, %s, %s, string_to_array(%s, %s), string_to_array(%s, %s), %s, %s, %s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (document_id, first_seen_at) DO UPDATE SET version = excluded.version, language = excluded.language,
               sentences = excluded.sentences, tokens = excluded.tokens, places = excluded.places, province_code = excluded.province_code,
               province_confidence = excluded.province_confidence, topic = excluded.topic, topic_score = excluded.topic_score,
               checkable = excluded.checkable, method = excluded.method, annotated_at = excluded.annotated_at, words = excluded.words""",
        [
            document, version, first_seen, found.language, _BETWEEN.join(found.sentences), _BETWEEN, _BETWEEN.join(found.tokens), _BETWEEN, Jsonb(found.places),
            found.province["code"] if found.province else None, found.province_confidence if found.province else None,
            found.topic, found.topic_score, Jsonb(found.checkable), METHOD, now, words,
        ],
    )  # fmt: skip
    conn.execute("DELETE FROM document_place WHERE document_id = %s AND first_seen_at = %s", [document, first_seen])
    with conn.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO document_place (document_id, unit_code, first_seen_at, level, confidence) VALUES (%s, %s, %s, %s, %s)",
            [(document, code, first_seen, level, confidence) for code, (level, confidence) in units_today(found).items()],
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
