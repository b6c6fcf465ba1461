"""Circulation: one statement is one claim however it is worded, counted by independent origins, shown from three on although nobody has checked it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from processing.claims import store, train_fusion
from processing.claims.circulation import BANDS, SHARED_KEYS, Sighting, keys, measure, same_statement
from processing.db import Connection
from tests.claims.rows import LATER, NOW, document, review_page, source
from tests.claims.test_store import _check, _drain

SAID = "Ba quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa từ ngày 12/3 và ngừng trả tiền gửi."
REWORDED = "Từ ngày 12/3, ba quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa và ngừng trả tiền gửi."


def _row(conn: Connection) -> list[dict]:
    return conn.execute(
        "SELECT text, documents, origins, outlets, provinces, rising, state, match, first_seen_at, last_seen_at FROM flagged_claim ORDER BY text"
    ).fetchall()


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (REWORDED, True),
        ("Nghe nói " + SAID[0].lower() + SAID[1:], True),
        (SAID.replace("Ba", "Năm"), False),
        (SAID.replace("12/3", "15/3"), False),
        (SAID.replace("Trinh Giang", "Hòa An"), False),
        (SAID.replace("sẽ đóng cửa", "sẽ không đóng cửa"), False),
        (SAID.replace("quỹ tín dụng", "trạm y tế"), False),
        ("Đường liên xã ngập.", False),
    ],
)
def test_one_statement_in_other_words_and_a_near_miss(other: str, same: bool) -> None:
    assert same_statement(SAID, other) is same and same_statement(other, SAID) is same


def test_wordings_share_a_key_and_short_sentences_have_none() -> None:
    assert len(set(keys(SAID)) & set(keys(REWORDED))) >= SHARED_KEYS and len(keys(SAID)) == BANDS
    assert keys("Đường ngập sâu.") == keys("") == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Tuần này ba ngân hàng tại Cà Mau sẽ đóng cửa.", "Có 3 ngân hàng ở Cà Mau đóng cửa tuần này.", True),  # few words, but a number and a date
        (SAID, SAID.replace("Ba quỹ", "3 quỹ"), True),
        (SAID, SAID.replace("Ba quỹ", "5 quỹ"), False),
        ("Năm 2026, ba quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa.", "Năm 2026, 5 quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa.", False),
        ("Bão số 3 làm chìm 12 tàu cá ở đảo Cô Mây hôm 5/9.", "Hôm 5/9, mười hai tàu cá đắm ở đảo Cô Mây vì cơn bão số 3.", True),
        ("Từ 7/2, bến phà Hòn Rạ ở xã Suối Mây không nhận xe tải nữa.", "Bến phà Hòn Rạ ở xã Suối Mây ngừng nhận xe tải kể từ ngày 7/2.", True),
        ("Từ 7/2, bến phà Hòn Rạ ở xã Suối Mây không nhận xe tải nữa.", "Bến phà Hòn Rạ ở xã Suối Mây ngừng nhận xe khách kể từ ngày 7/2.", False),
        ("Kể từ 7/2, nhà máy nước Hòn Rạ ngừng nhận rác.", "Nhà máy rác Hòn Rạ ngừng nhận rác từ ngày 7/2.", False),  # a word that stands elsewhere, too
    ],
)
def test_wordings_that_find_each_other_and_near_misses_that_do_not(one: str, other: str, same: bool) -> None:
    assert not same or len(set(keys(one)) & set(keys(other))) >= SHARED_KEYS
    assert same_statement(one, other) is same and same_statement(other, one) is same


def test_captions_and_bare_names_are_no_statements() -> None:
    assert keys("Người dân vùng lũ xã Trinh Giang nhận hàng cứu trợ sáng 12/3 - Ảnh: BÁO MẪU") == keys("Chủ tịch xã Trinh Giang.") == []


def test_copies_owners_and_wires_count_once_and_the_rise_is_of_origins() -> None:
    hour = timedelta(hours=1)
    seen = [
        Sighting(1, NOW - 30 * hour, 1, "A"), Sighting(2, NOW - 5 * hour, 1, "B"), Sighting(3, NOW - 4 * hour, 3, "A"), Sighting(4, NOW - 3 * hour, 4, "C", "TTX"),
        Sighting(5, NOW - 2 * hour, 5, "D", "TTX", ("31",)), Sighting(6, NOW - hour, 6, "E", "", ("01", "31")),
    ]  # fmt: skip
    found = measure(seen, NOW)
    assert found and (found.documents, found.origins, found.outlets, found.provinces, found.rising) == (6, 3, 5, 2, True)
    later = measure(seen, NOW + timedelta(days=2))
    assert later and not later.rising and measure([], NOW) is None


def test_an_unanswered_statement_of_three_origins_is_one_row(db: Connection) -> None:
    for n, text in enumerate([SAID, REWORDED]):
        document(db, source(db, f"bao-{n}"), "a", text, at=NOW + timedelta(minutes=n))
    _drain(db)
    assert _row(db) == [] and not db.execute("SELECT FROM claim").fetchall()
    document(db, source(db, "bao-2"), "a", f"Mạng xã hội lan truyền: {SAID}", at=NOW + timedelta(minutes=5))
    _drain(db)
    (found,) = _row(db)
    assert (found["documents"], found["origins"], found["state"], found["match"]) == (3, 3, "no_published_check", None)
    assert found["first_seen_at"] == NOW and found["last_seen_at"] == NOW + timedelta(minutes=5) and found["rising"]
    # again and again the same row; two days later it no longer rises
    db.execute("INSERT INTO work (stage, subject_id, enqueued_at, not_before) SELECT 'claims', id, %s, %s FROM document", [NOW, NOW])
    _drain(db)
    assert _row(db) == [found]
    store.run(db, limit=10, now=NOW + timedelta(days=3))
    assert not _row(db)[0]["rising"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_row_is_the_same_in_every_order_of_arrival(db: Connection, order: tuple[int, ...]) -> None:
    _check(db)
    told = [REWORDED, SAID, f"Nghe nói {SAID[0].lower()}{SAID[1:]}"]
    for n in order:
        document(db, source(db, f"bao-{n}"), "a", told[n], at=NOW + timedelta(minutes=n))
        _drain(db)
    (found,) = _row(db)
    assert (found["text"], found["documents"], found["origins"]) == (REWORDED, 3, 3)


def test_copies_found_later_fold_and_what_is_left_of_one_origin_is_no_claim(db: Connection) -> None:
    ids = [document(db, source(db, f"bao-{n}"), "a", SAID, at=NOW + timedelta(minutes=n)) for n in range(4)]
    _drain(db)
    assert _row(db)[0]["origins"] == 4
    copy = "INSERT INTO document_copy (document_id, first_seen_at, group_id, origin_id, relation) SELECT id, first_seen_at, %s, %s, 'copied_from' FROM document WHERE id = %s"
    db.execute(copy, [ids[0], ids[0], ids[1]])
    _drain(db)
    store.run(db, limit=10, now=LATER)
    assert (_row(db)[0]["documents"], _row(db)[0]["origins"]) == (4, 3)
    db.execute(copy, [ids[0], ids[0], ids[2]])
    store.run(db, limit=10, now=LATER)
    assert _row(db) == [] and not db.execute("SELECT FROM claim").fetchall()


def test_a_check_that_comes_later_finds_the_circulating_claim_and_stays_one_row(db: Connection) -> None:
    for n, text in enumerate([SAID, REWORDED, SAID]):
        document(db, source(db, f"bao-{n}"), "a", text)
    _drain(db)
    assert _row(db)[0]["state"] == "no_published_check"
    _check(db)
    _drain(db)
    (found,) = _row(db)
    assert found["state"] == "awaiting_review" and found["match"] is not None and found["origins"] == 3


def test_two_publishers_who_disagree_both_show(db: Connection) -> None:
    _check(db, key="kiem-chung")
    other = source(db, "so", "institution", "official_statement")
    doc = document(db, other, "1", "Sở trả lời.")
    from processing.claims.registry import ingest_page

    ingest_page(db, other, review_page(SAID, "Đúng một phần"), doc, NOW)
    document(db, source(db, "bao"), "a", SAID)
    _drain(db)
    shown = db.execute("SELECT publisher_kind, rating FROM flagged_claim ORDER BY 1").fetchall()
    assert [(r["publisher_kind"], r["rating"]) for r in shown] == [("independent_fact_check", "Không có căn cứ"), ("official_statement", "Đúng một phần")]


def test_most_paraphrases_find_each_other_and_no_near_miss_is_one_statement() -> None:
    pairs = train_fusion.pairs()
    near = [p for p in pairs if not p["same"] and same_statement(p["query"], p["check"])]
    found = [p for p in pairs if p["same"] and len({*keys(p["query"])} & {*keys(p["check"])}) >= SHARED_KEYS and same_statement(p["query"], p["check"])]
    assert near == [] and len(found) >= 0.85 * sum(p["same"] for p in pairs)
