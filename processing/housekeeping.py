"""What is deleted when (SCOPE S14), and the months made ahead. Safe to run at any time and any number of times."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from processing.db import Connection

RAW_DAYS = 7
TEXT_DAYS = 180
AUDIT_DAYS = 731
AGGREGATE_DAYS = 1096
RUN_DAYS = 90
MONTHS_AHEAD_DAYS = 62

PARTITIONED = (
    "fetch_log", "document_version", "annotation", "document_place", "document_copy", "fingerprint", "assignment", "story_event",
    "observation", "delivery", "audit",
)  # fmt: skip

_EXPIRED: tuple[tuple[str, int, str], ...] = (
    ("landing", RAW_DAYS, "DELETE FROM landing WHERE landed_at < %s"),
    ("document_version", TEXT_DAYS, "DELETE FROM document_version WHERE seen_at < %s"),
    ("annotation", TEXT_DAYS, "DELETE FROM annotation WHERE first_seen_at < %s"),
    ("fingerprint", TEXT_DAYS, "DELETE FROM fingerprint WHERE first_seen_at < %s"),
    ("claim", TEXT_DAYS, "DELETE FROM claim WHERE last_seen_at < %s"),
    ("work", TEXT_DAYS, "DELETE FROM work WHERE enqueued_at < %s"),
    ("fetch_log", TEXT_DAYS, "DELETE FROM fetch_log WHERE fetched_at < %s"),
    ("run", RUN_DAYS, "DELETE FROM run WHERE started_at < %s"),
    ("source_state", AGGREGATE_DAYS, "DELETE FROM source_state WHERE at < %s"),
    ("observation", AGGREGATE_DAYS, "DELETE FROM observation WHERE day < (%s)::date"),
    ("flag", AGGREGATE_DAYS, "DELETE FROM flag WHERE updated_at < %s"),
    ("outbox", AGGREGATE_DAYS, "DELETE FROM outbox WHERE created_at < %s AND state IN ('sent', 'superseded', 'quarantine')"),
)
"""(table, days kept, statement with the cut-off as its parameter)"""


@dataclass
class Kept:
    """What one round did: months made and dropped per table, rows deleted per table."""

    months_made: int = 0
    months_dropped: int = 0
    deleted: dict[str, int] = field(default_factory=dict)


def run(conn: Connection, now: datetime) -> Kept:
    """Make the months ahead, drop the months past their time, delete what is left of them row by row. One transaction per table."""
    kept = Kept()
    for table in PARTITIONED:
        row = conn.execute(
            "SELECT ensure_months(%s::regclass, %s, %s) AS made", [table, now.date(), (now + timedelta(days=MONTHS_AHEAD_DAYS)).date()]
        ).fetchone()
        kept.months_made += row["made"] if row else 0
    conn.commit()
    for table, days in (*((table, days) for table, days, _ in _EXPIRED if table in PARTITIONED), ("audit", AUDIT_DAYS)):
        row = conn.execute("SELECT drop_months(%s::regclass, %s) AS dropped", [table, (now - timedelta(days=days)).date()]).fetchone()
        kept.months_dropped += row["dropped"] if row else 0
        conn.commit()
    for table, days, statement in _EXPIRED:
        kept.deleted[table] = conn.execute(statement, [now - timedelta(days=days)]).rowcount
        conn.commit()
    return kept
