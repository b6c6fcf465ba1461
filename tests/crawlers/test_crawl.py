"""The child process against a site on loopback: feeds to landed pages, once each."""

from __future__ import annotations

from .conftest import Crawl
from .site import Site, item, page, reply


def test_new_entries_land_sealed_and_only_once(site: Site, crawl: Crawl) -> None:
    site.feed(item(f"{site.url}/a.html?utm_source=x", "Mất nước", "1", "Sun, 22 Nov 2026 08:00:00 +0700"), item("/b.html", "Đường ngập", "2"))
    site.pages |= {"/a.html?utm_source=x": page("A"), "/b.html": page("B")}
    crawl.source(site, cms="nukeviet")
    stats = crawl.run()
    assert (stats["status"], stats["landed"], stats["new"], stats["state"]) == (0, 2, 2, "OK"), stats
    landed = crawl.landed()
    assert set(landed) == {f"{site.url}/a.html", f"{site.url}/b.html"}
    header = landed[f"{site.url}/a.html"].header
    assert header["entry"]["published_raw"] == "Sun, 22 Nov 2026 08:00:00 +0700"
    assert header["entry"]["cms"] == header["cms"] == "nukeviet"
    assert landed[f"{site.url}/b.html"].body.startswith(b"<html>")
    raw = crawl.rows("SELECT sealed FROM landing")[0]["sealed"]
    assert b"html" not in bytes(raw)

    again = crawl.run()
    assert (again["status"], again["landed"], again["unchanged"]) == (0, 0, 1)
    assert site.paths().count("/b.html") == 1
    assert len(crawl.rows("SELECT 1 FROM landing")) == 2
    assert {row["robots_decision"] for row in crawl.rows("SELECT robots_decision FROM fetch_log WHERE kind <> 'robots'")} == {"no_robots"}


def test_a_changed_feed_brings_only_what_is_new_and_what_was_edited(site: Site, crawl: Crawl) -> None:
    site.feed(item("/a", "A", "1"), item("/b", "B", "2"))
    site.pages |= {"/a": page("A"), "/b": page("B"), "/c": page("C")}
    crawl.source(site)
    crawl.run()
    site.feed(item("/a", "A", "1"), item("/b", "B, bản sửa", "2"), item("/c", "C", "3"))
    site.pages["/b"] = page("B", "Đã sửa.")
    stats = crawl.run()
    assert (stats["new"], stats["landed"]) == (1, 2)
    assert site.paths().count("/a") == 1
    assert len(crawl.rows(f"SELECT 1 FROM landing WHERE url = '{site.url}/b'")) == 2


def test_conditional_requests_carry_what_the_server_gave(site: Site, crawl: Crawl) -> None:
    site.pages["/rss"] = reply('<rss version="2.0"><channel></channel></rss>', content_type="text/xml", ETag='"7"')
    crawl.source(site)
    assert crawl.run()["state"] == "EMPTY"
    site.pages["/rss"] = b"HTTP/1.1 304 X\r\nConnection: close\r\n\r\n"
    crawl.run()
    asked = [one.headers.get("if-none-match") for one in site.seen if one.path == "/rss"]
    assert asked[0] is None
    assert asked[1] in ('"7"', None)  # one poll in 36 goes without conditions on purpose
    assert "LangNghe" in site.seen[0].headers["user-agent"]


def test_a_failed_page_is_tried_again_though_the_feed_did_not_change(site: Site, crawl: Crawl) -> None:
    site.feed(item("/a", "A", "1"), item("/b", "B", "2"))
    site.pages |= {"/a": page("A"), "/b": reply("trouble", 500)}
    crawl.source(site)
    assert crawl.run()["failed_pages"] == {"http_5xx": 1}
    site.pages["/b"] = page("B")
    crawl.rows("SELECT 1")
    crawl.db.execute("UPDATE feed_entry SET not_before = now() - interval '1 minute' WHERE NOT page_landed")
    crawl.db.commit()
    assert crawl.run()["landed"] == 1
    assert len(crawl.landed()) == 2
