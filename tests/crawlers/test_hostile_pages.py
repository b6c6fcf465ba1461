"""Pages that want to hurt the reader of pages, served by a real site, crawled and extracted: each ends done or set aside with its reason."""

from __future__ import annotations

from datetime import UTC, datetime

from processing.extract import store
from tests.extract import make_pdf

from .conftest import Crawl
from .site import Site, item, reply

PROSE = "<p>Đội sửa chữa đã thay xong đoạn ống và cấp nước trở lại cho toàn bộ các hộ ở hai thôn cuối tuyến.</p>" * 6


def page(inside: str, title: str = "Cấp lại nước cho hai thôn", head: str = "") -> bytes:
    return f"<!DOCTYPE html><html lang='vi'><head><title>{title}</title>{head}</head><body><h1>{title}</h1>{inside}</body></html>".encode()


ENDS_AS = {
    "good": (page(PROSE), None),
    "json-ld": (page(PROSE, head='<script type="application/ld+json">' + '{"a":[1,' * 250_000 + "</script>"), None),
    "unclosed": (page(PROSE + "<b><i>x" * 25_000), None),
    "formula": (page(PROSE, title="=HYPERLINK(&quot;http://x&quot;) &lt;script&gt; {{7*7}}"), None),
    "pdf": (make_pdf.pdf([["THÔNG BÁO", "Về việc cấp lại nước", "Từ 18 giờ hôm nay nước được cấp lại cho toàn bộ các hộ."]]), None),
    "paragraph": (page("<p>" + "mot doan rat dai " * 500_000 + "</p>"), "no article is longer"),
    "paragraphs": (page("<p>Một đoạn văn đủ dài để trông như một đoạn của bài.</p>" * 40_000), "no article is longer"),
    "links": (page("<a href='/x'>y</a>" * 200_000), "250,000 tags"),
    "attributes": (page("<div " + " ".join(f'a{n}="x"' for n in range(32_000)) + ">x</div>"), "2,000 attributes"),
    "laughs": (b'<!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">]>' + page("<p>&b;</p>"), "entities of its own"),
    "outside": (b'<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + page("<p>&x;</p>"), "entities of its own"),
    "missing": (page("<p>Bài viết không tồn tại hoặc đã bị xóa.</p>", title="Không tìm thấy"), "soft 404"),
    "cookies": (page("<p>Vui lòng bật cookie trong trình duyệt để tiếp tục.</p>", title="Trang này cần cookie"), "wall"),
}


def test_each_ends_done_or_set_aside_with_its_reason(site: Site, crawl: Crawl) -> None:
    site.pages |= {f"/{name}": reply(body) for name, (body, _) in ENDS_AS.items()}
    site.feed(*(item(f"/{name}", f"Tin {name}", name) for name in ENDS_AS))
    crawl.source(site)
    stats = crawl.run()
    store.run(crawl.db, limit=100, now=datetime.now(UTC))
    crawl.db.commit()
    ended = {row["url"].rsplit("/", 1)[1]: row for row in crawl.rows("SELECT url, state, reason FROM landing")}
    refused = {name: row["failure_class"] for name in ENDS_AS for row in crawl.rows(f"SELECT failure_class FROM fetch_log WHERE url LIKE '%/{name}'") if row["failure_class"]}
    assert ended.keys() | refused.keys() == ENDS_AS.keys(), (stats, refused)
    for name, row in ended.items():
        reason = ENDS_AS[name][1]
        if row["state"] == "quarantine" and "took more than" in row["reason"]:
            continue  # on a machine with much else to do the time limit may come first
        assert row["state"] == ("quarantine" if reason else "done"), (name, row)
        assert reason is None or reason in row["reason"], (name, row)
        if name == "formula":
            assert crawl.rows("SELECT 1 FROM document WHERE title = '=HYPERLINK(\"http://x\") <script> {{7*7}}'")
