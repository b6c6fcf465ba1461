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


NOTICE = make_pdf.pdf([["THÔNG BÁO", "Về việc cấp lại nước", "Từ 18 giờ hôm nay nước được cấp lại cho toàn bộ các hộ của xã."]])
# too large for what the crawler judges by its bytes: left to extraction
STYLED = f"<style>/*{'x' * 45_000}*/</style>"


# What each becomes: "done", a class of failure with which the crawler refuses it, or the first words of the reason with which extraction sets it aside.
ENDS_AS = {
    "good": (reply(page(PROSE)), "done"),
    "json-ld": (reply(page(PROSE, head='<script type="application/ld+json">' + '{"a":[1,' * 250_000 + "</script>")), "done"),
    "unclosed": (reply(page(PROSE + "<b><i>x" * 25_000)), "done"),
    "formula": (reply(page(PROSE, title="=HYPERLINK(&quot;http://x&quot;) &lt;script&gt; {{7*7}}")), "done"),
    "pdf": (reply(NOTICE, content_type="application/pdf"), "done"),
    "pdf-as-html": (reply(NOTICE + b"\n"), "done"),
    "pdf-scan": (reply(make_pdf.scan(), content_type="application/pdf"), "a PDF of 1 pages without a text layer"),
    "pdf-broken": (reply(b"%PDF-1.7 ...", content_type="application/pdf"), "a PDF that cannot be read"),
    "docx": (reply(b"PK\x03\x04 ..."), "not_a_page"),
    "paragraph": (reply(page("<p>" + "mot doan rat dai " * 500_000 + "</p>")), "a text of"),
    "paragraphs": (reply(page("<p>Một đoạn văn đủ dài để trông như một đoạn của bài.</p>" * 40_000)), "a text of"),
    "links": (reply(page("<a href='/x'>y</a>" * 200_000)), "page with more than 250,000 tags"),
    "divs": (reply(page("<div>" * 100_000 + "x")), "no article text found"),
    "attributes": (reply(page("<div " + " ".join(f'a{n}="x"' for n in range(32_000)) + ">x</div>")), "page with a tag of more than 2,000 attributes"),
    "laughs": (reply(b'<!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">]>' + page("<p>&b;</p>")), "page that declares entities of its own"),
    "outside": (reply(b'<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + page("<p>&x;</p>")), "page that declares entities of its own"),
    "missing": (reply(page("<p>Bài viết không tồn tại hoặc đã bị xóa.</p>", title="Không tìm thấy")), "soft_404"),
    "missing-large": (reply(page("<p>Bài viết không tồn tại hoặc đã bị xóa.</p>", title="Không tìm thấy", head=STYLED)), "soft 404:"),
    "block-large": (reply(page("<p>Verify you are a human.</p>", title="Access denied", head=STYLED)), "block page:"),
    "cookies": (reply(page("<p>Vui lòng bật cookie trong trình duyệt để tiếp tục.</p>", title="Trang này cần cookie")), "wall:"),
    "parked-large": (reply(page("<p>Tên miền này đã hết hạn, vui lòng gia hạn.</p>", title="Thông báo", head=STYLED)), "parked:"),
    "maintenance-large": (reply(page("<p>Hệ thống đang bảo trì.</p>", title="Thông báo", head=STYLED)), "maintenance:"),
    "server": (reply(page("<p>The web server is successfully installed.</p>", title="Welcome to nginx!")), "fault of the site:"),
}  # fmt: skip


def test_each_ends_done_or_set_aside_with_its_class(site: Site, crawl: Crawl) -> None:
    site.pages |= {f"/{name}": answer for name, (answer, _) in ENDS_AS.items()}
    site.feed(*(item(f"/{name}", f"Tin {name}", name) for name in ENDS_AS))
    crawl.source(site)
    crawl.run()
    store.run(crawl.db, limit=100, now=datetime.now(UTC))
    crawl.db.commit()
    ended = {row["url"].rsplit("/", 1)[1]: row["reason"] or row["state"] for row in crawl.rows("SELECT url, state, reason FROM landing")}
    ended |= crawl.failures()
    assert ended.keys() == ENDS_AS.keys()
    # on a machine with much else to do the time limit may come first
    wrong = {name: (ended[name], words) for name, (_, words) in ENDS_AS.items() if not ended[name].startswith((words, "extraction took more"))}
    assert not wrong, wrong
    assert crawl.rows("SELECT 1 FROM document WHERE title = '=HYPERLINK(\"http://x\") <script> {{7*7}}'")
    files = crawl.rows("SELECT v.text, v.extractor FROM document d JOIN document_version v ON v.document_id = d.id WHERE d.canonical_url LIKE '%/pdf%'")
    assert [row["extractor"] for row in files] == ["pdf", "pdf"]
    assert all("nước được cấp lại cho toàn bộ các hộ" in row["text"] for row in files)
