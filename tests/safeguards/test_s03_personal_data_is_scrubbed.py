"""Rule S3: "Personal data is scrubbed before anything leaves the landing area: phone, identity and insurance numbers, e-mail, bank account,
number plate, street address, account links. The landing area (raw pages, feed entries) is encrypted with a key kept outside the database,
read by the processing stage alone, and lives at most 7 days."

Proof here: recall at least 0.98 on labelled sentences, and figures, dates and document numbers survive; one article with every kind of personal
data goes through the stage, and no table holds any of it, sealed raw bytes included; no log quotes a text.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient

from bench.scrub import score
from processing import pipeline
from processing.db import Connection, work
from processing.db.landing import keyed_digest, seal
from processing.errors import LangNgheError
from processing.extract import store
from processing.extract.core import extract
from processing.scrub.core import redact
from processing.stack.postgres import EmbeddedPostgres
from review.app import create_app

NOW = datetime(2026, 5, 1, tzinfo=UTC)
PRIVATE = {
    "phone": "0912 345 678",
    "id_number": "001095012345",
    "passport": "B1234567",
    "social_insurance": "GD4010123456789",
    "tax_code": "8012345678",
    "bank_account": "0011004455667",
    "email": "nguoi.dan.thu@thu-mail.vn",
    "plate": "29B-123.45",
    "address": "số nhà 15, ngõ 20, phố Tây Sơn",
    "account_link": "https://facebook.com/nguoi.dua.tin.thu",
    "handle": "@nguoi_dua_tin_thu",
}
SENTENCES = (
    "Anh T. để số {phone} cho tổ công tác. Căn cước {id_number}, hộ chiếu {passport}. Thẻ BHYT {social_insurance}, mã số thuế cá nhân {tax_code}. "
    "Tiền chuyển vào số tài khoản {bank_account}. Thư gửi {email}. Xe {plate} đỗ trước {address}, phường Đống Đa. Tin lan từ {account_link} và {handle}."
)
PUBLIC = (
    "Quyết định 238-QĐ/TW ngày 12/3/2026 chi 912.345.678 đồng cho 1.234,5 ha. Tọa độ 10.762622, 106.660172. "
    "Gọi 1900 1006, 113 hoặc Sở Y tế 024 3825 1234; đường dây nóng 0967 851 616."
)


def test_recall_on_labelled_sentences() -> None:
    assert score("test").recall >= 0.98
    assert score("dev").recall >= 0.98


@pytest.mark.parametrize("kind", PRIVATE)
def test_each_kind_goes(kind: str) -> None:
    result = redact(SENTENCES.format(**PRIVATE))
    assert PRIVATE[kind] not in result.text
    assert kind in {found.kind for found in result.found}


def test_figures_dates_documents_offices_and_hotlines_survive() -> None:
    assert redact(PUBLIC).text == PUBLIC


BROKEN_UP = (
    "<p>Gọi <b>0912</b> <i>345</i><span>678</span> nhé.</p>", "<p>Gọi 09<!-- x -->12 345<wbr>678.</p>", "<p>Gọi 0912<br>345<br/>678 nhé</p>",
    "<p>&#48;&#57;12&nbsp;345&#8203;678</p>", "<p>SĐT:</p><p>0912</p><p>345 678</p>", "<p>thư nguoidan<span>@</span>gmail<b>.</b>com, zalo<wbr>.me/0912345678</p>",
    "<table><tr><td>Điện thoại</td><td>0912</td><td>345678</td></tr><tr><td>Số tài khoản</td><td>0011004455667</td></tr></table>",
    "<p>CCCD <span>001</span><span>095</span><span>012</span><span>345</span>, xe <b>29A</b><b>-123</b><b>.45</b></p>",
)  # fmt: skip


def test_tags_lines_and_cells_do_not_break_a_number_in_two() -> None:
    between = "<p>Từ sáng nay hơn ba trăm hộ ở hai thôn cuối tuyến ống không có nước sinh hoạt vì đoạn ống dẫn qua cầu bị nứt sau mưa lớn.</p>"
    page = f"<html lang='vi'><head><title>Nứt ống</title></head><body><article><h1>Nứt ống dẫn</h1>{between}{between.join(BROKEN_UP)}{between}</article></body></html>"
    text = redact(extract(page.encode(), "https://a.vn/1.html", now=NOW).text).text
    assert text.count("[số điện thoại]") == 6 and "Nứt ống" not in text
    for kind in ("[thư điện tử]", "[liên kết tài khoản]", "[số tài khoản]", "[số giấy tờ]", "[biển số xe]"):
        assert kind in text
    assert re.findall(r"\d+", text) == [] and "nguoidan" not in text


def test_nothing_private_in_any_table_and_raw_bytes_are_sealed(db: Connection, owner_db: Connection) -> None:
    source = db.execute(
        """INSERT INTO source (key, name, kind, owner, basis, reviewed_on, review_due, home_url)
           VALUES ('thu', 'Báo thử', 'press', 'Tòa soạn thử', 'có giấy phép', '2026-01-01', '2027-01-01', 'http://thu.vn/') RETURNING id"""
    ).fetchone()
    assert source is not None
    text = SENTENCES.format(**PRIVATE)
    body = (
        f"<html lang='vi'><head><title>Báo tin về {PRIVATE['phone']}</title><meta name='generator' content='NukeViet'></head><body>"
        f"<h1 class='title'>Báo tin về {PRIVATE['phone']}</h1><div class='hometext'>{text}</div><div id='news-bodyhtml'><p>{text}</p><p>{PUBLIC}</p></div></body></html>"
    ).encode()
    url = "http://thu.vn/tin-1.html"
    header = {
        "url": url,
        "final_url": url,
        "content_type": "text/html",
        "fetched_at": NOW.isoformat(),
        "cms": None,
        "entry": {"summary": text},
    }
    sealed = seal(url, header, body)
    db.execute(
        "INSERT INTO landing (source_id, kind, url, sealed, body_sha256, landed_at) VALUES (%s, 'page', %s, %s, %s, %s)",
        [source["id"], url, sealed, keyed_digest(body), NOW],
    )
    assert store.run(db, limit=10, now=NOW).done == 1
    assert not any(value.encode() in sealed for value in PRIVATE.values())
    db.commit()
    tables = [r["t"] for r in owner_db.execute("SELECT format('%I', tablename) AS t FROM pg_tables WHERE schemaname = 'public'").fetchall()]
    for table in tables:
        rows = owner_db.execute(f"SELECT x::text AS row FROM {table} x").fetchall()
        assert not [value for value in PRIVATE.values() for row in rows if value in row["row"]], table
    stored = db.execute("SELECT text, redactions FROM document_version").fetchone()
    assert stored is not None and PUBLIC in stored["text"] and set(stored["redactions"]) == set(PRIVATE)


def test_what_is_kept_of_a_fault_quotes_no_text(db: Connection, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the reason of a record set aside, nor the row of a run, nor what the scheduler logs, nor the server's own log."""
    told = "Chuyện riêng của một nhà"

    def handle(subject: int) -> None:
        if subject == 1:
            raise ValueError(told)
        db.execute("INSERT INTO run (stage, started_at, outcome, error) VALUES ('annotate', now(), 'no outcome', %s)", [told])

    work.enqueue(db, "annotate", [1, 2], NOW)
    assert work.each(db, "annotate", work.claim(db, "annotate", 9, NOW), handle, NOW).quarantine == 2
    reasons = [row["reason"] for row in db.execute("SELECT reason FROM work ORDER BY subject_id")]
    assert "fault of ours in annotate: ValueError at tests/" in reasons[0]
    assert "fault of ours in annotate: CheckViolation at tests/" in reasons[1]
    db.commit()
    monkeypatch.setattr(pipeline, "_stage", lambda name: lambda conn, *, limit, now: handle(2))
    with pytest.raises(LangNgheError) as raised:
        pipeline.drain("annotate", now=NOW, conn=db)
    row = db.execute("SELECT error FROM run WHERE outcome = 'failed'").fetchone()
    assert row is not None
    server = postgres.log_path.read_text(encoding="utf-8", errors="replace")
    assert "violates check constraint" in server
    for place in (*reasons, row["error"], str(raised.value), server):
        assert told not in place


