"""Search in documents: with accents and without, in SQL and on the review page; who searched is audited, the words only as hashes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from processing import search
from processing.db import Connection
from processing.db.retention import housekeeping
from processing.erase import erase
from processing.text import fold
from review.app import create_app
from tests.review.test_pages import token
from tests.review.town import furnish

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
TEXTS = {
    "gieng": ("Nước giếng đổi màu", "Người dân xã Suối Mây lo nước giếng nhiễm phèn.\nHơn 1.200 hộ phải mua nước bình từ 12/3."),
    "thuy": ("Xã Hoà Thuỷ họp dân", "Giếng khoan của trường đã khô, nước máy chưa về tới Hòa Thuý."),
    "nuoc": ("Thong bao cat nuoc", "Nuoc gieng o xa Suoi May bi duc, ba con chu y."),
    "other": ("Đường tỉnh sạt lở", "Mưa lớn làm sạt lở taluy; xe khách phải vòng đường khác."),
}


def write(conn: Connection) -> None:
    source = conn.execute(
        """INSERT INTO source (key, name, kind, owner, basis, reviewed_on, review_due, home_url) VALUES
           ('bao', 'Báo Mẫu', 'press', 'Báo Mẫu', 'press licence', '2026-01-01', '2027-01-01', 'https://example.org/')
           ON CONFLICT (key) DO UPDATE SET name = excluded.name RETURNING id"""
    ).fetchone()
    assert source is not None
    for n, (key, (title, text)) in enumerate(TEXTS.items()):
        at = NOW - timedelta(hours=n)
        row = conn.execute(
            """INSERT INTO document (source_id, canonical_url, title, language, published_at, published_precision, first_seen_at, last_seen_at)
               VALUES (%s, %s, %s, 'vi', %s, 'minute', %s, %s) RETURNING id""",
            [source["id"], f"https://example.org/{key}", title, at, at, at],
        ).fetchone()
        assert row is not None
        conn.execute(
            """INSERT INTO document_version (document_id, version, seen_at, title, text, text_sha256, extractor)
               VALUES (%s, 1, %s, %s, %s, '\\x00', 'test')""",
            [row["id"], at, title, text],
        )
        conn.execute(
            """INSERT INTO annotation (document_id, version, first_seen_at, language, sentences, tokens, places, topic, topic_score, checkable, method,
               annotated_at, words) VALUES (%s, 1, %s, 'vi', '{}', '{}', '[]', 'other', 1, '[]', 'test', %s, %s)""",
            [row["id"], at, at, search.vector(title, text)],
        )
    conn.commit()


def found(conn: Connection, asked: str, as_written: bool | None = None) -> list[str]:
    rows = conn.execute("SELECT url FROM search_documents(%s, %s)", [asked, as_written])
    return [row["url"].rpartition("/")[2] for row in rows]


QUESTIONS = {
    "nuoc gieng": ["gieng", "nuoc", "thuy"],  # side by side first; all of them hold both words
    '"nuoc gieng"': ["gieng", "nuoc"],
    "nước giếng": ["gieng", "thuy"],
    '"nước giếng"': ["gieng"],
    "NƯỚC GIẾNG": ["gieng", "thuy"],
    "Hòa Thủy": ["thuy"],  # written Hoà Thuỷ
    "hoà thuý": ["thuy"],
    "hoa thuy": ["thuy"],
    "1.200": ["gieng"],
    "12/3": ["gieng"],
    "duong tinh sat lo": ["other"],
    "đường": ["other"],
    "sạt  lở; taluy": ["other"],
    "không có từ này": [],
    "'); DROP TABLE annotation; --": [],
    "& | ! ( ' : * \\ <->": [],
    '""': [],
    "": [],
}


def test_words_with_accents_and_without(db: Connection, analyst_db: Connection) -> None:
    write(db)
    assert {asked: found(db, asked) for asked in QUESTIONS} == QUESTIONS
    assert found(analyst_db, "nuoc gieng") == QUESTIONS["nuoc gieng"]


def test_words_with_accents_may_find_every_spelling(db: Connection) -> None:
    write(db)
    assert found(db, "nước giếng", False) == ["gieng", "nuoc", "thuy"]
    rows = db.execute("SELECT url FROM search_documents('nuoc', since => %s, until => %s)", [NOW - timedelta(hours=2), NOW]).fetchall()
    assert [row["url"].rpartition("/")[2] for row in rows] == ["thuy", "nuoc"]


ODD = ["", "x", "a" * 500, "3/4 12/3/2026 1,5 tr.đ", "ĐẶNG İ ß ﬁ 河内 Ⅻ", "a'b\\c:d \"e\" & f", "ngày\tmai\r\n" * 3]


def test_the_stage_and_the_database_cut_and_fold_alike(db: Connection) -> None:
    letters = "àÀảẢãÃáÁạẠăẰắẲẵặâấẬđĐèẺẽÉẸêềỂìÌịòÓỏõọôỒỗơỡỢùÚủũụưỪữỳÝỷỹỵ Xã Hoà Thuỷ, 1.200 hộ"
    for text in [letters, *ODD, *(f"{title}\n{text}" for title, text in TEXTS.values())]:
        row = db.execute("SELECT search_vector(%s) = %s::tsvector AS same, fold(%s) AS folded", [f"\n{text}", search.vector("", text), letters]).fetchone()
        assert row is not None and row["same"] and row["folded"] == fold(letters), text


def test_a_removed_page_is_found_no_more(db: Connection) -> None:
    write(db)
    erase(db, "https://example.org/gieng", "asked", NOW)
    assert found(db, "nuoc gieng") == ["nuoc", "thuy"]
    assert db.execute("SELECT 1 FROM annotation WHERE words @@ 'phen'").fetchone() is None


def attach(conn: Connection, key: str, url: str, text: str | None) -> None:
    conn.execute(
        """INSERT INTO attachment (url, document_id, noted_at, state, pages, text, words)
           SELECT %s, id, first_seen_at, 'done', 1, %s, %s FROM document WHERE canonical_url LIKE %s""",
        [url, text, search.vector("", text or ""), f"%/{key}"],
    )
    conn.commit()


def test_words_of_a_linked_file_find_its_document_and_leave_with_it(db: Connection, analyst_db: Connection) -> None:
    write(db)
    attach(db, "other", "https://example.org/lich.pdf", "Lịch cấp nước luân phiên: tổ 3, xã Suối Mây, từ 12/3.")
    attach(db, "nuoc", "https://example.org/quet.pdf", None)
    attach(db, "gieng", "https://example.org/mau.pdf", "Kết quả mẫu nước giếng xã Suối Mây.")
    rows = {row["url"].rpartition("/")[2]: row for row in db.execute("SELECT * FROM search_documents('suoi may')")}
    assert {key: row["attachment"] for key, row in rows.items()} == {"gieng": None, "nuoc": None, "other": "https://example.org/lich.pdf"}, "the page before its file"
    assert rows["other"]["text"].startswith("Lịch cấp nước") and rows["other"]["title"] == "Đường tỉnh sạt lở"
    assert found(db, '"cấp nước luân phiên"') == found(db, "cap nuoc luan phien") == found(analyst_db, "cấp nước 12/3") == ["other"]
    assert found(db, "cáp nước luân phiên") == [] and found(db, "cáp nước luân phiên", False) == ["other"]
    assert found(db, "taluy luan phien") == [], "all the words in one place, not some here and some there"
    assert found(db, '"mau nuoc gieng"') == ["gieng"]
    (hit,) = search.find(db, "cấp nước luân phiên", actor="user:1", now=NOW)
    assert hit["around"] == ("Lịch ", "cấp nước luân phiên", ": tổ 3, xã Suối Mây, từ 12/3.")
    erase(db, "https://example.org/lich.pdf", "asked", NOW)
    assert found(db, "luan phien") == [] and found(db, "taluy") == ["other"]
    erase(db, "https://example.org/gieng", "asked", NOW)
    assert found(db, "suoi may") == ["nuoc"] and db.execute("SELECT FROM attachment WHERE words @@ 'mau'").fetchone() is None


def test_the_words_of_a_file_are_found_no_longer_than_its_text_is_kept(db: Connection) -> None:
    write(db)
    attach(db, "other", "https://example.org/lich.pdf", "Lịch cấp nước luân phiên.")
    housekeeping(db, NOW + timedelta(days=179))
    assert found(db, "luan phien") == ["other"]
    housekeeping(db, NOW + timedelta(days=181))
    assert found(db, "luan phien") == [] and db.execute("SELECT FROM attachment").fetchone() is None


def test_what_stands_around() -> None:
    text = "Người dân xã Suối Mây " + "rất " * 40 + "lo nước giếng nhiễm phèn " + "và nhiều " * 40
    before, at, after = search.around(text, "nuoc gieng")
    assert (before[:2], at, after[-1:]) == ("… ", "nước giếng", "…")
    assert search.around(text, "không có")[:2] == ("", "")
    assert search.around("", "x") == ("", "", "")


@pytest.fixture
def staff(db: Connection) -> Iterator[TestClient]:
    furnish(db)
    write(db)
    with TestClient(create_app(), follow_redirects=True) as client:
        assert client.post("/sign-in", data={"login": "lan-analyst", "password": "a long password"}).status_code == 200
        yield client


def test_the_page_finds_and_the_audit_says_who_searched(staff: TestClient, db: Connection) -> None:
    form = staff.get("/search")
    assert form.status_code == 200
    answer = staff.post("/search", data={"token": token(form.text), "asked": "nuoc gieng"})
    assert answer.status_code == 200
    assert "Nước giếng đổi màu" in answer.text and "https://example.org/nuoc" in answer.text and "<mark>Nuoc gieng</mark>" in answer.text
    exact = staff.post("/search", data={"token": token(form.text), "asked": "nước giếng"}).text
    assert "https://example.org/nuoc" not in exact
    assert "https://example.org/nuoc" in staff.post("/search", data={"token": token(form.text), "asked": "nước giếng", "any_accents": "true"}).text
    rows = db.execute("SELECT actor, detail FROM audit WHERE action = 'search' ORDER BY id").fetchall()
    assert len(rows) == 3 and all(row["actor"].startswith("user:") for row in rows)
    assert rows[0]["detail"]["found"] == 3 and rows[0]["detail"]["words"] == rows[1]["detail"]["words"] and len(rows[0]["detail"]["words"]) == 2
    assert not {"gieng", "nuoc", "nước", "giếng"} & set(str([row["detail"] for row in rows]).split("'"))


def test_the_page_names_the_file_that_holds_the_words(staff: TestClient, db: Connection) -> None:
    attach(db, "other", "https://example.org/t%E1%BB%87p/l%E1%BB%8Bch.pdf", "Lịch cấp nước <b>luân phiên</b> tổ 3.")
    answer = staff.post("/search", data={"token": token(staff.get("/search").text), "asked": "luan phien"}).text
    assert 'trong tệp đính kèm <a href="https://example.org/t%E1%BB%87p/l%E1%BB%8Bch.pdf" rel="noopener noreferrer external"><q>lịch.pdf</q></a>' in answer
    assert "<mark>luân phiên</mark>" in answer and "<b>luân" not in answer and "https://example.org/other" in answer


def test_searching_needs_a_session_and_its_own_form(staff: TestClient, db: Connection) -> None:
    assert staff.post("/search", data={"token": "0" * 64, "asked": "nuoc"}).status_code == 403
    assert staff.get("/search?asked=nuoc").text.count("<table") == 0
    with TestClient(create_app(), follow_redirects=True) as stranger:
        assert stranger.get("/search").url.path == "/sign-in"
    assert db.execute("SELECT 1 FROM audit WHERE action = 'search'").fetchone() is None


def test_titles_are_escaped(staff: TestClient, db: Connection) -> None:
    db.execute("UPDATE document_version v SET text = '<script>alert(1)</script> nước giếng' FROM document d WHERE d.id = v.document_id AND d.canonical_url LIKE '%gieng'")
    db.commit()
    form = staff.get("/search")
    page = staff.post("/search", data={"token": token(form.text), "asked": "nuoc gieng"}).text
    assert "<script" not in page
