"""The extract stage against a real database: what becomes a document, a version, a quarantine row, or nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from processing.db import Connection, connect
from processing.db.landing import keyed_digest, seal
from processing.extract import store

NOW = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
BODY = (
    "<p>Sáng 12/3, người dân thôn Đồng Cạn phản ánh nước máy đục và có mùi lạ từ ba ngày nay, nhiều nhà phải mua nước bình.</p>"
    "<p>Xí nghiệp cấp nước cho biết đã lấy mẫu ở bốn điểm và sẽ trả lời trong tuần. Ai cần gọi 0912 345 678 để được chở nước.</p>"
)


def page(body: str = BODY, *, title: str = "Nước máy đục ba ngày ở Đồng Cạn", shown: str = "Thứ năm - 12/03/2026 14:05") -> bytes:
    return (
        f"<html lang='vi'><head><title>{title}</title><meta name='generator' content='NukeViet v4.5'></head><body><h1 class='title'>{title}</h1>"
        f"<span class='h5'>{shown}</span><div class='hometext'>Nước có màu vàng, đóng cặn dưới đáy xô.</div>"
        f"<div id='news-bodyhtml' class='bodytext'>{body}</div></body></html>"
    ).encode()


@pytest.fixture
def source(db: Connection) -> int:
    row = db.execute(
        """INSERT INTO source (key, name, kind, owner, basis, reviewed_on, review_due, home_url, cms, enabled)
           VALUES ('thu', 'Báo thử', 'press', 'Tòa soạn thử', 'báo có giấy phép', '2026-01-01', '2027-01-01', 'http://thu.vn/', 'nukeviet', true)
           RETURNING id"""
    ).fetchone()
    assert row is not None
    return int(row["id"])


def land(
    db: Connection,
    source: int,
    body: bytes,
    *,
    url: str = "http://thu.vn/tin/nuoc-1.html",
    kind: str = "page",
    at: datetime = NOW,
    **entry: Any,
) -> int:
    header = {
        "url": url,
        "final_url": url,
        "content_type": "text/html; charset=utf-8",
        "fetched_at": at.isoformat(),
        "cms": "nukeviet",
        "entry": entry,
    }
    row = db.execute(
        "INSERT INTO landing (source_id, kind, url, sealed, body_sha256, landed_at) VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
        [source, kind, url, seal(url, header, body), keyed_digest(body + at.isoformat().encode()), at],
    ).fetchone()
    assert row is not None
    return int(row["id"])


def test_a_page_becomes_a_scrubbed_document(db: Connection, source: int) -> None:
    land(db, source, page())
    stats = store.run(db, limit=10, now=NOW)
    assert (stats.done, stats.retry, stats.quarantine) == (1, 0, 0)
    document = db.execute("SELECT * FROM document").fetchone()
    version = db.execute("SELECT * FROM document_version").fetchone()
    assert document is not None and version is not None
    assert document["title"] == "Nước máy đục ba ngày ở Đồng Cạn"
    assert document["published_at"] == datetime(2026, 3, 12, 7, 5, tzinfo=UTC)
    assert document["published_precision"] == "minute"
    assert version["published_raw"] == "12/03/2026 14:05"
    assert version["text"].startswith("Nước có màu vàng, đóng cặn dưới đáy xô.\nSáng 12/3")
    assert "0912" not in version["text"] and "[số điện thoại]" in version["text"]
    assert version["redactions"] == {"phone": 1}
    assert db.execute("SELECT stage, subject_id FROM work").fetchall() == [{"stage": "annotate", "subject_id": document["id"]}]


def test_running_again_changes_nothing(db: Connection, source: int) -> None:
    land(db, source, page())
    store.run(db, limit=10, now=NOW)
    assert store.run(db, limit=10, now=NOW).taken == 0


@pytest.mark.parametrize(
    ("named", "stored"),
    [
        ("http://thu.vn/tin/nuoc-1.html?author=hoa-mi&utm_source=x&id=7#top", "http://thu.vn/tin/nuoc-1.html?id=7"),
        ("/tin/nước-1.html", "http://thu.vn/tin/n%C6%B0%E1%BB%9Bc-1.html"),
        ("http://khac.vn/tin/nuoc-1.html", "http://thu.vn/tin/nuoc-1.html"),
        ("http://thu.vn/", "http://thu.vn/tin/nuoc-1.html"),
        ("http://[::1/", "http://thu.vn/tin/nuoc-1.html"),
        ("javascript:void(0)", "http://thu.vn/tin/nuoc-1.html"),
    ],
)
def test_the_address_a_page_names_as_its_own(db: Connection, source: int, named: str, stored: str) -> None:
    land(db, source, page().replace(b"<head>", f'<head><link rel="canonical" href="{named}">'.encode()))
    assert store.run(db, limit=10, now=NOW).done == 1
    assert db.execute("SELECT canonical_url FROM document").fetchone() == {"canonical_url": stored}


def test_changed_text_is_a_new_version_of_the_same_document(db: Connection, source: int) -> None:
    land(db, source, page())
    land(db, source, page(BODY + "<p>Chiều cùng ngày, nước đã trong trở lại ở hai điểm đầu nguồn.</p>"), at=NOW + timedelta(hours=2))
    store.run(db, limit=10, now=NOW + timedelta(hours=2))
    assert [r["version"] for r in db.execute("SELECT version FROM document")] == [2]
    assert [r["version"] for r in db.execute("SELECT version FROM document_version ORDER BY 1")] == [1, 2]


def test_unchanged_or_only_redated_is_no_new_version(db: Connection, source: int) -> None:
    land(db, source, page())
    land(db, source, page(shown="Thứ sáu - 13/03/2026 09:00"), at=NOW + timedelta(days=1))
    assert store.run(db, limit=10, now=NOW + timedelta(days=1)).done == 2
    document = db.execute("SELECT version, published_at, last_seen_at FROM document").fetchone()
    assert document == {"version": 1, "published_at": datetime(2026, 3, 12, 7, 5, tzinfo=UTC), "last_seen_at": NOW + timedelta(days=1)}
    assert db.execute("SELECT count(*) AS n FROM document_version").fetchone() == {"n": 1}


def test_an_older_capture_read_late_does_not_replace_a_newer_one(db: Connection, source: int) -> None:
    land(db, source, page(BODY + "<p>Cập nhật: nước đã trong trở lại.</p>"), at=NOW + timedelta(hours=2))
    land(db, source, page(), at=NOW)
    store.run(db, limit=10, now=NOW + timedelta(hours=3))
    assert db.execute("SELECT version FROM document").fetchone() == {"version": 1}


def test_full_text_in_the_feed(db: Connection, source: int) -> None:
    land(db, source, BODY.encode(), kind="entry", title="Nước máy đục", summary="Nước vàng.", published_raw="Thu, 12 Mar 2026 07:03:00 GMT")
    store.run(db, limit=10, now=NOW)
    document = db.execute("SELECT published_at, published_precision FROM document").fetchone()
    # NukeViet's feed: the minutes are the month, so only the day is believed
    assert document == {"published_at": datetime(2026, 3, 11, 17, 0, tzinfo=UTC), "published_precision": "day"}
    version = db.execute("SELECT text, extractor FROM document_version").fetchone()
    assert version is not None and version["extractor"] == "feed" and version["text"].startswith("Nước vàng.\nSáng 12/3")


def test_a_hostile_page_costs_one_quarantine_row_and_no_neighbour(db: Connection, source: int) -> None:
    land(db, source, b"%PDF-1.7 ...", url="http://thu.vn/a")
    land(db, source, b"<html><body>" + b"<div>" * 100_000, url="http://thu.vn/b")
    land(db, source, b"", url="http://thu.vn/c")
    land(db, source, page(), url="http://thu.vn/d")
    stats = store.run(db, limit=10, now=NOW)
    assert (stats.done, stats.quarantine) == (1, 3)
    reasons = {r["url"][-1]: r["reason"] for r in db.execute("SELECT url, reason FROM landing WHERE state = 'quarantine'")}
    assert "a PDF" in reasons["a"] and "no article text" in reasons["b"] and "empty page" in reasons["c"]


def test_a_damaged_envelope_is_set_aside(db: Connection, source: int) -> None:
    identity = land(db, source, page())
    db.execute("UPDATE landing SET sealed = overlay(sealed PLACING '\\x00'::bytea FROM 40) WHERE id = %s", [identity])
    assert store.run(db, limit=10, now=NOW).quarantine == 1
    row = db.execute("SELECT reason FROM landing").fetchone()
    assert row is not None and "another landing key" in row["reason"]


def test_a_page_removed_on_request_stays_away(db: Connection, source: int) -> None:
    from processing.db.tombstones import url_hash

    db.execute(
        "INSERT INTO tombstone (url_sha256, removed_at, reason) VALUES (%s, %s, 'asked')", [url_hash("http://thu.vn/tin/nuoc-1.html"), NOW]
    )
    land(db, source, page())
    assert store.run(db, limit=10, now=NOW).done == 1
    assert db.execute("SELECT count(*) AS n FROM document").fetchone() == {"n": 0}


def test_reports_of_a_feedback_portal_are_counted_and_dropped(db: Connection, source: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from processing.hotspots import feedback

    seen: list[Any] = []
    monkeypatch.setattr(feedback, "count_reports", lambda conn, source_id, reports, now: seen.append((source_id, reports)))
    land(db, source, b'[{"service_request_id": "7", "description": "Rac ba ngay chua don"}]', kind="open311")
    land(db, source, b"<html>down</html>", kind="open311", url="http://thu.vn/api")
    stats = store.run(db, limit=10, now=NOW)
    assert (stats.done, stats.quarantine) == (1, 1)
    assert seen == [(source, [{"service_request_id": "7", "description": "Rac ba ngay chua don"}])]
    assert db.execute("SELECT octet_length(sealed) AS n FROM landing WHERE state = 'done'").fetchone() == {"n": 0}
    assert db.execute("SELECT count(*) AS n FROM document").fetchone() == {"n": 0}


def test_pages_of_a_fact_checker_go_to_the_registry_too(db: Connection, source: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from processing.claims import registry

    calls: list[tuple[str, bytes, int]] = []
    monkeypatch.setattr(registry, "ingest_page", lambda conn, row, html, document_id, now: calls.append((row["key"], html, document_id)))
    db.execute("UPDATE source SET kind = 'fact_check', publisher_kind = 'independent_fact_check' WHERE id = %s", [source])
    land(db, source, page())
    land(db, source, page(), at=NOW + timedelta(hours=1))
    assert store.run(db, limit=10, now=NOW + timedelta(hours=1)).done == 2
    document = db.execute("SELECT id, kind, version FROM document").fetchone()
    assert document is not None and (document["kind"], document["version"]) == ("fact_check", 1)
    assert calls == [("thu", page(), document["id"])] * 2


def test_a_redirect_to_the_home_page_is_a_soft_404(db: Connection, source: int) -> None:
    header = {
        "url": "http://thu.vn/tin/x-1.html",
        "final_url": "http://thu.vn/",
        "content_type": "text/html",
        "fetched_at": NOW.isoformat(),
        "entry": {},
    }
    db.execute(
        "INSERT INTO landing (source_id, kind, url, sealed, body_sha256, landed_at) VALUES (%s, 'page', %s, %s, %s, %s)",
        [source, header["url"], seal("http://thu.vn/tin/x-1.html", header, page()), keyed_digest(b"x"), NOW],
    )
    assert store.run(db, limit=10, now=NOW).quarantine == 1
    assert db.execute("SELECT reason FROM landing").fetchone() == {"reason": "redirected home: the site no longer has this page"}


def test_an_attachment_leaves_with_its_document_and_by_its_own_address(db: Connection, source: int) -> None:
    from processing.erase.holding import describe, held
    from processing.erase.removal import REMOVED, erase

    links = "".join(f"<p><a href='{link}'>Tệp kèm theo</a></p>" for link in ("/mot.pdf", "/hai.pdf?utm_source=x", "/mau.docx", "javascript:x.pdf"))
    land(db, source, page(BODY + links))
    store.run(db, limit=10, now=NOW)
    assert [row["url"] for row in db.execute("SELECT url FROM attachment ORDER BY 1")] == ["http://thu.vn/hai.pdf", "http://thu.vn/mot.pdf"]
    db.execute("UPDATE attachment SET text = 'Lịch cấp nước' WHERE url = 'http://thu.vn/mot.pdf'")
    assert describe(held(db, "http://thu.vn/mot.pdf")) == ["the text of this file, scrubbed, until 2026-09-08"]
    assert erase(db, "http://thu.vn/mot.pdf", "asked for", NOW) == REMOVED
    db.execute(
        "INSERT INTO landing (source_id, kind, url, sealed, body_sha256, landed_at) VALUES (%s, 'attachment', 'http://thu.vn/hai.pdf', 'x', 'x', %s)", [source, NOW]
    )
    assert [row["url"] for row in db.execute("SELECT url FROM attachment")] == ["http://thu.vn/hai.pdf"]
    assert db.execute("SELECT attachments FROM document_version").fetchall() == [
        {"attachments": ["http://thu.vn/hai.pdf", "http://thu.vn/mau.docx"]}
    ], "a Word file is noted with its link; one that was removed is not named any more"
    erase(db, "http://thu.vn/tin/nuoc-1.html", "asked for", NOW)
    assert db.execute("SELECT count(*) AS n FROM attachment").fetchone() == {"n": 0}
    assert db.execute("SELECT count(*) AS n FROM landing WHERE kind = 'attachment'").fetchone() == {"n": 0}, "the file itself, sealed, goes with its page"


def test_a_file_of_two_documents_belongs_to_both_and_leaves_with_the_last(db: Connection, source: int) -> None:
    from processing.erase.removal import erase

    link = "<p><a href='/lich.pdf'>Lịch cấp nước</a></p>"
    now = NOW
    for name, more in (("mot", timedelta()), ("hai", timedelta(hours=2)), ("ba", timedelta(days=3))):
        now = NOW + more
        land(db, source, page(BODY + link + f"<p>Bài {name} nói thêm về lịch cấp nước.</p>"), url=f"http://thu.vn/tin/{name}.html")
        store.run(db, limit=10, now=now)
        if name == "mot":
            db.execute("UPDATE attachment SET state = 'done', text = 'Lịch tuần này'")
    rows = db.execute("SELECT d.canonical_url AS url, a.state, a.text, a.noted_at FROM attachment a JOIN document d ON d.id = a.document_id ORDER BY a.document_id").fetchall()
    assert [(row["state"], row["text"], row["noted_at"]) for row in rows] == [
        ("done", "Lịch tuần này", NOW), ("done", "Lịch tuần này", NOW), ("wanted", None, now),
    ], "taken over while it is fresh; later the address may hold another file"  # fmt: skip
    for left, row in zip((2, 1, 0), rows, strict=True):
        db.execute("INSERT INTO landing (source_id, kind, url, sealed, body_sha256, landed_at) VALUES (%s, 'attachment', 'http://thu.vn/lich.pdf', 'x', %s, %s)",
                   [source, str(left).encode(), NOW])  # fmt: skip
        erase(db, row["url"], "asked for", now)
        assert db.execute("SELECT count(*) AS n FROM attachment").fetchone() == {"n": left}
        kept = db.execute("SELECT count(*) AS n FROM landing WHERE kind = 'attachment'").fetchone()
        assert kept is not None and bool(kept["n"]) is bool(left)


def test_a_file_noted_while_another_worker_reads_it_is_asked_for_again(db: Connection, db_dsn: str, source: int) -> None:
    """The second document takes over "landed" from the first, whose file is read and done before the second is to be seen."""
    from crawlers import attachments as crawled
    from tests.extract.make_pdf import pdf

    link = "<p><a href='/lich.pdf'>Lịch cấp nước</a></p>"
    land(db, source, page(BODY + link), url="http://thu.vn/tin/mot.html")
    store.run(db, limit=10, now=NOW)
    land(db, source, page(BODY + link + "<p>Bài hai nói thêm về lịch cấp nước tuần này của thôn.</p>"), url="http://thu.vn/tin/hai.html")
    db.execute("UPDATE attachment SET state = 'landed'")
    db.commit()
    with connect(db_dsn) as other:
        store.run(other, limit=10, now=NOW)  # holds the second page, not yet to be seen
        land(db, source, pdf([["Lịch cấp nước luân phiên theo từng tổ trong hai ngày cuối tuần này của xã Suối Mây."]]), url="http://thu.vn/lich.pdf", kind="attachment")
        assert store.run(db, limit=10, now=NOW).done == 1
        db.commit()
    states = "SELECT state FROM attachment ORDER BY document_id"
    assert [row["state"] for row in db.execute(states)] == ["done", "landed"]
    db.execute(crawled._FORGOTTEN, {"source": source})
    assert [row["state"] for row in db.execute(states)] == ["done", "wanted"]
    # and one that is there to be read is left alone
    db.execute("UPDATE attachment SET state = 'landed'")
    db.execute("UPDATE landing SET state = 'pending' WHERE kind = 'attachment'")
    db.execute(crawled._FORGOTTEN, {"source": source})
    assert [row["state"] for row in db.execute(states)] == ["landed", "landed"]
    assert store.run(db, limit=10, now=NOW).done == 1
    assert db.execute("SELECT count(*) AS n FROM attachment WHERE state = 'done' AND words @@ 'luan <-> phien'").fetchone() == {"n": 2}


def test_a_full_text_entry_in_an_old_font_is_repaired_with_its_title(db: Connection, source: int) -> None:
    title = "Céng hßa x· héi chñ nghÜa ViÖt Nam"
    body = "§©y lµ mét v¨n b¶n tiÕng ViÖt ®­îc viÕt b»ng b¶ng m· TCVN3, céng hßa x· héi chñ nghÜa ViÖt Nam. " * 4
    land(db, source, body.encode(), kind="entry", title=title, published_raw="Thu, 12 Mar 2026 07:30:00 +0700")
    assert store.run(db, limit=10, now=NOW).done == 1
    row = db.execute("SELECT title, text FROM document_version").fetchone()
    assert row is not None
    assert row["title"] == "Cộng hòa xã hội chủ nghĩa Việt Nam" and "một văn bản tiếng Việt được viết" in row["text"]
