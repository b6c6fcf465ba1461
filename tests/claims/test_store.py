"""The stage: claims, sightings and suggestions from documents and checks, in whatever order they arrive."""

from __future__ import annotations

from pathlib import Path

import pytest

from processing.claims import desk, store, workflow
from processing.claims.registry import ingest_page
from processing.db import Connection
from processing.errors import LangNgheError
from tests.claims.rows import LATER, NOW, document, review_page, source, user

RUMOUR = "Ba quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa từ ngày 12/3 và ngừng trả tiền gửi."
TOLD = "Đoạn tin nhắn viết rằng: ba quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa từ ngày 12/3 và ngừng trả tiền gửi."


def _check(conn: Connection, claim: str = RUMOUR, rating: str = "Không có căn cứ", key: str = "kiem-chung") -> dict:
    src = source(conn, key, "fact_check", "independent_fact_check")
    doc = document(conn, src, "bai/1", "Chúng tôi đối chiếu tin nhắn với thông báo của ba quỹ.")
    assert ingest_page(conn, src, review_page(claim, rating), doc, NOW) == 1
    return src


def _drain(conn: Connection) -> None:
    while store.run(conn, limit=10, now=LATER).taken:
        pass


def _matches(conn: Connection) -> list[dict]:
    return conn.execute(
        """SELECT c.text, c.documents, c.origins, c.state AS claim_state, m.tier, m.state, m.features, m.model, k.publisher_kind, k.rating, m.public_id
           FROM match m JOIN claim c ON c.id = m.claim_id JOIN fact_check k ON k.id = m.fact_check_id ORDER BY c.id"""
    ).fetchall()


@pytest.mark.parametrize("check_first", [True, False])
def test_a_rumour_meets_its_check_in_either_order(db: Connection, check_first: bool) -> None:
    press = source(db, "bao")
    if check_first:
        _check(db)
        _drain(db)
        document(db, press, "a", f"Nhiều người lo lắng. {TOLD}")
    else:
        document(db, press, "a", f"Nhiều người lo lắng. {TOLD}")
        _drain(db)
        assert not _matches(db)
        _check(db)
    _drain(db)
    (found,) = _matches(db)
    assert found["tier"] in ("confirmable", "suggested")
    assert (found["state"], found["claim_state"], found["publisher_kind"]) == ("suggested", "awaiting_review", "independent_fact_check")
    assert found["model"] and found["features"]["differences"] == 0


def test_running_again_writes_the_same_rows_and_one_viral_claim_is_one_row(db: Connection) -> None:
    _check(db)
    for n in range(4):
        document(db, source(db, f"bao-{n}"), "a", TOLD)
    _drain(db)
    first = _matches(db)
    db.execute("INSERT INTO work (stage, subject_id, enqueued_at, not_before) SELECT 'claims', id, %s, %s FROM document", [NOW, NOW])
    _drain(db)
    assert _matches(db) == first
    assert [(m["documents"], m["origins"]) for m in first] == [(4, 4)]


def test_a_changed_number_is_not_suggested(db: Connection) -> None:
    _check(db)
    document(db, source(db, "bao"), "a", "Đoạn tin nhắn viết rằng: năm quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa từ ngày 12/3 và ngừng trả tiền gửi.")
    _drain(db)
    assert not _matches(db)


def test_what_a_publisher_of_checks_says_is_no_sighting(db: Connection) -> None:
    src = _check(db)
    document(db, src, "bai/2", TOLD)
    _drain(db)
    assert not db.execute("SELECT FROM claim_sighting").fetchall()


def test_an_edited_rating_is_kept_as_a_version_and_corrects_what_was_mailed(db: Connection) -> None:
    src = _check(db)
    document(db, source(db, "bao"), "a", TOLD)
    _drain(db)
    who = user(db)
    (found,) = _matches(db)
    assert not db.execute("SELECT FROM outbox").fetchall()
    workflow.decide(db, found["public_id"], who, "confirm", "cùng nội dung", LATER)
    assert [r["kind"] for r in db.execute("SELECT kind FROM outbox")] == ["claim_answer"]
    db.execute("UPDATE outbox SET state = 'sent'")
    doc = db.execute("SELECT id FROM document WHERE source_id = %s", [src["id"]]).fetchone()
    assert ingest_page(db, src, review_page(RUMOUR, "Đúng một phần"), doc["id"], LATER) == 1
    assert ingest_page(db, src, review_page(RUMOUR, "Đúng một phần"), doc["id"], LATER) == 0
    versions = db.execute("SELECT version, rating FROM fact_check_version").fetchall()
    assert versions == [{"version": 1, "rating": "Không có căn cứ"}]
    assert [r["kind"] for r in db.execute("SELECT kind FROM outbox ORDER BY id")] == ["claim_answer", "correction"]


