"""Remove one page on request, all that was made of it, and keep it from coming back (SCOPE S14)."""

from __future__ import annotations

import hashlib
from datetime import datetime

from processing.db import Connection

_BY_DOCUMENT = (
    "document_version",
    "annotation",
    "document_place",
    "document_copy",
    "fingerprint",
    "assignment",
    "flag_document",
    "claim_sighting",
)


def url_hash(canonical_url: str) -> bytes:
    """What a tombstone keeps instead of the address."""
    return hashlib.sha256(canonical_url.encode()).digest()


def buried(conn: Connection, canonical_url: str) -> bool:
    """Was this page removed on request?"""
    return conn.execute("SELECT 1 FROM tombstone WHERE url_sha256 = %s", [url_hash(canonical_url)]).fetchone() is not None


def erase(conn: Connection, canonical_url: str, reason: str, now: datetime) -> str:
    """Erase the page and leave a tombstone, in one transaction; commits. Returns in words what was removed.

    Works for a page that was never collected, too: the tombstone then keeps it out.
    """
    conn.execute(
        "INSERT INTO tombstone (url_sha256, removed_at, reason) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [url_hash(canonical_url), now, reason],
    )
    row = conn.execute("SELECT id FROM document WHERE canonical_url = %s FOR UPDATE", [canonical_url]).fetchone()
    conn.execute("DELETE FROM landing WHERE url = %s", [canonical_url])
    conn.execute("UPDATE feed_entry SET url = NULL WHERE url = %s", [canonical_url])
    conn.execute("DELETE FROM fetch_log WHERE url = %s", [canonical_url])
    if row is not None:
        _remove_document(conn, row["id"], now)
    _audit(conn, canonical_url, reason, now)
    conn.commit()
    return "removed with all that was made of it" if row is not None else "was not stored; it will not be collected"


def _remove_document(conn: Connection, document_id: int, now: datetime) -> None:
    from psycopg import sql

    issues = [
        r["issue_id"]
        for r in conn.execute(
            "SELECT x.issue_id FROM assignment a JOIN issue_story x USING (story_id) WHERE a.document_id = %s", [document_id]
        )
    ]
    claims = [r["claim_id"] for r in conn.execute("SELECT claim_id FROM claim_sighting WHERE document_id = %s", [document_id])]
    flags = [r["flag_id"] for r in conn.execute("SELECT flag_id FROM flag_document WHERE document_id = %s", [document_id])]
    heirs = [
        r["document_id"]
        for r in conn.execute("SELECT document_id FROM document_copy WHERE origin_id = %s AND document_id <> %s", [document_id] * 2)
    ]
    for table in _BY_DOCUMENT:
        conn.execute(sql.SQL("DELETE FROM {} WHERE document_id = %s").format(sql.Identifier(table)), [document_id])
    conn.execute("DELETE FROM work WHERE subject_id = %s", [document_id])
    if heirs:
        # Its copies go on with the oldest of them as their origin.
        conn.execute("UPDATE document_copy SET origin_id = %s, group_id = %s WHERE origin_id = %s", [min(heirs), min(heirs), document_id])
    conn.execute("DELETE FROM fact_check WHERE document_id = %s", [document_id])
    conn.execute("DELETE FROM document WHERE id = %s", [document_id])
    conn.execute(
        "DELETE FROM claim c WHERE c.id = ANY(%s) AND NOT EXISTS (SELECT 1 FROM claim_sighting s WHERE s.claim_id = c.id)", [claims]
    )
    conn.execute(
        """UPDATE story s SET documents = n.left FROM (
               SELECT x.story_id, (SELECT count(*) FROM assignment a WHERE a.story_id = x.story_id) AS left FROM issue_story x WHERE x.issue_id = ANY(%s)
           ) n WHERE n.story_id = s.id""",
        [issues],
    )
    _refresh_issues(conn, issues, now)
    _refresh_flags(conn, flags)


def _refresh_issues(conn: Connection, issues: list[int], now: datetime) -> None:
    """Titles and key sentences quote documents: rebuild them from those that are left."""
    from processing.cluster.issues import refresh

    for issue in issues:
        refresh(conn, issue, now)
    conn.execute("UPDATE issue SET title = '—', summary = '{}' WHERE id = ANY(%s) AND documents = 0", [issues])


def _refresh_flags(conn: Connection, flags: list[int]) -> None:
    """Score cards list documents, too."""
    from psycopg.types.json import Jsonb

    from processing.hotspots.card import recompute

    for flag in flags:
        conn.execute("UPDATE flag SET card = %s WHERE id = %s", [Jsonb(recompute(conn, flag)), flag])


def _audit(conn: Connection, canonical_url: str, reason: str, now: datetime) -> None:
    from psycopg.types.json import Jsonb

    # The log of requests must not keep the address it was asked to forget.
    subject = f"url:{url_hash(canonical_url).hex()[:16]}"
    conn.execute("SELECT audit_append('operator', 'erase', %s, %s, %s)", [subject, Jsonb({"reason": reason}), now])
