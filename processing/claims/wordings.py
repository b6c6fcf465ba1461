"""What people said in circulation and a named person found to be what a check answers: further wordings of that check, by which it is found again.

A wording is no row of its own. It is read from the claim of a confirmed match whenever it is needed, so it goes with it: when the confirmation is taken
back, when the check is withdrawn or examines something else, when the page that told it is removed, and when its time is over (SCOPE S14).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from processing.claims.spread import RECENT
from processing.claims.tokens import neutral, tokens
from processing.db import Connection, work

STAGE = "claims"
MOST = 50  # of one check, newest first: a claim that all have told brings no new words
WAKE_LIMIT = 5000  # newest documents looked at for one new check
WAKE_CONFIRMED = 1000  # … and for a wording, while the reviewer waits
WAKE_SHARE = 0.35  # of a check's words that a sentence must hold for its document to be matched again

_CONFIRMED = """FROM match m JOIN claim c ON c.id = m.claim_id JOIN fact_check k ON k.id = m.fact_check_id AND k.withdrawn_at IS NULL WHERE m.state = 'confirmed'"""


@dataclass(frozen=True)
class Wording:
    """A confirmed match as a wording of its check: the match, the claim's words, when a person confirmed it (UTC)."""

    match: str
    text: str
    at: datetime


def signature(conn: Connection) -> tuple[Any, ...]:
    """Differs whenever `confirmed` would."""
    row = conn.execute(f"SELECT count(*) AS n, sum(hashtextextended(m.public_id::text || m.decided_at::text || c.text, 0)) AS told {_CONFIRMED}").fetchone()
    assert row is not None
    return row["n"], row["told"]


def confirmed(conn: Connection) -> dict[int, list[Wording]]:
    """The wordings of every check that has some, by its id, newest first."""
    rows = conn.execute(f"SELECT m.fact_check_id, m.public_id, m.decided_at, c.text {_CONFIRMED} ORDER BY m.decided_at DESC, m.id DESC")
    out: dict[int, list[Wording]] = defaultdict(list)
    for row in rows:
        if len(out[row["fact_check_id"]]) < MOST:
            out[row["fact_check_id"]].append(Wording(str(row["public_id"]), row["text"], row["decided_at"]))
    return out


def taken_back(conn: Connection, match_public_id: object, now: datetime) -> list[int]:
    """A confirmation no longer stands: what was suggested by way of its words alone goes, and the stage looks again. Returns the claims concerned."""
    rows = conn.execute(
        "DELETE FROM match WHERE state = 'suggested' AND features -> 'wording' ->> 'match' = %s RETURNING claim_id", [str(match_public_id)]
    ).fetchall()
    claims = sorted({row["claim_id"] for row in rows})
    told = conn.execute("SELECT DISTINCT document_id FROM claim_sighting WHERE claim_id = ANY(%s) ORDER BY 1", [claims]).fetchall()
    work.enqueue(conn, STAGE, [row["document_id"] for row in told], now)
    return claims


def wake_for(conn: Connection, claims: Sequence[str], now: datetime, limit: int = WAKE_LIMIT) -> int:
    """Ask the stage to match again the recent documents, newest `limit`, whose sentences share enough words with one of `claims`. Returns how many."""
    wanted = [set(tokens(neutral(claim)[0])) for claim in claims]
    woken = []
    rows = conn.execute(
        """SELECT a.document_id, a.checkable FROM annotation a JOIN document d ON d.id = a.document_id AND d.kind = 'article'
           WHERE a.first_seen_at >= %s AND jsonb_array_length(a.checkable) > 0 ORDER BY a.first_seen_at DESC LIMIT %s""",
        [now - RECENT, limit],
    )
    for row in rows:
        held = [set(tokens(neutral(item["sentence"])[0])) for item in row["checkable"]]
        if any(len(words & have) >= WAKE_SHARE * max(len(words), 1) for words in wanted for have in held):
            woken.append(row["document_id"])
    work.enqueue(conn, STAGE, woken, now)
    return len(woken)
