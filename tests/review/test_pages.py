from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb

from processing.db import Connection
from review.app import create_app
from tests.review.lively import enliven
from tests.review.town import NOW, furnish


@pytest.fixture
def ids(db: Connection) -> dict[str, str]:
    return furnish(db)


@pytest.fixture
def client(ids: dict[str, str]) -> Iterator[TestClient]:
    with TestClient(create_app(), follow_redirects=True) as client:
        yield client


@pytest.fixture
def staff(client: TestClient) -> TestClient:
    answer = client.post("/sign-in", data={"login": "lan-analyst", "password": "a long password"})
    assert answer.status_code == 200
    return client


def token(page: str) -> str:
    found = re.search(r'name="token" value="([0-9a-f]+)"', page)
    assert found
    return found.group(1)


@pytest.mark.parametrize("path", ["/", "/claims", "/sources", "/feedback", "/issues/00000000-0000-0000-0000-000000000000"])
def test_staff_pages_ask_for_signing_in(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.url.path == "/sign-in"


def test_a_wrong_password_is_refused_in_words(client: TestClient) -> None:
    answer = client.post("/sign-in", data={"login": "lan-analyst", "password": "wrong"})
    assert answer.status_code == 401
    assert "không đúng" in answer.text


def test_signing_in_never_leads_to_another_site(client: TestClient) -> None:
    for target in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        answer = client.post(
            "/sign-in", data={"login": "lan-analyst", "password": "a long password", "next": target}, follow_redirects=False
        )
        assert answer.headers["location"] == "/"


def test_the_list_shows_the_hot_spot_with_place_and_counts(staff: TestClient) -> None:
    page = staff.get("/").text
    assert "Nước máy đục ở Suối Mây" in page
    assert "Xã Suối Mây" in page
    assert "chưa được kiểm chứng" in page
    assert "Môi trường, nguồn nước" in page
    assert ">environment_water<" not in page
    assert "Nước máy đục" not in staff.get("/?topic=waste").text


def test_an_issue_shows_its_card_documents_and_escapes_titles(staff: TestClient, ids: dict[str, str]) -> None:
    answer = staff.get(f"/issues/{ids['issue']}")
    page = answer.text
    assert "Vì sao được báo" in page
    assert "<dd>0,8</dd>" in page
    assert "http://bao.example/0.html" in page
    assert "<script" not in page
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_decisions_are_kept_shown_and_audited(staff: TestClient, ids: dict[str, str], db: Connection) -> None:
    page = staff.get(f"/issues/{ids['issue']}").text
    service = db.execute("SELECT id FROM service").fetchone()
    assert service
    for decision, reason, chosen in (
        ("confirm", "", ""),
        ("assign", "gấp", str(service["id"])),
        ("dismiss", "trùng", ""),
        ("reopen", "", ""),
    ):
        answer = staff.post(
            f"/issues/{ids['issue']}/decision", data={"token": token(page), "decision": decision, "reason": reason, "service": chosen}
        )
        assert answer.status_code == 200
    db.rollback()
    assert [r["decision"] for r in db.execute("SELECT decision FROM review_decision ORDER BY id")] == [
        "confirm",
        "assign",
        "dismiss",
        "reopen",
    ]
    assert db.execute("SELECT state FROM issue").fetchone() == {"state": "new"}
    assert db.execute("SELECT count(*) AS n FROM audit WHERE action = 'decide'").fetchone() == {"n": 4}
    assert "Công ty cấp nước" in answer.text
    assert "trùng" in answer.text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"decision": "dismiss"}, "ần nêu lý do"),
        ({"decision": "assign"}, "ần chọn đơn vị"),
        ({"decision": "takedown"}, "Không rõ quyết định"),
    ],
)
def test_a_decision_that_cannot_be_taken_says_why(
    staff: TestClient, ids: dict[str, str], db: Connection, form: dict[str, str], words: str
) -> None:
    page = staff.get(f"/issues/{ids['issue']}").text
    answer = staff.post(f"/issues/{ids['issue']}/decision", data={"token": token(page), **form})
    assert answer.status_code == 400
    assert words in answer.text
    assert db.execute("SELECT count(*) AS n FROM review_decision").fetchone() == {"n": 0}