def test_a_withdrawn_check_is_no_longer_suggested_and_cannot_be_confirmed(db: Connection) -> None:
    src = _check(db)
    document(db, source(db, "bao"), "a", TOLD)
    _drain(db)
    doc = db.execute("SELECT id FROM document WHERE source_id = %s", [src["id"]]).fetchone()
    (found,) = _matches(db)
    workflow.decide(db, found["public_id"], user(db, "first"), "related", "", LATER)
    ingest_page(db, src, review_page(RUMOUR, "Đã rút lại"), doc["id"], LATER)
    with pytest.raises(LangNgheError, match="withdrawn"):
        workflow.decide(db, found["public_id"], user(db), "confirm", "", LATER)
    document(db, source(db, "bao-2"), "b", TOLD + " Tin này lan nhanh.")
    _drain(db)
    assert [m["state"] for m in _matches(db)] == ["related"]


def test_a_revised_decision_is_kept_beside_the_first(db: Connection) -> None:
    _check(db)
    document(db, source(db, "bao"), "a", TOLD)
    _drain(db)
    who, (found,) = user(db), _matches(db)
    workflow.decide(db, found["public_id"], who, "confirm", "", LATER)
    workflow.decide(db, found["public_id"], who, "reject", "khác địa điểm", LATER)
    assert [r["decision"] for r in db.execute("SELECT decision FROM review_decision ORDER BY id")] == ["confirm", "reject"]
    assert _matches(db)[0]["claim_state"] == "no_published_check"
    assert db.execute("SELECT state FROM outbox WHERE kind = 'claim_answer'").fetchone()["state"] == "superseded"
    assert len(db.execute("SELECT FROM audit WHERE action = 'decide'").fetchall()) == 2


@pytest.mark.parametrize("decision", ["delete", ""])
def test_unknown_decisions_are_refused(db: Connection, decision: str) -> None:
    with pytest.raises(LangNgheError, match="unknown decision"):
        workflow.decide(db, "00000000-0000-0000-0000-000000000000", 1, decision, "", NOW)


def test_a_portal_of_statements_answers_only_where_it_says_so(db: Connection) -> None:
    portal = source(db, "cong", "institution", "official_statement")
    plain = document(db, portal, "1", "Tỉnh khánh thành nhà văn hóa xã.", title="Khánh thành nhà văn hóa")
    answer = document(db, portal, "2", "Đập hồ Khe Bùng vận hành an toàn, không có nứt thân đập.", title="Thông tin chính thức về đập hồ Khe Bùng")
    assert [ingest_page(db, portal, b"<html><body>x</body></html>", d, NOW) for d in (plain, answer)] == [0, 1]
    row = db.execute("SELECT publisher_kind, rating, title FROM fact_check").fetchone()
    assert row == {"publisher_kind": "official_statement", "rating": "", "title": "Thông tin chính thức về đập hồ Khe Bùng"}


def test_an_analysts_file_keeps_what_is_whole_and_names_what_is_not(db: Connection, tmp_path: Path) -> None:
    path = tmp_path / "checks.csv"
    path.write_text(
        "claim,publisher,publisher_kind,published_at,url,rating\n"
        f"{RUMOUR},Trung tâm Kiểm chứng,independent_fact_check,2026-03-10,https://kc.example/1,Không có căn cứ\n"
        "Không ngày,Trung tâm Kiểm chứng,independent_fact_check,,https://kc.example/2,x\n"
        "Không địa chỉ,Trung tâm Kiểm chứng,independent_fact_check,2026-03-10,,x\n"
        "Sai loại,Trung tâm Kiểm chứng,blog,2026-03-10,https://kc.example/3,x\n"
        "Sở trả lời,Sở Y tế,independent_fact_check,2026-03-10,https://soyte.tinh.gov.vn/4,Bác bỏ\n",
        encoding="utf-8",
    )
    done = desk.import_csv(db, path, NOW)
    assert done.written == 2 and [n for n, _ in done.quarantined] == [3, 4, 5]
    assert "published_at" in done.quarantined[0][1] and "url" in done.quarantined[1][1]
    kinds = {r["publisher"]: r["publisher_kind"] for r in db.execute("SELECT publisher, publisher_kind FROM fact_check")}
    assert kinds == {"Trung tâm Kiểm chứng": "independent_fact_check", "Sở Y tế": "official_statement"}
    assert desk.import_csv(db, path, NOW).written == 0


def test_persons_in_a_review_are_not_read(db: Connection) -> None:
    _check(db)
    row = db.execute("SELECT * FROM fact_check").fetchone()
    assert "Canary" not in str(row) and row["publisher"] == "Nguồn kiem-chung"
