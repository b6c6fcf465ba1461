"""From a page with a PDF to its text: noted by the extract stage, fetched on the crawler's next visit by the rules of pages, read and scrubbed."""

from __future__ import annotations

from datetime import UTC, datetime

from processing.db import archive
from processing.extract import store
from processing.settings import get_settings
from tests.extract import make_pdf

from .conftest import Crawl
from .site import Site, item, reply

TEXT = "<p>Trạm cấp nước tạm ngừng cấp nước ở hai thôn cuối tuyến để thay ống; lịch cụ thể theo tổ có trong tệp kèm theo bài này.</p>" * 3


def page(links: str) -> bytes:
    return reply(f"<html lang='vi'><head><title>Tạm ngừng cấp nước</title></head><body><h1>Tạm ngừng cấp nước</h1>{TEXT}{links}</body></html>")


def test_the_text_of_a_linked_pdf(site: Site, other_site: Site, crawl: Crawl) -> None:
    lines = ["Lịch tạm ngừng cấp nước theo từng tổ trong hai ngày cuối tuần này.", "Cần hỏi thêm xin gọi ông Sơn Ca theo số 0912 345 678."]
    site.pages |= {
        "/a": page(
            f"<a href='/lich.pdf'>Lịch</a> <a href='/quet.pdf'>Bản quét</a> <a href='/cam/x.pdf'>X</a> <a href='/gia.pdf'>Y</a> <a href='/mau.docx'>Mẫu</a>"
            f"<a href='{other_site.url}/ngoai.pdf'>Z</a>"
        ),
        "/lich.pdf": reply(make_pdf.pdf([lines]), content_type="application/pdf"),
        "/quet.pdf": reply(make_pdf.scan(), content_type="application/pdf"),
        "/gia.pdf": page(""),
        "/robots.txt": reply("User-agent: *\nDisallow: /cam/\n", content_type="text/plain"),
    }
    site.feed(item("/a", "Tạm ngừng cấp nước", "1"))
    crawl.source(site)
    crawl.env["LANGNGHE_RAW_ARCHIVE"] = "true"
    assert crawl.run()["landed"] == 1
    # with the setting on, the page stands in the raw archive, too
    assert [kept.header["url"] for kept in archive.pages(get_settings()) if kept.header["url"].startswith(site.url)] == [f"{site.url}/a"]
    now = datetime.now(UTC)
    store.run(crawl.db, limit=10, now=now)
    crawl.db.commit()
    assert {row["state"] for row in crawl.rows("SELECT state FROM attachment")} == {"wanted"}

    crawl.run()
    stats = store.run(crawl.db, limit=10, now=now)
    crawl.db.commit()
    assert (stats.done, stats.quarantine) == (1, 1)
    rows = {row["url"].rsplit("/", 1)[1]: row for row in crawl.rows("SELECT url, state, reason, text, redactions FROM attachment")}
    assert {name: row["state"] for name, row in rows.items()} == {
        "lich.pdf": "done", "quet.pdf": "unreadable", "x.pdf": "refused", "gia.pdf": "refused", "ngoai.pdf": "refused",
    }  # fmt: skip
    assert "từng tổ trong hai ngày cuối tuần" in rows["lich.pdf"]["text"]
    assert "0912" not in rows["lich.pdf"]["text"] and rows["lich.pdf"]["redactions"] == {"phone": 1}
    assert "text layer" in rows["quet.pdf"]["reason"] and rows["x.pdf"]["reason"].startswith("robots")
    assert not {"/cam/x.pdf", "/mau.docx"} & set(site.paths()) and not other_site.paths()
