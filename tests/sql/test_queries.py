"""Each question analysts ask, run as the analyst against known rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from processing.db import Connection
from tests.review.town import furnish

QUERIES = sorted((Path(__file__).resolve().parents[2] / "sql" / "queries").glob("*.sql"))


def _age(conn: Connection) -> None:
    """Known rows beside those of the town, all of the last day."""
    now = datetime.now(UTC)
    noon = (now - timedelta(days=1)).replace(hour=5, minute=0)  # noon here: an hour earlier is the same local day
    conn.execute("UPDATE document SET published_at = %s - (id %% 2) * interval '1 hour', first_seen_at = %s", [noon, now])
    conn.execute("UPDATE flag SET raised_at = %s", [now - timedelta(hours=5)])
    rows = conn.execute("SELECT id FROM document ORDER BY id").fetchall()
    first, second = rows[0]["id"], rows[1]["id"]
    for document, relation in ((first, "origin"), (second, "same_text")):
        conn.execute("INSERT INTO document_copy VALUES (%s, %s, %s, %s, %s, 1)", [document, now, first, first, relation])
        conn.execute(
            """INSERT INTO annotation (document_id, version, first_seen_at, language, sentences, tokens, places, topic, topic_score, checkable, method, annotated_at)
               VALUES (%s, 1, %s, 'vi', '{}', '{}', '[]', 'environment_water', 0.9, '[]', 'test', %s)""",
            [document, now, now],
        )
        conn.execute("INSERT INTO document_place VALUES (%s, 'D1', %s, 'commune', 0.9)", [document, now])
    conn.execute(
        """INSERT INTO document_version (document_id, version, seen_at, title, text, text_sha256, extractor)
           SELECT id, 1, %s, title, 'Nước đục từ ba ngày nay.', '', 'test' FROM document WHERE id = %s""",
        [now, first],
    )
    conn.execute("UPDATE annotation SET words = search_vector('Nước máy đục ở Suối Mây') WHERE document_id = %s", [first])
    conn.execute("UPDATE document SET published_precision = 'seen' WHERE id = %s", [second])
    conn.execute("INSERT INTO work (stage, subject_id, state, not_before, enqueued_at, reason) VALUES ('annotate', %s, 'quarantine', %s, %s, 'too long')", [first, now, now])
    conn.execute("INSERT INTO work (stage, subject_id, not_before, enqueued_at) VALUES ('claims', %s, %s, %s)", [first, now, now])
    conn.execute("UPDATE source SET state = 'BROKEN', state_reason = 'answers 503'")
    source = conn.execute("SELECT id FROM source").fetchone()
    assert source
    for place, reports in (("D1", 5), ("D", 4)):
        conn.execute("INSERT INTO feedback_count VALUES (%s, 'waste', %s, '2026-11-16', %s)", [source["id"], place, reports])
    conn.execute(
        """INSERT INTO claim (text, text_key, topic, checkable, first_seen_at, last_seen_at, documents, origins, outlets, provinces, rising, circulating, state)
           VALUES ('Cầu Bến Đò sẽ đóng từ thứ Hai.', 'cau', 'transport', 0.9, %s, %s, 5, 4, 4, 1, true, true, 'no_published_check')""",
        [noon, noon],
    )
    conn.execute(
        """INSERT INTO issue_corroboration SELECT id, 1, 3, 1, 0, 2, 0, 0, '{}', 'test', %s FROM issue""", [now],
    )
    conn.commit()


EXPECTED: dict[str, list[dict[str, Any]]] = {
    "hot_spots_this_week": [{"title": "Nước máy đục ở Suối Mây", "place": "Xã Suối Mây", "observed": 9, "state": "new"}],
    "hot_spots_without_a_decision": [{"title": "Nước máy đục ở Suối Mây", "hours_waiting": 5}],
    "topics_by_week": [{"topic": "environment_water", "origins": 1}],
    "communes_by_topic": [{"commune": "Xã Suối Mây", "topic": "environment_water", "origins": 1}],
    "hot_spots_on_one_origin": [{"title": "Nước máy đục ở Suối Mây", "origins": 1, "wires": 2}],
    "timelines_of_hot_spots": [{"title": "Nước máy đục ở Suối Mây", "origins": 1, "documents": 2, "sources": 1}],
    "who_published_first": [{"first_source": "Báo Mẫu", "ahead_of_the_next": timedelta(hours=1)}],
    "documents_with_words": [{"title": "Nước máy đục ở Suối Mây", "source": "Báo Mẫu", "side_by_side": True}],
    "claims_awaiting_review": [{"publisher": "Kiểm Tin Mẫu", "publisher_kind": "independent_fact_check", "rating": "Sai sự thật"}],
    "claims_without_an_answer": [{"text": "Cầu Bến Đò sẽ đóng từ thứ Hai.", "origins": 4, "rising": True}],
    "publishers_who_disagree": [{"publishers": 2}],
    "sources_in_trouble": [{"key": "bao-mau", "state": "BROKEN", "state_reason": "answers 503"}],
    "copies_by_source": [{"name": "Báo Mẫu", "documents": 2, "own": 1, "own_percent": 50}],
    "reports_to_services": [{"topic": "waste", "place": "Xã Suối Mây", "reports_at_least": 5}],
    "useful_signals_by_topic": [],
    "waiting_and_set_aside": [{"stage": "annotate", "reason": "too long", "state": "set aside"}, {"stage": "claims", "state": "waiting"}],
    "documents_without_a_date": [{"key": "bao-mau", "documents": 2, "without_date": 1}],
}


def test_every_query_has_known_rows_and_says_its_question() -> None:
    assert {p.stem for p in QUERIES} == set(EXPECTED)
    for path in QUERIES:
        assert path.read_text(encoding="utf-8").splitlines()[0].startswith("-- ")
        assert "?" in path.read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.parametrize("path", QUERIES, ids=lambda p: p.stem)
def test_query(path: Path, db: Connection, analyst_db: Connection) -> None:
    furnish(db)
    _age(db)
    rows = analyst_db.execute(path.read_text(encoding="utf-8").encode()).fetchall()
    expected = EXPECTED[path.stem]
    assert len(rows) == len(expected)
    for row, known in zip(rows, expected, strict=True):
        assert {k: row[k] for k in known} == known


def test_dismissed_signals_lower_the_useful_share(db: Connection, analyst_db: Connection) -> None:
    furnish(db)
    db.execute(
        """INSERT INTO review_decision (at, user_id, subject_kind, subject_id, decision)
           SELECT now(), u.id, 'issue', i.id, d.decision FROM app_user u, issue i, (VALUES (1, 'confirm'), (2, 'dismiss')) d (n, decision) ORDER BY d.n"""
    )
    db.commit()
    query = next(p for p in QUERIES if p.stem == "useful_signals_by_topic").read_text(encoding="utf-8")
    row = analyst_db.execute(query.encode()).fetchone()
    assert row is not None
    assert (row["decided"], row["useful"], row["useful_percent"]) == (1, 0, 0)
