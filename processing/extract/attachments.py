"""Files that a page links to: noted when its document is stored, fetched by the crawler on its next visit, read here.

    page stored → row `wanted` → crawler: guard, robots.txt, size → landing row of kind `attachment` → text, scrubbed → row `done`

Only PDF with a text layer gives text. It is found by search. The text belongs to the document, leaves with it, and is kept as briefly (SCOPE S14).
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from processing.db import Connection
from processing.db.addresses import BadURL, canonical
from processing.db.landing import Envelope
from processing.db.tombstones import buried
from processing.erase import forget
from processing.extract.worker import shared
from processing.scrub.core import redact
from processing.search import vector

_PDF = re.compile(r"\.pdf(?:$|[?#&])", re.IGNORECASE)
MOST = 5  # of one document
SAME_FILE = timedelta(days=1)  # a schedule is often put in the place of last week's under the same address

_NOTE = """INSERT INTO attachment (url, document_id, noted_at, state, attempts, not_before, reason, pages, text, words, redactions)
    SELECT %(url)s, %(document)s, coalesce(o.noted_at, %(now)s), coalesce(o.state, 'wanted'), coalesce(o.attempts, 0), coalesce(o.not_before, '-infinity'),
        o.reason, o.pages, o.text, coalesce(o.words, ''), coalesce(o.redactions, '{}')
    FROM document d LEFT JOIN LATERAL (
        SELECT a.* FROM attachment a JOIN document b ON b.id = a.document_id
        WHERE a.url = %(url)s AND b.source_id = d.source_id AND (a.state IN ('wanted', 'landed') OR a.noted_at > %(lately)s)
        ORDER BY a.noted_at DESC LIMIT 1) o ON true
    WHERE d.id = %(document)s ON CONFLICT (url, document_id) DO NOTHING"""
_SET = """UPDATE attachment SET state = %(state)s, reason = %(reason)s, text = %(text)s, words = %(words)s, pages = %(pages)s, redactions = %(redactions)s
    WHERE url = %(url)s AND state IN ('wanted', 'landed') AND document_id IN (SELECT id FROM document WHERE source_id = %(source_id)s)"""


def spelled(links: list[str]) -> list[str]:
    """The links in the one stored spelling, each once; what is no web address is left out."""
    found = []
    for link in links:
        try:
            found.append(canonical(link))
        except BadURL:
            continue
    return list(dict.fromkeys(found))


def note(conn: Connection, document_id: int, links: list[str], now: datetime) -> None:
    """Ask the crawler for the PDF files among a document's `spelled` links that were not removed on request.

    What was lately read of one for another document of its source is taken over.
    """
    for url in [link for link in links if _PDF.search(link)][:MOST]:
        conn.execute(_NOTE, {"url": url, "document": document_id, "now": now, "lately": now - SAME_FILE})


def keep(conn: Connection, row: dict[str, Any], envelope: Envelope, now: datetime) -> None:
    """Store the scrubbed text of a landed file with every document that waits for it. Raises Quarantine with the reason where it has none."""
    if buried(conn, row["url"]):
        forget(conn, row["id"], {row["url"]}, now)
        return
    found = shared().extract_pdf(envelope.body)
    text = redact(found.text)
    _set(
        conn,
        row,
        state="done",
        reason="not read to its end" if found.cut else None,
        text=text.text,
        pages=found.pages,
        redactions=dict(Counter(f.kind for f in text.found)),
    )
    conn.execute("UPDATE landing SET state = 'done', reason = NULL WHERE id = %s", [row["id"]])


def unreadable(conn: Connection, row: dict[str, Any], reason: str) -> None:
    """Note why a landed file gave no text."""
    _set(conn, row, state="unreadable", reason=reason)


def _set(
    conn: Connection,
    row: dict[str, Any],
    *,
    state: str,
    reason: str | None,
    text: str | None = None,
    pages: int | None = None,
    redactions: dict[str, int] | None = None,
) -> None:
    values = {"url": row["url"], "source_id": row["source_id"], "state": state, "reason": reason, "text": text, "pages": pages, "words": vector("", text or "")}
    conn.execute(_SET, values | {"redactions": Jsonb(redactions or {})})
