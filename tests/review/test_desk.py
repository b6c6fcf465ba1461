"""The desk for removals and access: asking without an account, answering, removing; moves of sources to a new host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from processing.db import Connection
from processing.people import add_user
from review.app import create_app
from tests.review.town import furnish

PAGE = "http://bao.example/0.html"


@pytest.fixture
def client(db: Connection) -> Iterator[TestClient]:
    furnish(db)
    add_user(db, "quan-tri", "admin@example.org", "a long password", "admin")
    db.commit()
    with TestClient(create_app()) as client:
        yield client


def sign_in(client: TestClient, login: str) -> str:
    client.post("/sign-in", data={"login": login, "password": "a long password"})
    found = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/").text)
    assert found
    return found.group(1)


def test_anyone_asks_reads_the_answer_and_the_page_is_gone(client: TestClient, db: Connection) -> None:
    asked = client.post("/requests", data={"url": PAGE, "kind": "erase", "ground": "no_longer_published", "details": "Số của tôi 0912 345 678"})
    assert asked.status_code == 200
    assert "đang chờ" in asked.text
    number = asked.url.path.rsplit("/", 1)[1]
    assert client.post("/requests/find", data={"number": number}).url.path == asked.url.path
    token = sign_in(client, "quan-tri")
    desk = client.get("/desk").text
    assert PAGE in desk
    assert "0912" not in desk
    assert "Một tài liệu của Báo Mẫu" in desk
    done = client.post(f"/desk/requests/{number}", data={"token": token, "decision": "remove"})
    assert "đã được gỡ" in done.text
    assert PAGE not in client.get("/desk").text
    assert db.execute("SELECT count(*) AS n FROM document WHERE canonical_url = %s", [PAGE]).fetchone() == {"n": 0}
    assert "đã xong" in client.get(f"/requests/{number}").text


def test_an_administrator_removes_a_page_with_a_reason(client: TestClient, db: Connection) -> None:
    token = sign_in(client, "quan-tri")
    assert client.post("/desk/erase", data={"token": token, "url": PAGE, "reason": "thư yêu cầu"}).status_code == 400
    assert "đã được gỡ" in client.post("/desk/erase", data={"token": token, "url": PAGE, "reason": "thư yêu cầu", "sure": "yes"}).text
    row = db.execute("SELECT actor, detail FROM audit WHERE action = 'erase'").fetchone()
    assert row is not None
    assert row["actor"].startswith("user:")
    assert row["detail"]["reason"] == "thư yêu cầu"


def test_the_desk_is_for_officers_and_administrators(client: TestClient) -> None:
    token = sign_in(client, "lan-analyst")
    assert client.get("/desk").status_code == 403
    assert 'href="/desk"' not in client.get("/").text
    assert client.get("/requests").url.path == "/contact"
    answer = client.post("/desk/erase", data={"token": token, "url": PAGE, "reason": "x", "sure": "yes"})
    assert 'href="/desk">Về trang trước' in answer.text
    assert answer.status_code == 403
    assert "hãy hỏi quản trị viên" in answer.text


def test_bad_addresses_numbers_and_floods_end_in_words(client: TestClient) -> None:
    bad = client.post("/requests", data={"url": "not an address at all"})
    assert (bad.status_code, 'aria-invalid="true"' in bad.text) == (400, True)
    assert 'value="not an address at all"' in bad.text, "what was typed is not lost"
    assert client.get("/requests/4711").status_code == 404
    for n in range(10):
        assert client.post("/requests", data={"url": f"https://bao.example/{n}"}).status_code == 200
    often = client.post("/requests", data={"url": "https://bao.example/11"})
    assert often.status_code == 429


def test_a_move_is_followed_only_by_an_administrator(client: TestClient, db: Connection) -> None:
    now = datetime.now(UTC)
    db.execute(
        """INSERT INTO source_move (source_id, from_host, to_host, to_url, first_seen_at, last_seen_at)
           SELECT id, 'bao.example', 'bao.new.example', 'https://bao.new.example/rss', %s, %s FROM source""",
        [now, now],
    )
    db.commit()
    form = {"to_host": "bao.new.example", "decision": "followed", "reason": "thông báo trên trang chủ"}
    token = sign_in(client, "lan-analyst")
    assert "Quản trị viên quyết định" in client.get("/sources/bao-mau").text
    assert client.post("/sources/bao-mau/move", data={"token": token, **form}).status_code == 403
    token = sign_in(client, "quan-tri")
    answer = client.post("/sources/bao-mau/move", data={"token": token, **form})
    assert "đã theo" in answer.text
    assert db.execute("SELECT decision, reason FROM source_move").fetchone() == {"decision": "followed", "reason": "thông báo trên trang chủ"}


def test_behind_a_proxy_each_reader_has_an_address_of_their_own_and_none_can_choose_it(db: Connection) -> None:
    """As the server is started: `X-Forwarded-For` counts from a proxy on this machine, and its last address alone."""
    served = ProxyHeadersMiddleware(create_app(), trusted_hosts="127.0.0.1")

    def ask(proxy: str, forwarded: str, number: int) -> int:
        with TestClient(served, client=(proxy, 4711), follow_redirects=False) as client:
            form = {"url": f"http://bao.example/{proxy}/{number}", "kind": "erase", "ground": "other"}
            return client.post("/requests", data=form, headers={"X-Forwarded-For": forwarded}).status_code

    assert [ask("127.0.0.1", "203.0.113.7", n) for n in range(11)] == [303] * 10 + [429]
    assert ask("127.0.0.1", "203.0.113.8", 11) == 303, "another reader"
    assert ask("127.0.0.1", "198.51.100.1, 203.0.113.7", 12) == 429, "the first one, who claims to be somebody else"
    assert [ask("192.0.2.9", f"203.0.113.{n}", n) for n in range(11)] == [303] * 10 + [429], "no proxy of ours: what it says is ignored"
