"""Hostile and broken sites, each on a real server on loopback. Every one ends as a failure of its class, and the good page beside it lands."""

from __future__ import annotations

import gzip
import json
import socket
import time
import zlib
from pathlib import Path
from urllib.parse import urlsplit

import brotli
import pytest
from backports import zstd

from .conftest import Crawl
from .site import Site, item, page, reply, serving

HARNESS = ("-m", "tests.crawlers.harness")
PRIVATE = (
    "http://127.0.0.1:1/x", "http://localhost:1/x", "http://localhost.:1/x", "http://10.0.0.1/x", "http://172.16.3.4/x", "http://192.168.1.1/x",
    "http://169.254.169.254/latest/meta-data", "http://100.64.0.1/x", "http://0.0.0.0/x", "http://[::1]/x", "http://[fc00::1]/x",
    "http://[fe80::1]/x", "http://[::ffff:127.0.0.1]/x", "http://[::ffff:10.0.0.1]/x", "http://[64:ff9b::7f00:1]/x", "http://2130706433/x",
    "http://0x7f000001/x", "http://0177.0.0.1/x", "http://127.1/x", "http://224.0.0.1/x", "http://inside.test/x",
)  # fmt: skip


@pytest.fixture
def watched(crawl: Crawl, tmp_path: Path) -> Crawl:
    crawl.env["TEST_CONNECTS"] = str(tmp_path / "connects.txt")
    crawl.env["TEST_TIMEOUT"] = "2"
    return crawl


def connects(crawl: Crawl) -> list[str]:
    record = Path(crawl.env["TEST_CONNECTS"])
    return record.read_text().split() if record.exists() else []


def moved(to: str, status: int = 302) -> bytes:
    return reply("", status, Location=to)


def drip(conn: socket.socket) -> None:
    """One byte a second, for ever."""
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    for _ in range(60):
        conn.sendall(b"x")
        time.sleep(0.5)


def drip_headers(conn: socket.socket) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"y" * 100:
        conn.sendall(bytes([byte]))
        time.sleep(0.5)


def endless(conn: socket.socket) -> None:
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        conn.sendall(b"<p>x</p>" * 8192)


def silent(conn: socket.socket) -> None:
    time.sleep(8)


def reset(conn: socket.socket) -> None:
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\nhalf")


def _bomb(kind: str) -> bytes:
    plain = b"\0" * (60 * 1024 * 1024)
    packed = {"zstd": zstd.compress, "gzip": gzip.compress, "deflate": zlib.compress, "br": lambda data: brotli.compress(data, quality=1)}[kind](plain)
    return reply(packed, Content_Encoding=kind)


