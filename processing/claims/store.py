"""Stage `claims`: checkable sentences of a document → claims in circulation → suggested matches with published checks.

Volume: a sentence becomes a `claim` row only when a published check may answer it (tier confirmable or suggested), or when a row with the same
folded text is already there. A region's press yields tens of thousands of checkable sentences a day; a handful meet a check, and only those are
shown to anyone. The other sentences stay in `annotation`, where a check that arrives later finds them: a document of a fact-checker or of official
statements brings no sighting, it wakes the documents of the last two weeks that share enough words with its checks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from processing.claims.checkable import OPERATING_POINT
from processing.claims.core import Candidate, Matcher
from processing.claims.mask import mask
from processing.claims.tokens import neutral, tokens
from processing.db import Connection, work
from processing.db.work import StageStats
from processing.errors import Quarantine

STAGE = "claims"
RECENT = timedelta(days=14)  # how far back a new check looks for what it answers
WAKE_LIMIT = 5000  # newest documents looked at for one new check
WAKE_SHARE = 0.35  # of a check's words that a sentence must hold for its document to be matched again
MATCHES = 10


@dataclass
class _Cache:
    """The matcher of one database in this process, and the version of each check in it."""

    matcher: Matcher = field(default_factory=Matcher)
    versions: dict[int, int] = field(default_factory=dict)
    signature: tuple[Any, ...] = ()


_caches: dict[str, _Cache] = {}


def run(conn: Connection, *, limit: int, now: datetime) -> StageStats:
    """Work on up to `limit` due documents in the caller's transaction. Running again on the same document writes the same rows."""
    ids = work.claim(conn, STAGE, limit, now)
    if not ids:
        return StageStats()
    cache = _refresh(conn)
    return work.each(conn, STAGE, ids, lambda document: _one(conn, cache, document, now), now)


def _refresh(conn: Connection) -> _Cache:
    """The cached matcher, brought up to the registry's present rows."""
    cache = _caches.setdefault(f"{conn.info.host}:{conn.info.port}/{conn.info.dbname}", _Cache())
    row = conn.execute("SELECT count(*) AS n, max(id) AS top, sum(version) AS v, count(withdrawn_at) AS w, max(updated_at) AS u FROM fact_check").fetchone()
    assert row is not None
    signature = tuple(row.values())
    if signature == cache.signature:
        return cache
    present = {r["id"]: r["version"] for r in conn.execute("SELECT id, version FROM fact_check WHERE withdrawn_at IS NULL ORDER BY id")}
    for gone in cache.versions.keys() - present.keys():
        cache.matcher.withdraw(str(gone))
    fresh = [i for i, version in present.items() if cache.versions.get(i) != version]
    rows = conn.execute("SELECT id, claim, title, text, published_at FROM fact_check WHERE id = ANY(%s) ORDER BY id", [fresh])
    cache.matcher.add({**r, "id": str(r["id"]), "published_at": r["published_at"].isoformat()} for r in rows)
    cache.versions, cache.signature = present, signature
    return cache


def _one(conn: Connection, cache: _Cache, document: int, now: datetime) -> None:
    row = conn.execute(
        """SELECT d.id, d.kind, d.published_at, s.kind AS source_kind, a.checkable, a.topic, a.province_code
           FROM document d JOIN source s ON s.id = d.source_id LEFT JOIN annotation a ON a.document_id = d.id AND a.version = d.version
           WHERE d.id = %s""",
        [document],
    ).fetchone()
    if row is None:
        raise Quarantine("the document is gone; it was erased or is past its retention")
    # what a publisher of checks or statements says about a claim is no further voice of it; its new checks look for the claim instead
    checks = conn.execute("SELECT claim, updated_at FROM fact_check WHERE document_id = %s AND withdrawn_at IS NULL", [document]).fetchall()
    if checks:
        wake_for(conn, checks, now)
    voiced = row["kind"] == "article" and row["source_kind"] != "feedback" and not checks
    sentences = [c for c in (row["checkable"] or []) if c["score"] >= OPERATING_POINT] if voiced else []
    before = {r["claim_id"] for r in conn.execute("DELETE FROM claim_sighting WHERE document_id = %s RETURNING claim_id", [document])}
    touched = set(before)
    for item in sentences:
        found = _claim(conn, cache, row, item, now)
        if found is not None:
            touched.add(found)
    _recount(conn, sorted(touched))


def claim_key(sentence: str) -> str:
    """Folded sentence without its attribution: one viral claim is one row, whoever repeats it."""
    return " ".join(tokens(neutral_with_places(sentence)))[:1000]


