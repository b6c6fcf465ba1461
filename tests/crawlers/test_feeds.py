"""Lists in every shape, read in the limited worker; and the shared sets of hard feeds and of a real NukeViet site."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawlers.feeds import NotAList, read
from crawlers.worker import Worker, WorkerFailure

from .conftest import Crawl
from .site import Site, item, page, reply

RSS = '<?xml version="1.0"?><rss version="2.0"><channel>{}</channel></rss>'
CANARY = "Canary Nguyen"


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    one = Worker()
    yield one
    one.close()


def test_hard_feeds_cost_no_exception_and_no_crash(shared_data: Path, worker: Worker) -> None:
    """feedparser's own ill-formed and encoding cases: each is read, or said to be no feed."""
    files = sorted((shared_data / "feeds").glob("*formed/**/*.xml")) + sorted((shared_data / "feeds" / "encoding").glob("*.xml"))
    assert len(files) > 70
    failed = {}
    for path in files:
        try:
            worker.read(path.read_bytes(), kind="rss", content_type="text/xml", url="http://x.example/")
        except WorkerFailure as failure:
            failed[path.name] = failure.failure_class
    assert failed == {"rss_empty_document.xml": "not_a_feed"}


def test_encodings_and_dirt() -> None:
    good = RSS.format("<item><title>Nước sạch</title><link>http://x.example/a</link></item>")
    for body in (
        good.encode(), b"\xef\xbb\xbf" + good.encode(), b"\n\n" + good.encode(), good.encode("utf-16"), good.replace("1.0", '1.0" encoding="windows-1252').encode(),
        gzip.compress(good.encode()), b"<br />\n<b>Warning</b>: mysql in <b>/x.php</b>\n" + good.encode(), good.replace("ướ", "ướ").encode(),
        good.replace("sạch", "s\u200bạch\u202e").encode(),
    ):  # fmt: skip
        assert read(body, "rss").entries[0].title == "Nước sạch", body[:60]
    dirty = RSS.format("<item><title>A & B \x01\x00</title><link>http://x.example/?a=1&b=2</link></item>")
    entry = read(dirty.encode(), "rss").entries[0]
    assert entry.link == "http://x.example/?a=1&b=2"
    assert "\x00" not in entry.title
    assert "\x01" not in entry.title


def test_more_entries_than_are_read_cost_nothing() -> None:
    items = "".join(f"<item><title>Tin {i}</title><link>http://x.example/{i}</link></item>" for i in range(50_000))
    atom = "".join(f'<entry><title>Tin {i}</title><link href="http://x.example/{i}"/></entry>' for i in range(2_000))
    began = time.process_time()
    for body, count in ((RSS.format(items), 50_000), (f'<feed xmlns="http://www.w3.org/2005/Atom">{atom}</feed>', 2_000)):
        listed = read(body.encode(), "rss", limit=100)
        assert [entry.link for entry in listed.entries] == [f"http://x.example/{i}" for i in range(100)]
        assert listed.warnings == [f"{count} entries, only the first 100 are read"]
    assert time.process_time() - began < 4


def test_no_author_field_is_carried_in_any_format() -> None:
    more = f"<author>a@x ({CANARY})</author><dc:creator xmlns:dc='http://purl.org/dc/elements/1.1/'>{CANARY}</dc:creator>"
    rss = RSS.format(f"<item><title>T</title><link>http://x.example/a</link>{more}</item>")
    atom = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>T</title><link href="http://x.example/a"/><author><name>{CANARY}</name></author></entry></feed>'
    feed = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "url": "http://x.example/a", "title": "T", "authors": [{"name": CANARY}]}]})
    reports = json.dumps([{"service_request_id": "1", "service_code": "water", "description": "d", "account_id": CANARY, "email": CANARY, "first_name": CANARY, "phone": CANARY}])
    for body, kind in ((rss, "rss"), (atom, "rss"), (feed, "rss"), (reports, "open311")):
        listed = read(body.encode(), kind)
        assert listed.entries or listed.reports
        assert CANARY not in json.dumps(listed.as_json())


