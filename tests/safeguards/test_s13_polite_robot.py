"""Rule S13: "A polite, named robot. robots.txt and Crawl-delay are obeyed, the decision is stored per fetch, the user agent names the
operator and a contact page, there is no log-in, CAPTCHA, proxy or fingerprint evasion (a platform's documented API with the operator's
own key is allowed; a feed that robots.txt refuses is BLOCKED, not fetched)."

Proof here: robots.txt and Crawl-delay are obeyed, the decision is stored with each fetch, the robot says who it is; tried on a real
server.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from crawlers.fetcher import Fetcher
from crawlers.session import scrapy_settings
from processing.db import Connection
from processing.settings import Settings
from tests.crawlers.conftest import Crawl
from tests.crawlers.site import Site, item, page, reply, serving


@pytest.fixture
def crawl(tmp_path: Path, db: Connection) -> Crawl:
    return Crawl(tmp_path / "config", db)


@pytest.fixture
def site() -> object:
    with serving() as one:
        yield one


def decisions(crawl: Crawl) -> dict[str, str]:
    return {row["url"].split("/", 3)[3]: row["robots_decision"] for row in crawl.rows("SELECT url, robots_decision FROM fetch_log")}


def test_what_robots_txt_refuses_is_not_asked_for(site: Site, crawl: Crawl) -> None:
    site.pages["/robots.txt"] = reply("User-agent: *\nDisallow: /kin/\n", content_type="text/plain")
    site.pages |= {"/mo/a": page("A"), "/kin/b": page("B"), "/mo/c": reply("", 302, Location="/kin/c"), "/kin/c": page("C")}
    site.feed(item("/mo/a", "A", "1"), item("/kin/b", "B", "2"), item("/mo/c", "C", "3"))
    crawl.source(site)
    stats = crawl.run()
    assert stats["failed_pages"] == {"robots": 2}
    assert set(crawl.landed()) == {f"{site.url}/mo/a"}
    assert not [path for path in site.paths() if path.startswith("/kin/")], "the target of a redirect is checked too"
    found = decisions(crawl)
    assert (found["mo/a"], found["kin/b"], found["kin/c"], found["robots.txt"]) == ("allowed", "disallowed", "disallowed", "is_robots")


def test_a_feed_that_robots_txt_refuses_is_blocked(site: Site, crawl: Crawl) -> None:
    site.pages["/robots.txt"] = reply("User-agent: LangNghe\nDisallow: /\n", content_type="text/plain")
    site.feed(item("/a", "A", "1"))
    crawl.source(site)
    stats = crawl.run()
    assert (stats["state"], stats["landed"], site.paths()) == ("BLOCKED", 0, ["/robots.txt"])


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_robots_txt_in_trouble_means_nothing_is_fetched(site: Site, crawl: Crawl, status: int) -> None:
    site.pages["/robots.txt"] = reply("", status)
    site.feed(item("/a", "A", "1"))
    crawl.source(site)
    assert crawl.run()["landed"] == 0
    assert set(site.paths()) == {"/robots.txt"}
    assert decisions(crawl)["rss"] == "unreachable"


def test_crawl_delay_and_the_hosts_one_slot(site: Site, crawl: Crawl) -> None:
    """Two sources on one host, crawled one after the other and at once, never ask sooner than the delay."""
    site.pages["/robots.txt"] = reply("User-agent: *\nCrawl-delay: 1\n", content_type="text/plain")
    site.pages |= {"/a": page("A"), "/b": page("B")}
    site.feed(item("/a", "A", "1"), item("/b", "B", "2"))
    crawl.source(site)
    crawl.run()
    times = [one.at for one in site.seen if one.path != "/robots.txt"]
    assert len(times) == 3
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.95


def test_a_public_host_waits_five_seconds_whatever_the_settings_say() -> None:
    from crawlers.guard import parse_allow

    demo = Fetcher(None, None, lambda record: None, None, allow=parse_allow(["127.0.0.0/8"]), min_delay_s=0.0)  # type: ignore[arg-type]
    assert demo.delay("http://127.0.0.11/x", None) == 0
    assert demo.delay("http://127.0.0.11/x", 2.0) == 2.0
    assert demo.delay("https://bao.example/x", None) == 5.0
    assert demo.delay("https://8.8.8.8/x", None) == 5.0
    assert demo.delay("https://bao.example/x", 30.0) == 30.0


def test_the_robot_names_its_operator_and_a_contact_and_evades_nothing(site: Site, crawl: Crawl) -> None:
    crawl.env |= {"LANGNGHE_OPERATOR_NAME": "Ban Truyen thong xa Thu", "LANGNGHE_OPERATOR_CONTACT": "https://xathu.example/robot"}
    site.pages |= {"/a": reply("<html><p>x</p></html>", Set_Cookie="id=1")}
    site.feed(item("/a", "A", "1"))
    crawl.source(site)
    crawl.run()
    agents = {one.headers["user-agent"] for one in site.seen}
    assert len(agents) == 1
    assert "LangNghe" in (agent := agents.pop())
    assert "Ban Truyen thong xa Thu" in agent
    assert "https://xathu.example/robot" in agent
    assert not [one for one in site.seen if "cookie" in one.headers or "authorization" in one.headers or "referer" in one.headers]
    carrier = scrapy_settings(Settings())
    assert carrier["COOKIES_ENABLED"] is False
    assert carrier["DOWNLOADER_MIDDLEWARES"]["scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware"] is None


def test_retry_after_is_obeyed_by_the_next_poll(site: Site, crawl: Crawl) -> None:
    site.pages["/rss"] = reply("", 503, Retry_After="7200")
    crawl.source(site)
    crawl.run()
    wait = crawl.rows("SELECT extract(epoch FROM next_poll_at - now())::float8 AS wait FROM feed")[0]["wait"]
    assert wait > 7000
    assert crawl.run(force=False)["outcome"] == "not due"


def test_too_many_requests_ends_the_run_for_that_host_and_costs_no_attempt(site: Site, crawl: Crawl) -> None:
    site.pages["/robots.txt"] = reply("User-agent: *\nCrawl-delay: 0.3\n")
    site.pages |= {"/0": reply("", 429, Retry_After="3600")}
    site.feed(*(item(f"/{i}", str(i), str(i)) for i in range(4)))
    crawl.source(site)
    stats = crawl.run()
    assert stats["failed_pages"] == {"rate_limited": 1, "waiting": 3}
    assert site.paths() == ["/robots.txt", "/rss", "/0"]
    tries = crawl.rows("SELECT attempts, not_before > now() + interval '50 minutes' AS later FROM feed_entry ORDER BY attempts")
    assert tries == [{"attempts": 0, "later": True}] * 3 + [{"attempts": 1, "later": True}]
