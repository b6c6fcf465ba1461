from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable

import pytest

from processing.cluster import assignments
from processing.cluster.changes import merge_issues, split_issue, undo_change
from processing.db import Connection
from processing.hotspots import store
from processing.hotspots.card import rank, recompute
from processing.hotspots.history import read_history
from processing.hotspots.options import METHOD, load_detection
from processing.reference import config_file
from tests.hotspots.town import COMMUNE, NOW, OTHER_COMMUNE, TODAY, Town, flags

DAY = dt.timedelta(days=1)


@pytest.fixture
def town(db: Connection) -> Town:
    town = Town(db)
    town.history()
    town.subscriber("immediate")
    return town


def landslide(town: Town, day: dt.date = TODAY, outlets: int = 5) -> int:
    story = town.story("Sạt lở cắt đường vào xã Suối Đá")
    for i in range(1, outlets + 1):
        town.document(f"bao{i}", day, "transport", COMMUNE, story=story, text="Đường bị chia cắt, 12 hộ phải sơ tán.")
    return story


def mails(conn: Connection, kind: str = "hotspot") -> int:
    row = conn.execute("SELECT count(*) AS n FROM outbox WHERE kind = %s", [kind]).fetchone()
    assert row is not None
    return int(row["n"])


def test_quiet_history_raises_nothing(town: Town) -> None:
    store.run(town.conn, limit=64, now=NOW)
    assert flags(town.conn) == []
    stored = town.conn.execute("SELECT count(*) AS n, bool_and(coverage > 0.9) AS covered FROM observation WHERE day = %s", [TODAY - DAY]).fetchone()
    assert stored is not None and stored["n"] > 5 and stored["covered"]


def test_surge_in_one_commune_is_one_flag_with_one_mail_and_a_card_that_can_be_recomputed(town: Town) -> None:
    landslide(town)
    store.run(town.conn, limit=64, now=NOW)
    (flag,) = flags(town.conn)
    assert (flag["kind"], flag["key"], flag["first_day"]) == ("surge", f"topic_commune:transport:{COMMUNE}", TODAY)
    assert flag["issue_id"] is not None
    card = flag["card"]
    assert isinstance(card, dict)
    assert card == recompute(town.conn, int(str(flag["id"]))) and flag["rank"] == rank(card)
    assert card["observed"] == 5 and card["expected"] < 1.5 and card["p_value"] < 0.01 and card["upper"] < 5
    assert card["outlets"] == 5 and card["harm"] == {"evacuated": 5, "cut_off": 5} and card["places"][0]["code"] == COMMUNE
    assert mails(town.conn) == 1

    # judged again: the same rows, no second mail
    store.run(town.conn, limit=64, now=NOW + dt.timedelta(minutes=10))
    (again,) = flags(town.conn)
    assert (again["id"], again["card"], mails(town.conn)) == (flag["id"], card, 1)

    # stored counts and coverage alone give the same expectation again
    history = read_history(town.conn, load_detection(config_file("detection.toml")), NOW)
    assert history is not None
    row = history.ids.index(int(str(flag["series_id"])))
    assert round(float(history.judged.expected[row, -1]), 3) == card["expected"]


def test_a_card_names_the_version_that_raised_it(town: Town) -> None:
    """A card of before an upgrade comes out the same after it; a flag that goes on says so."""
    landslide(town)
    store.run(town.conn, limit=64, now=NOW)
    town.conn.execute("UPDATE flag SET method = 'earlier', card = jsonb_set(card, '{methods,detector}', '\"earlier\"')")
    (flag,) = flags(town.conn)
    assert flag["card"] == recompute(town.conn, int(str(flag["id"])))
    store.run(town.conn, limit=64, now=NOW + dt.timedelta(minutes=10))
    (flag,) = flags(town.conn)
    card = recompute(town.conn, int(str(flag["id"])))
    assert flag["method"] == METHOD == card["methods"]["detector"] and flag["card"] == card
    assert flag["score"] == card["score"] > 0.5


def test_next_day_continues_the_episode(town: Town) -> None:
    story = landslide(town, TODAY - DAY)
    store.run(town.conn, limit=64, now=NOW - DAY)
    for i in range(1, 6):
        town.document(f"bao{i}", TODAY, "transport", COMMUNE, story=story)
    store.run(town.conn, limit=64, now=NOW)
    (flag,) = flags(town.conn)
    assert (flag["first_day"], flag["last_day"], mails(town.conn)) == (TODAY - DAY, TODAY, 1)
    assert isinstance(flag["card"], dict) and flag["card"]["persistence_days"] == 2


