"""The contract's record, bad input, and the stage on a real database."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from processing.annotate.core import Annotator, local_day
from processing.annotate.store import home, run
from processing.db import Connection
from processing.db.work import enqueue

NOW = datetime.fromisoformat("2026-03-01T08:00:00+00:00")
LEAD = "Nước máy ở xã Chư Sê, tỉnh Gia Lai đục và có mùi từ ba ngày nay. Hơn 200 hộ phải mua nước bình."


@pytest.fixture(scope="module")
def annotator() -> Annotator:
    return Annotator.load()


def test_record_of_the_contract(annotator: Annotator) -> None:
    record = annotator.annotate({"id": 7, "title": "Nước máy đục", "text": LEAD, "published_at": "2026-03-01T07:00:00+07:00"})
    assert record["id"] == 7
    assert len(record["sentences"]) == 2
    assert record["tokens"]
    assert record["province"] == {"code": "52", "name": "Tỉnh Gia Lai"}
    assert record["topic"] == "environment_water"
    assert 0 <= record["topic_score"] <= 1
    place = record["places"][0]
    assert set(place) == {"surface", "start", "end", "unit", "name", "level", "current", "confidence"}
    assert LEAD[place["start"] : place["end"]] == place["surface"]
    assert all(set(c) == {"sentence", "score"} for c in record["checkable"])


@pytest.mark.parametrize("text", ["", "mưa", "The mayor said that the water in the city is safe to drink for now.", "A\tB\n1\t2\n" * 50])
def test_odd_texts_are_kept(annotator: Annotator, text: str) -> None:
    record = annotator.annotate({"id": 1, "text": text})
    assert record["topic"] == "other"
    assert record["places"] == []
    assert record["province"] is None


def test_a_megabyte(annotator: Annotator) -> None:
    begin = time.process_time()
    record = annotator.annotate({"id": 1, "text": (LEAD + "\n") * 8_000})
    assert record["province"] == {"code": "52", "name": "Tỉnh Gia Lai"}
    assert time.process_time() - begin < 30


def test_local_day() -> None:
    assert str(local_day("2025-06-30T18:00:00+00:00")) == "2025-07-01"
    assert str(local_day("2025-06-30")) == "2025-06-30"
    assert local_day(None) is None
    with pytest.raises(ValueError, match="ISO 8601"):
        local_day("hôm qua")


def _document(db: Connection, text: str) -> int:
    source = db.execute(
        """INSERT INTO source (key, name, kind, owner, basis, reviewed_on, review_due, home_url)
           VALUES ('bao', 'Báo', 'press', 'Tòa soạn', 'licensed press', '2026-01-01', '2027-01-01', 'https://example.org/')
           ON CONFLICT (key) DO UPDATE SET name = excluded.name RETURNING id"""
    ).fetchone()
    assert source is not None
    row = db.execute(
        """INSERT INTO document (source_id, canonical_url, title, language, published_at, published_precision, first_seen_at, last_seen_at)
           VALUES (%s, 'https://example.org/1', 'Nước máy đục', 'vi', %s, 'minute', %s, %s) RETURNING id""",
        [source["id"], NOW, NOW, NOW],
    ).fetchone()
    assert row is not None
    db.execute(
        """INSERT INTO document_version (document_id, version, seen_at, title, text, text_sha256, extractor)
           VALUES (%s, 1, %s, 'Nước máy đục', %s, '\\x00', 'test')""",
        [row["id"], NOW, text],
    )
    return int(row["id"])


def test_stage_writes_and_writes_the_same_again(db: Connection) -> None:
    document = _document(db, LEAD)
    rows = []
    for _ in range(2):
        enqueue(db, "annotate", [document], NOW)
        assert run(db, limit=10, now=NOW).done == 1
        rows.append(
            (
                db.execute("SELECT * FROM annotation").fetchall(),
                db.execute("SELECT * FROM document_place ORDER BY unit_code").fetchall(),
                db.execute("SELECT stage FROM work ORDER BY stage").fetchall(),
            )
        )
    assert rows[0] == rows[1]
    assert rows[0][0][0]["topic"] == "environment_water"
    assert [(r["unit_code"], r["level"]) for r in rows[0][1]] == [("23941", "commune"), ("52", "province")]
    assert [r["stage"] for r in rows[0][2]] == ["claims", "dedupe"]


def test_home_of_a_source(annotator: Annotator) -> None:
    assert home(annotator, ["52"]) == "52"
    assert home(annotator, ["23941", "52"]) == "52"
    assert home(annotator, ["52", "48"]) is None
    assert home(annotator, ["nowhere"]) is None
    assert home(annotator, []) is None


def test_a_document_without_text_is_set_aside(db: Connection) -> None:
    enqueue(db, "annotate", [999], NOW)
    assert run(db, limit=10, now=NOW).quarantine == 1
