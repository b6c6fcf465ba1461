"""Circulation in the database: sketches of recent sentences, who else made the same statement, and counts of claims.

Counts are recomputable from `claim_sighting` alone and are brought up to date after every run, so that a copy found later folds, whichever stage came first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from processing.claims.checkable import OPERATING_POINT
from processing.claims.circulation import CIRCULATING, METHOD, Sighting, claim_key, keys, measure, origins, same_statement
from processing.claims.sketches import Near, Sketch, Sketches
from processing.db import Connection
from processing.dedupe.origins import wire_credit

RECENT = timedelta(days=14)  # how far apart two voices of one statement may be published
CANDIDATES = 40  # other documents looked at for one sentence, nearest in time first
_CHUNK = 200

_SIGHTINGS = """
SELECT g.claim_id, g.sentence, d.id, d.published_at, coalesce(c.origin_id, d.id) AS origin, s.owner, right(v.text, 160) AS tail,
    ARRAY(SELECT p.unit_code FROM document_place p WHERE p.document_id = d.id AND p.first_seen_at = d.first_seen_at AND p.level = 'province' ORDER BY 1) AS provinces
FROM claim_sighting g JOIN document d ON d.id = g.document_id JOIN source s ON s.id = d.source_id
LEFT JOIN document_copy c ON c.document_id = d.id AND c.first_seen_at = d.first_seen_at
LEFT JOIN document_version v ON v.document_id = d.id AND v.version = d.version
WHERE g.claim_id = ANY(%s)"""


def remember(conn: Connection, sketches: Sketches, document: int, published_at: datetime, sentences: Sequence[str]) -> list[list[tuple[int, str]]]:
    """Replace the document's sketches. Returns, for each sentence, the (document, sentence) of two weeks around that make the same statement.

    `sketches` is brought up to the stored rows first; whoever calls holds the stage's lock, so that rows are stored in the order of their numbers.
    """
    catch_up(conn, sketches)
    found = {n: made for n, sentence in enumerate(sentences) if (made := keys(sentence))}
    if not found:
        conn.execute("DELETE FROM claim_sketch WHERE document_id = %s", [document])
        return [[] for _ in sentences]
    joined = _write(conn, document, published_at, found)
    near = sketches.near(document, published_at.timestamp(), list(found), joined, RECENT.total_seconds())
    return _verified(conn, sentences, near)


def _write(conn: Connection, document: int, published_at: datetime, found: dict[int, list[int]]) -> npt.NDArray[np.int64]:
    """Store the keys of a document's sentences, by their places, in the place of earlier ones. Returns all of them in one row."""
    joined = np.asarray([key for made in found.values() for key in made], np.int64)
    conn.execute(
        """INSERT INTO claim_sketch (document_id, published_at, sentences, keys, method) VALUES (%s, %s, %s, %s, %s)
           ON CONFLICT (document_id) DO UPDATE SET seq = DEFAULT, published_at = excluded.published_at, sentences = excluded.sentences, keys = excluded.keys,
               method = excluded.method""",
        [document, published_at, list(found), joined.astype(">i8").tobytes(), METHOD],
    )
    return joined


def renew(conn: Connection) -> int:
    """Make sketches of another method anew from the sentences they were made of. Returns how many there were."""
    rows = conn.execute(
        """SELECT k.document_id, k.published_at, coalesce(a.checkable, '[]') AS checkable FROM claim_sketch k JOIN document d ON d.id = k.document_id
           LEFT JOIN annotation a ON a.document_id = d.id AND a.first_seen_at = d.first_seen_at AND a.version = d.version
           WHERE k.method <> %s ORDER BY k.seq""",
        [METHOD],
    ).fetchall()
    for row in rows:
        told = [item["sentence"] if item["score"] >= OPERATING_POINT else "" for item in row["checkable"]]
        if found := {n: made for n, sentence in enumerate(told) if (made := keys(sentence))}:
            _write(conn, row["document_id"], row["published_at"], found)
        else:
            conn.execute("DELETE FROM claim_sketch WHERE document_id = %s", [row["document_id"]])
    return len(rows)


def catch_up(conn: Connection, sketches: Sketches) -> None:
    """Take in the rows that were written since."""
    rows = conn.execute(
        "SELECT seq, document_id, published_at, sentences, keys FROM claim_sketch WHERE seq > %s AND method = %s ORDER BY seq", [sketches.last, METHOD]
    ).fetchall()
    if rows:
        sketches.add([
            Sketch(r["seq"], r["document_id"], r["published_at"].timestamp(), r["sentences"], np.frombuffer(r["keys"], ">i8").astype(np.int64)) for r in rows
        ])  # fmt: skip


