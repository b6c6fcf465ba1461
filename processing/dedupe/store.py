"""Stage `dedupe`: where each document's text stems from, written to `document_copy`; then the document goes on to `cluster`.

Candidates come from table `fingerprint` by index, at most 64 holders a hash and within 30 days, so the cost of a document does not grow
with the archive. One writer at a time: two copies that were compared side by side would not see each other.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np

from processing.db import Connection
from processing.db.work import StageStats, claim, each, enqueue
from processing.dedupe.core import Copy, Holder, closest, likely
from processing.dedupe.shingles import Fingerprint, fingerprint
from processing.errors import Quarantine

WINDOW = timedelta(days=30)
_LOCK = 7_205_110_002
_HASHES = 400  # smallest ones of a text, which a copy keeps too; a long report costs no more

_DOCUMENT = """
SELECT d.id, d.first_seen_at, d.published_at, d.kind, d.source_id, v.text
FROM document d JOIN document_version v ON v.document_id = d.id AND v.version = d.version
WHERE d.id = %s"""

_HOLDERS = """
SELECT h.hash, f.document_id, c.group_id, c.origin_id, c.relation, d.source_id, d.published_at
FROM unnest(%(hashes)s::bigint[]) AS h(hash)
CROSS JOIN LATERAL (
    SELECT document_id, first_seen_at FROM fingerprint
    WHERE hash = h.hash AND first_seen_at BETWEEN %(low)s AND %(high)s AND document_id <> %(id)s ORDER BY document_id LIMIT 64
) f
JOIN document d ON d.id = f.document_id
JOIN document_copy c ON c.document_id = f.document_id AND c.first_seen_at = f.first_seen_at
ORDER BY f.document_id"""


def run(conn: Connection, *, limit: int, now: datetime) -> StageStats:
    """Compare up to `limit` documents with those of the last 30 days. The caller commits."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    ids = claim(conn, "dedupe", limit, now)
    return each(conn, "dedupe", ids, lambda document: _one(conn, document, now), now)


def _one(conn: Connection, document: int, now: datetime) -> None:
    doc = conn.execute(_DOCUMENT, [document]).fetchone()
    if doc is None:
        raise Quarantine("the document or its text is gone; it was erased or is past its retention")
    new = fingerprint(doc["text"])
    kept = new.kept[:_HASHES].view(np.int64).tolist()
    found = _compare(conn, doc, new, kept)
    conn.execute("DELETE FROM fingerprint WHERE document_id = %s", [document])
    conn.execute(
        "INSERT INTO fingerprint (hash, document_id, first_seen_at) SELECT h, %s, %s FROM unnest(%s::bigint[]) AS h",
        [document, doc["first_seen_at"], kept],
    )
    _write(conn, doc, found)
    if doc["kind"] != "fact_check":  # what a fact-checker says about a rumour is no further voice of it
        enqueue(conn, "cluster", [document], now)


def _compare(conn: Connection, doc: dict[str, Any], new: Fingerprint, kept: list[int]) -> Copy:
    seen = doc["first_seen_at"]
    holders: dict[int, list[Holder]] = {}
    rows = conn.execute(_HOLDERS, {"hashes": kept, "low": seen - WINDOW, "high": seen + WINDOW, "id": doc["id"]})
    for row in rows:
        copied = row["relation"] in ("same_text", "copied_from")
        group = str(row["origin_id"] if copied else row["document_id"])
        day = row["published_at"].timestamp() / 86400
        value = int(np.int64(row["hash"]).view(np.uint64))
        holders.setdefault(value, []).append(Holder(str(row["document_id"]), group, str(row["source_id"]), day))
    candidates, common = likely(holders, str(doc["source_id"]))
    texts = conn.execute(
        """SELECT d.id, v.text FROM document d JOIN document_version v ON v.document_id = d.id AND v.version = d.version
           WHERE d.id = ANY(%s)""",
        [[int(c) for c in candidates]],
    )
    prints = {str(row["id"]): fingerprint(row["text"]) for row in texts}
    return closest(new, ((c, prints[c]) for c in candidates if c in prints), common)


def _write(conn: Connection, doc: dict[str, Any], found: Copy) -> None:
    group = origin = doc["id"]
    if found.origin is not None:
        row = conn.execute("SELECT group_id, origin_id FROM document_copy WHERE document_id = %s", [int(found.origin)]).fetchone()
        assert row is not None  # candidates are joined to their row
        origin = row["origin_id"]
        if found.relation == "same_text":
            group = row["group_id"]
    relation = "origin" if origin == doc["id"] else found.relation  # a new version of an origin stays the origin of its copies
    conn.execute(
        """INSERT INTO document_copy (document_id, first_seen_at, group_id, origin_id, relation, containment)
           VALUES (%s, %s, %s, %s, %s, %s)
           ON CONFLICT (document_id, first_seen_at) DO UPDATE
           SET group_id = excluded.group_id, origin_id = excluded.origin_id, relation = excluded.relation, containment = excluded.containment""",
        [doc["id"], doc["first_seen_at"], group, origin, relation, found.containment if relation != "origin" else 0.0],
    )
