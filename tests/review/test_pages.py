from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from processing.db import Connection
from review.app import create_app
from tests.review.town import furnish


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
    assert "0.80" in page
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
        ({"decision": "dismiss"}, "needs a reason"),
        ({"decision": "assign"}, "needs a service"),
        ({"decision": "takedown"}, "unknown decision"),
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
    assert "cannot reach the database" in answer.text
