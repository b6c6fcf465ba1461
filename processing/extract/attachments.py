"""Files that a page links to: noted when its document is stored, fetched by the crawler on its next visit, read here.

    page stored → row `wanted` → crawler: guard, robots.txt, size → landing row of kind `attachment` → text, scrubbed → row `done`

Only PDF with a text layer gives text. The text belongs to the document, leaves with it, and is kept as briefly (SCOPE S14).
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from processing.db import Connection
from processing.db.addresses import BadURL, canonical
from processing.db.erase import buried, forget
from processing.db.landing import Envelope
from processing.extract.worker import shared
from processing.scrub.core import redact

_PDF = re.compile(r"\.pdf(?:$|[?#&])", re.IGNORECASE)
MOST = 5  # of one document


def note(conn: Connection, document_id: int, links: list[str], now: datetime) -> None:
    """Ask the crawler for the PDF files among a document's links. A file that another document links to already stays that one's."""
    wanted = []
    for link in links:
        if _PDF.search(link):
            try:
                wanted.append(canonical(link))
            except BadURL:
                continue
    for url in dict.fromkeys(wanted[:MOST]):
        if not buried(conn, url):
            conn.execute(
                "INSERT INTO attachment (url, document_id, noted_at) VALUES (%s, %s, %s) ON CONFLICT (url) DO NOTHING",
                [url, document_id, now],
            )


def keep(conn: Connection, row: dict[str, Any], envelope: Envelope, now: datetime) -> None:
    """Store the scrubbed text of a landed file. Raises Quarantine with the reason where it has none."""
    if buried(conn, row["url"]):
        forget(conn, row["id"], {row["url"]}, now)
        return
    found = shared().extract_pdf(envelope.body)
    text = redact(found.text)
    conn.execute(
        "UPDATE attachment SET state = 'done', reason = %s, text = %s, pages = %s, redactions = %s WHERE url = %s",
        [
            "not read to its end" if found.cut else None,
            text.text,
            found.pages,
            Jsonb(dict(Counter(f.kind for f in text.found))),
            row["url"],
        ],
    )
    conn.execute("UPDATE landing SET state = 'done', reason = NULL WHERE id = %s", [row["id"]])


def unreadable(conn: Connection, url: str, reason: str) -> None:
    """Note why a landed file gave no text."""
    conn.execute("UPDATE attachment SET state = 'unreadable', reason = %s WHERE url = %s", [reason, url])
