"""S8. Nothing small: feedback-portal content is shown only in aggregate, at k ≥ 5 reports; the smallest place is the commune."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processing.db import Connection

K = 5
MONDAY = date(2026, 11, 16)
CELL = st.tuples(st.sampled_from(["waste", "transport"]), st.sampled_from(["D1", "D2"]), st.integers(0, 2), st.integers(1, 12))


def _source(conn: Connection, key: str) -> int:
    row = conn.execute(
        """INSERT INTO source (key, name, kind, owner, basis, reviewed_on, review_due, home_url)
           VALUES (%s, 'Board', 'feedback', 'Board', 'public service', '2026-01-01', '2027-01-01', 'http://b.example/') RETURNING id""",
        [key],
    ).fetchone()
    assert row is not None
    found: int = row["id"]
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(CELL, max_size=12))
def test_no_view_shows_a_cell_below_k_or_lets_two_looks_isolate_one_report(db: Connection, cells: list[tuple[str, str, int, int]]) -> None:
    source = _source(db, "board")
    for topic, unit, week, reports in cells:
        db.execute(
            """INSERT INTO feedback_count VALUES (%s, %s, %s, %s, %s)
               ON CONFLICT (source_id, topic, unit_code, week) DO UPDATE SET reports = feedback_count.reports + excluded.reports""",
            [source, topic, unit, MONDAY - timedelta(weeks=week), reports],
        )
    totals = {
        (r["topic"], r["unit_code"], r["week"]): r["n"]
        for r in db.execute("SELECT topic, unit_code, week, sum(reports)::int AS n FROM feedback_count GROUP BY 1, 2, 3")
    }
    shown = {(r["topic"], r["unit_code"], r["week"]): r["reports_at_least"] for r in db.execute("SELECT * FROM feedback_shown")}
    db.rollback()
    assert set(shown) == {cell for cell, n in totals.items() if n >= K}
    for cell, value in shown.items():
        assert value >= K
        assert value % K == 0  # one more report does not show, unless it completes five
        assert totals[cell] - K < value <= totals[cell]


def test_analysts_cannot_read_the_counts_behind_the_view(analyst_db: Connection) -> None:
    for table in ("feedback_count", "feedback_seen", "landing"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            analyst_db.execute(f"SELECT * FROM {table}")
        analyst_db.rollback()


def test_the_review_page_reads_feedback_through_the_view_alone() -> None:
    room = Path(__file__).resolve().parents[2] / "review"
    for path in room.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "feedback_count" not in text, path
        assert "feedback_seen" not in text, path


def test_the_smallest_place_is_the_commune(owner_db: Connection) -> None:
    for table in ("unit", "document_place"):
        row = owner_db.execute(
            "SELECT pg_get_constraintdef(oid) AS rule FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c' AND pg_get_constraintdef(oid) LIKE '%%level%%'",
            [table],
        ).fetchone()
        assert row is not None
        assert "'province'" in row["rule"]
        assert "'commune'" in row["rule"]
        assert "village" not in row["rule"]