def neutral_with_places(sentence: str) -> str:
    from processing.claims.numbers import fold_keep

    return fold_keep(mask(sentence))


def _claim(conn: Connection, cache: _Cache, document: dict[str, Any], item: dict[str, Any], now: datetime) -> int | None:
    """The claim row of a sentence with its matches, or None where no check may answer it and nobody has said it before."""
    sentence, key = item["sentence"], claim_key(item["sentence"])
    found = cache.matcher.search(sentence, document["published_at"].isoformat(), MATCHES) if len(cache.matcher) else []
    found = [c for c in found if c.tier != "related"]
    known = conn.execute("SELECT id FROM claim WHERE text_key = %s", [key]).fetchone()
    if not found and known is None:
        return None
    if known is None:
        known = conn.execute(
            """INSERT INTO claim (text, text_key, topic, province_code, checkable, first_seen_at, last_seen_at) VALUES (%s, %s, %s, %s, %s, %s, %s)
               ON CONFLICT (text_key) DO UPDATE SET text_key = excluded.text_key RETURNING id""",
            [sentence, key, document["topic"], document["province_code"], item["score"], document["published_at"], document["published_at"]],
        ).fetchone()
    assert known is not None
    claim: int = known["id"]
    conn.execute(
        "INSERT INTO claim_sighting (claim_id, document_id, sentence) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", [claim, document["id"], sentence]
    )
    for candidate in found:
        _match(conn, cache, claim, candidate, now)
    return claim


def _match(conn: Connection, cache: _Cache, claim: int, found: Candidate, now: datetime) -> None:
    """Write or refresh a suggestion; what a person decided stays as decided."""
    features = {**found.features, "probability": round(found.probability, 6), "differences_text": [str(d) for d in found.differences]}
    conn.execute(
        """INSERT INTO match (claim_id, fact_check_id, fact_check_version, score, tier, features, model, created_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (claim_id, fact_check_id) DO UPDATE SET fact_check_version = excluded.fact_check_version, score = excluded.score,
               tier = excluded.tier, features = excluded.features, model = excluded.model WHERE match.state = 'suggested'""",
        [claim, int(found.check), cache.versions[int(found.check)], found.score, found.tier, Jsonb(features), cache.matcher.model, now],
    )


def _recount(conn: Connection, claims: list[int]) -> None:
    """Documents, independent origins and dates of these claims from their sightings; a claim nobody carries any more and nobody decided goes."""
    if not claims:
        return
    conn.execute(
        """UPDATE claim SET documents = x.documents, origins = x.origins, first_seen_at = x.first, last_seen_at = x.last
           FROM (SELECT g.claim_id, count(*) AS documents, count(DISTINCT coalesce(c.origin_id, d.id)) AS origins, min(d.published_at) AS first,
                     max(d.published_at) AS last
                 FROM claim_sighting g JOIN document d ON d.id = g.document_id LEFT JOIN document_copy c ON c.document_id = d.id
                 WHERE g.claim_id = ANY(%s) GROUP BY g.claim_id) x WHERE claim.id = x.claim_id""",
        [claims],
    )
    conn.execute(
        """DELETE FROM claim c WHERE id = ANY(%s) AND NOT EXISTS (SELECT FROM claim_sighting g WHERE g.claim_id = c.id)
           AND NOT EXISTS (SELECT FROM match m WHERE m.claim_id = c.id AND m.state <> 'suggested')""",
        [claims],
    )


def wake_for(conn: Connection, checks: list[dict[str, Any]], now: datetime) -> int:
    """Ask the stage to match again the recent documents whose sentences share enough words with one of `checks`. Returns how many."""
    wanted = [set(tokens(neutral(c["claim"])[0])) for c in checks]
    woken = []
    rows = conn.execute(
        """SELECT a.document_id, a.checkable FROM annotation a JOIN document d ON d.id = a.document_id AND d.kind = 'article'
           WHERE a.first_seen_at >= %s AND jsonb_array_length(a.checkable) > 0 ORDER BY a.first_seen_at DESC LIMIT %s""",
        [now - RECENT, WAKE_LIMIT],
    )
    for row in rows:
        held = [set(tokens(neutral(item["sentence"])[0])) for item in row["checkable"]]
        if any(len(words & have) >= WAKE_SHARE * max(len(words), 1) for words in wanted for have in held):
            woken.append(row["document_id"])
    work.enqueue(conn, STAGE, woken, now)
    return len(woken)
