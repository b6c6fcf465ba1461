"""Killed, run side by side, edited, moved: the crawl yields the same rows."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from crawlers.discover import channels_of
from crawlers.registry import sync_sources
from crawlers.report import weekly
from crawlers.sources import Assertions, Feed, Source, TLSException, load_sources
from processing.db import Connection
from processing.erase import erase
from processing.errors import ConfigError

from .conftest import ROOT, Crawl
from .site import Site, item, page, reply


def test_killed_at_any_moment_and_run_again_lands_everything_once(site: Site, crawl: Crawl) -> None:
    dice = random.Random(20261122)
    for i in range(60):
        site.pages[f"/{i}"] = page(f"Tin {i}", f"Văn bản {i}.")
    site.feed(*(item(f"/{i}", f"Tin {i}", str(i)) for i in range(60)))
    crawl.source(site)
    for _ in range(4):
        child = subprocess.Popen([sys.executable, "-m", "crawlers.child", "bao-thu"], env=crawl.environment(), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(dice.uniform(0.3, 2.5))
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert crawl.run()["status"] == 0
    urls = [row["url"] for row in crawl.rows("SELECT url FROM landing")]
    assert sorted(urls) == sorted(f"{site.url}/{i}" for i in range(60))
    assert crawl.rows("SELECT count(*) AS n FROM feed_entry WHERE page_landed") == [{"n": 60}]


def test_two_crawls_of_one_host_take_turns(site: Site, crawl: Crawl) -> None:
    """Two sources on one host, started together: the second waits for the first, and for the delay after it."""
    crawl.two_of_one_host(site, 1)
    results: dict[str, dict[str, object]] = {}
    threads = [threading.Thread(target=lambda name=name: results.update({name: crawl.run(name)})) for name in ("mot", "hai")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {result["landed"] for result in results.values()} == {1}, results
    order = [one.path.split("/")[1] for one in site.seen if one.path != "/robots.txt"]
    assert order in (["mot", "mot", "hai", "hai"], ["hai", "hai", "mot", "mot"])
    within = [[one.at for one in site.seen if one.path.startswith(f"/{name}/")] for name in ("mot", "hai")]
    assert min(later - earlier for times in within for earlier, later in pairwise(times)) >= 0.95


def test_a_page_removed_on_request_does_not_come_back(site: Site, crawl: Crawl) -> None:
    site.feed(item("/a", "A", "1"), item("/b", "B", "2"))
    site.pages |= {"/a": page("A"), "/b": page("B")}
    crawl.source(site)
    erase(crawl.db, f"{site.url}/a", "asked for", datetime.now(UTC))
    crawl.db.commit()
    crawl.run()
    assert set(crawl.landed()) == {f"{site.url}/b"}
    assert "/a" not in site.paths()


def test_an_outage_and_the_return_are_two_changes_of_state(site: Site, crawl: Crawl) -> None:
    site.feed(item("/a", "A", "1"))
    site.pages["/a"] = page("A")
    crawl.source(site)
    crawl.run()
    good = site.pages["/rss"]
    site.pages["/rss"] = reply("", 404)
    assert crawl.run()["state"] == "BROKEN"
    assert crawl.run()["changed"] is False
    site.pages["/rss"] = good
    back = crawl.run()
    assert (back["state"], back["changed"], back["landed"]) == ("OK", True, 0)
    assert [row["state"] for row in crawl.rows("SELECT state FROM source_state ORDER BY at")] == ["BROKEN", "OK"]


def test_a_source_past_its_review_stops_alone(site: Site, crawl: Crawl) -> None:
    site.feed(item("/a", "A", "1"))
    site.pages["/a"] = page("A")
    crawl.source(site, key="cu", reviewed_on="2025-01-01", review_due="2025-06-01", feeds=f'[[feeds]]\nurl = "{site.url}/rss2"\n')
    crawl.source(site)
    assert crawl.run("cu")["outcome"] == "stopped"
    assert crawl.run()["landed"] == 1
    states = {row["key"]: (row["state"], row["enabled"]) for row in crawl.rows("SELECT key, state, enabled FROM source")}
    assert states == {"cu": ("DISABLED", False), "bao-thu": ("OK", True)}
    assert "/rss2" not in site.paths()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('slector = "a"', "did you mean selector"), ('kind = "rss2"', "kind"), ("max_entries = 0", "max_entries"), ('selector = "a"', "selector"),
    ],
)  # fmt: skip
def test_a_wrong_key_is_named_with_file_and_cure(site: Site, crawl: Crawl, line: str, words: str) -> None:
    crawl.source(site, feeds=f'[[feeds]]\nurl = "{site.url}/rss"\n{line}\n')
    with pytest.raises(ConfigError, match=words) as caught:
        load_sources(crawl.folder)
    assert "bao-thu.toml" in str(caught.value)
    assert "add-a-source.md" in caught.value.cure
    assert crawl.run()["status"] == 2


def test_files_and_tables_agree_and_a_removed_file_is_told(site: Site, crawl: Crawl, db: Connection) -> None:
    crawl.source(site)
    crawl.source(site, key="khac", feeds=f'[[feeds]]\nurl = "{site.url}/khac"\n')
    assert sync_sources(db, load_sources(crawl.folder)) == {}
    assert sync_sources(db, load_sources(crawl.folder)) == {}
    (crawl.folder / "sources" / "khac.toml").unlink()
    assert "removed" in sync_sources(db, load_sources(crawl.folder))["khac"]
    assert sync_sources(db, load_sources(crawl.folder)) == {}
    crawl.source(site, key="lai", feeds=f'[[feeds]]\nurl = "{site.url}/rss"\n')
    with pytest.raises(ConfigError, match="also a feed of"):
        load_sources(crawl.folder)


def test_the_commands_for_an_operator(site: Site, crawl: Crawl) -> None:
    """`sources discover`, `test` and `check`, as the console runs them; none of them writes anything."""
    site.pages["/"] = reply('<html><head><title>Báo Thử</title><link rel="alternate" type="application/rss+xml" href="/rss"></head></html>')
    days = [f"{date} Nov 2026 08:00:00 +0700" for date in ("Sun, 22", "Sat, 21", "Fri, 20")]
    site.feed(*(item(f"/{i}", f"Nghệ An: nước sạch về xã số {i}", str(i), when) for i, when in enumerate(days)))
    site.pages |= {f"/{i}": page("Nước sạch") for i in range(3)}
    crawl.source(site)

    def console(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "processing.cli", "sources", *arguments], capture_output=True, text=True, env=crawl.environment(), cwd=ROOT)

    found = console("discover", site.url + "/")
    assert found.returncode == 0, found.stderr
    assert f'url = "{site.url}/rss"' in found.stdout
    assert "FILL IN" in found.stdout
    assert 'places = ["40"]' in found.stdout, found.stdout
    assert "expected_per_week = 10" in found.stdout
    assert console("discover", "https://www.facebook.com/someone").returncode == 1
    tried = console("test", "bao-thu")
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert f"{site.url}/0" in tried.stdout
    assert "robots: no_robots" in tried.stdout
    assert console("check").returncode == 0
    assert crawl.rows("SELECT 1 FROM fetch_log") == []
    assert crawl.rows("SELECT 1 FROM landing") == []


def test_assertions_of_a_source_are_json_figures(site: Site, crawl: Crawl) -> None:
    site.feed()
    crawl.source(site)
    line = subprocess.run([sys.executable, "-m", "crawlers.child", "bao-thu"], capture_output=True, text=True, env=crawl.environment(), cwd=ROOT).stdout.splitlines()[-1]
    assert {"source", "outcome", "state", "entries", "new", "landed", "peak_mb"} <= set(json.loads(line))


def test_a_guid_that_changes_with_every_fetch_and_a_second_feed_fetch_no_page_twice(site: Site, crawl: Crawl) -> None:
    site.pages |= {"/a": page("A"), "/b": page("B")}
    feeds = "".join(f'[[feeds]]\nurl = "{site.url}{path}"\n' for path in ("/rss", "/rss2"))
    crawl.source(site, feeds=feeds)
    for round_ in range(3):
        site.feed(item("/a", "A", f"a{round_}"), item("/b?utm_source=rss", "B", f"b{round_}"))
        site.feed(item("/a", "A", f"x{round_}"), path="/rss2")
        site.pages["/b?utm_source=rss"] = page("B")
        stats = crawl.run()
        assert stats["new"] == (2 if round_ == 0 else 0), stats
    assert site.paths().count("/a") == 1
    assert site.paths().count("/b?utm_source=rss") == 1
    assert len(crawl.rows("SELECT 1 FROM landing")) == 2


def test_broken_assertions_stop_a_source_whose_layout_changed(site: Site, crawl: Crawl) -> None:
    site.feed(*(item(f"/{i}", f"Tin {i}", str(i)) for i in range(12)))
    site.pages |= {f"/{i}": page(f"Tin {i}") for i in range(12)}
    crawl.source(site)
    assert crawl.run()["state"] == "OK"
    crawl.db.execute("UPDATE landing SET state = 'quarantine', reason = 'no text'")
    crawl.db.commit()
    stats = crawl.run()
    assert stats["state"] == "DISABLED"
    assert "layout" in stats["reason"]
    assert crawl.run(force=False)["outcome"] == "stopped"


def test_a_source_switched_off_and_on_again_by_its_file(site: Site, crawl: Crawl) -> None:
    site.feed(item("/a", "A", "1"))
    site.pages["/a"] = page("A")
    crawl.source(site, enabled=False)
    assert crawl.run()["outcome"] == "stopped"
    crawl.source(site, enabled=True)
    assert crawl.run()["landed"] == 1
    crawl.source(site, enabled=False)
    assert crawl.run()["outcome"] == "stopped"
    assert [row["state"] for row in crawl.rows("SELECT state FROM source_state ORDER BY at")] == ["DISABLED", "OK", "DISABLED"]


def test_every_key_of_a_source_is_described() -> None:
    described = (ROOT / "docs" / "add-a-source.md").read_text(encoding="utf-8")
    for model in (Source, Feed, Assertions, TLSException):
        for name in model.model_fields:
            assert name == "key" or f"`{name}`" in described or f"[{name}]" in described, f"{name} of {model.__name__} is not in docs/add-a-source.md"
    for state in ("OK", "QUIET", "EMPTY", "STALE", "BLOCKED", "BROKEN", "DISABLED"):
        assert f"| `{state}` |" in described


def test_a_terminated_crawl_ends_at_once(site: Site, crawl: Crawl) -> None:
    site.pages["/robots.txt"] = reply("User-agent: *\nCrawl-delay: 20\n")
    site.feed(item("/a", "A", "1"))
    crawl.source(site)
    child = subprocess.Popen([sys.executable, "-m", "crawlers.child", "bao-thu"], env=crawl.environment(), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 30
    while "/robots.txt" not in site.paths() and time.monotonic() < until:
        time.sleep(0.05)
    child.terminate()
    began = time.monotonic()
    child.wait(timeout=10)
    assert time.monotonic() - began < 5


def test_the_weekly_report_names_dead_moved_and_thin_sources(site: Site, crawl: Crawl, db: Connection) -> None:
    for key in ("chet", "doi", "lech", "mong", "khoe", "tat"):
        crawl.source(site, key=key, feeds=f'[[feeds]]\nurl = "{site.url}/{key}"\n', enabled=key != "tat", expected_per_week=70)
    sync_sources(db, load_sources(crawl.folder))
    now = datetime.now(UTC)
    db.execute("UPDATE source SET first_fetched_at = %s", [now - timedelta(days=40)])
    db.execute("UPDATE source SET state = 'BROKEN', state_reason = 'no name', state_since = %s WHERE key = 'chet'", [now - timedelta(days=5)])
    db.execute(
        """INSERT INTO source_move (source_id, from_host, to_host, to_url, first_seen_at, last_seen_at)
           SELECT id, 'x.example', 'y.example', 'http://y.example/', %s, %s FROM source WHERE key = 'doi'""",
        [now, now],
    )
    db.execute("UPDATE source SET broken = '{min_share_text}' WHERE key = 'lech'")
    db.execute(
        """INSERT INTO feed_entry (feed_id, entry_key, content_sha256, first_seen_at, last_seen_at)
           SELECT f.id, sha256(n::text::bytea), '', %s, %s FROM feed f JOIN source s ON s.id = f.source_id, generate_series(1, 60) n WHERE s.key = 'khoe'""",
        [now, now],
    )
    found = {finding.key: finding.kind for finding in weekly(db, now)}
    assert found == {"chet": "dead", "doi": "moved", "lech": "assertion", "mong": "thin"}


def test_channels_are_proposed_from_the_owners_own_page_only() -> None:
    channel = "UC" + "x" * 22
    body = f'<a href="https://www.youtube.com/channel/{channel}">YouTube</a><a rel="me" href="https://mastodon.example/@benhvien">M</a><a href="https://www.youtube.com/@ai-do">x</a>'
    assert channels_of(body.encode()) == ["https://mastodon.example/@benhvien.rss", f"https://www.youtube.com/feeds/videos.xml?channel_id={channel}"]
