"""The desk where anyone can ask for a page's removal, or what is held of it (SCOPE S14): what was asked, by when to answer, what was decided.

The asker leaves no name and no contact: the number they are given is how they read the answer. The address and their words are kept until the
decision alone; after it the log holds a hash, the ground, the dates, the decision and its answer. Nothing here commits but a removal.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from processing.db import Connection
from processing.db.addresses import BadURL, canonical
from processing.db.tombstones import alone, url_hash
from processing.erase.removal import erase
from processing.errors import LangNgheError
from processing.people import DECIDERS
from processing.scrub.core import words

KINDS = ("erase", "access")
GROUNDS = ("personal_data", "no_longer_published", "wrong", "rights", "other")
DECISIONS = {"remove": "done", "answer": "done", "refuse": "refused"}
"""Decision → state of the request."""
ANSWER_WITHIN = timedelta(hours=72)
MOST_OPEN = 2000
_LONGEST = 1000


def page_address(url: str) -> str:
    """The canonical form of an address as somebody typed it. Raises LangNgheError."""
    text = url.strip()
    try:
        return canonical(text if "://" in text else f"https://{text}")
    except BadURL:
        raise LangNgheError("this is no address of a page", "copy it from the browser, with https://") from None


def log_request(conn: Connection, url: str, kind: str, ground: str, details: str, now: datetime) -> UUID:
    """Note what was asked; returns the number to read the answer under. The same question about the same page, still open, keeps its number.

    `details` are scrubbed of personal data and cut to 1,000 characters. Raises LangNgheError for what is no address, an unknown kind or ground, and
    when 2,000 requests wait (somebody is filling the desk: the contact address stays).
    """
    if kind not in KINDS or ground not in GROUNDS:
        raise LangNgheError("unknown kind or ground of a request", f"kinds: {', '.join(KINDS)}; grounds: {', '.join(GROUNDS)}")
    page = page_address(url)
    digest = url_hash(page)
    same = conn.execute("SELECT public_id FROM removal_request WHERE url_sha256 = %s AND kind = %s AND state = 'open'", [digest, kind]).fetchone()
    if same is not None:
        return UUID(str(same["public_id"]))
    waiting = conn.execute("SELECT count(*) AS n FROM removal_request WHERE state = 'open'").fetchone()
    if waiting is not None and waiting["n"] >= MOST_OPEN:
        raise LangNgheError("too many requests are waiting", "write to the contact address instead")
    row = conn.execute(
        """INSERT INTO removal_request (kind, received_at, due_at, url, url_sha256, ground, details) VALUES (%s, %s, %s, %s, %s, %s, %s)
           RETURNING public_id""",
        [kind, now, now + ANSWER_WITHIN, page, digest, ground, words(details)[:_LONGEST]],
    ).fetchone()
    assert row is not None
    conn.execute("SELECT audit_append('public', 'request', %s, %s, %s)", [f"request:{row['public_id']}", Jsonb({"kind": kind, "ground": ground}), now])
    return UUID(str(row["public_id"]))


def request_status(conn: Connection, number: UUID | str) -> dict[str, Any] | None:
    """What the asker may read under the number: kind, state, received_at, due_at, decided_at, answer. None for an unknown number."""
    try:
        key = UUID(str(number).strip())
    except ValueError:
        return None
    return conn.execute("SELECT kind, state, received_at, due_at, decided_at, answer FROM removal_request WHERE public_id = %s", [key]).fetchone()


def open_requests(conn: Connection, now: datetime) -> list[dict[str, Any]]:
    """What waits for a decision, the longest waiting first: public_id, kind, received_at, due_at, url, ground, details, overdue."""
    return conn.execute(
        """SELECT public_id, kind, received_at, due_at, url, ground, details, due_at < %s AS overdue FROM removal_request
           WHERE state = 'open' ORDER BY received_at, id""",
        [now],
    ).fetchall()


def decided_requests(conn: Connection, limit: int = 100) -> list[dict[str, Any]]:
    """The log, newest first: public_id, kind, ground, received_at, due_at, decided_at, state, answer, decided_by (a display name)."""
    return conn.execute(
        """SELECT r.public_id, r.kind, r.ground, r.received_at, r.due_at, r.decided_at, r.state, r.answer, u.display_name AS decided_by
           FROM removal_request r LEFT JOIN app_user u ON u.id = r.decided_by WHERE r.state <> 'open' ORDER BY r.decided_at DESC, r.id DESC LIMIT %s""",
        [limit],
    ).fetchall()


def decide_request(conn: Connection, number: UUID | str, user_id: int, decision: str, answer: str, now: datetime) -> str:
    """Remove the page, answer, or refuse, in the name of an officer or administrator; the asker reads `answer`, scrubbed. Returns in words what was done.

    A refusal and an answer to a question need words. A removal commits; anything else is the caller's to commit. Raises LangNgheError.
    """
    if decision not in DECISIONS:
        raise LangNgheError(f"unknown decision {decision!r}", f"one of {', '.join(DECISIONS)}")
    if decision != "remove" and not answer.strip():
        raise LangNgheError("the asker needs an answer", "write in a few words what was found, or why the page stays")
    if decision == "remove":
        alone(conn)  # before the row and the audit are held: whatever a batch at work may be waiting for, it gets
    user = conn.execute("SELECT role FROM app_user WHERE id = %s AND active", [user_id]).fetchone()
    if user is None or user["role"] not in DECIDERS:
        raise LangNgheError("only an officer or an administrator decides on requests", "hand it to one of them")
    row = conn.execute("SELECT id, public_id, url, state FROM removal_request WHERE public_id = %s FOR UPDATE", [UUID(str(number))]).fetchone()
    if row is None or row["state"] != "open":
        raise LangNgheError("there is no such open request", "it may have been decided meanwhile; reload the list")
    conn.execute(
        "UPDATE removal_request SET state = %s, answer = %s, decided_at = %s, decided_by = %s, url = NULL, details = '' WHERE id = %s",
        [DECISIONS[decision], words(answer)[:_LONGEST], now, user_id, row["id"]],
    )
    conn.execute(
        "SELECT audit_append(%s, 'decide', %s, %s, %s)", [f"user:{user_id}", f"request:{row['public_id']}", Jsonb({"decision": decision}), now]
    )
    if decision == "remove":
        return erase(conn, row["url"], f"request {row['public_id']}", now, actor=f"user:{user_id}")
    return "answered" if decision == "answer" else "refused"
