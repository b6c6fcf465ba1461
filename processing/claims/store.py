"""Stage `claims`: checkable sentences of a document → claims in circulation → suggested matches with published checks.

Volume: a sentence becomes a `claim` row only when a published check may answer it (tier confirmable or suggested), when enough independent origins make
the same statement (`circulation.py`), or when a row of the same statement is already there. A region's press yields tens of thousands of checkable sentences a day; a handful meet a check, and only those are
shown to anyone. The other sentences stay in `annotation`, where a check that arrives later finds them: a document of a fact-checker or of official
statements brings no sighting, it wakes the documents of the last two weeks that share enough words with its checks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from processing.claims import corroboration, learn
from processing.claims.ages import Check, older_than_event
from processing.claims.checkable import OPERATING_POINT
from processing.claims.circulation import CIRCULATING, claim_key
from processing.claims.core import Candidate, Matcher
from processing.claims.semantics import configured, forget_wordings
from processing.claims.sketches import Sketches
from processing.claims.spread import independent, refresh, remember, renew
from processing.claims.spread import recount as recount  # told again by the removal desk
from processing.claims.wordings import STAGE, Wording, confirmed, signature, wake_for
from processing.claims.workflow import settle
from processing.db import Connection, work
from processing.db.work import StageStats
from processing.errors import Quarantine
from processing.settings import get_settings

MATCHES = 10
_LOCK = 7_205_110_005  # one writer: sketches are read in the order of their numbers


@dataclass
class _Cache:
    """The matcher of one database in this process, and the version and the confirmed wordings of each check in it."""

    matcher: Matcher = field(default_factory=lambda: Matcher(embedder=configured()))
    versions: dict[int, int] = field(default_factory=dict)
    checks: dict[int, Check] = field(default_factory=dict)
    wordings: dict[int, list[Wording]] = field(default_factory=dict)
    signature: tuple[Any, ...] = ()
    sketches: Sketches = field(default_factory=Sketches)


_caches: dict[str, _Cache] = {}


def run(conn: Connection, *, limit: int, now: datetime) -> StageStats:
    """Work on up to `limit` due documents in the caller's transaction. Running again on the same document writes the same rows."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    ids = work.claim(conn, STAGE, limit, now)
    cache = _cache(conn)
    if not ids:
        if cache.signature:  # what this process holds of texts goes when they go
            _refresh(conn, cache)
        refresh(conn, cache.sketches, now)
        corroboration.refresh(conn, now)
        return StageStats()
    _refresh(conn, cache)
    return work.each(conn, STAGE, ids, lambda document: _one(conn, cache, document, now), now)


def _cache(conn: Connection) -> _Cache:
    """What this process holds of the connection's database; one that was made anew under an old name is another."""
    row = conn.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
    assert row is not None
    cache = _caches.setdefault(f"{conn.info.host}:{conn.info.port}/{conn.info.dbname}#{row['oid']}", _Cache())
    top = conn.execute("SELECT coalesce(max(seq), 0) AS n FROM claim_sketch").fetchone()
    if top is None or top["n"] < cache.sketches.last:  # rows were restored from a backup, or a batch was rolled back
        cache.sketches = Sketches()
    if cache.sketches.last == 0:
        renew(conn)
    return cache


def _refresh(conn: Connection, cache: _Cache) -> None:
    """Bring the matcher up to the registry's present rows."""
    row = conn.execute("SELECT count(*) AS n, max(id) AS top, sum(version) AS v, count(withdrawn_at) AS w, max(updated_at) AS u FROM fact_check").fetchone()
    assert row is not None
    fusion = learn.active(conn)
    state = (fusion.version, *row.values(), *signature(conn))
    if state == cache.signature:
        return
    cache.matcher.adopt(fusion)
    present = {r["id"]: r["version"] for r in conn.execute("SELECT id, version FROM fact_check WHERE withdrawn_at IS NULL ORDER BY id")}
    for gone in cache.versions.keys() - present.keys():
        cache.matcher.withdraw(str(gone))
        del cache.checks[gone]
    fresh = [i for i, version in present.items() if cache.versions.get(i) != version]
    rows = conn.execute("SELECT id, claim, title, text, published_at FROM fact_check WHERE id = ANY(%s) ORDER BY id", [fresh])
    listed = rows.fetchall()
    cache.matcher.add({**r, "id": str(r["id"]), "published_at": r["published_at"].isoformat()} for r in listed)
    cache.checks.update((r["id"], Check(r["claim"], r["published_at"])) for r in listed)
    cache.wordings = confirmed(conn)
    if not cache.matcher.embeds:  # what an embedder of before kept of claims in circulation would outlive them
        forget_wordings(get_settings().home / "embeddings")
    cache.matcher.know({str(check): [wording.text for wording in told] for check, told in cache.wordings.items()})
    cache.versions, cache.signature = present, state


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
    checks = conn.execute("SELECT claim FROM fact_check WHERE document_id = %s AND withdrawn_at IS NULL", [document]).fetchall()
    if checks:
        wake_for(conn, [check["claim"] for check in checks], now)
    voiced = row["kind"] == "article" and row["source_kind"] != "feedback" and not checks
    sentences = [c for c in (row["checkable"] or []) if c["score"] >= OPERATING_POINT] if voiced else []
    before = {r["claim_id"] for r in conn.execute("DELETE FROM claim_sighting WHERE document_id = %s RETURNING claim_id", [document])}
    touched = set(before)
    others = remember(conn, cache.sketches, document, row["published_at"], [c["sentence"] if c in sentences else "" for c in row["checkable"] or []])
    told = {c["sentence"]: claim_key(c["sentence"]) for c in sentences}
    listed = conn.execute("SELECT text_key, id FROM claim WHERE text_key = ANY(%s)", [list(told.values())]) if told else ()
    known = {r["text_key"]: r["id"] for r in listed}
    for item, voices in zip(row["checkable"] or [], others, strict=True):
        found = _claim(conn, cache, row, (item, told[item["sentence"]]), voices, known, now) if item in sentences else None
        if found is not None:
            touched.add(found)
    if touched:
        recount(conn, sorted(touched), now)


