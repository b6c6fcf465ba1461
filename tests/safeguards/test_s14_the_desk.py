"""Rule S14: "Kept briefly. Raw ≤ 7 days, article text ≤ 180 days, aggregates ≤ 3 years, backups ≤ 30 days, and a desk where anyone can ask
for a page's removal by URL; removals (hashed URLs) are applied again after a restore."

Proof here: anyone can ask for a page's removal, or what is held of it, without giving a name; what was asked and decided is on record,
the address is not.
"""

from __future__ import annotations

import socket
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import httpx
import psycopg
import pytest

from processing.alerts import outbox
from processing.alerts.blocks import Superseded
from processing.alerts.compose import compose
from processing.db import Connection
from processing.db.retention import housekeeping
from processing.db.tombstones import buried
from processing.erase.holding import describe, held
from processing.erase.requests import (
    ANSWER_WITHIN,
    decide_request,
    decided_requests,
    log_request,
    open_requests,
    request_status,
)
from processing.errors import LangNgheError
from processing.people import add_user
from processing.settings import ROOT
from processing.stack.base import Stack
from tests.review.town import NOW

URL = "http://bao.example/0.html"
WORDS = "Trong bài có số 0912 345 678 của tôi."


def test_from_the_question_to_the_answer(db: Connection, officer: int, owner_db: Connection) -> None:
    number = log_request(db, "https://www.bao.example/0.html?utm_source=x", "erase", "personal_data", WORDS, NOW)
    assert log_request(db, URL, "erase", "wrong", "", NOW) == number, "the same question, still open"
    waiting = open_requests(db, NOW + ANSWER_WITHIN + timedelta(hours=1))
    assert [(row["url"], row["details"], row["overdue"]) for row in waiting] == [
        ("https://www.bao.example/0.html", "Trong bài có số [số điện thoại] của tôi.", True)
    ]
    assert decide_request(db, number, officer, "remove", "Đã gỡ.", NOW).startswith("removed")
    assert buried(db, URL)
    said = request_status(db, str(number))
    assert said is not None and (said["state"], said["answer"]) == ("done", "Đã gỡ.")
    assert open_requests(db, NOW) == [] and decided_requests(db)[0]["decided_by"] == "can-bo"
    kept = "\n".join(r["x"] for t in ("removal_request", "audit", "tombstone") for r in owner_db.execute(f"SELECT x::text AS x FROM {t} x".encode()))
    assert "bao.example" not in kept and "Trong bài" not in kept
    actions = [(r["actor"], r["action"]) for r in db.execute("SELECT actor, action FROM audit ORDER BY id")]
    assert actions == [("public", "request"), (f"user:{officer}", "decide"), (f"user:{officer}", "erase")]


def test_a_refusal_needs_words_and_an_officer(db: Connection, officer: int) -> None:
    number = log_request(db, URL, "erase", "other", "", NOW)
    analyst = db.execute("SELECT id FROM app_user WHERE role = 'analyst'").fetchone()
    assert analyst is not None
    for user, decision, answer, why in (
        (officer, "refuse", " ", "needs an answer"), (analyst["id"], "remove", "", "only an officer"), (officer, "punish", "", "unknown decision"),
    ):  # fmt: skip
        with pytest.raises(LangNgheError, match=why):
            decide_request(db, number, user, decision, answer, NOW)
    assert decide_request(db, number, officer, "refuse", "Trang này do cơ quan công bố để người dân biết.", NOW) == "refused"
    with pytest.raises(LangNgheError, match="no such open request"):
        decide_request(db, number, officer, "remove", "", NOW)
    assert not buried(db, URL)


def test_who_asks_what_is_held_gets_figures_and_dates(db: Connection, officer: int) -> None:
    document = db.execute("SELECT id FROM document WHERE canonical_url = %s", [URL]).fetchone()
    assert document is not None
    db.execute(
        """INSERT INTO document_version (document_id, version, seen_at, title, text, text_sha256, extractor, redactions)
           VALUES (%s, 1, %s, 'Tiêu đề', 'Toàn văn bài', '', 'test', '{"phone": 2}')""",
        [document["id"], NOW],
    )
    told = describe(held(db, URL))
    assert told[0].startswith("a document of Báo Mẫu, first seen 2026-11-22: its text in 1 versions, scrubbed, until 2027-05-21")
    assert "phone 2" in told[1] and "Toàn văn" not in " ".join(told)
    number = log_request(db, URL, "access", "rights", "", NOW)
    assert decide_request(db, number, officer, "answer", "\n".join(told), NOW) == "answered"
    assert describe(held(db, "http://bao.example/other")) == ["nothing is held under this address"]


