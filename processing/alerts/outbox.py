"""Decide which mails are due and write them to the outbox, in the transaction of whatever decided them.

A key made from the subject and the subscription names each mail, so that deciding twice writes once. A mail holds references and figures,
never document text; compose.py puts it into words when it is sent.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from processing.db import Connection
from processing.people import DECIDERS
from processing.settings import get_settings
from processing.zone import LOCAL

# People whose subscription fits a topic and a place. An area names today's units; a province in it covers its communes.
_SUBSCRIBERS = """
SELECT s.id AS subscription, u.email, u.language FROM subscription s
JOIN app_user u ON u.id = s.user_id AND u.active
LEFT JOIN area a ON a.id = s.area_id
WHERE s.kind = %(kind)s AND (s.topic IS NULL OR s.topic = %(topic)s)
  AND (s.area_id IS NULL OR %(unit)s = ANY(a.unit_codes)
       OR EXISTS (SELECT FROM unit c WHERE c.code = %(unit)s AND c.province_code = ANY(a.unit_codes)))
ORDER BY s.id
"""


_DAYTIME = range(7, 19)  # local hours in which somebody is reminded of what waits
_TROUBLE = ["BROKEN", "BLOCKED", "DISABLED", "STALE", "EMPTY"]


def message_key(*parts: object) -> str:
    """Deterministic name of a mail, safe inside a Message-ID."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:40]
    return f"{parts[0]}.{digest}"


def enqueue(
    conn: Connection, *, key: str, kind: str, recipient: str, language: str, thread: str, payload: dict[str, Any], now: datetime
) -> bool:
    """Write one mail unless one with this key is there. Returns whether it is new. Does not commit."""
    row = conn.execute(
        """INSERT INTO outbox (message_key, kind, recipient, language, thread_key, payload, not_before, created_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (message_key) DO NOTHING RETURNING id""",
        [key, kind, recipient, language, thread, Jsonb(payload), now, now],
    ).fetchone()
    return row is not None


def subscribers(conn: Connection, kind: str, topic: str | None = None, unit: str | None = None) -> list[dict[str, Any]]:
    """Subscriptions of a kind that fit topic and unit: {"subscription", "email", "language"}."""
    return conn.execute(_SUBSCRIBERS, {"kind": kind, "topic": topic, "unit": unit}).fetchall()


def enqueue_hotspot(conn: Connection, flag_id: int, now: datetime) -> int:
    """An immediate alert of a surge to everyone subscribed to its topic and place; once per hot-spot and subscription. Returns how many.

    Nothing for an issue the reviewers dismissed or closed, and nothing for a source artefact.
    """
    flag = conn.execute(
        """SELECT f.id, f.public_id, f.kind, f.issue_id, f.first_day, s.key, s.topic, s.unit_code, i.public_id AS issue, i.province_code, i.state
           FROM flag f JOIN series s ON s.id = f.series_id LEFT JOIN issue own ON own.id = f.issue_id
           LEFT JOIN issue_alias x ON x.alias = own.public_id LEFT JOIN issue i ON i.id = coalesce(x.issue_id, own.id) WHERE f.id = %s""",
        [flag_id],
    ).fetchone()
    if flag is None or flag["kind"] != "surge" or flag["topic"] == "other" or flag["state"] in ("dismissed", "closed"):
        return 0
    thread = f"issue.{flag['issue']}" if flag["issue"] else f"flag.{flag['public_id']}"
    sent = 0
    for who in subscribers(conn, "immediate", flag["topic"], flag["unit_code"] or flag["province_code"]):
        sent += enqueue(
            conn, key=message_key("hotspot", flag["key"], flag["first_day"], who["subscription"]), kind="hotspot", recipient=who["email"],
            language=who["language"], thread=thread, payload={"flag": str(flag["public_id"])}, now=now,
        )  # fmt: skip
    return sent


def enqueue_source_changes(conn: Connection, now: datetime) -> int:
    """A mail to the keepers of sources for each change into or out of trouble in the last two days (older ones are no news to somebody who
    subscribes today): BROKEN, BLOCKED, stopped by its failures or assertions, STALE or EMPTY, and for each assertion of its file that broke.
    What its file switched off is no news; a review that ran out is (SCOPE S1). Returns how many are new. Does not commit."""
    changes = conn.execute(
        """SELECT c.source_id, s.key, s.name, c.at, c.state, c.reason, c.said, c.before, c.state = c.before AS warns FROM (
               SELECT *, lag(state, 1, 'OK') OVER one AS before, lag(broken, 1, '{}') OVER one AS broken_before FROM source_state
               WINDOW one AS (PARTITION BY source_id ORDER BY at)) c
           JOIN source s ON s.id = c.source_id AND (s.enabled OR (s.review_due < local_day(c.at) AND c.reason <> 'switched off in its file'))
           WHERE c.at > %s AND ((c.state <> c.before AND (c.state = ANY(%s) OR c.before = ANY(%s))) OR (c.state = c.before AND NOT c.broken <@ c.broken_before))
           ORDER BY c.at, c.source_id""",
        [now - timedelta(days=2), _TROUBLE, _TROUBLE],
    ).fetchall()
    people = subscribers(conn, "sources") if changes else []
    return sum(
        enqueue(
            conn, key=message_key("source", change["key"], change["at"].isoformat(), who["subscription"]), kind="source", recipient=who["email"],
            language=who["language"], thread=f"source.{change['key']}",
            payload={"source": change["key"], "name": change["name"], "state": change["state"], "before": change["before"], "reason": change["reason"],
                     "said": change["said"], "warns": change["warns"], "at": change["at"].isoformat()}, now=now,
        )
        for change in changes
        for who in people
    )  # fmt: skip