def test_a_form_from_elsewhere_is_refused(staff: TestClient, ids: dict[str, str], db: Connection) -> None:
    answer = staff.post(f"/issues/{ids['issue']}/decision", data={"token": "0" * 64, "decision": "confirm"})
    assert answer.status_code == 403
    assert db.execute("SELECT count(*) AS n FROM review_decision").fetchone() == {"n": 0}


def test_a_claim_stands_beside_each_publisher_and_its_kind(staff: TestClient, ids: dict[str, str]) -> None:
    page = staff.get(f"/claims/{ids['claim']}").text
    assert "kiểm chứng độc lập" in page
    assert "thông cáo của cơ quan (một bên liên quan)" in page
    assert "<q>Sai sự thật</q>" in page
    assert re.search(r"Kiểm Tin Mẫu đánh giá ngày 22/11/2026", page)


def test_a_match_that_a_confirmed_wording_brought_says_since_when_and_leads_there(staff: TestClient, ids: dict[str, str], db: Connection) -> None:
    first = db.execute("UPDATE match SET state = 'confirmed', decided_by = 1, decided_at = now() WHERE id = (SELECT min(id) FROM match) RETURNING public_id").fetchone()
    assert first
    db.execute(
        """UPDATE match SET features = features || jsonb_build_object('wording', jsonb_build_object('match', %s::text, 'confirmed_at', '2026-11-20T20:00:00+00:00'))
           WHERE id = (SELECT max(id) FROM match)""",
        [str(first["public_id"])],
    )
    db.commit()
    page = staff.get(f"/claims/{ids['claim']}").text
    assert re.search(rf'đã được xác nhận ngày 21/11/2026: <a href="[^"]*/claims/{ids["claim"]}">', page)


def test_a_claim_shows_where_and_when_it_appears_with_copies_folded(staff: TestClient, ids: dict[str, str], db: Connection) -> None:
    other = db.execute(
        """INSERT INTO source (key, name, kind, owner, basis, reviewed_on, review_due, home_url)
           VALUES ('bao-khac', 'Báo Khác', 'press', 'Chủ Khác', 'press licence', '2026-01-01', '2027-01-01', 'http://khac.example/') RETURNING id"""
    ).fetchone()
    assert other is not None
    for n in range(2):  # another owner's paper a day later, twice: two documents of one origin
        db.execute(
            """WITH d AS (INSERT INTO document (source_id, canonical_url, title, language, published_at, published_precision, first_seen_at, last_seen_at)
                   VALUES (%s, %s, 'Bài khác', 'vi', %s, 'minute', %s, %s) RETURNING id, first_seen_at),
               p AS (INSERT INTO document_place (document_id, first_seen_at, unit_code, level, confidence) SELECT id, first_seen_at, 'D', 'province', 1 FROM d)
               INSERT INTO claim_sighting SELECT c.id, d.id, 'Giếng nhiễm chì gấp mười lần.' FROM claim c, d""",
            [other["id"], f"http://khac.example/{n}", NOW + timedelta(days=1, hours=n), NOW, NOW],
        )
    db.execute("UPDATE claim SET rising = true")
    db.commit()
    page = staff.get(f"/claims/{ids['claim']}").text
    assert "cùng một nguồn (chép lại, cùng cơ quan chủ quản hoặc cùng hãng tin): 1" in page and page.count("Giếng nhiễm chì gấp mười lần.") == 2
    assert "Số nguồn độc lập mới mỗi ngày" in page and "ngày qua có nhiều nguồn mới hơn ngày trước đó" in page
    assert re.search(r"Tỉnh Mẫu <span class=\"quiet\">\(2\)</span>", page)
    assert page.index("http://bao.example/0.html") < page.index("http://khac.example/0") < page.index("http://khac.example/1")
    assert "đang tăng" in staff.get("/claims").text


