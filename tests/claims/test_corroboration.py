"""Corroboration: who is independent, what the others share, which figures rest on one origin; stored for hot-spots and computed again alike."""

from __future__ import annotations

from datetime import timedelta

from processing.claims import corroboration, store
from processing.claims.corroboration import Report, corroborate
from processing.db import Connection
from processing.issue_card import issue_card
from tests.claims.rows import LATER, NOW, document, source


def _report(n: int, owner: str, text: str, *, origin: int | None = None, relation: str = "origin", credit: str = "") -> Report:
    return Report(f"d{n}", NOW + timedelta(minutes=n), f"Báo {owner}", owner, origin or n, relation, credit, text)


def test_origins_and_what_they_share() -> None:
    found = corroborate(
        [
            _report(1, "A", "Lũ làm 5 người chết."),
            _report(2, "B", "Lũ làm 5 người chết.", origin=1, relation="copied_from"),
            _report(3, "C", "Sơ tán 40 hộ dân.", credit="Hãng tin Mẫu"),
            _report(4, "D", "Sơ tán 40 hộ dân.", credit="Hãng tin Mẫu"),
            _report(5, "E", "Đã có 7 người chết.", origin=5, relation="origin"),
            _report(6, "F", "Trao quà.", origin=5, relation="shared_release"),
        ]
    )
    assert (found["origins"], found["documents"], found["copies"], found["releases"]) == (3, 6, 1, 1)
    assert [g["shared"] for g in found["groups"]] == [["copy"], ["wire"], ["release"]] and found["wires"] == {"Hãng tin Mẫu": 2}
    assert {(a["quantity"], a["value"]) for a in found["alone"]} == {("dead", 5), ("dead", 7), ("moved", 40)} and not found["one_origin_only"]


def test_a_release_printed_elsewhere_joins_nobody_here() -> None:
    found = corroborate([_report(1, "A", "Trao quà.", origin=90, relation="shared_release"), _report(2, "B", "Lũ làm 5 người chết.")])
    assert (found["origins"], found["releases"]) == (2, 0) and [g["shared"] for g in found["groups"]] == [[], []]


def test_a_figure_that_another_origin_confirms_does_not_stand_alone() -> None:
    found = corroborate([_report(1, "A", "Lũ làm 5 người chết, 3 người mất tích."), _report(2, "B", "Ít nhất năm người chết vì lũ.")])
    assert [(a["quantity"], a["source"]) for a in found["alone"]] == [("missing", "Báo A")]


def test_who_was_detained_or_fined_is_no_figure_of_a_card() -> None:
    found = corroborate([_report(1, "A", "Công an tạm giữ 5 người tại xã Tân Lộc."), _report(2, "B", "Công an tạm giữ 7 người tại xã Tân Lộc.")])
    assert found["conflicts"] == found["alone"] == []


def test_one_owner_is_one_origin_and_no_document_is_none() -> None:
    assert corroborate([_report(1, "A", "x"), _report(2, "A", "y")])["one_origin_only"]
    assert corroborate([])["origins"] == 0 and corroborate([])["alone"] == []


def _flagged(conn: Connection, documents: list[int]) -> str:
    story = conn.execute("INSERT INTO story (language, opened_at, last_published_at) VALUES ('vi', %s, %s) RETURNING id", [NOW, NOW]).fetchone()
    issue = conn.execute(
        """INSERT INTO issue (title, topic, language, first_seen_at, last_published_at, documents, updated_at)
           VALUES ('Lũ ở Suối Mây', 'disaster_weather', 'vi', %s, %s, %s, %s) RETURNING id, public_id""",
        [NOW, NOW, len(documents), NOW],
    ).fetchone()
    assert story and issue
    conn.execute("INSERT INTO issue_story VALUES (%s, %s)", [story["id"], issue["id"]])
    for d in documents:
        conn.execute(
            "INSERT INTO assignment SELECT id, first_seen_at, %s, published_at, 1, 'test', %s FROM document WHERE id = %s", [story["id"], NOW, d]
        )
    series = conn.execute("INSERT INTO series (key, kind, topic, issue_id) VALUES ('i', 'issue', 'disaster_weather', %s) RETURNING id", [issue["id"]]).fetchone()
    assert series
    conn.execute(
        """INSERT INTO flag (series_id, issue_id, kind, first_day, last_day, score, rank, card, method, raised_at, updated_at)
           VALUES (%s, %s, 'surge', '2026-03-10', '2026-03-10', 5, 1, '{}', 'test', %s, %s)""",
        [series["id"], issue["id"], NOW, NOW],
    )
    return str(issue["public_id"])


def test_stored_for_a_hot_spot_shown_in_its_card_and_computed_again_alike(db: Connection) -> None:
    ids = [document(db, source(db, f"bao-{n}"), "a", text, at=NOW + timedelta(minutes=n)) for n, text in enumerate(["Lũ làm 5 người chết.", "Lũ làm 7 người chết."])]
    public = _flagged(db, ids)
    while store.run(db, limit=10, now=LATER).taken:
        pass
    row = db.execute("SELECT * FROM flagged_issue_origins").fetchone()
    assert row and (row["origins"], row["documents"], row["one_origin_only"], row["alone"]) == (2, 2, False, 2)
    card = issue_card(db, public)["corroboration"]
    assert card == row["detail"] and corroboration.refresh(db, LATER) == 0
    copy = "INSERT INTO document_copy (document_id, first_seen_at, group_id, origin_id, relation) SELECT id, first_seen_at, %s, %s, 'same_text' FROM document WHERE id = %s"
    db.execute(copy, [ids[0], ids[0], ids[1]])
    db.execute("UPDATE issue SET updated_at = %s", [LATER + timedelta(hours=1)])
    assert corroboration.refresh(db, LATER + timedelta(hours=2)) == 1
    assert db.execute("SELECT one_origin_only, copies FROM flagged_issue_origins").fetchone() == {"one_origin_only": True, "copies": 1}


def test_a_fixed_clock_misses_no_change(db: Connection) -> None:
    """A replay gives every stage one instant: an issue that changes twice in it is corroborated twice, and what was computed later by another clock counts for nothing."""
    texts = ["Lũ làm 5 người chết.", "Lũ làm 7 người chết.", "Lũ làm 9 người chết."]
    ids = [document(db, source(db, f"bao-{n}"), "a", text, at=NOW + timedelta(minutes=n)) for n, text in enumerate(texts)]
    _flagged(db, ids[:2])
    assert corroboration.refresh(db, NOW) == 1  # the instant of the issue's own change
    db.execute("INSERT INTO assignment SELECT d.id, d.first_seen_at, a.story_id, d.published_at, 1, 'test', %s FROM document d, assignment a WHERE d.id = %s LIMIT 1", [NOW, ids[2]])
    db.execute("UPDATE issue SET documents = 3, updated_at = %s", [NOW])
    assert corroboration.refresh(db, NOW) == 1 and db.execute("SELECT origins FROM issue_corroboration").fetchone() == {"origins": 3}
    assert corroboration.refresh(db, LATER) == 1 and corroboration.refresh(db, LATER) == 0
    db.execute("UPDATE issue SET updated_at = %s", [NOW + timedelta(seconds=1)])
    assert corroboration.refresh(db, NOW + timedelta(seconds=2)) == 1 and corroboration.refresh(db, NOW + timedelta(seconds=2)) == 0
