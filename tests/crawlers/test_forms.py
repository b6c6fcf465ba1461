"""Every form of list and date that the design names, and pages that come back under another address, another date or another face."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawlers.feeds import read
from crawlers.polling import FeedRow
from crawlers.profiles import own_post
from crawlers.sources import Feed
from processing.extract import dates, store

from .conftest import ROOT, Crawl
from .site import Site, item, page, reply
from .test_bad_input import HARNESS

POST = "Trạm y tế xã tiêm vắc-xin sởi từ 7h30 thứ hai. Mời bà con đưa trẻ đến đúng lịch hẹn."
CHANNELS = {
    "youtube": '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"><entry><id>yt:video:abc</id><title>Lịch tiêm sởi</title>'
    '<link rel="alternate" href="https://www.youtube.com/watch?v=abc"/><author><name>@@</name></author><published>2026-11-21T01:00:00+00:00</published>'
    f"<media:group><media:description>{POST}</media:description></media:group></entry></feed>",
    "mastodon": f'<rss version="2.0"><channel><item><guid isPermaLink="true">https://xh.example/@bv/1</guid><link>https://xh.example/@bv/1</link>'
    f"<pubDate>Sat, 21 Nov 2026 01:00:00 +0000</pubDate><description>&lt;p&gt;{POST}&lt;/p&gt;</description></item></channel></rss>",
    "bluesky": f'<rss version="2.0"><channel><item><link>https://bsky.app/profile/bv.example/post/3k</link><description>{POST}</description>'
    '<pubDate>21 Nov 2026 01:00 +0000</pubDate><guid isPermaLink="false">at://did:plc:x/app.bsky.feed.post/3k</guid></item></channel></rss>',
    "discourse": '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><item><title>Lịch tiêm sởi</title><dc:creator>@@</dc:creator>'
    f"<description><![CDATA[<p>{POST}</p>]]></description><link>https://hoi.example/t/lich/7</link><pubDate>Sat, 21 Nov 2026 01:00:00 +0000</pubDate></item></channel></rss>",
    "rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    f"<item><title>Lịch tiêm sởi</title><link>https://x.example/a</link><description>{POST}</description><dc:date>2026-11-21T08:00:00+07:00</dc:date></item></rdf:RDF>",
    "atom03": '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>Lịch tiêm sởi</title><link rel="alternate" href="https://x.example/a"/>'
    f"<issued>2026-11-21T08:00:00+07:00</issued><summary>{POST}</summary></entry></feed>",
    "json": json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [
        {"id": "1", "url": "https://x.example/a", "content_html": f"<p>{POST}</p>", "date_published": "2026-11-21T08:00:00+07:00", "authors": [{"name": "@@"}]}]}),
}  # fmt: skip


@pytest.mark.parametrize("form", CHANNELS)
def test_every_form_of_feed_gives_title_text_and_minute(form: str) -> None:
    (entry,) = read(CHANNELS[form].encode(), "rss").entries
    assert entry.title in ("Lịch tiêm sởi", "Trạm y tế xã tiêm vắc-xin sởi từ 7h30 thứ hai.")
    assert POST in max(entry.content, entry.summary, key=len)
    assert entry.link.startswith("https://")
    assert dates.feed(entry.published_raw) == "2026-11-21T08:00:00+07:00"
    assert "@@" not in json.dumps(read(CHANNELS[form].encode(), "rss").as_json())


@pytest.mark.parametrize(
    "raw",
    [
        "Sat, 21 Nov 2026 08:05:00 GMT+7", "Sat, 21 Nov 2026 08:05:00 +07", "Sat, 21 Nov 2026 08:05:00 ICT", "Sat, 21 Nov 2026 08:05:00", "2026-11-21T08:05:00",
        "2026-11-21 08:05:00", "21/11/2026 08:05", "08h05 ngày 21/11/2026", "21/11/2026 08:05 SA", "11/21/2026 8:05:00 AM", "Thứ bảy - 21/11/2026 08:05",
        "2026-11-21+0708:05:00", "Sat, 21 Nov 2026 01:05:00 GMT", "Sat, 21 Nov 2026 01:05:00 Z", "1795223100",
    ],
)  # fmt: skip
def test_odd_dates_come_through_the_feed_reader_as_printed(raw: str) -> None:
    """feedparser makes nothing, or something seven hours wrong, of most of these."""
    body = f'<rss version="2.0"><channel><item><title>T</title><link>http://x.example/a</link><pubDate>{raw}</pubDate></item></channel></rss>'
    assert dates.feed(read(body.encode(), "rss").entries[0].published_raw) == "2026-11-21T08:05:00+07:00"


def test_an_etag_that_never_changes_is_not_believed_for_ever() -> None:
    feed = FeedRow(7, "u", "u", "rss", '"1"', "Sat, 21 Nov 2026 01:00:00 GMT", b"x", timedelta(minutes=10), Feed(url="https://x.example/rss"))
    start = datetime(2026, 11, 21, tzinfo=UTC)
    asked = [feed.conditional(start + timedelta(minutes=10 * n)) for n in range(1000)]
    assert 5 < asked.count({}) < 100
    assert {"If-None-Match": '"1"', "If-Modified-Since": "Sat, 21 Nov 2026 01:00:00 GMT"} in asked


def test_posts_of_the_channel_itself_and_no_others() -> None:
    tube = "https://www.youtube.com/feeds/videos.xml?channel_id=UC" + "x" * 22
    for post, feed in (
        ("https://www.youtube.com/watch?v=abc", tube), ("https://xh.example/@bv/1", "https://xh.example/@bv.rss"),
        ("https://bsky.app/profile/bv.example/post/3k", "https://bsky.app/profile/bv.example/rss"),
    ):  # fmt: skip
        assert own_post(post, feed)
    for post, feed in (
        ("https://www.youtube.com/@ai-do", tube), ("https://xh.example/@ai-do/1", "https://xh.example/@bv.rss"), ("https://xh.example/@bv2/1", "https://xh.example/@bv.rss"),
        ("https://bsky.app/profile/ai.example/post/3k", "https://bsky.app/profile/bv.example/rss"), ("https://khac.example/watch?v=1", tube),
        ("https://bao.example/tin/1", "https://bao.example/rss"),
    ):  # fmt: skip
        assert not own_post(post, feed)


def test_an_institutions_channel_lands_from_its_feed_and_no_page_of_the_platform_is_opened(site: Site, crawl: Crawl) -> None:
    def post(number: int, text: str, who: str = "bv") -> str:
        return item(f"{site.url}/@{who}/{number}", "", f"{site.url}/@{who}/{number}", "Sat, 21 Nov 2026 01:00:00 +0000", f"<description>{text}</description>").replace("<title></title>", "")

    site.feed(post(1, f"&lt;p&gt;{POST}&lt;/p&gt;"), post(2, "Ảnh."), post(3, f"{POST} Của người khác.", "ai-do"), path="/@bv.rss")
    crawl.source(site, kind="channel", proof_url=site.url + "/lien-he", feeds=f'[[feeds]]\nurl = "{site.url}/@bv.rss"\n')
    stats = crawl.run()
    assert (stats["landed"], stats["failed_pages"]) == (1, {"person": 1}), stats
    store.run(crawl.db, limit=5, now=datetime.now(UTC))
    crawl.db.commit()
    rows = crawl.rows("SELECT d.title, v.text FROM document d JOIN document_version v ON v.document_id = d.id")
    assert rows == [{"title": "Trạm y tế xã tiêm vắc-xin sởi từ 7h30 thứ hai.", "text": POST}]
    assert set(site.paths()) == {"/robots.txt", "/@bv.rss"}


def test_a_page_that_comes_back_under_other_addresses_is_one_document(site: Site, crawl: Crawl, tmp_path: Path) -> None:
    """An edited slug, a moved category, AMP, a mobile host, a print view, an IDN host, session and tracking parameters, a feed that is dated anew."""
    names = {name: ["127.0.0.1"] for name in ("bao.test", "www.bao.test", "m.bao.test", "xn--bo-mia.test")}
    crawl.env |= {"TEST_CONNECTS": str(tmp_path / "connects.txt"), "TEST_NAMES": json.dumps(names)}
    bao, idn = f"http://bao.test:{site.port}", f"http://báo.test:{site.port}"
    crawl.source(site, hosts=["bao.test", "xn--bo-mia.test"], home_url=bao + "/", feeds=f'[[feeds]]\nurl = "{bao}/rss"\n')
    text = "Nước sạch đã có lại ở các xã sau hai ngày sửa ống. " * 6
    site.pages |= {path: page("Nước sạch", text) for path in ("/tin/nuoc-12.html", "/doi-song/nuoc-12.html", "/tin/nuoc-sach-12.html")}
    site.pages |= {"/tin/cu-9.html": reply("", 301, Location="/doi-song/moi-9.html"), "/doi-song/moi-9.html": page("Cầu mới", text.replace("Nước", "Cầu")), "/idn": page("Tên miền", text + "Tên.")}

    def round_(*items: str) -> tuple[int, int]:
        site.feed(*items)
        landed = crawl.run(module=HARNESS)["landed"]
        store.run(crawl.db, limit=20, now=datetime.now(UTC))
        crawl.db.commit()
        return landed, crawl.rows("SELECT count(*) AS n FROM document")[0]["n"]

    www = bao.replace("bao.test", "www.bao.test")
    first = [item(f"{bao}/tin/nuoc-12.html", "Nước sạch", "n12", "Sat, 21 Nov 2026 08:00:00 +0700"), item(f"{bao}/tin/cu-9.html", "Cầu mới", "n9"), item(f"{idn}/idn", "Tên miền", "n1")]
    faces = [f"{bao}/tin/nuoc-12.html.amp", f"{bao}/tin/nuoc-12.html/amp/", f"http://m.bao.test:{site.port}/tin/nuoc-12.html", f"{www}/tin/nuoc-12.html",
             f"{bao}/tin/nuoc-12.html?print=1", f"{bao}/tin/nuoc-12.html;jsessionid=5?utm_source=rss&amp;fbclid=x&amp;sid=9f86d081884c7d659a2feaa0"]  # fmt: skip
    assert round_(*first, *(item(face, "Nước sạch", f"f{n}") for n, face in enumerate(faces))) == (3, 3)
    assert site.paths().count("/tin/nuoc-12.html") == 1 and not [path for path in site.paths() if "amp" in path or "print" in path]
    urls = {row["u"] for row in crawl.rows("SELECT canonical_url AS u FROM document")}
    assert urls == {f"{bao}/tin/nuoc-12.html", f"{bao}/doi-song/moi-9.html", f"http://xn--bo-mia.test:{site.port}/idn"}, "a moved page stands where it is now"
    assert crawl.rows("SELECT url FROM document_address") == [{"url": f"{bao}/tin/cu-9.html"}]

    dated = [one.replace("21 Nov 2026", "22 Nov 2026") for one in first]
    assert round_(*dated) == (0, 3), "dated anew, and nothing else"
    assert crawl.rows("SELECT count(*) AS n FROM document WHERE published_at > '2026-11-21 02:00+00' AND title = 'Nước sạch'") == [{"n": 0}]
    assert round_(item(f"{bao}/tin/nuoc-sach-12.html", "Nước sạch", "n12"), *first[1:]) == (0, 3), "another slug under the same guid and words"
    assert round_(item(f"{bao}/doi-song/nuoc-12.html", "Nước sạch", "moved"), *first[1:]) == (1, 4), "a new address with a new guid is a document; the stage of copies knows its text"


def test_the_list_of_bad_input_names_tests_that_exist() -> None:
    tests = {path.name: path.read_text(encoding="utf-8") for folder in ("crawlers", "extract") for path in (ROOT / "tests" / folder).glob("test_*.py")}
    named = re.findall(r"(\w+\.py)(?:::(\w+))?", (ROOT / "docs" / "bad-input.md").read_text(encoding="utf-8"))
    assert len(named) > 40
    assert [pair for pair in named if pair[0].startswith("test_") and (pair[0] not in tests or f"def {pair[1]}" not in tests[pair[0]])] == []
