"""Kept briefly (SCOPE S14): raw ≤ 7 days, article text ≤ 180 days, aggregates ≤ 3 years, audit 2 years."""

from __future__ import annotations

from datetime import datetime, timedelta

from processing.db import Connection, archive
from processing.settings import get_settings

RAW = timedelta(days=7)
_RUN = timedelta(days=1)  # housekeeping runs once a day: what would be too old before it comes again goes now
TEXT = timedelta(days=180)
AGGREGATES = timedelta(days=3 * 365)
FETCHES = timedelta(days=92)
AUDIT = timedelta(days=2 * 365 + 1)

_PARTITIONED_TEXT = {"document_version": "seen_at", "annotation": "first_seen_at", "fingerprint": "first_seen_at"}
_PARTITIONED_AGGREGATE = {
    "document_place": "first_seen_at",
    "document_copy": "first_seen_at",
    "assignment": "first_seen_at",
    "story_event": "at",
    "observation": "day",
}
_MONTHS_AHEAD = timedelta(days=62)
RETELL = """UPDATE claim c SET text_key = 'told otherwise ' || c.id, text = (SELECT s.sentence FROM claim_sighting s JOIN document d ON d.id = s.document_id
        WHERE s.claim_id = c.id ORDER BY d.published_at, d.id LIMIT 1)
    WHERE c.id = ANY(%s) AND EXISTS (SELECT FROM claim_sighting s WHERE s.claim_id = c.id)
        AND NOT EXISTS (SELECT FROM claim_sighting s WHERE s.claim_id = c.id AND s.sentence = c.text)"""
"""Claims whose words no page tells any more, in the words of the oldest that is left; their key is made anew when they are counted."""


def housekeeping(conn: Connection, now: datetime) -> list[str]:
    """Make the coming months' partitions and remove what is past its time. Commits after each step. Returns what was done, in words."""
    report = []
    for table in (*_PARTITIONED_TEXT, *_PARTITIONED_AGGREGATE, "fetch_log", "delivery", "audit"):
        row = conn.execute("SELECT ensure_months(%s::regclass, %s, %s) AS n", [table, now.date(), (now + _MONTHS_AHEAD).date()]).fetchone()
        if row and row["n"]:
            report.append(f"{table}: {row['n']} months made")
        conn.commit()
    report += _sweep(conn, "landing", "landed_at", now - RAW + _RUN)
    report += archive.expire(get_settings(), now - RAW + _RUN)
    report += _sweep(conn, "attachment", "noted_at", now - TEXT)
    report += _sweep(conn, "fact_check_set_aside", "since", now - TEXT)
    report += _sweep(conn, "sign_in_failure", "at", now - _RUN)
    for table, column in _PARTITIONED_TEXT.items():
        report += _drop_and_sweep(conn, table, column, now - TEXT)
    for table, column in _PARTITIONED_AGGREGATE.items():
        report += _drop_and_sweep(conn, table, column, now - AGGREGATES)
    report += _skeletons(conn, now - AGGREGATES)
    report += _typed(conn, now)
    report += _drop_and_sweep(conn, "fetch_log", "fetched_at", now - FETCHES)
    # The ledger and the audit go by whole months only: the application may not delete single rows of them.
    report += _drop(conn, "delivery", now - AGGREGATES)
    conn.execute("SELECT audit_seal_months()")
    conn.commit()
    # … and the audit by the database's own clock: one set wrong here must not cost a month of it.
    clock = conn.execute("SELECT now() AS now").fetchone()
    assert clock is not None
    report += _drop(conn, "audit", min(now, clock["now"]) - AUDIT)
    report += _quotes(conn, now - TEXT)
    report += _sweep(conn, "run", "started_at", now - FETCHES)
    report += _sweep(conn, "removal_request", "decided_at", now - AUDIT)
    return report


def _sweep(conn: Connection, table: str, column: str, before: datetime) -> list[str]:
    from psycopg import sql

    gone = conn.execute(sql.SQL("DELETE FROM {} WHERE {} < %s").format(sql.Identifier(table), sql.Identifier(column)), [before]).rowcount
    conn.commit()
    return [f"{table}: {gone} rows removed"] if gone else []


def _drop(conn: Connection, table: str, before: datetime) -> list[str]:
    row = conn.execute("SELECT drop_months(%s::regclass, %s) AS n", [table, before.date()]).fetchone()
    conn.commit()
    return [f"{table}: {row['n']} months dropped"] if row and row["n"] else []


def _drop_and_sweep(conn: Connection, table: str, column: str, before: datetime) -> list[str]:
    """Whole months go as partitions, which is instant; the part of a month that is left goes row by row."""
    return _drop(conn, table, before) + _sweep(conn, table, column, before)


def _skeletons(conn: Connection, before: datetime) -> list[str]:
    """What names pages and hot-spots goes with the counts: flags, documents with title and address, entries of feeds, mails, states of sources, reports.

    An issue keeps its ids alone, so that old links and the decisions on it still resolve; published checks stay until their publisher withdraws them.
    """
    report = []
    for table, column in (("flag", "last_day"), ("document", "first_seen_at"), ("feed_entry", "last_seen_at"), ("outbox", "created_at"), ("source_state", "at"),
                          ("source_day", "day"), ("source_day_province", "day"), ("feedback_count", "week"), ("feedback_seen", "week")):
        report += _sweep(conn, table, column, before)
    conn.execute("DELETE FROM work WHERE state = 'quarantine' AND enqueued_at < %s", [before])
    conn.execute(
        "UPDATE issue SET title = '—', summary = '{}', state_reason = NULL, commune_codes = '{}' WHERE last_published_at < %s AND title <> '—'", [before]
    )
    conn.commit()
    return report


def _typed(conn: Connection, now: datetime) -> list[str]:
    """Words that staff typed as reasons: with the counts they were about, or, of a removal, with the audit. Who decided what, and when, stays."""
    changes = conn.execute("UPDATE issue_change SET reason = '' WHERE reason <> '' AND at < %s", [now - AGGREGATES]).rowcount
    moves = conn.execute("UPDATE source_move SET reason = '' WHERE reason <> '' AND decided_at < %s", [now - AGGREGATES]).rowcount
    removals = conn.execute("UPDATE tombstone SET reason = '' WHERE reason <> '' AND removed_at < %s", [now - AUDIT]).rowcount
    row = conn.execute("SELECT forget_reasons(%s) AS n", [now - AGGREGATES]).fetchone()
    conn.commit()
    decisions = row["n"] if row else 0
    return [f"reasons: {changes + moves + removals + decisions} emptied"] if changes or moves or removals or decisions else []


def _quotes(conn: Connection, before: datetime) -> list[str]:
    """Sentences quoted from articles age with the articles: in claims, their sightings, and the key sentences of issues.

    A claim that goes on is told, and finds its check as a confirmed wording, in the words of a page whose time is not over.
    """
    told = conn.execute(
        "DELETE FROM claim_sighting s USING document d WHERE d.id = s.document_id AND d.first_seen_at < %s RETURNING s.claim_id", [before]
    ).fetchall()
    sightings = len(told)
    conn.execute(RETELL, [sorted({row["claim_id"] for row in told})])
    claims = conn.execute("DELETE FROM claim c WHERE c.last_seen_at < %s", [before]).rowcount
    issues = conn.execute("UPDATE issue SET summary = '{}' WHERE last_published_at < %s AND summary <> '{}'", [before]).rowcount
    conn.commit()
    return [f"quotes: {sightings} sightings, {claims} claims, {issues} issue summaries removed"] if sightings or claims or issues else []
