from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from processing.db import Connection
from processing.hotspots.feedback import count_reports
from tests.hotspots.town import COMMUNE, NOW, Town

SECRET = "Bà con thôn Hạ gọi 0912 345 678 về bãi rác"


def annotate(record: dict[str, Any]) -> dict[str, Any]:
    """A stand-in for the annotator: rubbish in the commune."""
    topic = "waste" if "rác" in record["text"] else "other"
    named = "Suối Đá" in record["text"]
    places = [{"confidence": 0.9, "current": [{"code": COMMUNE, "level": "commune"}]}] if named else []
    return {"topic": topic, "places": places}


def report(number: int, words: str = f"{SECRET}, xã Suối Đá", date: str = "2026-03-18T09:00:00+07:00") -> dict[str, str]:
    return {"service_request_id": str(number), "service_name": "Vệ sinh", "description": words, "requested_datetime": date}


@pytest.fixture
def count(db: Connection) -> Callable[..., int]:
    town = Town(db)
    board = town.source("phananh", "feedback")
    return lambda *reports: count_reports(db, board, reports, NOW, annotate)


def stored(db: Connection) -> list[tuple[str, str, str, int]]:
    return [(r["topic"], r["unit_code"], str(r["week"]), r["reports"]) for r in db.execute("SELECT * FROM feedback_count ORDER BY week")]


def test_reports_become_counts_and_nothing_else(db: Connection, owner_db: Connection, count: Callable[..., int]) -> None:
    assert count(*[report(n) for n in range(6)]) == 6
    assert stored(db) == [("waste", COMMUNE, "2026-03-16", 6)]
    shown = db.execute("SELECT * FROM feedback_shown").fetchall()
    assert len(shown) == 1 and shown[0]["reports_at_least"] == 5
    db.commit()
    tables = [r["relname"] for r in owner_db.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")]
    for name in tables:
        for row in owner_db.execute(f'SELECT t::text AS line FROM "{name}" t'):
            assert "bãi rác" not in row["line"] and "0912" not in row["line"], name


def test_listed_again_counts_once(db: Connection, count: Callable[..., int]) -> None:
    count(report(1), report(2))
    assert count(report(1), report(2), report(3)) == 1
    assert stored(db)[0][3] == 3
    hashes = [bytes(r["report_hash"]) for r in db.execute("SELECT report_hash FROM feedback_seen")]
    assert len(set(hashes)) == 3 and all(len(h) == 32 for h in hashes)


def test_below_five_is_never_shown(db: Connection, count: Callable[..., int]) -> None:
    count(*[report(n) for n in range(4)])
    assert db.execute("SELECT * FROM feedback_shown").fetchall() == []


def test_without_commune_topic_number_or_date(db: Connection, count: Callable[..., int]) -> None:
    odd = [report(1, "Rác ở đâu đó"), report(2, "Ý kiến ở xã Suối Đá"), {"description": "rác Suối Đá"}, report(3, date="hôm qua"), report(4, date="2999-01-01")]
    assert count(*odd) == 2
    assert stored(db) == [("waste", COMMUNE, "2026-03-16", 2)]
