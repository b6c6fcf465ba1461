"""The contract's record, bad input, and the stage on a real database."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from typing import Any

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


HOROSCOPE = "Tuổi Tý có quý nhân giúp đỡ, thu về 20 triệu đồng. Tuổi Sửu dễ đau dạ dày, nên khám bệnh. Tuổi Dần bán được nhà đất. Tuổi Mão tránh va chạm giao thông."
LOTTERY = "XSMN ngày 15/3/2026: Tiền Giang, Đà Lạt.\nGiải tám: 45 | 12 | 88\nGiải đặc biệt: 123456 | 654321\nGiải nhất trị giá 30 triệu đồng."
PRICES = "Mặt hàng\tĐịa phương\tGiá (đồng/kg)\n" + "Cà phê\tGia Lai\t95.000\nHồ tiêu\tĐắk Lắk\t120.000\n" * 20


@pytest.mark.parametrize(
    ("title", "text"),
    [("Tử vi ngày 15/3/2026 của 12 con giáp", HOROSCOPE), ("Kết quả xổ số miền Nam hôm nay", LOTTERY), ("", "Kết quả Vietlott: Jackpot 45,6 tỷ đồng, 12 vé trúng giải nhất.")],
)
def test_horoscopes_and_lottery_results_are_about_nothing(annotator: Annotator, title: str, text: str) -> None:
    record = annotator.annotate({"id": 1, "title": title, "text": text, "published_at": "2026-03-15"})
    assert (record["topic"], record["checkable"]) == ("other", [])


def test_a_fraud_with_lottery_tickets_is_news(annotator: Annotator) -> None:
    text = "Công an cảnh báo thủ đoạn lừa đảo: nhắn tin báo trúng giải đặc biệt xổ số rồi yêu cầu chuyển 5 triệu đồng phí nhận thưởng. Ngày 12/3, 8 người ở xã Chư Sê, tỉnh Gia Lai đã mất 40 triệu đồng."
    record = annotator.annotate({"id": 1, "title": "Lừa đảo trúng thưởng vé số", "text": text, "published_at": "2026-03-15"})
    assert record["topic"] == "scam_fraud"
    assert record["checkable"]


def test_rows_of_a_table_are_no_statements(annotator: Annotator) -> None:
    record = annotator.annotate({"id": 1, "title": "Bảng giá nông sản", "text": PRICES, "published_at": "2026-03-15"})
    assert record["checkable"] == []
    assert len(record["sentences"]) == 41


@pytest.mark.parametrize(
    ("text", "language"),
    [("河内今天下大雨，许多街道被淹。", "und"), ("ភ្លៀងធ្លាក់ខ្លាំងនៅកម្ពុជា", "und"), ("Le barrage a cédé, des milliers d'habitants ont été évacués.", "und"), ("😀🔥 !!! ???", "und"), ("1 2 3 4 5 " * 99, "und"),
     ("Officials said on Monday that 40 houses in the district were flooded by the storm.", "en")],
)
def test_other_languages_are_kept_and_marked(annotator: Annotator, text: str, language: str) -> None:
    record = annotator.annotate({"id": 1, "text": text})
    assert (record["language"], record["topic"], record["checkable"]) == (language, "other", [])
    assert record["sentences"]


def test_local_day() -> None:
    assert str(local_day("2025-06-30T18:00:00+00:00")) == "2025-07-01"
    assert str(local_day("2025-06-30")) == "2025-06-30"
    assert local_day(None) is None
    with pytest.raises(ValueError, match="ISO 8601"):
        local_day("hôm qua")


def _document(db: Connection, text: str, slug: str = "1") -> int:
    source = db.execute(
        """INSERT INTO source (key, name, kind, owner, basis, reviewed_on, review_due, home_url)
           VALUES ('bao', 'Báo', 'press', 'Tòa soạn', 'licensed press', '2026-01-01', '2027-01-01', 'https://example.org/')
           ON CONFLICT (key) DO UPDATE SET name = excluded.name RETURNING id"""
    ).fetchone()
    assert source is not None
    row = db.execute(
        """INSERT INTO document (source_id, canonical_url, title, language, published_at, published_precision, first_seen_at, last_seen_at)
           VALUES (%s, %s, 'Nước máy đục', 'vi', %s, 'minute', %s, %s) RETURNING id""",
        [source["id"], f"https://example.org/{slug}", NOW, NOW, NOW],
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


@pytest.mark.parametrize("fault", ["no text", "annotator", "database"])
def test_one_that_cannot_be_done_costs_the_others_of_its_batch_nothing(db: Connection, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    good = [_document(db, LEAD, slug) for slug in ("1", "2")]
    bad = 999 if fault == "no text" else _document(db, "Bài này không đọc được.", "3")
    if fault != "no text":
        analyse = Annotator.analyse

        def fails(self: Annotator, text: str, *rest: Any) -> Any:
            found = analyse(self, text, *rest)
            if text == LEAD:
                return found
            if fault == "annotator":
                raise ZeroDivisionError
            return replace(found, topic="\x00")  # what the database refuses

        monkeypatch.setattr(Annotator, "analyse", fails)
    enqueue(db, "annotate", [*good, bad], NOW)
    stats = run(db, limit=10, now=NOW)
    assert (stats.done, stats.quarantine) == (2, 1)
    assert [row["document_id"] for row in db.execute("SELECT document_id FROM annotation ORDER BY 1")] == good
    left = db.execute("SELECT stage, subject_id, state FROM work ORDER BY stage, subject_id").fetchall()
    assert [(row["stage"], row["subject_id"], row["state"]) for row in left] == [
        ("annotate", bad, "quarantine"), *((stage, document, "pending") for stage in ("claims", "dedupe") for document in good)
    ]  # fmt: skip
