"""The registry: what comes in whole, what is set aside with the reason, and how a change reaches everyone who was told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawlers.platforms import factcheck_api
from processing.alerts.compose import compose
from processing.claims import desk, workflow
from processing.claims.ages import Check, days_of, older_than_event
from processing.claims.claimreview import broken, reviews
from processing.claims.registry import ingest_page, kind_of
from processing.db import Connection
from processing.errors import LangNgheError
from tests.claims.rows import LATER, NOW, document, review_page, source, user
from tests.claims.test_store import RUMOUR, TOLD, _check, _drain, _matches

HEADER = "claim,publisher,publisher_kind,published_at,url,rating"
ROW = {
    "claim": RUMOUR, "publisher": "Trung tâm Kiểm chứng", "publisher_kind": "independent_fact_check", "published_at": "2026-03-10", "url": "https://kc.example/1",
    "rating": "Không có căn cứ",
}  # fmt: skip


def _file(folder: Path, *lines: str) -> Path:
    path = folder / "checks.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _aside(conn: Connection) -> list[dict]:
    return conn.execute("SELECT stage, url, reason FROM quarantined ORDER BY url").fetchall()


def test_a_review_without_any_date_is_set_aside_until_it_has_one(db: Connection) -> None:
    src = source(db, "kiem-chung", "fact_check", "independent_fact_check")
    doc = document(db, src, "bai/1", "Chúng tôi đối chiếu.")
    db.execute("UPDATE document SET published_precision = 'seen'")
    assert ingest_page(db, src, review_page(RUMOUR, "Sai", published=None), doc, NOW) == 0
    assert not db.execute("SELECT FROM fact_check").fetchall()
    (row,) = _aside(db)
    assert row["stage"] == "registry" and row["url"].endswith("bai/1") and "date" in row["reason"]
    assert ingest_page(db, src, review_page(RUMOUR, "Sai"), doc, LATER) == 1 and _aside(db) == []


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:8080", "10.0.0.5", "[::1]", "[::ffff:192.168.1.1]", "kho.local", "kiemchung", "2130706433", "127.1", "0x7f.0x1", "169.254.1.1", "tin.localhost."]
)
def test_a_page_that_only_ones_own_network_can_open_is_no_publishers(host: str) -> None:
    row = {**ROW, "url": f"http://{host}/bai/1"}
    assert "url" in desk.problem(row, NOW) and "public" in desk.problem(row, NOW)
    assert desk.problem({**ROW, "url": "https://xn--kimchng-y2a.example:8443/bai/1"}, NOW) == desk.problem({**ROW, "url": "http://203.113.135.1/bai"}, NOW) == ""


def test_a_file_with_bad_rows_says_each_reason_and_a_mended_row_is_no_longer_set_aside(db: Connection, tmp_path: Path) -> None:
    good = ",".join(f'"{v}"' for v in ROW.values())
    bad = [good.replace("2026-03-10", ""), good.replace("https://kc.example/1", ""), good.replace("2026-03-10", "2031-01-01"), good.replace("https:", "ftp:")]
    done = desk.import_csv(db, _file(tmp_path, HEADER, *bad), NOW)
    assert (done.written, [n for n, _ in done.quarantined]) == (0, [2, 3, 4, 5])
    assert [word in why for word, (_, why) in zip(["published_at", "url", "future", "http"], done.quarantined, strict=True)] == [True] * 4
    assert done.lines()[0] == "0 written, 0 known already, 4 set aside" and done.lines()[1].startswith("line 2: set aside: column 'published_at'")
    assert {r["url"] for r in _aside(db)} == {"https://kc.example/1", "checks.csv:3", "checks.csv:5"}
    assert desk.import_csv(db, _file(tmp_path, HEADER, good), LATER).written == 1
    assert _aside(db) == []


def test_an_excel_file_with_semicolons_and_local_dates_is_read(db: Connection, tmp_path: Path) -> None:
    line = ";".join(["Đập Khe Bùng nứt", "Sở Nông nghiệp", "official_statement", "09/03/2026", "https://so.example/1", "Bác bỏ"])
    assert desk.import_csv(db, _file(tmp_path, "\ufeff" + HEADER.replace(",", ";"), line, ";;;;;"), NOW).written == 1
    row = db.execute("SELECT published_at, publisher_kind FROM fact_check").fetchone()
    assert row == {"published_at": datetime(2026, 3, 8, 17, tzinfo=UTC), "publisher_kind": "official_statement"}


GOOD = ",".join(f'"{v}"' for v in ROW.values())


@pytest.mark.parametrize(
    ("content", "written", "aside"),
    [
        (f"{HEADER}\n{GOOD}".encode("utf-16"), 1, ""),
        (f"sep=;\n{HEADER.replace(',', ';')}\n{GOOD.replace(',', ';')}".encode(), 1, ""),
        (f"{HEADER.upper()}\r\n{GOOD}\r\n".encode(), 1, ""),
        (f"{HEADER}\n{GOOD.replace('sẽ', 'sẽ' + chr(10))}\n".encode(), 1, ""),
        (f"{HEADER}\n{GOOD},thừa,thừa\n".replace("sẽ", "s\x00ẽ").encode(), 1, ""),
        (f"{HEADER}\n{GOOD.replace(RUMOUR, 'nứt ' * 60_000)}\n{GOOD}\n".encode(), 1, "longer than"),
        (f'{HEADER}\n{GOOD}\n"Đập nứt,Sở A,official_statement\n{GOOD}\n'.encode(), 1, "quotation mark"),
        (f'{HEADER}\n"Đập" nứt,Sở A,official_statement\n{GOOD}\n'.encode(), 1, "quotation mark"),
        (f'{HEADER}\n{GOOD}\n"Đập nứt,Sở A\n'.encode(), 1, "quotation mark"),
        (f"{HEADER}\nchỉ có một cột\n{GOOD}\n".encode(), 1, "column 'publisher' is empty"),
        (f"{HEADER}\n{GOOD.replace('2026-03-10', '32/13/2026')}\n".encode(), 0, "is no date"),
        (f"{HEADER}\n{GOOD.replace('independent_fact_check', 'Thông cáo')}\n".encode(), 0, "is not one of"),
        (f"{HEADER}\n{GOOD.replace('https://kc.example/1', 'javascript:alert(1)')}\n".encode(), 0, "no http(s) address"),
    ],
    ids=["UTF-16", "Excel's sep line", "capital header", "line break in quotes", "cells too many, NUL", "endless field", "quote not closed", "quote inside", "quote open to the end", "one cell", "no date", "no kind", "no address"],
)
def test_files_as_people_keep_them(db: Connection, tmp_path: Path, content: bytes, written: int, aside: str) -> None:
    path = tmp_path / "checks.csv"
    path.write_bytes(content)
    done = desk.import_csv(db, path, NOW)
    assert (done.written, [aside in why for _, why in done.quarantined]) == (written, [True] if aside else [])
    assert [r["claim"].split() for r in db.execute("SELECT claim FROM fact_check")] == [RUMOUR.split()] * written


@pytest.mark.parametrize(("content", "says"), [(b"", "missing"), (b"claim,publisher\na,b\n", "publisher_kind"), (f"{HEADER},claim\n".encode(), "named twice"), (b"claim\xe2\xff", "cannot read")])
def test_a_file_that_cannot_be_understood_is_refused_whole(db: Connection, tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "checks.csv"
    path.write_bytes(content)
    with pytest.raises(LangNgheError, match=says):
        desk.import_csv(db, path, NOW)


def test_an_entry_at_the_desk_is_audited_and_a_wrong_one_refused(db: Connection) -> None:
    who = user(db)
    assert desk.enter(db, ROW, who, NOW) and not desk.enter(db, ROW, who, LATER)
    with pytest.raises(LangNgheError, match="published_at"):
        desk.enter(db, {**ROW, "published_at": "hôm qua"}, who, NOW)
    actions = db.execute("SELECT actor, action FROM audit").fetchall()
    assert actions == [{"actor": f"user:{who}", "action": "enter check"}] * 2


@pytest.mark.parametrize(
    ("url", "publisher", "kind"),
    [
        ("https://tingia.gov.vn/1", "VAFC", "official_statement"),
        ("https://xaydungchinhsach.chinhphu.vn/1", "Cổng thông tin", "official_statement"),
        ("https://www.health.gov/1", "Agency", "official_statement"),
        ("https://facts.example/1", "Sở Y tế tỉnh Mẫu", "official_statement"),
        ("https://facts.example/1", "Bộ môn Báo chí Mẫu", "official_statement"),
        ("https://gov.example/1", "Trung tâm Kiểm chứng", "independent_fact_check"),
    ],
)
def test_a_government_bodys_check_is_a_statement(url: str, publisher: str, kind: str) -> None:
    assert kind_of("independent_fact_check", url, publisher) == kind


def test_a_review_of_the_fact_check_interface_enters_as_what_its_publisher_is(db: Connection) -> None:
    answer = {"claims": [{"text": RUMOUR, "claimant": "Canary Người Nói", "claimReview": [
        {"publisher": {"name": "Bộ Y tế", "site": "moh.gov.vn"}, "url": "https://moh.gov.vn/1", "title": "Bác bỏ tin đồn", "reviewDate": "2026-03-10T02:00:00Z",
         "textualRating": "Sai", "languageCode": "vi"}]}]}  # fmt: skip
    (entry,) = factcheck_api(answer, "https://factchecktools.googleapis.com/v1alpha1/claims:search?reviewPublisherSiteFilter=moh.gov.vn")
    src = source(db, "bo-y-te", "fact_check", "independent_fact_check")
    db.execute("UPDATE source SET home_url = 'https://moh.gov.vn/' WHERE id = %s", [src["id"]])
    doc = document(db, {**src, "home_url": "https://moh.gov.vn/"}, "1", "Bác bỏ.")
    assert ingest_page(db, src, entry["content"].encode(), doc, NOW) == 1
    row = db.execute("SELECT * FROM fact_check").fetchone()
    assert row and (row["publisher_kind"], row["rating"], row["url"]) == ("official_statement", "Sai", "https://moh.gov.vn/1")
    assert row["published_at"] == datetime(2026, 3, 10, 2, tzinfo=UTC) and "Canary" not in str(row)


def test_a_check_of_a_satire_page_is_kept_with_its_own_rating(db: Connection) -> None:
    _check(db, rating="Châm biếm")
    document(db, source(db, "bao"), "a", TOLD)
    _drain(db)
    (found,) = _matches(db)
    assert (found["rating"], found["state"]) == ("Châm biếm", "suggested")


@pytest.mark.parametrize(
    ("sentence", "check", "at", "older"),
    [
        ("Đập Khe Bùng vỡ ngày 12/3.", "Đập Khe Bùng vỡ", datetime(2026, 3, 1, tzinfo=UTC), True),
        ("Đập Khe Bùng vỡ hôm qua.", "Đập Khe Bùng vỡ", datetime(2025, 3, 1, tzinfo=UTC), True),
        ("Quỹ sẽ đóng cửa từ ngày 12/3.", "Quỹ sẽ đóng cửa từ ngày 12/3", datetime(2026, 3, 10, tzinfo=UTC), False),
        ("Đập Khe Bùng vỡ ngày 12/3.", "Đập Khe Bùng vỡ", datetime(2026, 3, 12, 6, tzinfo=UTC), False),
        ("Đập Khe Bùng vỡ.", "Đập Khe Bùng vỡ", datetime(2020, 1, 1, tzinfo=UTC), False),
        ("Đập vỡ ngày 29/2.", "Đập vỡ", datetime(2026, 3, 12, tzinfo=UTC), False),
    ],
)
def test_a_check_older_than_the_event(sentence: str, check: str, at: datetime, older: bool) -> None:
    told = older_than_event(sentence, datetime(2026, 3, 13, 3, tzinfo=UTC), Check(check, at))
    assert bool(told) is older and ("older than the event" in told) is older
    assert (days_of(told) is not None) is older, "what is said must be what the claim's page reads"


def test_a_check_older_than_the_event_is_only_suggested_and_says_so(db: Connection) -> None:
    src = source(db, "kiem-chung", "fact_check", "independent_fact_check")
    doc = document(db, src, "bai/1", "Chúng tôi đối chiếu.")
    ingest_page(db, src, review_page(RUMOUR.replace(" từ ngày 12/3", ""), "Không có căn cứ"), doc, NOW)
    document(db, source(db, "bao"), "a", TOLD, at=NOW + timedelta(days=2))
    _drain(db)
    (found,) = _matches(db)
    assert found["tier"] == "suggested" and any("older than the event" in d for d in found["features"]["differences_text"])


def _confirmed_and_sent(conn: Connection) -> dict:
    """A confirmed match whose answer two people got; the source of its check."""
    src = _check(conn)
    document(conn, source(conn, "bao"), "a", TOLD)
    _drain(conn)
    first = user(conn)
    user(conn, "second", "second@example.org")
    (found,) = _matches(conn)
    workflow.decide(conn, found["public_id"], first, "confirm", "", LATER)
    conn.execute("UPDATE outbox SET state = 'sent', sent_at = %s", [LATER])
    return src


def _corrections(conn: Connection) -> list[dict]:
    return conn.execute("SELECT * FROM outbox WHERE kind = 'correction' AND state = 'pending' ORDER BY recipient").fetchall()


@pytest.mark.parametrize("how", ["page says so", "page no longer carries it", "rating changed"])
def test_what_the_publisher_changes_reaches_everyone_who_was_mailed(db: Connection, how: str) -> None:
    src = _confirmed_and_sent(db)
    page = {
        "page says so": review_page(RUMOUR, "Đã rút lại"),
        "page no longer carries it": review_page("Đập Khe Bùng nứt ba mươi mét tại thân đập chính.", "Sai"),
        "rating changed": review_page(RUMOUR, "Đúng một phần"),
    }[how]
    doc = db.execute("SELECT id FROM document WHERE source_id = %s", [src["id"]]).fetchone()
    assert doc and ingest_page(db, src, page, doc["id"], LATER) >= 1
    mails = _corrections(db)
    assert [m["recipient"] for m in mails] == ["reviewer@example.org", "second@example.org"]
    text = compose(db, mails[0], LATER).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert RUMOUR in text.replace("\n", " ") or "quỹ tín dụng" in text
    if how == "rating changed":
        assert "Đúng một phần" in text and "đã thay đổi nội dung từng công bố" in text
    else:
        assert "đã rút lại nội dung từng công bố" in text and "Không có căn cứ" not in text
        assert db.execute("SELECT state FROM claim").fetchone() == {"state": "no_published_check"}
    # the same page again, and the mails are the same
    ingest_page(db, src, page, doc["id"], LATER + timedelta(hours=1))
    assert len(_corrections(db)) == 2


def test_a_claim_that_reads_otherwise_now_is_for_a_person_to_confirm_again(db: Connection) -> None:
    src = _confirmed_and_sent(db)
    doc = db.execute("SELECT id FROM document WHERE source_id = %s", [src["id"]]).fetchone()
    assert doc and ingest_page(db, src, review_page(RUMOUR.replace("Ba quỹ", "Hai quỹ"), "Đúng"), doc["id"], LATER) == 1
    text = compose(db, _corrections(db)[0], LATER).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Đúng" not in text and db.execute("SELECT state FROM match").fetchone() == {"state": "suggested"}
    _drain(db)
    assert len(_corrections(db)) == 2


def test_a_check_withdrawn_in_the_analysts_file_propagates_too(db: Connection, tmp_path: Path) -> None:
    desk.import_csv(db, _file(tmp_path, HEADER, ",".join(f'"{v}"' for v in ROW.values())), NOW)
    document(db, source(db, "bao"), "a", TOLD)
    _drain(db)
    who, (found,) = user(db), _matches(db)
    workflow.decide(db, found["public_id"], who, "confirm", "", LATER)
    db.execute("UPDATE outbox SET state = 'sent', sent_at = %s", [LATER])
    desk.enter(db, {**ROW, "withdrawn": "yes"}, who, LATER + timedelta(hours=1))
    assert len(_corrections(db)) == 1 and db.execute("SELECT version FROM fact_check").fetchone() == {"version": 2}


_STATED = {"@context": "https://schema.org", "@type": "ClaimReview", "claimReviewed": RUMOUR, "datePublished": "2026-03-09", "reviewRating": {"alternateName": "Sai"}}


def _block(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


@pytest.mark.parametrize(
    "block",
    [
        "//<![CDATA[\n{}\n//]]>", "<!-- {} -->", "[{},]", '{{"@graph": [{}]}}', '{{"@type": "NewsArticle", "review": {}}}',
    ],
)  # fmt: skip
def test_a_review_is_read_however_it_is_wrapped(block: str) -> None:
    (found,) = reviews(f"<html>{_block(block.replace('{{', '{').replace('}}', '}').replace('{}', json.dumps(_STATED)))}</html>")
    assert (found.claim, found.rating) == (RUMOUR, "Sai") and not broken(_block(json.dumps(_STATED)))


@pytest.mark.parametrize(
    ("change", "claim", "rating"),
    [
        ({"@type": "https://schema.org/ClaimReview"}, RUMOUR, "Sai"), ({"claimReviewed": [RUMOUR]}, RUMOUR, "Sai"), ({"claimReviewed": {"@value": RUMOUR}}, RUMOUR, "Sai"),
        ({"claimReviewed": "Đập &amp; cống <b>nứt</b>"}, "Đập & cống nứt", "Sai"), ({"reviewRating": "Chưa đủ căn cứ"}, RUMOUR, "Chưa đủ căn cứ"),
        ({"reviewRating": {"ratingValue": 1, "bestRating": 5}}, RUMOUR, "1/5"), ({"reviewRating": []}, RUMOUR, ""), ({"datePublished": 1773000000}, RUMOUR, "Sai"),
    ],
)  # fmt: skip
def test_a_review_is_read_in_the_forms_publishers_write(change: dict, claim: str, rating: str) -> None:
    (found,) = reviews(_block(json.dumps({**_STATED, **change}, ensure_ascii=False)))
    assert (found.claim, found.rating, found.language) == (claim, rating, "vi")


def test_a_block_that_cannot_be_read_withdraws_nothing(db: Connection) -> None:
    src = source(db, "kiem-chung", "fact_check", "independent_fact_check")
    doc = document(db, src, "bai/1", "Chúng tôi đối chiếu.")
    other = {**_STATED, "claimReviewed": "Đập Khe Bùng nứt ba mươi mét tại thân đập chính."}
    whole, half = _block(json.dumps(_STATED)), json.dumps(other)
    assert ingest_page(db, src, (whole + _block(half)).encode(), doc, NOW) == 2
    for bad in (half[:-5], '{"@graph":' * 3000 + half):
        ingest_page(db, src, (whole + _block(bad)).encode(), doc, LATER)
        assert db.execute("SELECT count(*) AS n FROM fact_check WHERE withdrawn_at IS NULL").fetchone() == {"n": 2}
    ingest_page(db, src, whole.encode(), doc, LATER)
    assert db.execute("SELECT count(*) AS n FROM fact_check WHERE withdrawn_at IS NULL").fetchone() == {"n": 1}