def test_every_page_exists_in_both_languages(staff: TestClient, ids: dict[str, str]) -> None:
    for path in (
        "/",
        f"/issues/{ids['issue']}",
        "/claims",
        f"/claims/{ids['claim']}",
        "/sources",
        "/feedback",
        "/scope",
        "/contact",
        "/sign-in",
    ):
        vietnamese = staff.get(path)
        staff.post("/language", data={"to": "en"})
        english = staff.get(path)
        staff.post("/language", data={"to": "vi"})
        assert (vietnamese.status_code, english.status_code) == (200, 200)
        assert '<html lang="vi">' in vietnamese.text
        assert '<html lang="en">' in english.text
        assert vietnamese.text != english.text


@pytest.mark.parametrize("path", ["/issues/not-an-id", "/issues/00000000-0000-0000-0000-000000000000", "/claims/' OR 1=1", "/nowhere"])
def test_bad_addresses_get_a_page_in_words(staff: TestClient, path: str) -> None:
    answer = staff.get(path)
    assert answer.status_code in (400, 404)
    assert "Về danh sách" in answer.text


def test_an_unreachable_database_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from processing.settings import get_settings

    monkeypatch.setenv("LANGNGHE_DSN", "postgresql://langnghe_app@127.0.0.1:1/langnghe")
    get_settings.cache_clear()
    with TestClient(create_app()) as client:
        answer = client.get("/healthz")
    monkeypatch.undo()
    get_settings.cache_clear()
    assert answer.status_code == 503
    assert "Cannot reach the database" in answer.text


def test_the_page_says_how_useful_signals_were(staff: TestClient, ids: dict[str, str], db: Connection) -> None:
    page = staff.get(f"/issues/{ids['issue']}").text
    staff.post(f"/issues/{ids['issue']}/decision", data={"token": token(page), "decision": "confirm"})
    answer = staff.get("/").text
    assert re.search(r"Môi trường, nguồn nước</td>\s*<td[^>]*>1</td><td[^>]*>1</td><td[^>]*>100 %</td><td[^>]*>21 – 100 %", answer)
    assert "Chưa đủ quyết định (1 trên 10)" in answer
    from datetime import UTC, datetime

    from review.usefulness import lines

    assert "  Môi trường, nguồn nước: 1 trên 1, 100 % (khoảng tin cậy 95 %: 21 đến 100 %)" in lines(db, datetime.now(UTC), "vi")
    assert "Environment and water" in "\n".join(lines(db, datetime.now(UTC), "en"))


def test_merge_split_and_taking_back_on_the_page(staff: TestClient, ids: dict[str, str], db: Connection) -> None:
    enliven(db)
    db.commit()
    path = f"/issues/{ids['issue']}"
    page = staff.get(path).text
    other = re.search(r'<option value="([0-9a-f-]{36})">Đường tránh', page)
    assert other
    answer = staff.post(f"{path}/merge", data={"token": token(page), "other": other.group(1), "reason": "cùng một trận mưa"})
    assert "http://matter0-0.example/" in answer.text
    assert "cùng một trận mưa" in answer.text
    assert staff.get(f"/issues/{other.group(1)}").text.count("http://bao.example/0.html") == 1, "the old address leads to the joined issue"
    staff.post(f"{path}/decision", data={"token": token(page), "decision": "dismiss", "reason": "đã xong"})
    states = db.execute("SELECT state FROM issue WHERE public_id::text = ANY(%s)", [[ids["issue"], other.group(1)]]).fetchall()
    assert [r["state"] for r in states] == ["dismissed", "dismissed"], "what was merged is decided on together"
    db.rollback()
    change = re.search(r'name="change" value="(\d+)"', answer.text)
    assert change
    answer = staff.post(f"{path}/undo", data={"token": token(page), "change": change.group(1)})
    assert "http://matter0-0.example/" not in answer.text
    assert "đã rút lại lúc" in answer.text
    chosen = re.search(r'name="document" value="([0-9a-f-]{36})"', answer.text)
    assert chosen
    made = staff.post(f"{path}/split", data={"token": token(page), "document": chosen.group(1)})
    assert made.status_code == 200
    assert str(made.url.path) != path
    assert staff.post(f"{path}/split", data={"token": token(page)}).status_code == 400
    assert staff.post(f"{path}/undo", data={"token": "0" * 64, "change": "1"}).status_code == 403
    assert [r["action"] for r in db.execute("SELECT action FROM audit WHERE subject LIKE 'change:%' ORDER BY id")] == ["merge", "undo", "split"]


