from __future__ import annotations

import datetime as dt

import pytest

from processing.cluster import issues
from processing.db import Connection
from processing.errors import LangNgheError
from processing.hotspots import store
from processing.hotspots.backtest import backtest
from processing.hotspots.options import Detection
from tests.hotspots.town import COMMUNE, NOW, TODAY, Town


def surge(db: Connection) -> Town:
    """A town with one hot-spot today, raised."""
    town = Town(db)
    town.history()
    town.subscriber("immediate")
    story = town.story("Sạt lở")
    for i in range(1, 7):
        town.document(f"bao{i}", TODAY, "transport", COMMUNE, story=story)
    store.run(db, limit=31, now=NOW)
    return town


def test_back_test_finds_the_stored_surge_and_compares_it_with_the_decision(db: Connection) -> None:
    surge(db)
    week = TODAY - dt.timedelta(days=6)
    lines = list(backtest(db, week, TODAY))
    assert any(f"topic_commune:transport:{COMMUNE}" in line for line in lines) and any("a day (budget 0.5)" in line for line in lines)
    assert "no decision" in lines[-1]
    db.execute(
        """INSERT INTO review_decision (at, user_id, subject_kind, subject_id, decision)
           SELECT %s, (SELECT min(id) FROM app_user), 'flag', id, 'confirm' FROM flag WHERE kind = 'surge'""",
        [NOW],
    )
    lines = list(backtest(db, week, TODAY))
    assert "confirmed hot-spots found again: 1 of 1" in lines and "mean delay against their first day: 0.0 days" in lines
    strict = list(backtest(db, week, TODAY, Detection(least_score=50)))
    assert "confirmed hot-spots found again: 0 of 1" in strict


def test_odd_ranges_of_days(db: Connection) -> None:
    """Nothing stored, days to come, one day, the wrong order: each has an answer in words."""
    assert list(backtest(db, TODAY, TODAY)) == ["no counts are stored yet"]
    with pytest.raises(LangNgheError, match="is after"):
        list(backtest(db, TODAY, TODAY - dt.timedelta(days=1)))
    surge(db)
    for first, last in ((TODAY + dt.timedelta(days=30), dt.date.max), (dt.date.min, TODAY - dt.timedelta(days=50))):
        assert list(backtest(db, first, last)) == ["nothing to judge: counts are stored from 2026-01-19 to 2026-03-20, and the first 21 days only teach"]
    lines = list(backtest(db, dt.date.min, dt.date.max))
    assert "alarms: 1 on 40 days judged, 2026-02-09 to 2026-03-20: 0.03 a day (budget 0.5)" in lines


def test_a_decision_on_the_issue_a_hot_spot_was_merged_into_counts(db: Connection) -> None:
    town = surge(db)
    town.story("Mưa lớn")
    issues.join(db, 2, 1, NOW)
    decide = """INSERT INTO review_decision (at, user_id, subject_kind, subject_id, decision)
                SELECT %s, (SELECT min(id) FROM app_user), 'issue', 2, %s"""
    for minutes, decision, line in (
        (0, "dismiss", "dismissed ones raised again: 1 of 1"),
        (1, "reopen", "no decision of a reviewer in these days to compare with"),
        (2, "assign", "confirmed hot-spots found again: 1 of 1"),
    ):
        db.execute(decide, [NOW + dt.timedelta(minutes=minutes), decision])
        assert line in list(backtest(db, TODAY, TODAY)), decision