def enqueue_requests(conn: Connection, now: datetime) -> int:
    """A mail to everyone who decides on requests at the public desk while any waits (SCOPE S14): at most one a local day and person, in the hours in
    which somebody reads it. It names no request: how many wait and by when is told when it is sent. Returns how many are new. Does not commit."""
    local = now.astimezone(LOCAL)
    if local.hour not in _DAYTIME or conn.execute("SELECT 1 FROM removal_request WHERE state = 'open' LIMIT 1").fetchone() is None:
        return 0
    people = conn.execute("SELECT id, email, language FROM app_user WHERE active AND role = ANY(%s) ORDER BY id", [list(DECIDERS)])
    return sum(
        enqueue(
            conn, key=message_key("desk", local.date(), who["id"]), kind="desk", recipient=who["email"], language=who["language"], thread=f"desk.{who['id']}",
            payload={}, now=now,
        )
        for who in people.fetchall()
    )  # fmt: skip


def enqueue_claim_answer(conn: Connection, match_id: int, now: datetime) -> int:
    """The published answer to a claim, after a named reviewer confirmed the match (SCOPE S11); nothing before. Returns how many are new.

    Once a confirmation: one that follows a correction is news to everyone who was told that the first no longer stands.
    """
    match = conn.execute(
        """SELECT m.public_id, m.state, m.decided_by, m.decided_at, c.public_id AS claim, c.topic, c.province_code
           FROM match m JOIN claim c ON c.id = m.claim_id WHERE m.id = %s""",
        [match_id],
    ).fetchone()
    if match is None or match["state"] != "confirmed" or match["decided_by"] is None:
        return 0
    return sum(
        enqueue(
            conn, key=message_key("claim_answer", match["public_id"], match["decided_at"].isoformat(), who["subscription"]), kind="claim_answer", recipient=who["email"],
            language=who["language"], thread=f"claim.{match['claim']}", payload={"match": str(match["public_id"])}, now=now,
        )
        for who in subscribers(conn, "claims", match["topic"], match["province_code"])
    )  # fmt: skip


def enqueue_assignment(conn: Connection, issue_id: int, now: datetime) -> int:
    """An assigned issue to its service, where the service has an address. Returns how many are new: 0 or 1."""
    row = conn.execute(
        """SELECT i.public_id, i.updated_at, s.key, s.email FROM issue i JOIN service s ON s.id = i.service_id
           WHERE i.id = %s AND i.state = 'assigned' AND s.email <> ''""",
        [issue_id],
    ).fetchone()
    if row is None:
        return 0
    return int(
        enqueue(
            conn, key=message_key("assignment", row["public_id"], row["key"], row["updated_at"].isoformat()), kind="assignment", recipient=row["email"],
            language="vi", thread=f"issue.{row['public_id']}", payload={"issue": str(row["public_id"])}, now=now,
        )
    )  # fmt: skip


def enqueue_correction(conn: Connection, thread: str, subject: str, reason: str, now: datetime, *, match: str = "", stands: bool = False) -> int:
    """A correction to everyone who was sent a mail of `thread` (SCOPE S12); one that still waits is held back. Returns how many are new.

    `subject` names what is corrected (an opaque id with the state it was corrected to), so that the same correction is sent once. `match`: only mails about this
    match, since a claim that two publishers answered has two answers in one thread. `stands`: what still waits is not held back; it says what is published by then.
    """
    about = {"thread": thread, "match": match, "reason": reason}
    if not stands:
        conn.execute(
            """UPDATE outbox SET state = 'superseded', reason = %(reason)s WHERE thread_key = %(thread)s AND state IN ('pending', 'retry') AND kind <> 'correction'
               AND (%(match)s = '' OR payload->>'match' = %(match)s)""",
            about,
        )
    rows = conn.execute(
        """SELECT recipient, min(language) AS language, min(kind) AS kind, (array_agg(payload ORDER BY id))[1] AS payload FROM outbox
           WHERE thread_key = %(thread)s AND state = 'sent' AND kind <> 'correction' AND (%(match)s = '' OR payload->>'match' = %(match)s)
           GROUP BY recipient ORDER BY recipient""",
        about,
    ).fetchall()
    return sum(
        enqueue(
            conn, key=message_key("correction", thread, subject, row["recipient"]), kind="correction", recipient=row["recipient"],
            language=row["language"], thread=thread, payload={**row["payload"], "corrects": row["kind"], "reason": reason}, now=now,
        )
        for row in rows
    )  # fmt: skip


def link(path: str) -> str:
    """Address of a page of the review desk as recipients reach it."""
    return f"{get_settings().public_url.rstrip('/')}{path}"