def _verified(conn: Connection, sentences: Sequence[str], near: list[Near]) -> list[list[tuple[int, str]]]:
    """Of the documents that share keys, those whose sentence says the same."""
    out: list[list[tuple[int, str]]] = [[] for _ in sentences]
    by_sentence: dict[int, dict[int, int]] = defaultdict(dict)
    for other in near:
        if len(by_sentence[other.mine]) < CANDIDATES:
            by_sentence[other.mine].setdefault(other.document, other.sentence)
    if not by_sentence:
        return out
    wanted = sorted({document for others in by_sentence.values() for document in others})
    texts = {
        row["id"]: row["checkable"]
        for row in conn.execute(
            """SELECT d.id, a.checkable FROM document d JOIN annotation a ON a.document_id = d.id AND a.first_seen_at = d.first_seen_at
               WHERE d.id = ANY(%s) AND EXISTS (SELECT FROM claim_sketch k WHERE k.document_id = d.id)""",  # memory may hold one that is no voice any more
            [wanted],
        )
    }
    for mine, others in by_sentence.items():
        for document, number in others.items():
            told = texts.get(document) or []
            if number < len(told) and same_statement(sentences[mine], told[number]["sentence"]):
                out[mine].append((document, told[number]["sentence"]))
    return out


def independent(conn: Connection, documents: Iterable[int]) -> int:
    """How many independent origins stand behind documents."""
    rows = conn.execute(
        """SELECT d.id, d.published_at, coalesce(c.origin_id, d.id) AS origin, s.owner, right(v.text, 160) AS tail, '{}'::text[] AS provinces
           FROM document d JOIN source s ON s.id = d.source_id
           LEFT JOIN document_copy c ON c.document_id = d.id AND c.first_seen_at = d.first_seen_at
           LEFT JOIN document_version v ON v.document_id = d.id AND v.version = d.version WHERE d.id = ANY(%s)""",
        [sorted(set(documents))],
    ).fetchall()
    counted = measure(_sightings(conn, rows), datetime.now(UTC))
    return counted.origins if counted else 0


def origins_of(conn: Connection, claim: int) -> list[list[int]]:
    """Documents that carry a claim by independent origin: the origins, and the documents of each, in the order of time."""
    rows = conn.execute(_SIGHTINGS, [[claim]]).fetchall()
    return [list(dict.fromkeys(s.document for s in group)) for group in origins(_sightings(conn, rows))]


def _sightings(conn: Connection, rows: list[dict[str, Any]]) -> list[Sighting]:
    agencies = [r["name"] for r in conn.execute("SELECT name FROM source WHERE kind = 'wire' ORDER BY name")]
    return [Sighting(r["id"], r["published_at"], r["origin"], r["owner"], wire_credit(r["tail"] or "", agencies), tuple(r["provinces"])) for r in rows]


def recount(conn: Connection, claims: Sequence[int], now: datetime | None = None) -> None:
    """Counts, dates, spread and rise of these claims from their sightings. A claim nobody carries any more and nobody decided goes, and so does
    one without any check that too few independent origins carry. `now` (UTC) is the present where it is left out."""
    moment = now or datetime.now(UTC)
    listed = sorted(set(claims))
    by_claim: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in conn.execute(_SIGHTINGS, [listed]):
        by_claim[row["claim_id"]].append(row)
    for claim, rows in by_claim.items():
        found = measure(_sightings(conn, rows), moment)
        assert found is not None  # a claim is listed by its sightings
        conn.execute(
            """UPDATE claim SET documents = %s, origins = %s, outlets = %s, provinces = %s, first_seen_at = %s, last_seen_at = %s, rising = %s,
                   circulating = %s, counted_at = %s WHERE id = %s""",
            [found.documents, found.origins, found.outlets, found.provinces, found.first, found.last, found.rising, found.origins >= CIRCULATING, moment, claim],
        )
        first = min(rows, key=lambda r: (r["published_at"], r["sentence"]))["sentence"]
        # told in the words of whoever said it first, in whatever order the documents came
        conn.execute(
            """UPDATE claim SET text = %(text)s, text_key = %(key)s WHERE id = %(id)s AND (text, text_key) <> (%(text)s, %(key)s)
               AND NOT EXISTS (SELECT FROM claim o WHERE o.text_key = %(key)s AND o.id <> %(id)s)""",
            {"text": first, "key": claim_key(first), "id": claim},
        )
    conn.execute(
        """DELETE FROM claim c WHERE id = ANY(%s) AND NOT EXISTS (SELECT FROM match m WHERE m.claim_id = c.id AND m.state <> 'suggested')
           AND (NOT EXISTS (SELECT FROM claim_sighting g WHERE g.claim_id = c.id)
                OR (NOT c.circulating AND NOT EXISTS (SELECT FROM match m WHERE m.claim_id = c.id)))""",
        [listed],
    )


def refresh(conn: Connection, sketches: Sketches, now: datetime) -> int:
    """Count the claims of two weeks again (a copy was found, a day went by) and forget older sketches. Returns how many claims were counted."""
    conn.execute("DELETE FROM claim_sketch WHERE published_at < %s", [now - RECENT])
    sketches.forget((now - RECENT).timestamp())
    ids = [r["id"] for r in conn.execute("SELECT id FROM claim WHERE last_seen_at >= %s OR rising OR text_key LIKE 'told otherwise %%' ORDER BY id", [now - RECENT])]
    for at in range(0, len(ids), _CHUNK):
        recount(conn, ids[at : at + _CHUNK], now)
    return len(ids)
