"""A claim's way as the people on it see it: two publishers who disagree, a named person's word, the mails, and what follows when a publisher changes its mind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from processing.alerts.compose import compose
from processing.claims import store
from processing.claims.registry import ingest_page
from processing.db import Connection
from processing.people import add_user
from review.app import create_app
from tests.claims.rows import document, review_page, source
from tests.review.test_pages import token

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=5)
CLAIM = "Ba quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa từ ngày 12/3 và ngừng trả tiền gửi."
POST = "Ba quỹ tín dụng ở phường Trinh Giang sẽ ngừng trả tiền gửi và đóng cửa từ ngày 12/3."
HEALTH, OFFICE = "Không có căn cứ", "Đúng một phần"


@pytest.fixture
def town(db: Connection) -> dict[str, Any]:
    """A post in circulation and the checks of two publishers, of whom one is a government body; two people who get answers."""
    for login in ("lan-analyst", "minh-analyst"):
        who = add_user(db, login, f"{login}@example.org", "a long password", "analyst")
        db.execute("INSERT INTO subscription (user_id, kind) VALUES (%s, 'claims')", [who])
    checks = {}
    for key, kind, rating in (("kiem-chung", "fact_check", HEALTH), ("so-tai-chinh", "institution", OFFICE)):
        src = source(db, key, kind, "independent_fact_check" if kind == "fact_check" else "official_statement")
        doc = document(db, src, "bai/1", "Chúng tôi đối chiếu với các bên.", at=NOW)
        ingest_page(db, src, review_page(CLAIM, rating, published=NOW.isoformat()), doc, NOW)
        checks[key] = (src, doc)
    document(db, source(db, "bao"), "a", POST, at=NOW)
    _work(db)
    db.commit()
    return checks


@pytest.fixture
def reader(town: dict[str, Any]) -> Iterator[TestClient]:
    with TestClient(create_app(), follow_redirects=True) as client:
        assert client.post("/sign-in", data={"login": "lan-analyst", "password": "a long password"}).status_code == 200
        yield client


def _work(conn: Connection) -> None:
    while store.run(conn, limit=50, now=NOW).taken:
        pass


def _page(reader: TestClient) -> tuple[str, str]:
    found = re.search(r"/claims/[0-9a-f-]{36}", reader.get("/claims").text)
    assert found
    return found[0], reader.get(found[0]).text


def _match(conn: Connection, key: str) -> str:
    row = conn.execute("SELECT m.public_id FROM match m JOIN fact_check k ON k.id = m.fact_check_id WHERE k.url LIKE %s", [f"%{key}%"]).fetchone()
    assert row
    return str(row["public_id"])


def _decide(reader: TestClient, conn: Connection, key: str, decision: str) -> None:
    conn.commit()
    path, page = _page(reader)
    answer = reader.post(f"{path}/matches/{_match(conn, key)}", data={"token": token(page), "decision": decision, "reason": "đã đọc cả hai"})
    assert answer.status_code == 200
    conn.rollback()


def _mails(conn: Connection, state: str = "pending") -> list[tuple[str, str, str]]:
    """(kind, recipient, plain text) of the mails in `state`; what is waiting is then sent."""
    rows = conn.execute("SELECT * FROM outbox WHERE state = %s ORDER BY id", [state]).fetchall()
    told = []
    for row in rows:
        body = compose(conn, row, datetime.now(UTC)).get_body(("plain",))
        assert body is not None
        told.append((row["kind"], row["recipient"], " ".join(body.get_content().split())))
    conn.execute("UPDATE outbox SET state = 'sent', sent_at = now() WHERE state = 'pending'")
    conn.commit()
    return told


def _republish(conn: Connection, town: dict[str, Any], key: str, claim: str, rating: str) -> None:
    src, doc = town[key]
    ingest_page(conn, src, review_page(claim, rating, published=NOW.isoformat()), doc, datetime.now(UTC))
    conn.commit()


def test_both_publishers_stand_beside_the_claim_and_nothing_leaves_before_a_person_confirms(reader: TestClient, db: Connection) -> None:
    _, page = _page(reader)
    assert HEALTH in page and OFFICE in page and "một bên liên quan" in page and page.count('value="confirm"') == 2
    assert _mails(db) == [] and "Sửa lại quyết định" not in page
    for decision in ("related", "reject"):
        _decide(reader, db, "so-tai-chinh", decision)
        assert _mails(db) == []
    _decide(reader, db, "kiem-chung", "confirm")
    mails = _mails(db)
    assert [(kind, to) for kind, to, _ in mails] == [("claim_answer", "lan-analyst@example.org"), ("claim_answer", "minh-analyst@example.org")]
    assert all(HEALTH in text and OFFICE not in text and "lan-analyst" in text for _, _, text in mails)
    _decide(reader, db, "kiem-chung", "confirm")
    assert _mails(db) == [] and "Sửa lại quyết định" in _page(reader)[1]


@pytest.mark.parametrize("how", ["withdrawn", "changed"])
def test_of_two_answers_only_the_one_that_no_longer_stands_is_corrected(reader: TestClient, db: Connection, town: dict[str, Any], how: str) -> None:
    _decide(reader, db, "kiem-chung", "confirm")
    assert len(_mails(db)) == 2
    _decide(reader, db, "so-tai-chinh", "confirm")  # waits to be sent
    _republish(db, town, "kiem-chung", CLAIM, "Đã rút lại" if how == "withdrawn" else "Chưa đủ căn cứ")
    mails = _mails(db)
    assert sorted((kind, to.split("-")[0]) for kind, to, _ in mails) == [("claim_answer", "lan"), ("claim_answer", "minh"), ("correction", "lan"), ("correction", "minh")]
    for kind, _, text in mails:
        assert (OFFICE in text) == (kind == "claim_answer") and HEALTH not in text
        assert kind == "claim_answer" or "Đơn vị công bố: Nguồn kiem-chung" in text
    if how == "changed":
        assert all("Chưa đủ căn cứ" in text for kind, _, text in mails if kind == "correction")
    # and then the other publisher
    _republish(db, town, "so-tai-chinh", CLAIM, "Đã thu hồi")
    mails = _mails(db)
    assert [kind for kind, _, _ in mails] == ["correction"] * 2 and all("Chưa đủ căn cứ" not in text for _, _, text in mails)
    page = _page(reader)[1]
    assert "Đơn vị công bố đã rút lại nội dung này." in page and "ghi là: <q>Không có căn cứ</q>" in " ".join(page.split())
    assert "đã xác nhận (Nguồn so-tai-chinh)" in page
    listed = reader.get("/claims").text
    assert ("khớp gần" in listed) == (how == "changed")


def test_an_answer_that_waits_to_be_sent_says_what_is_published_by_then(reader: TestClient, db: Connection, town: dict[str, Any]) -> None:
    _decide(reader, db, "kiem-chung", "confirm")
    _republish(db, town, "kiem-chung", CLAIM, "Chưa đủ căn cứ")
    mails = _mails(db)
    assert [kind for kind, _, _ in mails] == ["claim_answer"] * 2 and all("Chưa đủ căn cứ" in text and HEALTH not in text for _, _, text in mails)


def test_what_is_confirmed_again_is_mailed_again(reader: TestClient, db: Connection, town: dict[str, Any]) -> None:
    for again in range(2):
        _decide(reader, db, "kiem-chung", "confirm")
        assert [kind for kind, _, _ in _mails(db)] == ["claim_answer"] * 2, again
        _decide(reader, db, "kiem-chung", "related")
        assert [kind for kind, _, _ in _mails(db)] == ["correction"] * 2, again


def test_a_check_that_comes_back_waits_for_a_person(reader: TestClient, db: Connection, town: dict[str, Any]) -> None:
    _decide(reader, db, "kiem-chung", "confirm")
    _mails(db)
    _republish(db, town, "kiem-chung", CLAIM, "Đã rút lại")
    assert [kind for kind, _, _ in _mails(db)] == ["correction"] * 2
    _republish(db, town, "kiem-chung", CLAIM, HEALTH)
    mails = _mails(db)
    assert all(HEALTH not in text for _, _, text in mails)
    assert {r["state"] for r in db.execute("SELECT state FROM match").fetchall()} == {"suggested"}
    assert db.execute("SELECT state FROM claim").fetchone() == {"state": "awaiting_review"}
    _decide(reader, db, "kiem-chung", "confirm")
    assert [kind for kind, _, _ in _mails(db)] == ["claim_answer"] * 2


def test_the_page_says_where_the_texts_differ(reader: TestClient, db: Connection, town: dict[str, Any]) -> None:
    db.execute("UPDATE claim SET text = %s", [POST.replace(" từ ngày 12/3", "").replace("Ba quỹ", "Ba quỹ ở Cần Thơ, những quỹ")])
    db.execute("UPDATE match SET features = features || '{\"differences_text\": [\"date: the check (01/03/2026) is older than the event (12/03/2026)\"]}'")
    db.commit()
    for language, words in (("vi", ("Hai văn bản khác nhau ở", "có trước sự việc (12/03/2026)")), ("en", ("The texts differ in", "older than the event (12/03/2026)"))):
        reader.post("/language", data={"to": language})
        page = _page(reader)[1]
        assert all(w in page for w in words) and "<q>ngày 12/3</q>" in page and "<q>Cần Thơ</q>" in page
