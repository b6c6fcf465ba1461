"""The week's report on sources: dead, moved, thin, and reviews that are coming due. For whoever keeps the allow-list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TextIO

from processing.db import Connection

WEEK = timedelta(days=7)
DEAD_AFTER = timedelta(days=3)
THIN = 0.3  # of what is usual
_WORDS = {"dead": "not read for days", "moved": "moved for good, waits for a person", "thin": "far fewer documents than usual", "review": "review due within a month"}


@dataclass(frozen=True)
class Finding:
    """One source that wants a person."""

    key: str
    kind: Literal["dead", "moved", "thin", "review"]
    reason: str


def weekly(conn: Connection, now: datetime) -> list[Finding]:
    """Sources that want a person, by kind and key. Reads only."""
    rows = conn.execute(
        """SELECT s.key, s.state, s.state_reason, s.state_since, s.expected_per_week, s.review_due, s.enabled,
                  s.first_fetched_at < %(week)s AS whole_week,
                  (SELECT max(last_ok_at) FROM feed WHERE source_id = s.id) AS last_ok_at,
                  (SELECT count(*) FROM feed_entry e JOIN feed f ON f.id = e.feed_id WHERE f.source_id = s.id AND e.first_seen_at > %(week)s) AS entries,
                  (SELECT reason FROM fetch_log WHERE source_id = s.id AND fetched_at > %(week)s AND failure_class = 'moved' ORDER BY fetched_at DESC LIMIT 1) AS moved
           FROM source s ORDER BY s.key""",
        {"week": now - WEEK},
    ).fetchall()
    out: list[Finding] = []
    for row in rows:
        # A source that its file switched off wants nobody; one that failed or broke its assertions does.
        if not row["enabled"]:
            continue
        if row["moved"]:
            out.append(Finding(row["key"], "moved", row["moved"]))
        elif row["state"] in ("BROKEN", "BLOCKED", "DISABLED") and now - row["state_since"] > DEAD_AFTER:
            out.append(Finding(row["key"], "dead", f"{row['state']} since {row['state_since']:%Y-%m-%d}: {row['state_reason']}"))
        elif row["whole_week"] and row["entries"] < THIN * (row["expected_per_week"] or 0):
            out.append(Finding(row["key"], "thin", f"{row['entries']} entries in a week, {row['expected_per_week']:.0f} expected"))
        if row["review_due"] - now.date() < timedelta(days=30):
            out.append(Finding(row["key"], "review", f"due on {row['review_due']}"))
    order = list(_WORDS)
    return sorted(out, key=lambda finding: (order.index(finding.kind), finding.key))


def write(conn: Connection, out: TextIO, now: datetime) -> int:
    """Write the report as text; returns how many sources want a person."""
    findings = weekly(conn, now)
    for kind, words in _WORDS.items():
        some = [finding for finding in findings if finding.kind == kind]
        if some:
            out.write(f"{kind} ({words})\n")
            out.writelines(f"  {finding.key}: {finding.reason}\n" for finding in some)
    if not findings:
        out.write("every source that is switched on is well\n")
    return len({finding.key for finding in findings})
