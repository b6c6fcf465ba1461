"""What outlives one crawl: robots.txt for a day, moves that wait for a person, broken assertions, the week's mail, alerts in time, hosts that wait for nobody."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from crawlers import report
from crawlers.health import Past, judge
from crawlers.polling import SHORTEST, next_interval
from crawlers.spider import FeedOutcome
from processing.alerts import outbox, source_week
from processing.alerts.compose import compose
from processing.db import Connection
from processing.errors import LangNgheError
from processing.people import add_user
from processing.source_moves import decide, moves, person
from processing.stack.crawling import crawl as crawl_group

from .conftest import Crawl
from .site import Site, item, page, reply, serving


def robots_asked(site: Site) -> int:
    return site.paths().count("/robots.txt")


def test_robots_is_asked_for_once_a_day_and_an_answer_in_trouble_is_not_kept(site: Site, crawl: Crawl) -> None:
    site.pages["/robots.txt"] = reply("", 503)
    site.feed(item("/a", "A", "1"))
    site.pages |= {"/a": page("A"), "/kin/b": page("B")}
    crawl.source(site)
    assert crawl.run()["failure"] == "robots_unreachable"
    site.pages["/robots.txt"] = reply(b"\xef\xbb\xbfUser-agent: *\rDisallow: /kin/\r" + b"#" * 600_000 + b"\rDisallow: /a\r", content_type="text/plain")
    assert crawl.run()["landed"] == 1, "trouble is asked about again; what lies past 500 KiB is not read"
    assert robots_asked(site) == 2
    kept = crawl.rows("SELECT origin, status, length(body) AS size FROM robots_txt")
    assert kept == [{"origin": site.url, "status": 200, "size": 500 * 1024}]

    site.pages["/robots.txt"] = reply("User-agent: *\nDisallow: /\n")
    site.feed(item("/a", "A", "1"), item("/kin/b", "B", "2"))
    assert crawl.run()["failed_pages"] == {"robots": 1}, "what is kept decides"
    assert robots_asked(site) == 2
    crawl.db.execute("UPDATE robots_txt SET fetched_at = fetched_at - interval '24 hours'")
    crawl.db.commit()
    assert crawl.run()["state"] == "BLOCKED"
    assert robots_asked(site) == 3


def test_robots_behind_redirects_is_that_of_the_host_asked_and_the_targets_own_rules_hold(site: Site, other_site: Site, crawl: Crawl) -> None:
    """Five hops are followed, to another host too; a page's redirect is judged by the robots.txt of where it leads."""
    site.pages["/robots.txt"] = reply("", 301, Location="/r1")
    site.pages |= {f"/r{i}": reply("", 302, Location=f"/r{i + 1}") for i in range(1, 4)}
    site.pages["/r4"] = reply("", 302, Location=f"{other_site.url}/robots-of-both")
    other_site.pages["/robots-of-both"] = reply("User-agent: *\nDisallow: /kin\n", content_type="text/plain")
    other_site.pages["/robots.txt"] = reply("User-agent: *\nDisallow: /rieng\n", content_type="text/plain")
    other_site.pages |= {"/kin/x": page("X"), "/rieng/y": page("Y")}
    site.feed(item("/kin/a", "A", "1"), item("/b", "B", "2"), item("/c", "C", "3"))
    site.pages |= {"/b": reply("", 302, Location=f"{other_site.url}/kin/x"), "/c": reply("", 302, Location=f"{other_site.url}/rieng/y")}
    crawl.source(site, hosts=["127.0.0.2"])
    stats = crawl.run()
    assert stats["failed_pages"] == {"robots": 2}, stats
    assert stats["landed"] == 1
    assert "/kin/x" in other_site.paths()
    assert "/rieng/y" not in other_site.paths()
    assert "/kin/a" not in site.paths()