def test_late_documents_count_on_their_day(town: Town) -> None:
    landslide(town, TODAY - DAY, outlets=2)
    store.run(town.conn, limit=64, now=NOW - DAY)
    assert flags(town.conn) == []
    for i in range(3, 6):
        town.document(f"bao{i}", TODAY - DAY, "transport", COMMUNE, seen=NOW)
    store.run(town.conn, limit=64, now=NOW + dt.timedelta(hours=1))
    (flag,) = flags(town.conn)
    assert flag["first_day"] == TODAY - DAY


def test_the_card_counts_independent_origins_as_its_issue_does(town: Town) -> None:
    """One owner's documents in two stories of an issue, and what carries one agency's credit, are one origin to both."""
    town.source("hang-tin", kind="wire")
    landslide(town, outlets=4)
    second = town.story("Đường vào xã Suối Đá bị cắt")
    for outlet in ("bao1", "bao2"):
        town.document(outlet, TODAY, "transport", COMMUNE, story=second)
    for outlet in ("bao5", "bao6"):
        town.document(outlet, TODAY, "transport", COMMUNE, story=second, text="Đường bị cắt.\n(Báo hang-tin)")
    store.run(town.conn, limit=64, now=NOW)
    (flag,) = flags(town.conn)
    issue = town.conn.execute("SELECT documents, origins FROM issue WHERE id = %s", [flag["issue_id"]]).fetchone()
    assert issue == {"documents": 8, "origins": 5}
    card = recompute(town.conn, int(str(flag["id"])))
    assert (card["origins"], card["copies"], card["outlets"], card["observed"]) == (5, 3, 5, 8)
    assert card["harm"]["cut_off"] == 4


def test_copies_of_one_wire_story_are_no_spread(town: Town) -> None:
    first = town.document("bao1", TODAY, "transport", COMMUNE)
    for i in range(2, 7):
        town.document(f"bao{i}", TODAY, "transport", COMMUNE, origin=first)
    store.run(town.conn, limit=64, now=NOW)
    assert [f for f in flags(town.conn) if f["kind"] == "surge"] == []


def test_one_publisher_alone_is_no_spread(town: Town) -> None:
    story = town.story("Loạt bài")
    for _ in range(8):
        town.document("bao1", TODAY, "transport", COMMUNE, story=story)
    store.run(town.conn, limit=64, now=NOW)
    assert [f for f in flags(town.conn) if f["kind"] == "surge"] == []


def test_topic_other_never_alerts(town: Town) -> None:
    for i in range(1, 7):
        for _ in range(4):
            town.document(f"bao{i}", TODAY, "other", COMMUNE)
    store.run(town.conn, limit=64, now=NOW)
    assert flags(town.conn) == [] and mails(town.conn) == 0


def test_new_source_raises_no_issue_alert(town: Town) -> None:
    for key in ("moi1", "moi2", "moi3"):
        town.source(key)
        for day in (TODAY, TODAY - DAY):
            for _ in range(8):
                town.document(key, day, "transport", COMMUNE)
    store.run(town.conn, limit=64, now=NOW)
    assert {f["kind"] for f in flags(town.conn)} <= {"source_artefact"} and mails(town.conn) == 0


def test_redated_feed_raises_no_issue_alert(town: Town) -> None:
    """Two feeds stamp a month of old items with today's date."""
    for key in ("bao1", "bao2"):
        for topic in ("transport", "health", "waste", "education", "agriculture"):
            for _ in range(9):
                town.document(key, TODAY, topic, town.random.choice([COMMUNE, OTHER_COMMUNE]))
    store.run(town.conn, limit=64, now=NOW)
    assert {f["kind"] for f in flags(town.conn)} == {"source_artefact"} and mails(town.conn) == 0


