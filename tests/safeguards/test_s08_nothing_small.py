"""Rule S8: "Nothing small. Feedback-portal content is shown only in aggregate, at k ≥ 5 reports; the smallest place is the commune."

Proof here: property tests over the view, every staff page, plot and mail, and everything an analyst's role can read: one report more changes
nothing, unless it completes five.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawlers import report
from processing.alerts import content, digest
from processing.alerts.compose import FOLDER
from processing.db import Connection
from processing.hotspots import feedback
from processing.i18n import catalogue
from processing.people import add_user
from processing.settings import ROOT
from review.app import create_app

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


def _write(db: Connection, source: int, cells: dict[tuple[str, str, int], int]) -> None:
    for (topic, unit, week), reports in cells.items():
        db.execute("INSERT INTO feedback_count VALUES (%s, %s, %s, %s, %s)", [source, topic, unit, MONDAY - timedelta(weeks=week), reports])
    db.commit()


PLACES = {"D1": "Xã Suối Mây", "D2": "Xã Bến Cát"}


def _seen(client: TestClient, db: Connection) -> list[str]:
    """Everything that leaves the system of the reports: each staff page, plots and sparklines in it, and each kind of mail there is to send."""
    routes = [route.path for route in create_app().routes if isinstance(route, APIRoute) and "GET" in route.methods and "{" not in route.path]
    paths = ("/feedback", *sorted({*routes, "/sources/board"} - {"/feedback"}))
    assert len(paths) >= 9
    shown = [re.sub(r'name="token" value="[^"]*"', "", client.get(path).text) for path in paths]
    rows = db.execute("SELECT * FROM outbox ORDER BY id").fetchall()
    return [*shown, *(str(content.write(db, r["kind"], r["payload"], catalogue("vi", FOLDER), "vi")) for r in rows)]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(counts=st.lists(st.integers(1, 23), min_size=4, max_size=4), one_more=st.integers(0, 3))
def test_two_looks_at_every_page_and_mail_cannot_isolate_one_report(
    desk: tuple[TestClient, int], db: Connection, counts: list[int], one_more: int
) -> None:
    """One report more in one cell of one week: every page and mail stays as it was, to the letter, unless it completes five."""
    client, source = desk
    cells = dict(zip([("waste", "D1", 0), ("waste", "D2", 0), ("transport", "D1", 0), ("waste", "D1", 1)], counts, strict=True))
    db.execute("DELETE FROM feedback_count")
    _write(db, source, cells)
    before = _seen(client, db)
    rows = re.findall(r'<td class="num"[^>]*>≥ (\d+)', before[0])
    assert all(int(n) >= K and int(n) % K == 0 for n in re.findall(r"≥ (\d+)", before[0]))
    assert sorted(map(int, rows)) == sorted(n // K * K for n in counts if n >= K)
    changed = list(cells)[one_more]
    db.execute("UPDATE feedback_count SET reports = reports + 1 WHERE topic = %s AND unit_code = %s AND week = %s",
               [changed[0], changed[1], MONDAY - timedelta(weeks=changed[2])])  # fmt: skip
    db.commit()
    after = _seen(client, db)
    assert (after == before) == ((cells[changed] + 1) % K != 0)


def _readable(conn: Connection) -> dict[str, list[str]]:
    """Every table and view the connection's role may read, and every query that is delivered with the program, with their rows as text."""
    names = [
        row["t"]
        for row in conn.execute(
            """SELECT format('%I', relname) AS t FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
               AND NOT relispartition AND has_table_privilege(oid, 'SELECT') ORDER BY 1"""
        )
    ]
    found = {name: sorted(row["x"] for row in conn.execute(f"SELECT x::text AS x FROM {name} x".encode())) for name in names}
    conn.rollback()
    for file in sorted((ROOT / "sql" / "queries").glob("*.sql")):
        found[file.name] = [str(row) for row in conn.execute(file.read_bytes())]
        conn.rollback()
    return found