def test_a_source_that_moved_is_followed_only_after_a_person_said_so(site: Site, other_site: Site, crawl: Crawl, db: Connection) -> None:
    site.pages["/rss"] = reply("", 301, Location=f"{other_site.url}/rss")
    other_site.feed(item(f"{other_site.url}/a", "A", "1"))
    other_site.pages["/a"] = page("A")
    crawl.source(site)
    stats = crawl.run()
    assert (stats["failure"], stats["state"]) == ("moved", "BROKEN")
    assert other_site.paths() == []
    assert "127.0.0.2" in stats["reason"]
    assert [(move.key, move.from_host, move.to_host, move.decision) for move in moves(db, waiting_only=True)] == [("bao-thu", "127.0.0.1", "127.0.0.2", "waiting")]
    assert [(finding.kind, "127.0.0.2" in finding.reason) for finding in report.weekly(db, datetime.now(UTC))] == [("moved", True)]

    who = add_user(db, "nguoi.giu", "giu@board.invalid", "mat-khau-dai", "admin")
    now = datetime.now(UTC)
    for key, host, reason in (("bao-thu", "127.0.0.2", " "), ("bao-thu", "khac.example", "thư của cơ quan"), ("khong-co", "127.0.0.2", "x")):
        with pytest.raises(LangNgheError):
            decide(db, key, host, who, "followed", reason, now)
    with pytest.raises(LangNgheError, match="no active account"):
        person(db, "ai-do")
    decide(db, "bao-thu", "127.0.0.2", person(db, "nguoi.giu"), "followed", "Thông báo đổi tên miền của cơ quan.", now)
    db.commit()
    assert db.execute("SELECT actor, action, subject FROM audit").fetchall() == [{"actor": f"user:{who}", "action": "decide", "subject": "source:bao-thu"}]
    stats = crawl.run(force=False)
    assert (stats["landed"], stats["state"]) == (1, "OK"), stats
    assert [row["state"] for row in crawl.rows("SELECT state FROM source_state ORDER BY at")] == ["BROKEN", "OK"]

    decide(db, "bao-thu", "127.0.0.2", who, "refused", "Nhầm: tên miền đã bán.", datetime.now(UTC))
    db.commit()
    assert crawl.run()["failure"] == "moved"


def test_a_broken_assertion_is_told_once_and_the_weeks_mail_says_all_in_both_languages(site: Site, crawl: Crawl, db: Connection) -> None:
    add_user(db, "nguoi.giu", "giu@board.invalid", "mat-khau-dai", "admin")
    site.feed(*(item(f"/{i}", f"Tin {i}", str(i)) for i in range(12)))
    site.pages |= {f"/{i}": page(f"Tin {i}") for i in range(12)}
    feeds = f'[[feeds]]\nurl = "{site.url}/rss"\n[assertions]\nmin_median_length = 0\nmax_per_week = 500\nstop_on = ["max_per_week"]\n'
    crawl.source(site, feeds=feeds)
    crawl.run()
    db.execute("UPDATE landing SET state = CASE WHEN id % 2 = 0 THEN 'done' ELSE 'quarantine' END")
    db.commit()
    for _ in range(2):
        stats = crawl.run()
        assert (stats["state"], "warning" in stats["reason"]) == ("OK", True)
    history = crawl.rows("SELECT state, broken FROM source_state ORDER BY at")
    assert history[-1] == {"state": "OK", "broken": ["min_share_text"]}
    assert sum(bool(row["broken"]) for row in history) == 1
    now = datetime.now(UTC)
    assert outbox.enqueue_source_changes(db, now) == 1
    mail = compose(db, db.execute("SELECT * FROM outbox").fetchall()[0], now)
    body = mail.get_body(("plain",))
    assert body is not None
    text = " ".join(body.get_content().split())
    assert "Source needs care" in text
    assert "khai báo ít nhất 80%" in text
    assert "asserted at least 80%" in text

    db.execute("DELETE FROM outbox")
    findings = [finding.as_json() for finding in report.weekly(db, now)]
    assert source_week.run(db, findings, now) == 1
    assert source_week.run(db, findings, now) == 0, "once a week"
    mail = compose(db, db.execute("SELECT * FROM outbox").fetchall()[0], now)
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        words = " ".join(body.get_content().split())
        assert words.index("Không đúng như khai báo") < words.index("Not as its file asserts")
        assert "Báo Thử" in words
    assert source_week.run(db, [], now + timedelta(days=7)) == 1
    row = db.execute("SELECT * FROM outbox ORDER BY id DESC LIMIT 1").fetchall()[0]
    calm = compose(db, row, now).get_body(("plain",))
    assert calm is not None
    assert "Không nguồn nào cần xử lý" in calm.get_content()


