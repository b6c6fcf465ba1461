"""The daily digest: one mail a local day for each subscription, fixed in content when it is written to the outbox."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from processing.alerts.outbox import enqueue, message_key
from processing.db import Connection
from processing.zone import LOCAL

_MOST = 20


def run(conn: Connection, now: datetime) -> int:
    """Write today's digest (local day of `now`) for every subscriber who has none yet. Commits. Returns how many were written."""
    day = now.astimezone(LOCAL).date()
    people = conn.execute(
        """SELECT s.id, s.topic, a.unit_codes, u.email, u.language FROM subscription s JOIN app_user u ON u.id = s.user_id AND u.active
           LEFT JOIN area a ON a.id = s.area_id WHERE s.kind = 'digest' ORDER BY s.id"""
    ).fetchall()
    common = _common(conn) if people else {}
    written = 0
    for who in people:
        payload = {"day": day.isoformat(), "flags": _flags(conn, now, who["topic"], who["unit_codes"]), **common}
        written += enqueue(
            conn, key=message_key("digest", day, who["id"]), kind="digest", recipient=who["email"], language=who["language"],
            thread=f"digest.{who['id']}", payload=payload, now=now,
        )  # fmt: skip
    conn.commit()
    return written


def _flags(conn: Connection, now: datetime, topic: str | None, units: list[str] | None) -> list[str]:
    """Signals raised or renewed in the last day that fit a subscription, highest rank first."""
    rows = conn.execute(
        """SELECT f.public_id FROM flag f JOIN series s ON s.id = f.series_id LEFT JOIN issue own ON own.id = f.issue_id
           LEFT JOIN issue_alias x ON x.alias = own.public_id LEFT JOIN issue i ON i.id = coalesce(x.issue_id, own.id)
           LEFT JOIN unit u ON u.code = coalesce(s.unit_code, i.province_code)
           WHERE f.kind = 'surge' AND s.topic <> 'other' AND f.updated_at > %(since)s AND f.last_day >= %(day)s
             AND coalesce(i.state, 'new') NOT IN ('dismissed', 'closed') AND (%(topic)s::text IS NULL OR s.topic = %(topic)s)
             AND (%(units)s::text[] IS NULL OR u.code = ANY(%(units)s) OR u.province_code = ANY(%(units)s))
           ORDER BY f.rank DESC, f.id LIMIT %(most)s""",
        {"since": now - timedelta(days=1), "day": (now - timedelta(days=2)).astimezone(LOCAL).date(), "topic": topic, "units": units, "most": _MOST},
    )
    return [str(r["public_id"]) for r in rows]


def _common(conn: Connection) -> dict[str, Any]:
    """What stands in every digest: claims that wait, sources that bring nothing, reports to services from five on (SCOPE S8)."""
    claims = conn.execute("SELECT count(DISTINCT m.claim_id) AS n FROM match m WHERE m.state = 'suggested' AND m.tier <> 'related'").fetchone()
    sources = conn.execute("SELECT name, state FROM source WHERE enabled AND state IN ('BROKEN', 'BLOCKED', 'EMPTY', 'STALE') ORDER BY name").fetchall()
    feedback = conn.execute(
        """SELECT topic, coalesce(place, unit_code) AS place, week::text AS week, reports_at_least AS n FROM feedback_shown
           WHERE week = (SELECT max(week) FROM feedback_shown) ORDER BY reports_at_least DESC, topic, place LIMIT %s""",
        [_MOST],
    ).fetchall()
    return {"claims": claims["n"] if claims else 0, "sources": sources, "feedback": feedback}
