"""Hostile, broken and odd lists, each a source of its own, crawled side by side in one process: each ends in its class, and none keeps another."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import time
from pathlib import Path
from typing import Any

import brotli

from .conftest import Crawl
from .site import Answer, Site, item, page, reply, serving
from .test_bad_input import HARNESS, connects, drip, drip_headers, endless, silent

RSS = '<?xml version="1.0" encoding="{}"?><rss version="2.0"><channel><title>x</title>{}</channel></rss>'
# "Nước sạch" as the fonts of the nineties wrote it, one byte a letter.
TCVN3, VNI = b"N\xad\xedc s\xb9ch", "Nöôùc saïch".encode("latin-1")


def reset_hard(conn: socket.socket) -> None:
    """Half of an answer, then a reset instead of an end."""
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 9000\r\n\r\n<rss>")
    time.sleep(0.2)
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    conn.close()


def feed(*items: str, encoding: str = "utf-8") -> str:
    return RSS.format(encoding, "".join(items))


def listed(name: str, **more: str) -> str:
    return item(f"/p/{name}", more.pop("title", name), more.pop("guid", ""), **more)


def bombs() -> dict[str, tuple[Answer, str]]:
    zeros = b"\0" * 40_000_000
    entities = "".join(f'<!ENTITY l{i} "{(f"&l{i - 1};" if i else "lol") * 10}">' for i in range(10))
    return {
        "gzip": (reply(gzip.compress(zeros), content_type="text/xml", Content_Encoding="gzip"), "too_large"),
        "br": (reply(brotli.compress(zeros, quality=1), content_type="text/xml", Content_Encoding="br"), "too_large"),
        "gzip-unsaid": (reply(gzip.compress(zeros), content_type="application/gzip"), "not_a_feed"),
        "laughs": (reply(f"<!DOCTYPE r [{entities}]>" + feed("<item><title>&l9;</title></item>")[38:]), "ok"),
        "attributes": (reply(feed("<item " + " ".join(f'a{i}="x"' for i in range(32_000)) + "><title>x</title></item>")), "parse"),
        "nested": (reply(feed("<a>" * 100_000)), "any"),
        "title": (reply(feed(item("/p/title", "x" * 9_500_000))), "any"),
        "endless": (endless, "too_large|timeout"),  # whichever limit a busy machine reaches first
    }


def broken() -> dict[str, tuple[Answer, str]]:
    return {
        "web-page": (reply("<html><body>Xin chào</body></html>", content_type="application/rss+xml"), "not_a_feed"),
        "empty": (reply(b"", content_type="text/xml"), "not_a_feed"),
        "gone": (reply("", 404), "gone"),
        "trouble": (reply("", 500), "http_5xx"),
        "moved": (reply("", 301, Location="http://198.51.100.9/rss"), "moved"),
        "to-a-person": (reply("", 301, Location="https://www.facebook.com/some.person"), "person"),
        "to-a-file": (reply("", 302, Location="file:///etc/passwd"), "bad_url"),
        "circle": (reply("", 302, Location="/f/circle"), "redirects"),
        "drip": (drip, "timeout"),
        "drip-headers": (drip_headers, "timeout"),
        "silent": (silent, "timeout"),
        "reset": (reset_hard, "reset"),
        "json": (reply(b"[" * 200_000, content_type="application/json"), "not_a_feed"),
        "external": (reply('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + feed("<item><title>&x;</title></item>")[38:]), "ok"),
    }


def odd() -> dict[str, bytes]:
    """Odd, and read all the same: the page behind each lands."""
    utf8 = feed(listed("utf16", title="Nước sạch"))
    twice = "Nước sạch".encode().decode("cp1252", "replace")
    return {
        "utf16": reply(utf8.encode("utf-16"), content_type="text/xml"),
        "cp1258": reply(feed(listed("cp1258", title="Nuoc s\u0323ach"), encoding="windows-1258").encode("cp1258"), content_type="text/xml; charset=utf-8"),
        "tcvn3": reply(feed(listed("tcvn3", title="@@"), encoding="us-ascii").encode().replace(b"@@", TCVN3), content_type="text/xml"),
        "vni": reply(feed(listed("vni", title="@@"), encoding="iso-8859-1").encode().replace(b"@@", VNI), content_type="text/xml"),
        "twice": reply(feed(listed("twice", title=twice)), content_type="text/xml"),
        "lying": reply(feed(listed("lying", title="Nước sạch"), encoding="windows-1252"), content_type="text/xml; charset=iso-8859-1"),
        "cut": reply(feed(listed("cut", title="@@")).encode().replace(b"@@", "Nước sạ".encode()[:-1]), content_type="text/xml"),
        "nfd": reply(feed(listed("nfd", title="Nu\u031bo\u031b\u0301c\u200b s\u202ea\u0323ch\x01")), content_type="text/xml"),
        "php": reply(b"<br />\n<b>Warning</b>: mysql in <b>/x.php</b>\n" + feed(listed("php")).encode(), content_type="text/xml"),
        "ampersand": reply(feed(listed("ampersand", title="A & B &nbsp; &oacute;")), content_type="text/html"),
        "gzip-plain": reply(gzip.compress(feed(listed("gzip-plain")).encode()), content_type="text/xml"),
        "formula": reply(feed(listed("formula", title="=HYPERLINK(1)|{{7*7}}&lt;script&gt;alert(1)&lt;/script&gt;")), content_type="text/xml"),
        "many": reply(feed(listed("many"), *(item(f"/p/many?id={i}", str(i), "same") for i in range(50_000))), content_type="text/xml"),
        "shared-guid": reply(feed(listed("shared-guid", guid="news_12")), content_type="text/xml"),
        "shared-guid-2": reply(feed(listed("shared-guid-2", guid="news_12")), content_type="text/xml"),
    }


def test_every_list_ends_in_its_class_and_keeps_no_other(site: Site, crawl: Crawl, tmp_path: Path) -> None:
    crawl.env |= {"TEST_CONNECTS": str(tmp_path / "connects.txt"), "TEST_TIMEOUT": "6"}
    bad = {**bombs(), **broken()}
    for name, (answer, _) in bad.items():
        site.pages[f"/f/{name}"] = answer
    for name, answer in odd().items():
        site.pages |= {f"/f/{name}": answer, f"/p/{name}": page(name)}
    for name in [*bad, *odd()]:
        crawl.source(site, key=name, feeds=f'[[feeds]]\nurl = "{site.url}/f/{name}"\nmax_entries = 1\n')
    results = crawl.run_many(*bad, *odd(), module=HARNESS, timeout=180)
    ended = {name: results[name]["failure"] or "ok" for name in bad}
    wrong = {name: (ended[name], expected) for name, (_, expected) in bad.items() if expected != "any" and ended[name] not in expected.split("|")}
    assert not wrong, wrong
    states = {row["key"]: row for row in crawl.rows("SELECT key, state, state_reason, state_said, failure_score FROM source")}
    for name, failure in ended.items():
        assert (states[name]["state"] == "BROKEN") is (failure != "ok"), (name, states[name])
        assert states[name]["state_said"]["msgid"]
    unread = {name: results[name] for name in odd() if results[name]["landed"] != 1}
    assert not unread, unread
    assert max(stats["peak_mb"] for stats in results.values()) < 300
    assert connects(crawl) == []
    assert "root:" not in json.dumps(results)
    titles = {url.rsplit("/", 1)[1]: envelope.header["entry"]["title"] for url, envelope in crawl.landed().items()}
    assert {titles[name] for name in ("utf16", "lying", "nfd")} == {"Nước sạch"}
    assert titles["cut"] == "Nước s", "one letter cut in two does not cost the others"
    assert titles["formula"].startswith("=HYPERLINK(1)|{{7*7}}"), "kept as text; whoever shows or exports it makes it harmless"


def sitemaps(site: Site) -> dict[str, Answer]:
    """An index of bombs, of an index that leads back, of other sites, and of one good sitemap; and 60 more."""
    places = ["bomb.xml.gz", "back.xml", "good.xml", "gone.xml", *(f"more{i}.xml" for i in range(60))]
    names = [f"{site.url}/{name}" for name in places] + ["https://other.example/sitemap.xml", "ftp://other.example/x"]
    index = "<sitemapindex>" + "".join(f"<sitemap><loc>{name}</loc><lastmod>2026-11-{22 - i % 20:02}</lastmod></sitemap>" for i, name in enumerate(names)) + "</sitemapindex>"
    inner = gzip.compress(gzip.compress(b"<urlset>" + b" " * 30_000_000))
    good = "".join(f"<url><loc>{site.url}{path}</loc></url>" for path in ("/p/good", "/lich?thang=5&amp;nam=2031", "/tim-kiem?q=1", "/a/b/a/b/a/b/a/b"))
    return {
        "/index.xml": reply(index, content_type="text/xml"), "/back.xml": reply(index, content_type="text/xml"),
        "/bomb.xml.gz": reply(inner, content_type="application/gzip"), "/good.xml": reply(f"<urlset>{good}</urlset>", content_type="text/xml"), "/p/good": page("Tốt"),
    }  # fmt: skip


def test_nested_bombs_loops_and_traps_in_sitemaps_and_listings(site: Site, crawl: Crawl) -> None:
    site.pages |= sitemaps(site)
    # A calendar whose every page leads on to two more, and links that grow at every depth: nothing but the one article is asked for.
    calendar = "".join(f'<a href="/lich?thang={month}&amp;nam={year}">{month}</a>' for year in range(2026, 2060) for month in range(1, 13))
    facets = "".join(f'<a href="/tin?sort={i}&amp;order=d&amp;filter={i}&amp;page={i}">x</a>' for i in range(200))
    site.pages["/danh-sach"] = reply(f'<div class="tin"><a href="/p/listing">Tin</a>{calendar}{facets}<a href="/tin/tin/tin/tin/tin">y</a></div>')
    site.pages["/p/listing"] = page("Tin")
    crawl.source(site, key="so-do", feeds=f'[[feeds]]\nurl = "{site.url}/index.xml"\nkind = "sitemap"\n')
    crawl.source(site, key="danh-sach", feeds=f'[[feeds]]\nurl = "{site.url}/danh-sach"\nkind = "listing"\nselector = "div.tin a"\nmax_entries = 900\n')
    results = crawl.run_many("so-do", "danh-sach")
    assert {key: stats["landed"] for key, stats in results.items()} == {"so-do": 1, "danh-sach": 1}, results
    assert results["so-do"]["failed_pages"] == {"trap": 3}
    assert results["danh-sach"]["failed_pages"] == {"trap": 34 * 12 + 200 + 1}
    assert {path for path in site.paths() if not path.endswith((".xml", ".gz"))} == {"/danh-sach", "/robots.txt", "/p/good", "/p/listing"}
    assert len(site.paths()) < 80
    assert max(site.paths().count(path) for path in set(site.paths())) == 1
    assert any("sitemap" in warning for warning in results["so-do"]["warnings"])
    assert max(stats["peak_mb"] for stats in results.values()) < 300


def test_names_that_flap_and_sites_that_come_back(crawl: Crawl, tmp_path: Path) -> None:
    """A name that does not resolve, then does; one that resolves at every other look-up only. Nothing is lost, and the reason is in words."""
    with serving("127.0.0.1") as site:
        crawl.env |= {"TEST_CONNECTS": str(tmp_path / "connects.txt"), "TEST_NAMES": json.dumps({"flap.test": ["", "127.0.0.1"], "mat.test": [""]})}
        flap = f"http://flap.test:{site.port}"
        site.feed(item(f"{flap}/a", "A", "1"), item(f"http://mat.test:{site.port}/b", "B", "2"), item("/c", "C", "3"))
        site.pages |= {f"/{name}": page(name) for name in "abc"}
        crawl.source(site, hosts=["flap.test", "mat.test"])

        def run() -> dict[str, Any]:
            return crawl.run_many("bao-thu", module=HARNESS)["bao-thu"]

        assert run()["failed_pages"] == {"dns": 2}
        assert crawl.rows("SELECT DISTINCT failure_class AS f, reason FROM fetch_log WHERE failure_class IS NOT NULL") == [{"f": "dns", "reason": "its name does not resolve"}]
        crawl.env["TEST_NAMES"] = json.dumps({"flap.test": ["127.0.0.1"], "mat.test": [""]})
        crawl.db.execute("UPDATE feed_entry SET not_before = now() - interval '1 minute' WHERE NOT page_landed")
        crawl.db.commit()
        stats = run()
        assert (stats["landed"], stats["failed_pages"], stats["state"]) == (1, {"dns": 1}, "OK"), stats
        assert connects(crawl) == []