def test_stopping_assertions_are_named_by_the_file_and_mailed(site: Site, crawl: Crawl, db: Connection) -> None:
    add_user(db, "nguoi.giu", "giu@board.invalid", "mat-khau-dai", "admin")
    site.feed(item("/0", "Tin", "0"))
    site.pages["/0"] = page("Tin")
    crawl.source(site, feeds=f'[[feeds]]\nurl = "{site.url}/rss"\n[assertions]\nmin_per_week = 5\nstop_on = ["min_per_week"]\n')
    crawl.run()
    db.execute("UPDATE source SET first_fetched_at = now() - interval '30 days'")
    db.commit()
    stats = crawl.run()
    assert (stats["state"], "at least 5" in stats["reason"]) == ("DISABLED", True)
    assert outbox.enqueue_source_changes(db, datetime.now(UTC)) == 1


@pytest.mark.parametrize("per_week", [3.0, 7.0, 30.0, 200.0, 2000.0])
def test_trouble_is_told_within_two_expected_intervals(per_week: float) -> None:
    """A source in its rhythm starts to time out just after a good poll; polls go on as they are scheduled."""
    gap = timedelta(days=7) / per_week
    start = now = datetime(2026, 11, 2, tzinfo=UTC)
    interval, score = max(min(gap / 2, timedelta(days=1)), SHORTEST), 0.0
    while True:
        now += interval * 0.9
        verdict = judge([FeedOutcome("x", failure="timeout")], Past(score, start, start, per_week, True), now)
        if verdict.state == "BROKEN":
            break
        score, interval = verdict.failure_score, next_interval(interval, 0, 1, gap / 2)
    assert now - start <= max(2 * gap, timedelta(hours=1)), f"told after {now - start}, {gap} between two documents"


def test_a_hostile_host_makes_no_other_wait(crawl: Crawl) -> None:
    """Two sources that never answer and one that does, in one process: the good one is done long before they time out."""
    with serving("127.0.0.3") as slow, serving("127.0.0.4") as silent, serving("127.0.0.5") as good:
        for site in (slow, silent):
            site.pages["/rss"] = lambda conn: time.sleep(8)
        good.feed(item("/a", "A", "1"))
        good.pages["/a"] = page("A")
        for key, site in (("cham", slow), ("im", silent), ("tot", good)):
            crawl.source(site, key=key)
        crawl.env |= {"TEST_CONNECTS": str(crawl.folder / "connects.txt"), "TEST_TIMEOUT": "5"}
        results = crawl.run_many("cham", "im", "tot", module=("-m", "tests.crawlers.harness"))
    assert {key: stats["failure"] for key, stats in results.items()} == {"cham": "timeout", "im": "timeout", "tot": None}
    assert next(iter(results)) == "tot"


def test_sources_of_one_host_keep_its_delay_in_one_process_too(site: Site, crawl: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:
    crawl.two_of_one_host(site, 0.5)
    for name, value in crawl.environment().items():
        monkeypatch.setenv(name, value)
    assert [(result["source"], result["ok"]) for result in crawl_group(["mot", "hai"])] == [("mot", True), ("hai", True)]
    assert robots_asked(site) == 1
    times = [one.at for one in site.seen]
    assert len(times) == 5
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.45