def test_sitemaps_listings_claim_reviews() -> None:
    urls = "".join(f"<url><loc>http://x.example/{i}</loc><lastmod>2026-11-{i:02}</lastmod></url>" for i in range(1, 20))
    listed = read(f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'.encode(), "sitemap", limit=3)
    assert [entry.link[-2:] for entry in listed.entries] == ["19", "18", "17"]
    pictured = (
        b'<urlset xmlns:i="i" xmlns:n="n"><url><loc>http://x.example/tin</loc><i:image><i:loc>http://x.example/a.jpg</i:loc><i:title>Anh</i:title></i:image>'
        b"<n:news><n:title>Tin</n:title><n:publication_date>2026-11-21</n:publication_date></n:news></url></urlset>"
    )
    assert [(e.link, e.title, e.published_raw) for e in read(pictured, "sitemap").entries] == [("http://x.example/tin", "Tin", "2026-11-21")]
    index = b"<sitemapindex><sitemap><loc>http://x.example/s.xml</loc></sitemap></sitemapindex>"
    assert read(index, "sitemap").lists == [("http://x.example/s.xml", "")]
    listing = '<div class="tin"><h3><a href="/a.html">Tin một</a></h3></div><a href="/b.html">khác</a>'
    assert [entry.link for entry in read(listing.encode(), "listing", selectors=("div.tin a", "", "")).entries] == ["/a.html"]
    with pytest.raises(NotAList, match="layout changed"):
        read(listing.encode(), "listing", selectors=("div.moi a", "", ""))
    claims = {"@type": "DataFeed", "dataFeedElement": [{"@type": "DataFeedItem", "item": [{"@type": "ClaimReview", "url": "http://x.example/check"}]}]}
    assert read(json.dumps(claims).encode(), "claimreview").entries[0].link == "http://x.example/check"


def test_bombs_end_in_the_worker_and_the_next_list_is_read(worker: Worker) -> None:
    entities = "".join(f'<!ENTITY l{i} "{(f"&l{i - 1};" if i else "lol") * 10}">' for i in range(10))
    external = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + RSS.format("<item><title>&x;</title></item>").removeprefix('<?xml version="1.0"?>')
    bombs = [
        f"<!DOCTYPE r [{entities}]>".encode() + RSS.format("<item><title>&l9;</title></item>").removeprefix('<?xml version="1.0"?>').encode(),
        external.encode(),
        RSS.format("<a>" * 100_000).encode(),
        RSS.format("<item><title>" + "x" * 9_000_000 + "</title></item>").encode(),
        zlib.compress(b"x"),
        b"[" * 200_000,
    ]
    for bomb in bombs:
        try:
            listed = worker.read(bomb, kind="rss", url="http://x.example/")
        except WorkerFailure as failure:
            assert failure.failure_class in ("parse", "not_a_feed")
        else:
            assert "root:" not in json.dumps(listed)
            assert all(len(entry["title"]) <= 2000 for entry in listed["entries"])
    good = RSS.format("<item><title>T</title><link>http://x.example/a</link></item>").encode()
    assert worker.read(good, kind="rss", url="http://x.example/")["entries"]


def test_sitemap_index_loops_end(site: Site, crawl: Crawl) -> None:
    loop = "<sitemapindex>{}</sitemapindex>".format("".join(f"<sitemap><loc>{site.url}/{name}.xml</loc></sitemap>" for name in ("index", "news", "other")))
    site.pages["/index.xml"] = reply(loop, content_type="text/xml")
    site.pages["/news.xml"] = reply(f"<urlset><url><loc>{site.url}/a</loc></url></urlset>", content_type="text/xml")
    site.pages["/other.xml"] = reply(loop, content_type="text/xml")
    site.pages["/a"] = page("A")
    crawl.source(site, feeds=f'[[feeds]]\nurl = "{site.url}/index.xml"\nkind = "sitemap"\n')
    assert crawl.run()["landed"] == 1
    assert max(site.paths().count(path) for path in set(site.paths())) == 1


def test_reports_land_once_each_without_their_reporters(site: Site, crawl: Crawl) -> None:
    def serve(ids: range) -> None:
        rows = [{"service_request_id": str(i), "service_code": "water", "description": f"Mất nước {i}", "email": CANARY} for i in ids]
        site.pages["/requests.json"] = reply(json.dumps(rows), content_type="application/json")

    serve(range(3))
    crawl.source(site, kind="feedback", feeds=f'[[feeds]]\nurl = "{site.url}/requests.json"\nkind = "open311"\n')
    assert crawl.run()["landed"] == 1
    serve(range(5))
    assert crawl.run()["landed"] == 1
    rows = crawl.rows("SELECT url, sealed, kind FROM landing ORDER BY id")
    from processing.db.landing import unseal

    ids = [[report["service_request_id"] for report in json.loads(unseal(row["url"], row["sealed"]).body)] for row in rows]
    assert [sorted(some) for some in ids] == [["0", "1", "2"], ["3", "4"]]
    assert not any(CANARY in unseal(row["url"], row["sealed"]).body.decode() for row in rows)


def test_full_text_in_the_feed_needs_no_page(site: Site, crawl: Crawl) -> None:
    more = "<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'><![CDATA[<p>" + "Nước sạch. " * 50 + "</p>]]></content:encoded>"
    site.feed(item("/a", "A", "1", more=more))
    crawl.source(site, full_text_in_feed=True)
    assert crawl.run()["landed"] == 1
    assert crawl.rows("SELECT kind FROM landing") == [{"kind": "entry"}]
    assert "/a" not in site.paths()


@pytest.mark.parametrize("by", ["rss", "sitemap"])
def test_a_real_nukeviet_site_lands_whole(shared_data: Path, site: Site, crawl: Crawl, by: str) -> None:
    """The pages and feed of a real NukeViet 4.5 site, its host rewritten to the test's server: every served page lands, byte for byte."""
    with gzip.open(shared_data / "extract" / "nukeviet.jsonl.gz", "rt", encoding="utf-8") as lines:
        pages = [json.loads(line) for line in lines]
    here = site.url.removeprefix("http://")
    urls = [one["url"].replace("127.0.0.1:8100", here) for one in pages]
    for one, url in zip(pages, urls, strict=True):
        site.pages["/" + url.split("/", 3)[3]] = reply(one["html"])
    feeds = shared_data / "feeds"
    for name, path in (("nukeviet_rss.xml", "/rss/"), ("nukeviet_sitemap_index.xml", "/sitemap.xml"), ("nukeviet_robots.txt", "/robots.txt")):
        site.pages[path] = reply((feeds / name).read_text(encoding="utf-8").replace("127.0.0.1:8100", here), content_type="text/xml")
    locs = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
    site.pages["/sitemap-vi.news.xml"] = reply(f"<urlset>{locs}</urlset>", content_type="text/xml")
    feed = ("/rss/", "rss") if by == "rss" else ("/sitemap.xml", "sitemap")
    crawl.source(site, cms="nukeviet", feeds=f'[[feeds]]\nurl = "{site.url}{feed[0]}"\nkind = "{feed[1]}"\n')
    stats = crawl.run()
    landed = crawl.landed()
    if by == "sitemap":
        assert set(landed) == set(urls)
    else:
        listed = {path for path in site.paths() if path.endswith(".html")}
        assert set(landed) == {url for url in urls if "/" + url.split("/", 3)[3] in listed}
        assert stats["entries"] == 30
    for one, url in zip(pages, urls, strict=True):
        if url in landed:
            assert landed[url].body.decode() == one["html"]
            assert landed[url].header["cms"] == "nukeviet"
    assert {row["robots_decision"] for row in crawl.rows("SELECT robots_decision FROM fetch_log WHERE kind = 'page'")} == {"allowed"}
