"""Stage `dedupe`: where each document's text stems from, written to `document_copy`; then the document goes on to `cluster`.

A document is compared with those published before it, whenever they arrived: one that comes late has those after it that share its words
compared again. So the origin of a text is its first publication, and neither the order of arrival nor a kill changes it.

Candidates come from table `fingerprint` by index, at most 64 holders a hash and within 30 days, so the cost of a document does not grow
with the archive. One writer at a time: two copies that were compared side by side would not see each other.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from psycopg.rows import tuple_row

from processing.db import Connection
from processing.db.work import StageStats, claim, done, enqueue, put_off
from processing.dedupe.core import Copy, Holder, closest, likely
from processing.dedupe.shingles import Fingerprint, fingerprint
from processing.errors import Quarantine, fault

WINDOW = timedelta(days=30)
_LOCK = 7_205_110_002
_HASHES = 400  # smallest ones of a text, which a copy keeps too; a long report costs no more
_COPIED = ("same_text", "copied_from")
_CACHED = 1000  # fingerprints kept between batches
_RELATED = 0.1  # share of the fewer kept hashes from which a later document is compared again

_DOCUMENTS = """
SELECT d.id, d.first_seen_at, d.published_at, d.published_precision, d.canonical_url, d.kind, d.source_id, d.version,
    c.group_id, c.origin_id, c.relation, c.containment
FROM document d LEFT JOIN document_copy c ON c.document_id = d.id AND c.first_seen_at = d.first_seen_at
WHERE d.id = ANY(%s)"""

_TEXTS = """
SELECT d.id, v.version, v.text FROM document d JOIN document_version v ON v.document_id = d.id AND v.version = d.version
WHERE d.id = ANY(%s)"""

_HOLDERS = """
SELECT h.hash, f.ids FROM unnest(%(hashes)s::bigint[]) AS h(hash)
CROSS JOIN LATERAL (
    SELECT array_agg(document_id) AS ids FROM (
        SELECT document_id FROM fingerprint WHERE hash = h.hash AND first_seen_at BETWEEN %(low)s AND %(high)s ORDER BY document_id LIMIT 64
    ) x
) f
WHERE array_length(f.ids, 1) > 1"""

_prints: OrderedDict[tuple[str, int, int], Fingerprint] = OrderedDict()


@dataclass
class _Doc:
    """A document and what is known of its copies. `day` is its place in the order of publication."""

    id: int
    first_seen_at: datetime
    day: float
    key: str
    kind: str
    source: str
    version: int
    group: int | None
    origin: int | None
    relation: str | None
    containment: float = 0.0
    hashes: list[int] = field(default_factory=list)

    @property
    def found(self) -> tuple[int | None, int | None, str | None]:
        return self.group, self.origin, self.relation

    @property
    def place(self) -> tuple[float, str]:
        return self.day, self.key


def run(conn: Connection, *, limit: int, now: datetime) -> StageStats:
    """Compare up to `limit` documents with those of the last 30 days. The caller commits."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    ids = claim(conn, "dedupe", limit, now)
    return _Batch(conn, now).work(ids) if ids else StageStats()


def _place(row: dict[str, Any]) -> float:
    """Days since 1970 a text counts as published at: a bare day at its end, nothing after its first sight."""
    at = row["published_at"] + timedelta(days=1) if row["published_precision"] == "day" else row["published_at"]
    moment: datetime = min(at, row["first_seen_at"])
    return moment.timestamp() / 86400


def _many(numbers: Iterable[int]) -> str:
    """An array for Postgres; written out at once it costs a tenth of one adapted number by number."""
    return "{" + ",".join(map(str, numbers)) + "}"


