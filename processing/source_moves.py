"""Sources that moved for good to another host: followed only after a named person has looked (provincial portals merged and moved in 2025).

The crawler notes a permanent redirect of a feed to a host its file does not name and follows nothing. `decide` lets a user follow or refuse it; the
decision is in the audit table, and the next crawl reads the new host under the same rules as any other (guard, robots.txt, delay, SCOPE S1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg.types.json import Jsonb

from processing.db import Connection
from processing.errors import LangNgheError
from processing.scrub.core import words

Decision = Literal["followed", "refused"]
_FOLLOWED = "a person confirmed that it moved; not read yet"


@dataclass(frozen=True)
class Move:
    """One redirect to another host. Instants in UTC; `decision` is waiting, followed or refused."""

    key: str
    name: str
    owner: str
    from_host: str
    to_host: str
    to_url: str
    first_seen_at: datetime
    last_seen_at: datetime
    decision: str


def moves(conn: Connection, *, waiting_only: bool = False) -> list[Move]:
    """Every move that was seen, those that wait for a person first. Reads only."""
    rows = conn.execute(
        """SELECT s.key, s.name, s.owner, m.from_host, m.to_host, m.to_url, m.first_seen_at, m.last_seen_at, m.decision
           FROM source_move m JOIN source s ON s.id = m.source_id WHERE NOT %s OR m.decision = 'waiting'
           ORDER BY m.decision <> 'waiting', m.first_seen_at, s.key""",
        [waiting_only],
    ).fetchall()
    return [Move(**row) for row in rows]


def person(conn: Connection, login: str) -> int:
    """Id of the active account with this login: a decision has a name. Raises LangNgheError."""
    row = conn.execute("SELECT id FROM app_user WHERE login = %s AND active", [login]).fetchone()
    if row is None:
        raise LangNgheError(f"no active account {login!r}", "`langnghe user add` makes one")
    user_id: int = row["id"]
    return user_id


def decide(conn: Connection, key: str, to_host: str, user_id: int, decision: Decision, reason: str, now: datetime) -> None:
    """Follow or refuse one move, as the user `user_id`. Does not commit. A second decision replaces the first.

    Raises LangNgheError when no such move was seen, or without a reason. Following wakes a source that the move had broken.
    """
    reason = words(reason)
    if not reason:
        raise LangNgheError("a decision needs its reason", "say how you know that the new host is the same owner's: a notice on its site, a letter, a call")
    row = conn.execute(
        """UPDATE source_move m SET decision = %s, decided_by = %s, decided_at = %s, reason = %s FROM source s
           WHERE s.id = m.source_id AND s.key = %s AND m.to_host = %s RETURNING m.source_id, m.from_host, m.to_url, s.state, s.enabled""",
        [decision, user_id, now, reason, key, to_host],
    ).fetchone()
    if row is None:
        raise LangNgheError(f"source {key} was not seen moving to {to_host}", "`langnghe sources moves` lists what was seen")
    detail = {"decision": decision, "from": row["from_host"], "to": to_host, "address": row["to_url"], "reason": reason}
    conn.execute("SELECT audit_append(%s, %s, %s, %s, %s)", [f"user:{user_id}", "decide", f"source:{key}", Jsonb(detail), now])
    if decision == "followed" and row["enabled"] and row["state"] in ("BROKEN", "DISABLED"):
        said = Jsonb({"msgid": _FOLLOWED, "params": {}})
        conn.execute(
            "UPDATE source SET state = 'OK', state_reason = %s, state_said = %s, state_since = %s, failure_score = 0 WHERE id = %s",
            [_FOLLOWED, said, now, row["source_id"]],
        )
        conn.execute(
            "INSERT INTO source_state (source_id, at, state, reason, said) VALUES (%s, %s, 'OK', %s, %s) ON CONFLICT DO NOTHING",
            [row["source_id"], now, _FOLLOWED, said],
        )
    if decision == "followed":
        conn.execute("UPDATE feed SET next_poll_at = %s WHERE source_id = %s", [now, row["source_id"]])