def test_the_databases_own_log_takes_no_statement_and_no_parameter(db: Connection, postgres: EmbeddedPostgres) -> None:
    told = "Lời riêng của một nhà khác"
    for query, values in (("SELECT 1/0, %s::text", [told]), (f"SELECT 1/0 /* {told} */", None), (f"INSERT INTO tombstone VALUES ('', NULL, '{told}')", None)):
        with pytest.raises(psycopg.Error):
            db.execute(query.encode(), values)
        db.rollback()
    log = postgres.log_path.read_text(encoding="utf-8", errors="replace")
    assert "division by zero" in log and told not in log
    wanted = {"log_error_verbosity": "terse", "log_min_error_statement": "panic", "log_parameter_max_length_on_error": "0", "log_statement": "none"}
    assert {name: db.execute("SELECT current_setting(%s) AS v", [name]).fetchone() for name in wanted} == {name: {"v": v} for name, v in wanted.items()}


def test_a_page_that_fails_quotes_nothing_in_the_log(db: Connection, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    told = "Lời riêng trong một bài"

    def fails(*_: object) -> None:
        raise ValueError(told)

    monkeypatch.setattr("review.public_pages.check_password", fails)
    # with the server's own errors raised, a test would see one that went past the application
    with TestClient(create_app()) as client:
        answer = client.post("/sign-in", data={"login": "a", "password": "b"})
    assert answer.status_code == 500 and told not in answer.text
    assert "ValueError at tests/" in caplog.text and told not in caplog.text


def test_only_the_extract_stage_opens_the_landing_area() -> None:
    """No other module of the program calls `unseal`, but the raw archive, which seals a page again to land it for that stage."""
    root = Path(__file__).resolve().parents[2]

    def users(call: str) -> list[str]:
        paths = [path for room in ("crawlers", "processing", "review", "dags") for path in (root / room).rglob("*.py")]
        return sorted(path.relative_to(root).as_posix() for path in paths if re.search(call, path.read_text(encoding="utf-8")))

    assert users(r"\bunseal\(") == ["processing/db/archive.py", "processing/db/landing.py", "processing/extract/store.py"]
    assert users(r"\barchive\.pages\(") == [], "archived pages leave the archive sealed, by `reland` alone"
