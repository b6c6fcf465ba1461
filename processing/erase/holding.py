"""What is held of a page: the answer to a request for access (SCOPE S14). Figures and dates, no text: what was published is at its publisher's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from processing.db import Connection
from processing.db.addresses import variants
from processing.db.retention import RAW, TEXT
from processing.db.tombstones import buried
from processing.erase.removal import find
from processing.erase.requests import page_address


def held(conn: Connection, url: str) -> dict[str, Any]:
    """By a canonical address: {"removed", "raw_until", "file_until", "documents": [{"source", "first_seen_at", "text_until", "versions", "redactions", "claims",
    "issues", "flags"}]}; times UTC or None, `redactions` counts by kind of personal data replaced.
    """
    own, led = find(conn, url)
    file = conn.execute("SELECT max(noted_at) AS at FROM attachment WHERE url = ANY(%s) AND text IS NOT NULL", [variants(url)]).fetchone()
    raw = conn.execute("SELECT max(landed_at) AS at FROM landing WHERE url = ANY(%s) AND sealed <> ''", [variants(url)]).fetchone()
    return {
        "removed": buried(conn, url),
        "raw_until": raw["at"] + RAW if raw and raw["at"] else None,
        "file_until": file["at"] + TEXT if file and file["at"] else None,
        "documents": [_document(conn, document) for document in own or led],
    }


def _document(conn: Connection, document: int) -> dict[str, Any]:
    row = conn.execute(
        """SELECT s.name AS source, d.first_seen_at, count(v.version) AS versions, max(v.seen_at) AS last,
               (SELECT count(*) FROM claim_sighting c WHERE c.document_id = d.id) AS claims,
               (SELECT count(DISTINCT x.issue_id) FROM assignment a JOIN issue_story x USING (story_id) WHERE a.document_id = d.id) AS issues,
               (SELECT count(*) FROM flag_document f WHERE f.document_id = d.id) AS flags
           FROM document d JOIN source s ON s.id = d.source_id LEFT JOIN document_version v ON v.document_id = d.id
           WHERE d.id = %s GROUP BY d.id, s.name, d.first_seen_at""",
        [document],
    ).fetchone()
    assert row is not None
    redactions = conn.execute(
        """SELECT r.key AS kind, sum(r.value::integer)::integer AS n FROM document_version v, jsonb_each_text(v.redactions) r
           WHERE v.document_id = %s GROUP BY 1 ORDER BY 1""",
        [document],
    ).fetchall()
    last = row.pop("last")
    return {**row, "text_until": last + TEXT if last else None, "redactions": {r["kind"]: r["n"] for r in redactions}}


def describe(found: dict[str, Any]) -> list[str]:
    """The same in words, a line each; for the command line and as a draft of the answer."""
    lines = []
    if found["removed"]:
        lines.append("removed on request: it is not collected")
    if found["raw_until"]:
        lines.append(f"the raw page, encrypted, until {_day(found['raw_until'])} at the latest")
    if found["file_until"]:
        lines.append(f"the text of this file, scrubbed, until {_day(found['file_until'])}")
    for document in found["documents"]:
        text = f"its text in {document['versions']} versions, scrubbed, until {_day(document['text_until'])}" if document["versions"] else "no text any more"
        lines.append(f"a document of {document['source']}, first seen {_day(document['first_seen_at'])}: {text}")
        if document["redactions"]:
            lines.append("  replaced before it was stored: " + ", ".join(f"{kind} {n}" for kind, n in document["redactions"].items()))
        lines.append(f"  part of {document['issues']} issues and {document['flags']} hot-spots; {document['claims']} of its sentences are compared with published checks")
    return lines or ["nothing is held under this address"]


def in_words(conn: Connection, url: str) -> list[str]:
    """`describe` of an address as somebody typed it. Raises LangNgheError."""
    return describe(held(conn, page_address(url)))


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