def test_a_source_has_charts_with_their_figures_in_words(staff: TestClient, db: Connection) -> None:
    enliven(db)
    db.commit()
    listed = staff.get("/sources").text
    assert 'href="/sources/hang-tin"' in listed
    page = staff.get("/sources/hang-tin").text
    assert page.count("<svg viewBox=\"0 0 600 150\"") == 4
    assert page.count('role="img" aria-label="') == 4
    assert "dải kỳ vọng: 0 đến 5" in page
    assert re.search(r"<td>\d\d/\d\d/2\d{3}</td><td>2</td><td>1</td>", page), "answers by class stand in a table, too"
    reports = staff.get("/sources/phan-anh").text
    assert reports.count("<svg viewBox=\"0 0 600 150\"") == 2, "single reports are no documents"
    assert staff.get("/sources/nowhere").status_code == 404
    feedback = staff.get("/feedback").text
    assert "≥ 20" in feedback
    assert ">3<" not in feedback


def test_failed_sign_ins_wait_and_are_audited(client: TestClient, ids: dict[str, str], db: Connection) -> None:
    for _ in range(3):
        assert client.post("/sign-in", data={"login": "lan-analyst", "password": "guess"}).status_code == 401
    slowed = client.post("/sign-in", data={"login": "lan-analyst", "password": "a long password"})
    assert slowed.status_code == 429
    assert 1 <= int(slowed.headers["retry-after"]) <= 2
    assert "Thử quá nhiều lần" in slowed.text
    assert client.post("/sign-in", data={"login": "somebody", "password": "guess"}).status_code == 401, "others do not wait"
    rows = db.execute("SELECT actor, detail FROM audit WHERE action = 'sign_in_failed' ORDER BY id").fetchall()
    assert len(rows) == 4
    assert rows[0]["actor"].startswith("user:")
    assert (rows[3]["actor"], set(rows[3]["detail"])) == ("unknown", {"pair"})
    db.execute("UPDATE sign_in_failure SET at = at - interval '5 seconds'")
    db.commit()
    assert client.post("/sign-in", data={"login": "lan-analyst", "password": "a long password"}).status_code == 200


def test_an_ended_session_says_so_and_leads_back(client: TestClient, ids: dict[str, str]) -> None:
    client.cookies.set("langnghe_session", "long gone")
    answer = client.get("/claims?state=answered")
    assert "Phiên làm việc đã hết hạn" in answer.text
    assert 'name="next" value="/claims?state=answered"' in answer.text
    posted = client.post(f"/issues/{ids['issue']}/decision", data={"token": "x", "decision": "confirm"})
    assert f'name="next" value="/issues/{ids["issue"]}"' in posted.text


def test_every_table_and_field_is_named_for_a_screen_reader(staff: TestClient, ids: dict[str, str], db: Connection) -> None:
    enliven(db)
    db.commit()
    for path in ("/", f"/issues/{ids['issue']}", "/claims", f"/claims/{ids['claim']}", "/sources", "/sources/bao-tinh", "/feedback", "/sign-in"):
        page = staff.get(path).text
        assert not re.findall(r"<th(?![^>]*scope=)[ >]", page), path
        assert page.count("<h1") == 1, path
        for field in re.findall(r"<(?:input|select|textarea)[^>]*>", page):
            if 'type="hidden"' in field:
                continue
            at = page.index(field)
            named = page.rfind("<label", 0, at) > page.rfind("</label>", 0, at) or 'id="' in field
            assert named, (path, field)
        for table in re.findall(r'<table class="rows">.*?</table>', page, re.DOTALL):
            assert "<thead>" in table


