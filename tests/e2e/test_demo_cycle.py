"""Both rounds of the demo town through the real parts, held against the outcome written down as data."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from processing.db import connect
from processing.settings import get_settings
from processing.stack.demo.canaries import needles
from processing.stack.demo.expected import compare, outcome
from tests.e2e.conftest import Fresh
from tests.e2e.cycle import Cycle


def test_the_town_comes_to_the_expected_outcome(cycle: Cycle) -> None:
    """Both hot-spots and nothing else, the source alert, suggested matches, every page once, every mail once; the same on a second look; no canary."""
    first = cycle.round(1)
    assert first["bao-nong-thon"]["outcome"] == "failed"
    with connect() as conn:
        assert {r["key"] for r in conn.execute("SELECT s.key FROM flag f JOIN series s ON s.id = f.series_id WHERE f.kind = 'surge'")} == {
            "topic_commune:environment_water:D0106"
        }
    second = cycle.round(2)
    assert second["bao-nong-thon"]["outcome"] == "read"
    cycle.digest()
    sys.stdout.write("\n" + "".join(f"{name:28} {seconds:6.1f} s\n" for name, seconds in cycle.seconds.items()))
    with connect() as conn:
        assert compare(conn, cycle.mails) == []
        before = outcome(conn)
    cycle.round(2)
    cycle.digest()
    with connect() as conn:
        assert outcome(conn) == before
        assert compare(conn, cycle.mails) == []
    _no_canary(cycle)


def _no_canary(cycle: Cycle) -> None:
    """No planted name, handle, number or address in the database, the mails or what the crawl's children printed."""
    look = re.compile("|".join(re.escape(needle) for needle in needles()), re.IGNORECASE)
    with connect(get_settings().migration_dsn) as conn:
        tables = [r["t"] for r in conn.execute("SELECT oid::regclass::text AS t FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")]
        assert len(tables) > 30
        for table in tables:
            with conn.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as rows:
                text = b"".join(bytes(part) for part in rows).decode()
            assert not look.search(text), (table, look.search(text))
    for mail in sorted(Path(cycle.mails).glob("*.eml")):
        assert not look.search(mail.read_text(encoding="utf-8", errors="replace")), mail.name
    for printed in cycle.output:
        assert not look.search(printed), printed


def test_a_column_of_criticism_changes_nothing(fresh: Fresh) -> None:
    """With or without the column of political criticism and satire: the same flags of the same documents, the same claims, matches and mails (SCOPE S4).

    Scores may differ by the little that three more texts of one magazine weigh in the coverage of every series.
    """
    same = ("flags", "matches", "mails", "feedback")
    found, now = [], datetime.now(UTC)
    for name, left_out in (("whole", ()), ("without_column", ("column",))):
        with fresh(name) as cycle:
            cycle.live_day_at_once(now, without=left_out)
            cycle.send()
            with connect() as conn:
                surges = conn.execute("SELECT s.key, f.score FROM flag f JOIN series s ON s.id = f.series_id WHERE f.kind = 'surge' ORDER BY 1").fetchall()
                claims = conn.execute("SELECT text, documents, origins FROM claim ORDER BY text").fetchall()
                found.append((outcome(conn), {r["key"]: r["score"] for r in surges}, claims))
    (whole, scores, claims), (without, scores_without, claims_without) = found
    assert len(whole["documents"]) == len(without["documents"]) + 3
    assert set(scores) == {"topic_commune:environment_water:D0106", "topic_commune:transport:D0104"}
    assert {name: whole[name] for name in same} == {name: without[name] for name in same}
    assert scores == pytest.approx(scores_without, rel=0.01)
    assert claims == claims_without