class _Batch:
    """One transaction's work."""

    def __init__(self, conn: Connection, now: datetime) -> None:
        self.conn = conn
        self.now = now
        self.database = conn.info.dsn
        self.docs: dict[int, _Doc] = {}
        self.stored: dict[int, tuple[tuple[int | None, int | None, str | None], float]] = {}
        self.held: dict[int, Sequence[int]] = {}

    def work(self, ids: list[int]) -> StageStats:
        stats = StageStats()
        self._know(ids)
        failed: dict[int, Quarantine] = {}
        prints = self._fingerprints(ids, failed)
        mine = [self.docs[d] for d in ids if d in prints]
        for missing in set(ids) - prints.keys():
            why = failed.get(missing) or Quarantine("the document or its text is gone; it was erased or is past its retention")
            put_off(self.conn, "dedupe", missing, why, self.now)
            stats.quarantine += 1
        children = self._children([d for d in mine if d.relation is not None])
        for doc in mine:
            doc.hashes = prints[doc.id].kept[:_HASHES].view(np.int64).tolist()
        self._index(mine)
        self._look_up(mine)
        self._know(other for held in self.held.values() for other in held)
        self._decide({d.id for d in mine}, children)
        changed = {d for d, (found, _) in self.stored.items() if self.docs[d].found != found}
        nearer = {d for d, (_, share) in self.stored.items() if abs(self.docs[d].containment - share) > 1e-6}
        self._write(sorted(changed | nearer | {d.id for d in mine}))
        # what a fact-checker says about a rumour is no further voice of it
        onward = [d for d in changed | {d.id for d in mine} if self.docs[d].kind != "fact_check"]
        enqueue(self.conn, "cluster", onward, self.now)
        done(self.conn, "dedupe", [d.id for d in mine])
        stats.done = len(mine)
        return stats

    # ---- reading

    def _know(self, ids: Iterable[int]) -> None:
        """Read what is stored about documents."""
        missing = sorted(set(ids) - self.docs.keys())
        for row in self.conn.execute(_DOCUMENTS, [missing]) if missing else ():
            key = hashlib.md5(row["canonical_url"].encode(), usedforsecurity=False).hexdigest()
            self.docs[row["id"]] = _Doc(
                row["id"], row["first_seen_at"], _place(row), key, row["kind"], str(row["source_id"]), row["version"], row["group_id"],
                row["origin_id"], row["relation"], row["containment"] or 0.0,
            )  # fmt: skip
            self.stored[row["id"]] = self.docs[row["id"]].found, self.docs[row["id"]].containment

    def _fingerprints(self, ids: Iterable[int], failed: dict[int, Quarantine] | None = None) -> dict[int, Fingerprint]:
        """Fingerprints of the current texts, those of the last batches from memory. A text that cannot be read is named in `failed`."""
        found: dict[int, Fingerprint] = {}
        missing = []
        for document in ids:
            known = _prints.get((self.database, document, self.docs[document].version)) if document in self.docs else None
            if known is None:
                missing.append(document)
            else:
                found[document] = known
        for row in self.conn.execute(_TEXTS, [missing]) if missing else ():
            try:
                made = fingerprint(row["text"])
            except Exception as error:
                if failed is None:
                    raise
                failed[row["id"]] = Quarantine(f"fault of ours in dedupe: {fault(error)}")
                continue
            found[row["id"]] = _prints[self.database, row["id"], row["version"]] = made
        while len(_prints) > _CACHED:
            _prints.popitem(last=False)
        return found

    def _children(self, again: list[_Doc]) -> dict[int, list[int]]:
        """For documents that come again, with a new text: those found to be of one origin with them."""
        if not again:
            return {}
        origins = sorted({d.id for d in again} | {d.origin for d in again if d.origin is not None})
        rows = self.conn.execute(
            "SELECT origin_id, document_id FROM document_copy WHERE origin_id = ANY(%s) ORDER BY 2", [origins]
        ).fetchall()
        self._know(row["document_id"] for row in rows)
        return {d.id: [r["document_id"] for r in rows if r["origin_id"] in (d.id, d.origin) and r["document_id"] != d.id] for d in again}

    def _index(self, docs: list[_Doc]) -> None:
        """Store the hashes of documents."""
        again = [d.id for d in docs if d.relation is not None]
        if again:
            self.conn.execute("DELETE FROM fingerprint WHERE document_id = ANY(%s)", [again])
        hashes = [h for d in docs for h in d.hashes]
        at = [n for n, d in enumerate(docs, 1) for _ in d.hashes]
        self.conn.execute(
            """INSERT INTO fingerprint (hash, document_id, first_seen_at)
               SELECT h, (%(ids)s::bigint[])[n], (%(seen)s::timestamptz[])[n] FROM unnest(%(hashes)s::bigint[], %(at)s::int[]) AS u(h, n)""",
            {"ids": [d.id for d in docs], "seen": [d.first_seen_at for d in docs], "hashes": _many(hashes), "at": _many(at)},
        )

    def _look_up(self, docs: list[_Doc]) -> None:
        """Who else holds the hashes of documents."""
        wanted = sorted({h for d in docs for h in d.hashes} - self.held.keys())
        if not wanted:
            return
        seen = [d.first_seen_at for d in docs]
        with self.conn.cursor(row_factory=tuple_row, binary=True) as cursor:
            cursor.execute(_HOLDERS, {"hashes": _many(wanted), "low": min(seen) - WINDOW, "high": max(seen) + WINDOW})
            self.held.update(dict.fromkeys(wanted, ()))
            self.held.update(cursor.fetchall())

    # ---- deciding

    def _decide(self, claimed: set[int], children: dict[int, list[int]]) -> None:
        """Claimed documents and, in the order of publication, those after them that it concerns."""
        queue = [(self.docs[d].place, d) for d in claimed]
        waiting = set(claimed)
        heapq.heapify(queue)
        while queue:
            _, document = heapq.heappop(queue)
            waiting.discard(document)
            doc = self.docs[document]
            before = doc.found
            later = self._relate(doc)
            if document in claimed or doc.found != before:
                for other in {*later, *children.pop(document, ())} - waiting:
                    if self.docs[other].relation is not None:
                        heapq.heappush(queue, (self.docs[other].place, other))
                        waiting.add(other)

    def _relate(self, doc: _Doc) -> list[int]:
        """Decide about one document. Returns later ones that share its words."""
        if not doc.hashes:
            doc.hashes = self._fingerprints([doc.id]).get(doc.id, fingerprint("")).kept[:_HASHES].view(np.int64).tolist()
            self._look_up([doc])
            self._know(other for value in doc.hashes for other in self.held[value])
        holders: dict[int, list[Holder]] = {}
        after: Counter[int] = Counter()
        for value in doc.hashes:
            for other in self.held[value]:
                held = self.docs.get(other)
                if held is None or other == doc.id or abs(held.first_seen_at - doc.first_seen_at) > WINDOW:
                    continue
                if held.place > doc.place:
                    after[other] += 1
                elif held.relation is not None:
                    group = str(held.origin if held.relation in _COPIED else held.id)
                    holders.setdefault(value & (1 << 64) - 1, []).append(Holder(f"{held.key} {other}", group, held.source, held.day))
        candidates, common = likely(holders, doc.source)
        self._set(doc, self._closest(doc, candidates, common))
        least = max(1, int(_RELATED * len(doc.hashes)))
        return [d for d, n in after.items() if n >= least or n >= _RELATED * self._size(d) or self.docs[d].relation != "origin"]

    def _size(self, document: int) -> int:
        """Kept hashes of a document, where they are at hand; else as many as a short notice has."""
        return len(self.docs[document].hashes) or 30

    def _closest(self, doc: _Doc, candidates: list[str], common: Any) -> Copy:
        ids = {name: int(name.split(" ")[1]) for name in candidates}
        prints = self._fingerprints([doc.id, *ids.values()])
        new = prints.get(doc.id)
        if new is None:
            return Copy("origin", None, 0.0)
        return closest(new, ((str(ids[c]), prints[ids[c]]) for c in candidates if ids[c] in prints), common)

    def _set(self, doc: _Doc, found: Copy) -> None:
        origin = group = doc.id
        if found.origin is not None:
            other = self.docs[int(found.origin)]
            assert other.origin is not None
            assert other.group is not None
            origin = other.origin
            if found.relation == "same_text":
                group = other.group
        doc.group, doc.origin = group, origin
        doc.relation, doc.containment = (found.relation, found.containment) if origin != doc.id else ("origin", 0.0)

    def _write(self, ids: list[int]) -> None:
        """Store what was decided."""
        docs = [self.docs[d] for d in ids]
        self.conn.execute(
            """INSERT INTO document_copy AS c (document_id, first_seen_at, group_id, origin_id, relation, containment)
               SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::text[], %s::real[])
               ON CONFLICT (document_id, first_seen_at) DO UPDATE
               SET group_id = excluded.group_id, origin_id = excluded.origin_id, relation = excluded.relation, containment = excluded.containment""",
            [
                [d.id for d in docs], [d.first_seen_at for d in docs], [d.group for d in docs], [d.origin for d in docs],
                [d.relation for d in docs], [d.containment for d in docs],
            ],
        )  # fmt: skip