SHOWN = {"feedback_shown", "reports_to_services.sql"}


@pytest.mark.parametrize(("there", "changed"), [(3, set()), (7, set()), (4, SHOWN), (9, SHOWN)])
def test_two_looks_of_an_analyst_at_all_there_is_to_read_cannot_isolate_one_report(
    db: Connection, analyst_db: Connection, there: int, changed: set[str]
) -> None:
    """One report more, through the stage that counts it: no table, view or delivered query tells it, unless it completes five."""
    source = _source(db, "board")
    db.execute("INSERT INTO unit VALUES ('D1', 'Xã Suối Mây', 'commune', 'D', 'Tỉnh Mẫu')")

    def one(n: int) -> None:
        found = {"topic": "waste", "places": [{"confidence": 0.9, "current": [{"level": "commune", "code": "D1"}]}]}
        report = {"service_request_id": str(n), "description": "Rác không ai thu gom", "requested_datetime": "2026-11-17T08:00:00+07:00"}
        assert feedback.count_reports(db, source, [report], datetime(2026, 11, 20, tzinfo=UTC), lambda _: found) == 1

    for n in range(there):
        one(n)
    db.commit()
    before = _readable(analyst_db)
    assert "feedback_shown" in before and "feedback_count" not in before and len(before) > 30
    one(there)
    db.commit()
    after = _readable(analyst_db)
    assert {name for name in before if after[name] != before[name]} == changed


def test_the_weeks_report_on_sources_counts_no_reports(db: Connection) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    db.execute("UPDATE source SET enabled = true, expected_per_week = 40, first_fetched_at = %s WHERE id = %s", [now - timedelta(days=30), _source(db, "board")])
    assert report.weekly(db, now) == []
    db.execute("UPDATE source SET kind = 'press'")
    assert [found.kind for found in report.weekly(db, now)] == ["thin"]


@pytest.fixture
def desk(db: Connection) -> Iterator[tuple[TestClient, int]]:
    source = _source(db, "board")
    for code, name in PLACES.items():
        db.execute("INSERT INTO unit VALUES (%s, %s, 'commune', 'D', 'Tỉnh Mẫu')", [code, name])
    add_user(db, "can-bo", "officer@example.org", "a long password", "officer")
    digest.run(db, datetime.now(UTC))
    db.commit()
    with TestClient(create_app()) as client:
        client.post("/sign-in", data={"login": "can-bo", "password": "a long password"})
        yield client, source


def test_no_view_that_analysts_read_is_made_of_the_counts_but_the_one(owner_db: Connection) -> None:
    """Read from the database: whoever makes a second view over the counts must make it pass the tests above."""
    rows = owner_db.execute(
        """SELECT DISTINCT v.relname AS name FROM pg_depend d JOIN pg_rewrite w ON w.oid = d.objid JOIN pg_class v ON v.oid = w.ev_class
           WHERE d.refobjid IN ('feedback_count'::regclass, 'feedback_seen'::regclass) AND v.relkind IN ('v', 'm')"""
    ).fetchall()
    assert [r["name"] for r in rows] == ["feedback_shown"]


def test_only_the_counting_stage_names_the_tables_of_reports() -> None:
    """Exports, reports, mails and pages come from elsewhere in the program, and none of it names the tables behind the view."""
    users = [
        path.relative_to(ROOT).as_posix()
        for room in ("crawlers", "processing", "review", "dags")
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"\bfeedback_(count|seen)\b", path.read_text(encoding="utf-8"))
    ]
    assert set(users) <= {"processing/hotspots/feedback.py", "processing/db/retention.py", "processing/stack/demo/expected.py", "processing/stack/summary.py"}
    for query in (ROOT / "sql" / "queries").glob("*.sql"):
        assert not re.search(r"\bfeedback_(count|seen)\b", query.read_text(encoding="utf-8")), query.name