def test_the_desk_takes_no_contact_and_cannot_be_flooded(db: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = {r["c"] for r in db.execute("SELECT attname AS c FROM pg_attribute WHERE attrelid = 'removal_request'::regclass AND attnum > 0")}
    assert not [c for c in columns if any(word in c for word in ("name", "mail", "phone", "contact", "address", "asker"))]
    monkeypatch.setattr("processing.erase.requests.MOST_OPEN", 1)
    log_request(db, URL, "erase", "other", "", NOW)
    with pytest.raises(LangNgheError, match="too many"):
        log_request(db, URL + "?id=2", "erase", "other", "", NOW)
    for wrong in ({"kind": "punish"}, {"ground": "insult"}, {"url": "javascript:alert(1)"}):
        with pytest.raises(LangNgheError):
            log_request(db, **{"url": URL, "kind": "erase", "ground": "other", "details": "", "now": NOW, **wrong})  # type: ignore[arg-type]
    assert request_status(db, uuid4()) is None and request_status(db, "x") is None


def test_the_log_keeps_no_address_after_the_decision_and_goes_after_two_years(db: Connection, officer: int) -> None:
    number = log_request(db, URL, "erase", "other", "", NOW)
    decide_request(db, number, officer, "refuse", "Không.", NOW)
    db.commit()
    with pytest.raises(psycopg.errors.CheckViolation):
        db.execute("UPDATE removal_request SET url = 'x'")
    db.rollback()
    housekeeping(db, NOW + timedelta(days=700))
    assert request_status(db, number) is not None
    housekeeping(db, NOW + timedelta(days=740))
    assert request_status(db, number) is None


def test_who_may_answer_is_told_that_a_request_waits_and_nothing_of_it(db: Connection, officer: int) -> None:
    """Once a local day, in the hours of an office; both languages; no address, no ground and no word of the asker."""
    add_user(db, "quan-tri", "admin@example.org", "a long password", "admin", "en")
    morning = NOW.replace(hour=3)  # 10:00 local
    assert outbox.enqueue_requests(db, morning) == 0, "nothing waits"
    number = log_request(db, URL, "erase", "personal_data", "Trong bài có con tôi.", NOW)
    assert outbox.enqueue_requests(db, NOW.replace(hour=15)) == 0, "22:00 local"
    assert outbox.enqueue_requests(db, morning) == 2 and outbox.enqueue_requests(db, morning + timedelta(hours=2)) == 0
    rows = db.execute("SELECT * FROM outbox ORDER BY id").fetchall()
    assert {(row["kind"], row["recipient"]) for row in rows} == {("desk", "officer@example.org"), ("desk", "admin@example.org")}
    for row in rows:
        mail = compose(db, row, NOW)
        for body in (str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text"):
            assert "1 yêu cầu đang chờ trả lời" in body and "1 request waits at the desk" in body and "/desk" in body
            assert "25/11/2026" in body, "by when"
            for trace in ("bao.example", "personal", "dữ liệu cá nhân", "con tôi", str(number)):
                assert trace not in body
    assert outbox.enqueue_requests(db, morning + timedelta(days=1)) == 2, "again while it waits"
    decide_request(db, number, officer, "refuse", "Không.", NOW)
    with pytest.raises(Superseded):
        compose(db, rows[0], NOW)
    assert outbox.enqueue_requests(db, morning + timedelta(days=2)) == 0


def test_no_log_says_who_asked(db: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The server of the review page, started as the program starts it, writes neither the reader's address nor the number of a request."""
    started: list[list[str]] = []
    base = Stack.__new__(Stack)
    monkeypatch.setattr(base, "port", lambda *_: 1, raising=False)
    monkeypatch.setattr(base, "setting", lambda *_: None, raising=False)
    monkeypatch.setattr(base, "children", SimpleNamespace(start=lambda service: started.append(service.command)), raising=False)
    base.start_review()
    log = tmp_path / "log"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(port) if part == "1" else part for part in started[0]]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=ROOT) as server:
        try:
            address = f"http://127.0.0.1:{port}/requests/{uuid4()}"
            for _ in range(900):
                try:
                    answer = httpx.get(address, headers={"X-Forwarded-For": "203.0.113.7"}, timeout=20)
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
        finally:
            server.terminate()
    assert answer.status_code == 404
    assert "203.0.113.7" not in log.read_text() and "/requests/" not in log.read_text()