def test_an_issue_says_who_stands_behind_it_and_which_figures_differ(staff: TestClient, ids: dict[str, str], db: Connection) -> None:
    values = [{"value": 12, "unit": "người", "documents": ["a"]}, {"value": 9, "unit": "người", "documents": ["b", "c"]}]
    figure = {"role": "injured", "value": 12, "unit": "nguoi", "as_of": "2026-11-20", "stated": True, "source": "Báo Mẫu", "sentence": "12 người bị thương.", "others": []}
    db.execute(
        "INSERT INTO issue_corroboration SELECT id, 2, 3, 1, 0, 0, 0, 1, %s, 'test', now() FROM issue",
        [Jsonb({"conflicts": [{"quantity": "injured", "values": values}]})],
    )
    db.execute("UPDATE issue SET summary = summary || %s", [Jsonb({"figures": [figure], "spread": {"publishers": 2, "communes": 1, "days": 1}})])
    db.commit()
    page = re.sub(r"<[^>]+>", "", staff.get(f"/issues/{ids['issue']}").text)
    assert "2 nguồn độc lập trong 3 tài liệu: 1 chép lại tài liệu khác" in page
    assert "12 người (tài liệu: 1); 9 người (tài liệu: 2)" in page
    assert "20/11/2026" in page
    assert "2 cơ quan đăng, 1 xã, 1 ngày" in page


def test_a_fault_of_ours_ends_in_words_and_tells_nothing(staff: TestClient, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    from review import claim_pages

    def broken(*_args: object) -> None:
        raise RuntimeError("quoted text of a page")

    monkeypatch.setattr(claim_pages, "page", broken)
    quiet = TestClient(staff.app, raise_server_exceptions=False, cookies=dict(staff.cookies))
    answer = quiet.get("/claims")
    assert answer.status_code == 500
    assert "hãy thử lại, hoặc báo quản trị viên" in answer.text
    assert "quoted text" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_files_of_an_issues_documents_with_link_and_text(staff: TestClient, db: Connection, ids: dict[str, str]) -> None:
    row = db.execute("SELECT id, first_seen_at FROM document ORDER BY id LIMIT 1").fetchone()
    assert row is not None
    pdf, word = "http://bao.example/tep/l%E1%BB%8Bch-c%E1%BA%A5p-n%C6%B0%E1%BB%9Bc.pdf", "http://bao.example/mau.docx"
    db.execute(
        """INSERT INTO document_version (document_id, version, seen_at, title, text, text_sha256, extractor, attachments)
           VALUES (%s, 1, %s, 't', 't', 'x', 'nukeviet', %s)""",
        [row["id"], row["first_seen_at"], [pdf, word]],
    )
    db.execute(
        "INSERT INTO attachment (url, document_id, noted_at, state, pages, text) VALUES (%s, %s, %s, 'done', 3, %s)",
        [pdf, row["id"], row["first_seen_at"], "Lịch cấp nước luân phiên\n<b>Tổ 1</b>: 6 giờ. " + "x" * 2000],
    )
    db.commit()
    page = staff.get(f"/issues/{ids['issue']}").text
    assert f'<a href="{pdf}" rel="noopener noreferrer external"><q>lịch-cấp-nước.pdf</q></a>' in page
    assert "Lịch cấp nước luân phiên<br>&lt;b&gt;Tổ 1&lt;/b&gt;: 6 giờ." in page and "số trang: 3" in page
    assert f'href="{word}"' in page and "chỉ có đường dẫn" in page
    assert "x" * 1500 not in page
