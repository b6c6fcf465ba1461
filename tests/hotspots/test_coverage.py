"""Replays of what goes wrong with sources, day by day: none of it may raise an issue alert. Outage, back-fill, new source and re-dated feed: test_store.py."""

from __future__ import annotations

import datetime as dt

import pytest

from processing.db import Connection
from processing.hotspots import store
from processing.hotspots.history import read_history
from processing.hotspots.options import Detection
from processing.hotspots.series import part_of_day
from tests.hotspots.town import COMMUNE, NOW, OTHER_COMMUNE, PROVINCE, TODAY, Town, flags

DAY = dt.timedelta(days=1)
TOPICS = ["health", "education", "waste", "agriculture", "transport", "other", "other"]
PLACES = [COMMUNE, OTHER_COMMUNE, None, None, None]
OUTLETS = [f"bao{i}" for i in range(1, 7)]


@pytest.fixture
def town(db: Connection) -> Town:
    town = Town(db)
    town.subscriber("immediate")
    return town


def news(town: Town, source: str, day: dt.date, n: int) -> list[tuple[str, str | None]]:
    """`n` ordinary documents; what they are about."""
    about = [(town.random.choice(TOPICS), town.random.choice(PLACES)) for _ in range(n)]
    for topic, commune in about:
        town.document(source, day, topic, commune)
    return about


def raised(town: Town, *days: dt.date) -> list[str]:
    """Surges and mails after a run at the end of each of the days."""
    for day in days:
        store.run(town.conn, limit=100, now=dt.datetime.combine(day, NOW.timetz()))
    mails = town.conn.execute("SELECT message_key FROM outbox WHERE kind = 'hotspot'").fetchall()
    return [*(str(f["key"]) for f in flags(town.conn) if f["kind"] == "surge"), *(m["message_key"] for m in mails)]


def test_a_mirror_that_copies_every_page_raises_nothing(town: Town) -> None:
    """A site known for weeks begins to reprint all that the others publish: twice the documents, and no new origin."""
    town.source("guong")
    for back in range(60, 2, -1):
        news(town, "guong", TODAY - back * DAY, 1)
    town.history()
    for source in OUTLETS:
        for _ in range(4):
            topic, commune = town.random.choice(TOPICS), town.random.choice(PLACES)
            first = town.document(source, TODAY, topic, commune)
            town.document("guong", TODAY, topic, commune, origin=first)
    assert raised(town, TODAY) == []


def test_a_feed_that_lists_every_page_twice_raises_nothing(town: Town) -> None:
    """Two papers' feeds list every page under two more addresses, with a text just different enough not to be known as a copy: one story each."""
    town.history()
    for source in OUTLETS:
        for _ in range(4):
            topic, commune, story = town.random.choice(TOPICS), town.random.choice(PLACES), town.story("Tin")
            for _ in range(3 if source in ("bao1", "bao2") else 1):
                town.document(source, TODAY, topic, commune, story=story)
    assert raised(town, TODAY) == []


def test_a_page_under_many_addresses_is_one_origin(town: Town) -> None:
    """One page each of two papers, listed under five addresses with a text that differs a little: two origins, however many documents."""
    town.history()
    for source in OUTLETS[:2]:
        story = town.story("Tin")
        for _ in range(5):
            town.document(source, TODAY, "transport", COMMUNE, story=story)
    assert raised(town, TODAY) == []
    counted = town.conn.execute(
        "SELECT o.origins, o.documents FROM observation o JOIN series s ON s.id = o.series_id WHERE s.key = %s AND o.day = %s",
        [f"topic_commune:transport:{COMMUNE}", TODAY],
    ).fetchone()
    assert counted == {"origins": 2, "documents": 10}


def test_a_day_filled_in_by_sources_that_could_not_be_read_raises_nothing(town: Town) -> None:
    """Three papers' feeds failed all yesterday; today they list what they say they published then, much of it on one matter."""
    town.history()
    story = town.story("Đường hỏng")
    for source in OUTLETS[:3]:
        town.feed_log(source, TODAY - DAY, "retry")
        town.feed_log(source, TODAY, "done")
        for _ in range(2):
            town.document(source, TODAY - DAY, "transport", COMMUNE, story=story, seen=NOW)
        town.document(source, TODAY - DAY, "transport", COMMUNE, seen=NOW)
    assert raised(town, TODAY) == []
    assert {f["kind"] for f in flags(town.conn)} == {"source_artefact"}