def test_every_hostile_page_fails_alone_and_in_its_class(site: Site, watched: Crawl) -> None:
    hostile = {
        "bomb-gzip": (_bomb("gzip"), "too_large"),
        "bomb-deflate": (_bomb("deflate"), "too_large"),
        "bomb-br": (_bomb("br"), "too_large"),
        "bomb-zstd": (_bomb("zstd"), "too_large"),
        "declared-huge": (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx", "too_large"),
        "endless": (endless, "too_large"),
        "not-gzip": (reply(b"plain text", Content_Encoding="gzip"), "encoding"),
        "not-br": (reply(b"plain text", Content_Encoding="br"), "empty"),
        "drip": (drip, "timeout"),
        "drip-headers": (drip_headers, "timeout"),
        "silent": (silent, "timeout"),
        "reset": (reset, "reset"),
        "closed": (lambda conn: None, "reset"),
        "loop": (moved("/loop"), "redirects"),
        "pingpong": (moved("/pong"), "redirects"),
        "file": (moved("file:///etc/passwd"), "bad_url"),
        "ftp": (moved("ftp://example.com/x"), "bad_url"),
        "data": (moved("data:text/html,x"), "bad_url"),
        "script": (moved("javascript:alert(1)"), "bad_url"),
        "login": (moved("http://user:word@127.0.0.1/x"), "bad_url"),
        "elsewhere": (moved("http://198.51.100.7/x"), "offsite"),
        "facebook": (moved("https://www.facebook.com/some.person"), "person"),
        "home": (moved("/"), "redirected_home"),
        "gone": (reply("", 410), "gone"),
        "paywall": (reply("", 403), "login"),
        "docx": (reply(b"PK\x03\x04 ...", content_type="text/html"), "not_a_page"),
        "image": (reply(b"\x89PNG\r\n", content_type="text/html"), "not_a_page"),
        "empty": (reply(b"  "), "empty"),
        "broken": (b"nonsense\r\n\r\n", "reset"),
        "wall": (reply("<html><title>Just a moment...</title><script src=/cdn-cgi/challenge-platform></script>"), "wall"),
        "cookie-wall": (reply('<html><script>document.cookie="a=1"; location.reload();</script>'), "wall"),
        "parked": (reply("<html><title>Tên miền này đang được bán</title><p>Buy this domain</p>"), "parked"),
        "maintenance": (reply("<html><title>Hệ thống đang bảo trì</title>"), "maintenance"),
        "not-there": (reply("<html><title>Không tìm thấy trang</title><h1>Không tìm thấy</h1><p>Về trang chủ.</p>"), "soft_404"),
        "home-for-good": (moved("/", 301), "redirected_home"),
    }
    site.pages |= {f"/{name}": answer for name, (answer, _) in hostile.items()}
    site.pages |= {"/pong": moved("/pingpong"), "/good": page("Tốt"), "/many0": moved("/many1")}
    site.pages |= {f"/many{i}": moved(f"/many{i + 1}") for i in range(1, 9)}
    site.feed(*(item(f"/{name}", name, name) for name in [*hostile, "many0", "good"]))
    watched.source(site)
    stats = watched.run(module=HARNESS)
    assert stats["status"] == 0, (stats, watched.stderr)
    assert set(watched.landed()) == {f"{site.url}/good"}
    failures = watched.failures()
    wrong = {name: (failures.get(name), expected) for name, (_, expected) in hostile.items() if failures.get(name) != expected and name != "pingpong"}
    assert not wrong, (wrong, watched.rows("SELECT url, reason FROM fetch_log WHERE failure_class IN ('reset', 'encoding', 'empty')"))
    assert "redirects" in (failures.get("pingpong"), failures.get("pong"))
    assert "redirects" in {failures.get(f"many{i}") for i in range(9)}
    assert stats["peak_mb"] < 300
    assert connects(watched) == []
    assert "Traceback" not in watched.stderr


@pytest.mark.parametrize("guarded", [True, False], ids=["with the guard", "with the guard taken away"])
def test_no_redirect_reaches_a_private_address(watched: Crawl, guarded: bool) -> None:
    """Hosts that the source's file allows by name, and that lead to addresses that are not public."""
    names = {"inside.test": ["10.9.8.7"], "localhost": ["127.0.0.1"], "localhost.": ["127.0.0.1"]}
    targets = PRIVATE if guarded else ("http://10.0.0.1/x", "http://inside.test/x")
    hosts = [urlsplit(url).hostname or "" for url in targets]
    with serving("127.0.0.5") as site:
        watched.env |= {"TEST_NAMES": json.dumps(names), "LANGNGHE_GUARD_ALLOW": '["127.0.0.5/32"]'}
        if not guarded:
            watched.env["TEST_NO_GUARD"] = "1"
        site.pages |= {f"/r{i}": moved(url) for i, url in enumerate(targets)}
        site.feed(*(item(f"/r{i}", f"r{i}", str(i)) for i in range(len(targets))))
        watched.source(site, hosts=[f"[{host}]" if ":" in host else host for host in hosts])
        stats = watched.run(module=HARNESS, timeout=120)
    assert stats["landed"] == 0
    if guarded:
        assert connects(watched) == []
        ended = {row["url"]: row["failure_class"] for row in watched.rows("SELECT url, failure_class FROM fetch_log WHERE kind = 'robots' AND failure_class IS NOT NULL")}
        assert set(ended.values()) == {"guard"}
        refused = {(urlsplit(url).hostname or "").rstrip(".") for url in ended}
        assert {host.rstrip(".") for host in hosts} - refused <= {"::ffff:127.0.0.1"}, "every spelling is judged (one may be spelled anew)"
    else:
        assert set(connects(watched)) == {"10.0.0.1", "10.9.8.7"}, "the recorder at the socket must see what the guard would have stopped"


def test_a_name_that_changes_between_two_lookups_is_judged_at_each_connect(site: Site, watched: Crawl) -> None:
    """The first look-up gives the allowed address, later ones a private one: what is connected to is what is judged."""
    watched.env["TEST_NAMES"] = '{"news.test": ["127.0.0.1", "10.1.2.3"]}'
    port = site.port
    site.feed(item(f"http://news.test:{port}/a", "A", "1"))
    site.pages["/a"] = page("A")
    watched.env["LANGNGHE_GUARD_ALLOW"] = '["127.0.0.1/32"]'
    watched.source(site, hosts=["news.test"], home_url=site.url + "/")
    stats = watched.run(module=HARNESS, timeout=90)
    assert stats["failed_pages"] == {"guard": 1}, stats
    assert connects(watched) == []


def test_guids_that_name_nothing(site: Site, crawl: Crawl) -> None:
    """No guid, one guid for all, links relative, tracking, of 20,000 characters, to files and to other sites."""
    site.feed(
        item("/a?fbclid=1", "A", "same"), item("/b#top", "B", "same"), item("c?utm_campaign=x&id=5", "C"), item("/c?id=5&utm_medium=y", "C again"),
        item("/" + "x" * 20_000, "long", "long"), item("https://www.facebook.com/groups/1", "S1", "s1"), item("https://other.example/x", "off", "off"),
        item("javascript:alert(1)", "js", "js"), item("", "none", "none"), item("/tac-gia/mot-nguoi", "author", "author"),
    )  # fmt: skip
    site.pages |= {"/a?fbclid=1": page("A"), "/b": page("B"), "/c?utm_campaign=x&amp;id=5": page("C"), "/c?utm_campaign=x&id=5": page("C")}
    crawl.source(site)
    site.pages["/rss"] = site.pages["/rss"].replace(b"x&id", b"x&id")  # an unescaped ampersand, as many feeds have
    crawl.run()
    assert set(crawl.landed()) == {f"{site.url}/a", f"{site.url}/b", f"{site.url}/c?id=5"}
    assert not [path for path in site.paths() if "tac-gia" in path]
