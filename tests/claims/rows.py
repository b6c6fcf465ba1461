"""Rows for the claims tests: sources, documents with annotation, a user, pages of a fact-checker."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from processing.claims import checkable
from processing.db import Connection, work
from processing.text import sentences

NOW = datetime(2026, 3, 10, 5, 0, tzinfo=UTC)


def source(conn: Connection, key: str, kind: str = "press", publisher_kind: str | None = None) -> dict[str, Any]:
    """A row of table source."""
    conn.execute(
        """INSERT INTO source (key, name, kind, publisher_kind, owner, basis, reviewed_on, review_due, home_url)
           VALUES (%s, %s, %s, %s, %s, 'báo chí được cấp phép', '2026-01-01', '2027-01-01', %s)""",
        [key, f"Nguồn {key}", kind, publisher_kind, f"Cơ quan chủ quản của {key}", f"https://{key}.example/"],
    )
    row = conn.execute("SELECT * FROM source WHERE key = %s", [key]).fetchone()
    assert row is not None
    return row


def document(conn: Connection, src: dict[str, Any], slug: str, text: str, *, title: str = "Tin trong ngày", at: datetime = NOW, topic: str = "other") -> int:
    """A document with its text and annotation, waiting for the stage; sentences are judged by the shipped model."""
    kind = "fact_check" if src["kind"] == "fact_check" else "statement" if src["publisher_kind"] == "official_statement" else "article"
    made = conn.execute(
        """INSERT INTO document (source_id, canonical_url, kind, title, language, published_at, published_precision, first_seen_at, last_seen_at)
           VALUES (%s, %s, %s, %s, 'vi', %s, 'minute', %s, %s) RETURNING id""",
        [src["id"], f"{src['home_url']}{slug}", kind, title, at, at, at],
    ).fetchone()
    assert made is not None
    conn.execute(
        "INSERT INTO document_version (document_id, version, seen_at, title, text, text_sha256, extractor) VALUES (%s, 1, %s, %s, %s, '\\x00', 'test')",
        [made["id"], at, title, text],
    )
    parts = sentences(text)
    scored = [{"sentence": s, "score": checkable.score(s)} for s in parts]
    found = [item for item in scored if item["score"] >= checkable.OPERATING_POINT]
    conn.execute(
        """INSERT INTO annotation (document_id, version, first_seen_at, language, sentences, tokens, places, topic, topic_score, checkable, method, annotated_at)
           VALUES (%s, 1, %s, 'vi', %s, '{}', '[]', %s, 1, %s, 'test', %s)""",
        [made["id"], at, parts, topic, Jsonb(found), at],
    )
    work.enqueue(conn, "claims", [made["id"]], at)
    found_id: int = made["id"]
    return found_id


def review_page(claim: str, rating: str, *, published: str | None = "2026-03-10T09:00:00+07:00", title: str = "Kiểm chứng") -> bytes:
    """A page with ClaimReview whose author and editor are persons."""
    data = {
        "@context": "https://schema.org", "@type": "ClaimReview", "claimReviewed": claim, "name": title, "url": "https://kiem-chung.example/1",
        "author": {"@type": "Person", "name": "Canary Người Viết"}, "editor": {"@type": "Person", "name": "Canary Biên Tập"},
        "reviewRating": {"@type": "Rating", "alternateName": rating, "author": {"@type": "Person", "name": "Canary Chấm Điểm"}},
    }  # fmt: skip
    if published:
        data["datePublished"] = published
    return f'<html><head><script type="application/ld+json">{json.dumps(data, ensure_ascii=False)}</script></head><body><h1>{title}</h1></body></html>'.encode()


def user(conn: Connection, login: str = "reviewer", email: str = "reviewer@example.org") -> int:
    """An active analyst subscribed to answers."""
    made = conn.execute(
        "INSERT INTO app_user (login, display_name, email, password_hash, role) VALUES (%s, 'Người duyệt', %s, 'x', 'analyst') RETURNING id", [login, email]
    ).fetchone()
    assert made is not None
    conn.execute("INSERT INTO subscription (user_id, kind) VALUES (%s, 'claims')", [made["id"]])
    found: int = made["id"]
    return found


LATER = NOW + timedelta(hours=2)