def test_outage_with_back_fill_raises_no_issue_alert(db: Connection) -> None:
    """Half of the feeds fail for four days; then everything of those days comes in at once, some of it without its date."""
    town = Town(db)
    silent = {f"bao{i}": {TODAY - k * DAY for k in range(1, 5)} for i in (1, 2, 3)}
    town.history(skip=silent)
    town.subscriber("immediate")
    for key, days in silent.items():
        for day in days:
            town.feed_log(key, day, "retry")
    store.run(town.conn, limit=64, now=NOW - DAY)
    assert mails(town.conn) == 0
    for key, days in silent.items():
        town.feed_log(key, TODAY, "done")
        for day in sorted(days):
            for _ in range(4):
                topic = town.random.choice(["health", "education", "waste", "agriculture", "transport", "other", "other"])
                town.document(key, day, topic, town.random.choice([COMMUNE, OTHER_COMMUNE, None, None, None]), seen=NOW)
        for _ in range(6):
            town.document(key, TODAY, "transport", COMMUNE, seen=NOW, precision="seen")
    store.run(town.conn, limit=64, now=NOW)
    assert [f["key"] for f in flags(town.conn) if f["kind"] == "surge"] == [] and mails(town.conn) == 0


def test_surge_of_one_issue_in_two_communes_is_one_row(town: Town) -> None:
    story = landslide(town)
    for i in range(1, 6):
        town.document(f"bao{i}", TODAY, "transport", OTHER_COMMUNE, story=story)
    store.run(town.conn, limit=64, now=NOW)
    assert len(flags(town.conn)) == 1 and mails(town.conn) == 1


def test_checks_by_fact_checkers_are_not_counted(town: Town) -> None:
    for i in range(1, 7):
        town.document(f"bao{i}", TODAY, "transport", COMMUNE, kind="fact_check")
    store.run(town.conn, limit=64, now=NOW)
    assert flags(town.conn) == []


def test_most_sources_silent_is_insufficient_coverage_and_no_alert(db: Connection) -> None:
    town = Town(db)
    town.history(skip={f"bao{i}": {TODAY - DAY} for i in range(1, 6)})
    town.subscriber("immediate")
    for i in range(1, 6):
        for day in (TODAY - DAY, TODAY):
            town.feed_log(f"bao{i}", day, "retry")
    store.run(db, limit=64, now=NOW)
    found = flags(db)
    assert {f["kind"] for f in found} == {"insufficient_coverage"} and {f["series_kind"] for f in found} == {"topic_province"}
    assert {(f["first_day"], f["last_day"]) for f in found} == {(TODAY - DAY, TODAY)}
    assert all(isinstance(f["card"], dict) and f["card"]["coverage"] < 0.5 for f in found)
    assert mails(db) == 0
    store.run(db, limit=64, now=NOW + dt.timedelta(hours=1))
    assert len(flags(db)) == len(found)


def test_political_comment_changes_no_flag(town: Town) -> None:
    """A column of criticism has topic other: with it and without it, the same flags."""
    landslide(town)
    store.run(town.conn, limit=64, now=NOW)
    before = [(f["key"], f["first_day"], f["card"]) for f in flags(town.conn)]
    for back in range(12):
        for name in ("bao1", "bao2", "bao3"):
            town.document(name, TODAY - back * DAY, "other", COMMUNE, seen=NOW)
    store.run(town.conn, limit=64, now=NOW + dt.timedelta(hours=1))
    after = flags(town.conn)
    assert [(f["key"], f["first_day"]) for f in after] == [b[:2] for b in before]


def test_two_years_of_history_loaded_backwards_gives_the_same_counts(db: Connection) -> None:
    town = Town(db)
    town.history(outlets=3, days=30)
    days = sorted({r["day"] for r in db.execute("SELECT local_day(published_at) AS day FROM document")})
    store.recount(db, days, NOW)
    query = "SELECT s.key, o.day, o.origins, o.documents FROM observation o JOIN series s ON s.id = o.series_id ORDER BY 1, 2"
    forwards = db.execute(query).fetchall()
    db.execute("DELETE FROM observation")
    for day in reversed(days):
        store.recount(db, [day], NOW)
    assert db.execute(query).fetchall() == forwards and len(forwards) > 100