def test_tet_and_the_return_to_work_raise_nothing(town: Town) -> None:
    """Nine days on which desks print a sixth of the usual; then two days of what was left lying, half as much again as usual."""
    holiday = {TODAY - back * DAY for back in range(2, 11)}
    town.history(skip=dict.fromkeys(OUTLETS, holiday | {TODAY - DAY}))
    for back in range(10, -1, -1):
        for source in OUTLETS:
            news(town, source, TODAY - back * DAY, (town.random.random() < 0.6) if back > 1 else town.random.randint(4, 7))
    assert raised(town, *(TODAY - back * DAY for back in (9, 5, 2, 1, 0))) == []


def test_sources_whose_clocks_are_set_wrong_raise_nothing(town: Town) -> None:
    """Half of the papers begin to write universal time for local time: what they publish before seven falls on the day before, which gets more."""
    town.history()
    for back in (1, 0):
        for source in OUTLETS:
            news(town, source, TODAY - back * DAY, 3)
    for source in OUTLETS[:3]:
        news(town, source, TODAY - DAY, 3)
    assert raised(town, TODAY - DAY, TODAY) == []


def test_a_clock_that_runs_ahead_counts_on_the_day_of_its_first_sight(town: Town) -> None:
    """Documents dated after today are not judged before their day has come."""
    town.history()
    for source in OUTLETS:
        for _ in range(5):
            town.document(source, TODAY + 3 * DAY, "transport", COMMUNE, seen=NOW)
    assert raised(town, TODAY) == []
    assert town.conn.execute("SELECT 1 FROM observation WHERE day > %s", [TODAY]).fetchone() is None


def test_a_column_of_political_comment_raises_nothing(town: Town) -> None:
    """Every paper prints the column for two weeks, in one commune's name: it has no topic of ours and no series."""
    town.history()
    for back in range(14):
        for source in OUTLETS:
            town.document(source, TODAY - back * DAY, "other", COMMUNE)
    assert raised(town, *(TODAY - back * DAY for back in (7, 0))) == []
    assert town.conn.execute("SELECT 1 FROM series WHERE topic = 'other' AND kind <> 'issue'").fetchone() is None


def test_the_first_news_of_a_quiet_morning_raise_nothing(town: Town) -> None:
    """Three documents of two papers on three matters stand alone at six: the day is young, not quiet."""
    town.history()
    six = NOW.replace(hour=6, minute=0)
    for n, source in enumerate(("bao1", "bao2", "bao1")):
        document = town.document(source, TODAY, "transport", COMMUNE, story=town.story(f"Tin {n}"))
        town.conn.execute("UPDATE document SET published_at = %s WHERE id = %s", [six - dt.timedelta(minutes=20 * n + 5), document])
    store.run(town.conn, limit=100, now=six)
    assert [f for f in flags(town.conn) if f["kind"] == "surge"] == []
    history = read_history(town.conn, Detection(), six)
    assert history is not None and part_of_day(six) == (TODAY, 0.5)
    assert (history.exposure[:, -1] >= 0.5 * history.coverage[:, -1]).all() and (history.exposure[:, -1] <= 0.75 * history.coverage[:, -1]).all()


def test_a_surge_amid_the_trouble_is_still_found(town: Town) -> None:
    """One paper floods with old items; five others write about one landslide."""
    town.history()
    for topic in ("transport", "health", "waste", "education"):
        for _ in range(9):
            town.document("bao6", TODAY, topic, COMMUNE)
    story = town.story("Sạt lở cắt đường")
    for source in OUTLETS[:5]:
        town.document(source, TODAY, "transport", COMMUNE, story=story)
    assert raised(town, TODAY)[0] == f"topic_commune:transport:{COMMUNE}"


def test_two_years_of_history_loaded_backwards(town: Town) -> None:
    """Month after month comes in, the latest first, with a run after each: nothing old is raised, and the counts are those of the documents."""
    for source in OUTLETS[:3]:
        town.source(source)
    for month in range(24):
        rows = []
        for back in range(30 * month, 30 * month + 30):
            for source in OUTLETS[:3]:
                topic, commune = town.random.choice(TOPICS), town.random.choice(PLACES)
                rows.append(town._new(source, TODAY - back * DAY, topic, commune, seen=NOW))
        town._write(rows)
        if month in (0, 2, 23):
            assert raised(town, TODAY) == [], month
    counted = town.conn.execute(
        "SELECT sum(o.documents) AS n FROM observation o JOIN series s ON s.id = o.series_id WHERE s.kind = 'topic_province' AND s.unit_code = %s", [PROVINCE]
    ).fetchone()
    written = town.conn.execute(
        """SELECT count(*) AS n FROM document d JOIN annotation a ON a.document_id = d.id
           WHERE a.topic <> 'other' AND a.province_code = %s AND local_day(d.published_at) >= %s""",
        [PROVINCE, TODAY - dt.timedelta(days=400)],
    ).fetchone()
    assert counted == written