def _claim(
    conn: Connection, cache: _Cache, document: dict[str, Any], told: tuple[dict[str, Any], str], voices: list[tuple[int, str]], known: dict[str, int], now: datetime
) -> int | None:
    """The claim row of a sentence with its matches and all who make the same statement (`voices`), or None where no check may answer it, nobody
    claimed it before and too few independent origins make it."""
    item, key = told
    sentence = item["sentence"]
    found = cache.matcher.search(sentence, document["published_at"].isoformat(), MATCHES) if len(cache.matcher) else []
    found = [c for c in found if c.tier != "related"]
    claim = known.get(key) or _voiced(conn, voices)
    spread = len(voices) + 1 >= CIRCULATING and independent(conn, [document["id"], *(d for d, _ in voices)]) >= CIRCULATING
    if not found and claim is None and not spread:
        return None
    if claim is None:
        made = conn.execute(
            """INSERT INTO claim (text, text_key, topic, province_code, checkable, first_seen_at, last_seen_at, state) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
               ON CONFLICT (text_key) DO UPDATE SET text_key = excluded.text_key RETURNING id""",
            [sentence, key, document["topic"], document["province_code"], item["score"], document["published_at"], document["published_at"],
             "awaiting_review" if found else "no_published_check"],
        ).fetchone()  # fmt: skip
        assert made is not None
        claim = known[key] = int(made["id"])
    for voice, words in [(document["id"], sentence), *voices]:
        conn.execute("INSERT INTO claim_sighting (claim_id, document_id, sentence) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", [claim, voice, words])
    for candidate in found:
        _match(conn, cache, claim, sentence, document, candidate, now)
    if found:
        settle(conn, claim)
    return claim


def _voiced(conn: Connection, voices: list[tuple[int, str]]) -> int | None:
    """The oldest claim that one of `voices` is a sighting of."""
    if not voices:
        return None
    row = conn.execute(
        "SELECT min(g.claim_id) AS id FROM claim_sighting g JOIN unnest(%s::bigint[], %s::text[]) AS v(d, s) ON g.document_id = v.d AND g.sentence = v.s",
        [[d for d, _ in voices], [s for _, s in voices]],
    ).fetchone()
    return int(row["id"]) if row and row["id"] is not None else None


def _match(conn: Connection, cache: _Cache, claim: int, sentence: str, document: dict[str, Any], found: Candidate, now: datetime) -> None:
    """Write or refresh a suggestion; what a person decided stays as decided."""
    tier, differences = found.tier, [str(d) for d in found.differences]
    late = older_than_event(sentence, document["published_at"], cache.checks[int(found.check)])
    if late:
        tier, differences = "suggested", [*differences, late]
    features = {**found.features, "probability": round(found.probability, 6), "differences_text": differences}
    if found.wording is not None:  # told to the reviewer; the words themselves stay with their claim
        by = cache.wordings[int(found.check)][found.wording]
        features["wording"] = {"match": by.match, "confirmed_at": by.at.isoformat(), "probability": round(found.wording_probability, 6)}
    conn.execute(
        """INSERT INTO match (claim_id, fact_check_id, fact_check_version, score, tier, features, model, created_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (claim_id, fact_check_id) DO UPDATE SET fact_check_version = excluded.fact_check_version, score = excluded.score,
               tier = excluded.tier, features = excluded.features, model = excluded.model WHERE match.state = 'suggested'""",
        [claim, int(found.check), cache.versions[int(found.check)], found.score, tier, Jsonb(features), cache.matcher.model, now],
    )