def test_few_unrelated_documents_are_chance_and_few_on_one_issue_are_not(town: Town) -> None:
    topic = "housing"  # nothing in the town's history is about it
    for name in ("bao1", "bao2", "bao3"):
        town.document(name, TODAY, topic, COMMUNE, story=town.story(f"Tin {name}", topic))
    store.run(town.conn, limit=64, now=NOW)
    assert [f for f in flags(town.conn) if f["kind"] == "surge"] == []
    story = town.story("Chung cư nứt tường", topic)
    for name in ("bao4", "bao5"):
        town.document(name, TODAY, topic, COMMUNE, story=story)
    store.run(town.conn, limit=64, now=NOW + dt.timedelta(minutes=10))
    assert len([f for f in flags(town.conn) if f["kind"] == "surge"]) == 1


def test_counts_outlive_the_texts_they_were_made_from(town: Town) -> None:
    """A late document, a removal or a first pass recounts old days, too: their annotations are gone by then (SCOPE S14), their counts are not."""
    landslide(town)
    store.recount(town.conn, [TODAY], NOW)
    query = "SELECT series_id, origins, documents FROM observation WHERE day = %s AND origins > 0 ORDER BY 1"
    before = town.conn.execute(query, [TODAY]).fetchall()
    assert before
    town.conn.execute("DELETE FROM annotation")
    store.recount(town.conn, [TODAY], NOW + 200 * DAY)
    assert town.conn.execute(query, [TODAY]).fetchall() == before
    store.recount(town.conn, [TODAY], NOW)  # within their time, what is not there any more was taken away
    assert town.conn.execute(query, [TODAY]).fetchall() == []


def test_days_long_past_follow_an_issue_that_is_merged_and_split(town: Town) -> None:
    """The daily series of an issue are those of the documents it has now, beyond the days that every pass counts anew."""
    old = TODAY - 20 * DAY
    first, second = town.story("Sạt lở ở Suối Đá"), town.story("Đường vào Suối Đá bị cắt")
    for n, story in enumerate([first, first, first, second, second], 1):
        town.document(f"bao{n}", old, "transport", COMMUNE, story=story)
    user = town.conn.execute("SELECT id FROM app_user").fetchone()
    assert user is not None
    clock = itertools.count()

    def issues() -> dict[int, tuple[int, str]]:
        rows = town.conn.execute("SELECT x.story_id, i.id, i.public_id FROM issue_story x JOIN issue i ON i.id = x.issue_id")
        return {r["story_id"]: (r["id"], str(r["public_id"])) for r in rows}

    def counted() -> dict[int, int]:
        store.run(town.conn, limit=64, now=NOW + next(clock) * dt.timedelta(hours=2))
        rows = town.conn.execute(
            "SELECT s.issue_id, o.origins FROM observation o JOIN series s ON s.id = o.series_id WHERE s.kind = 'issue' AND o.day = %s AND o.origins > 0", [old]
        )
        return {r["issue_id"]: r["origins"] for r in rows}

    def decide(change: Callable[..., object], *args: object) -> None:
        change(town.conn, *args, user_id=user["id"], now=NOW + next(clock) * dt.timedelta(hours=2))

    a, b = issues()[first], issues()[second]
    assert counted() == {a[0]: 3, b[0]: 2}
    decide(merge_issues, a[1], b[1])
    assert counted() == {a[0]: 5}
    made = town.conn.execute("SELECT max(id) AS id FROM issue_change").fetchone()
    assert made is not None
    decide(undo_change, made["id"])
    assert counted() == {a[0]: 3, b[0]: 2}
    leaving = town.conn.execute("SELECT min(document_id) AS id FROM assignment WHERE story_id = %s", [first]).fetchone()
    assert leaving is not None
    decide(split_issue, a[1], [leaving["id"]])
    parts = counted()
    assert sorted(parts.values()) == [1, 2, 2] and parts[a[0]] == parts[b[0]] == 2

    assignments.move(town.conn, NOW + next(clock) * dt.timedelta(hours=2), [(leaving["id"], first, second)])  # as the clusterer does
    assert counted() == {a[0]: 2, b[0]: 3}
    row = town.conn.execute("SELECT first_seen_at, published_at FROM assignment WHERE document_id = %s", [leaving["id"]]).fetchone()
    assert row is not None
    later = NOW + next(clock) * dt.timedelta(hours=2)  # as where an original turns out to be a copy of one elsewhere
    assignments.insert(town.conn, [(leaving["id"], row["first_seen_at"], first, row["published_at"], 1.0, "copy", later, None)])
    assert counted() == {a[0]: 3, b[0]: 2}
