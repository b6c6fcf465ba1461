"""A named person decides on a match; nothing is mailed before (SCOPE S11). Every decision is kept, audited, and corrected where it no longer holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from processing.alerts.outbox import enqueue_claim_answer, enqueue_correction
from processing.claims.wordings import WAKE_CONFIRMED, taken_back, wake_for
from processing.db import Connection
from processing.errors import LangNgheError
from processing.scrub.core import words

# What reviewers may answer: as the page sends it → the match's state and the word kept in review_decision.
DECISIONS = {
    "confirm": ("confirmed", "confirm"), "confirmed": ("confirmed", "confirm"), "related": ("related", "related"),
    "reject": ("rejected", "reject"), "rejected": ("rejected", "reject"),
}  # fmt: skip
WITHDRAWN = "the publisher withdrew what it had published"
CHANGED = "the publisher changed what it had published"
REVISED = "the reviewers revised their decision"


def decide(conn: Connection, match_public_id: UUID | str, user_id: int, decision: str, reason: str, now: datetime) -> None:
    """Confirm, relate or reject a match in the name of `user_id`. Writes decision, audit row and mails in the caller's transaction.

    What is confirmed becomes a wording of its check: recent documents that resemble it are matched again; taken back, so is what it had brought.

    Raises LangNgheError for an unknown decision, match or user, and for confirming what its publisher withdrew. Confirming twice mails once.
    """
    if decision not in DECISIONS:
        raise LangNgheError(f"unknown decision {decision!r}", f"one of {', '.join(DECISIONS)}")
    state, word = DECISIONS[decision]
    match = conn.execute(
        """SELECT m.id, m.public_id, m.claim_id, m.state, m.fact_check_version, k.withdrawn_at, k.version, c.public_id AS claim, c.text
           FROM match m JOIN fact_check k ON k.id = m.fact_check_id JOIN claim c ON c.id = m.claim_id WHERE m.public_id = %s FOR UPDATE OF m""",
        [match_public_id],
    ).fetchone()
    user = conn.execute("SELECT login FROM app_user WHERE id = %s AND active", [user_id]).fetchone()
    if match is None:
        raise LangNgheError("there is no such match", "it may have been removed on request; reload the list")
    if user is None:
        raise LangNgheError("only a named, active user decides", "sign in again")
    if state == "confirmed" and match["withdrawn_at"] is not None:
        raise LangNgheError("the publisher has withdrawn this check", "reject the match, or confirm another publisher's")
    conn.execute(
        "UPDATE match SET state = %s, decided_by = %s, decided_at = %s, fact_check_version = %s WHERE id = %s",
        [state, user_id, now, match["version"], match["id"]],
    )
    conn.execute(
        "INSERT INTO review_decision (at, user_id, subject_kind, subject_id, decision, reason) VALUES (%s, %s, 'match', %s, %s, %s)",
        [now, user_id, match["id"], word, words(reason)],
    )
    detail = Jsonb({"decision": word, "before": match["state"]})
    conn.execute("SELECT audit_append(%s, %s, %s, %s, %s)", [f"user:{user_id}", "decide", f"match:{match['public_id']}", detail, now])
    settle(conn, match["claim_id"])
    if state == "confirmed":
        if match["state"] != "confirmed":  # its words are a wording of the check from now on
            enqueue_claim_answer(conn, match["id"], now)
            wake_for(conn, [match["text"]], now, WAKE_CONFIRMED)
    elif match["state"] == "confirmed":
        for claim in taken_back(conn, match["public_id"], now):
            settle(conn, claim)
        enqueue_correction(conn, f"claim.{match['claim']}", f"{match['public_id']}:{word}:{now.isoformat()}", REVISED, now, match=str(match["public_id"]))


def settle(conn: Connection, claim_id: int) -> None:
    """answered: a match is confirmed; no_published_check: every suggestion was decided and none confirmed; else awaiting_review."""
    conn.execute(
        """UPDATE claim SET state = (SELECT CASE WHEN bool_or(m.state = 'confirmed' AND k.withdrawn_at IS NULL) THEN 'answered'
                                                 WHEN bool_or(m.state = 'suggested' AND k.withdrawn_at IS NULL) THEN 'awaiting_review' ELSE 'no_published_check' END
                                     FROM match m JOIN fact_check k ON k.id = m.fact_check_id WHERE m.claim_id = claim.id) WHERE id = %s""",
        [claim_id],
    )


def propagate(conn: Connection, fact_check_id: int, reason: str, now: datetime, *, reopen: bool = False) -> int:
    """A check was changed or withdrawn: everyone who was mailed about it gets a correction, suggestions made from what it said before go, and every
    claim that cited it is settled again. Returns how many mails are new.

    `reopen`: the claim that it examined reads otherwise now, or it had been withdrawn and is back: a confirmation no longer covers it and a person has
    to look again (SCOPE S11). Of what came back as it was (no `reason`) nobody is mailed: the answer follows when it is confirmed again.
    """
    rows: list[dict[str, Any]] = conn.execute(
        """SELECT m.id, m.public_id, m.claim_id, m.state, c.public_id AS claim, k.version, k.withdrawn_at FROM match m JOIN claim c ON c.id = m.claim_id
           JOIN fact_check k ON k.id = m.fact_check_id WHERE m.fact_check_id = %s ORDER BY m.id""",
        [fact_check_id],
    ).fetchall()
    # the stage suggests again what still fits: its documents are woken by whoever changed the check
    conn.execute("DELETE FROM match WHERE fact_check_id = %s AND state = 'suggested'", [fact_check_id])
    sent = 0
    if reopen:
        conn.execute(
            "UPDATE match SET state = 'suggested', decided_by = NULL, decided_at = NULL WHERE fact_check_id = %s AND state = 'confirmed'", [fact_check_id]
        )
    for row in rows:
        if row["state"] == "confirmed" and reason:
            subject = f"{row['public_id']}:v{row['version']}:{'withdrawn' if row['withdrawn_at'] else 'changed'}"
            stands = not reopen and row["withdrawn_at"] is None
            sent += enqueue_correction(conn, f"claim.{row['claim']}", subject, reason, now, match=str(row["public_id"]), stands=stands)
            detail = Jsonb({"reason": reason})
            conn.execute("SELECT audit_append(%s, %s, %s, %s, %s)", ["system:claims", "correct", f"match:{row['public_id']}", detail, now])
        settle(conn, row["claim_id"])
    return sent
