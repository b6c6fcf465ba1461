"""The pure rules: addresses, robots.txt, the guard's judgement, the state of a source, polling."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.assertions import Observed, check
from crawlers.exchange import retry_after
from crawlers.guard import forbidden, parse_allow
from crawlers.health import DISABLE_AT, Past, judge, with_assertions
from crawlers.pages import no_page
from crawlers.polling import LONGEST, SHORTEST, next_interval
from crawlers.robots import MAX_BYTES, from_answer, parse
from crawlers.sources import Assertions
from crawlers.spider import FeedOutcome
from crawlers.urls import BadURL, canonical, page_key, same_site

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://Bao.Example:443/A?utm_source=x&id=5#top", "https://bao.example/A?id=5"),
        ("https://bao.example", "https://bao.example/"),
        ("https://name:word@bao.example/x", "https://bao.example/x"),
        ("https://bao.example/x;jsessionid=ABC?user_id=7&author=ten&page=2", "https://bao.example/x?page=2"),
        ("https://báo.example/tin mới", "https://xn--bo-mia.example/tin%20m%E1%BB%9Bi"),
        ("https://bao.example./x", "https://bao.example/x"),
        ("https://bao.example/t%C3%ADn", "https://bao.example/t%C3%ADn"),
        ("http://[::1]:8000/x", "http://[::1]:8000/x"),
        ("https://cong.example/tin?vgnextoid=0a1b2c3d4e5f6789&src=facebook", "https://cong.example/tin?vgnextoid=0a1b2c3d4e5f6789"),
        ("https://cu.example/modules.php?name=News&op=viewst&sid=1234", "https://cu.example/modules.php?name=News&op=viewst&sid=1234"),
        ("https://cu.example/a?sid=9f86d081884c7d659a2feaa0c55ad015&key=77&from=rss", "https://cu.example/a?key=77"),
        ("https://cu.example/a?source=12&ref=home&from=7f3c1b1e-0c4f-4a53-9d0e-2d6b1b1a9c11", "https://cu.example/a?source=12&from=7f3c1b1e-0c4f-4a53-9d0e-2d6b1b1a9c11"),
        ("https://api.example/a?access_token=abc&id=5", "https://api.example/a?id=5"),
    ],
)
def test_one_spelling_without_what_identifies_a_reader_or_author(url: str, expected: str) -> None:
    assert canonical(url) == expected
    assert canonical(canonical(url)) == canonical(url)


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "file:///etc/passwd", "https://", "http://[bad", "https://a b|c/", "https://x/" + "y" * 3000, "ftp://x/y"])
def test_what_is_no_pages_address(url: str) -> None:
    with pytest.raises(BadURL):
        canonical(url)


@given(st.text(max_size=200))
def test_any_text_is_an_address_or_bad(text: str) -> None:
    try:
        once = canonical(text, "https://bao.example/muc/")
    except BadURL:
        return
    assert canonical(once) == once


def test_doubles_and_own_sites() -> None:
    assert page_key("https://m.bao.example/a.amp") == page_key("http://www.bao.example/a/")
    assert same_site("https://www.bao.example/x", frozenset({"bao.example"}))
    assert not same_site("https://evilbao.example/x", frozenset({"bao.example"}))


ROBOTS = """\ufeff# comment
User-agent: Other
Disallow: /

user-agent: langnghe/2.0
User-Agent: third
Disallow: /kin
Allow: /kin/mo
Disallow: /*.pdf$
Disallow: /t%C3%ACm-ki%e1%ba%bfm
Crawl-delay: 7
Sitemap: https://bao.example/sitemap.xml

User-agent: LangNghe
Disallow: /them
"""


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_robots_groups_longest_match_and_encodings(ends: str) -> None:
    rules = parse(ROBOTS.replace("\n", ends).encode())
    verdicts = {path: rules.decide("https://bao.example" + path) for path in ("/", "/kin", "/kin/mo", "/kin/mo/x", "/a.pdf", "/a.pdf?x", "/them/1", "/tìm-kiếm", "/robots.txt")}
    refused = {path for path, verdict in verdicts.items() if verdict == "disallowed"}
    assert refused == {"/kin", "/a.pdf", "/them/1", "/tìm-kiếm"}
    assert rules.crawl_delay_s == 7
    assert rules.sitemaps == ("https://bao.example/sitemap.xml",)


def test_robots_answers() -> None:
    assert from_answer(404, b"").decide("https://x.example/a") == "no_robots"
    assert from_answer(403, b"").decide("https://x.example/a") == "no_robots"
    for status in (500, 503, 429, None):
        assert from_answer(status, b"").decide("https://x.example/a") == "unreachable"
    assert from_answer(200, b"").decide("https://x.example/a") == "allowed"
    assert from_answer(200, b"User-agent: *\nDisallow: /").decide("https://x.example/a") == "disallowed"
    assert from_answer(200, b"Disallow: /").decide("https://x.example/a") == "allowed", "a rule before any group is nobody's"


def test_robots_reads_half_a_megabyte_and_no_pattern_is_slow() -> None:
    long = b"#" * MAX_BYTES + b"\nUser-agent: *\nDisallow: /\n"
    assert parse(long).decide("https://x.example/a") == "allowed"
    stars = parse(b"User-agent: *\n" + b"Disallow: /" + b"*a" * 5000 + b"$\n")
    began = time.perf_counter()
    stars.decide("https://x.example/" + "a" * 20_000 + "b")
    assert time.perf_counter() - began < 0.5


@given(st.binary(max_size=2000))
def test_robots_never_raises(body: bytes) -> None:
    parse(body).decide("https://x.example/a%zz?b=ÿ")


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::",
     "fc00::1", "fe80::1%eth0", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::a00:1", "2002:7f00:1::", "2001:0:1::1", "::7f00:1", "localhost",
     "198.18.0.1", "192.0.2.1", "2001:db8::1"],
)  # fmt: skip
def test_the_guard_refuses(address: str) -> None:
    assert forbidden(address)


def test_the_guard_lets_public_addresses_and_the_demo_town_through() -> None:
    assert forbidden("8.8.8.8") is None
    assert forbidden("2001:4860:4860::8888") is None
    town = parse_allow(["127.0.0.0/28"])
    assert forbidden("127.0.0.11", town) is None
    assert forbidden("127.0.0.16", town)
    assert forbidden("::ffff:127.0.0.11", town)
    for network in ("10.0.0.0/8", "0.0.0.0/0", "8.8.8.8/32"):
        with pytest.raises(ValueError, match="loopback"):
            parse_allow([network])


def past(**values: object) -> Past:
    base = {"failure_score": 0.0, "last_ok_at": NOW - timedelta(minutes=10), "last_new_at": NOW - timedelta(hours=1), "per_week": 70.0, "ever_entries": True}
    return Past(**{**base, **values})  # type: ignore[arg-type]


def outcome(**values: object) -> FeedOutcome:
    return FeedOutcome("https://bao.example/rss", **{"entries": 10, **values})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("feeds", "before", "state"),
    [
        ([outcome(new=2)], past(), "OK"),
        ([outcome()], past(last_new_at=NOW - timedelta(hours=25)), "STALE"),
        ([outcome()], past(last_new_at=NOW - timedelta(hours=25), per_week=28.0), "QUIET"),
        ([outcome()], past(last_new_at=NOW - timedelta(days=20), per_week=0.5), "OK"),
        ([outcome(entries=0)], past(ever_entries=False, last_new_at=None), "EMPTY"),
        ([outcome(failure="robots")], past(), "BLOCKED"),
        ([outcome(failure="login")], past(), "BLOCKED"),
        ([outcome(failure="dns")], past(), "BROKEN"),
        ([outcome(failure="timeout")], past(), "OK"),
        ([outcome(failure="timeout")], past(failure_score=0.75), "BROKEN"),
        ([outcome(failure="timeout")], past(last_ok_at=NOW - timedelta(days=1)), "BROKEN"),
        ([outcome(failure="http_5xx")], past(last_ok_at=None), "BROKEN"),
        ([outcome(failure="timeout"), outcome(new=1)], past(), "OK"),
        ([outcome(failure="dns")], past(failure_score=29.5), "DISABLED"),
        ([outcome(failure="busy")], past(), "OK"),
    ],
)
def test_states(feeds: list[FeedOutcome], before: Past, state: str) -> None:
    verdict = judge(feeds, before, NOW)
    assert verdict.state == state, verdict
    assert verdict.reason


def test_the_rhythm_of_a_feedback_board_is_told_without_a_number() -> None:
    quiet = past(last_new_at=NOW - timedelta(hours=25), per_week=28.0)
    assert "where 4 would be usual" in str(judge([outcome()], quiet, NOW).reason)
    board = judge([outcome()], replace(quiet, countable=False), NOW)
    assert (board.state, str(board.reason)) == ("QUIET", "nothing new for 25 hours, longer than is usual for it")


def test_a_well_feed_whose_pages_all_fail_is_not_well() -> None:
    sick = outcome(new=5)
    sick.failed.update({"login": 5})
    assert judge([sick], past(), NOW).state == "BLOCKED"
    walled = outcome(new=5)
    walled.failed.update({"http_5xx": 5})
    assert judge([walled], past(), NOW).state == "BROKEN"
    flaky = outcome(entries=30)
    flaky.failed.update({"http_5xx": 3})
    assert judge([flaky], past(), NOW).state == "OK"
    waiting = outcome(new=5)
    waiting.failed.update({"waiting": 9})
    assert judge([waiting], past(), NOW).state == "OK"


def test_the_counter_forgives_and_disables() -> None:
    score, polls = 0.0, 0
    while judge([outcome(failure="timeout")], past(failure_score=score), NOW).state != "DISABLED":
        score += 0.25
        polls += 1
        assert polls < 200
    assert polls == 4 * DISABLE_AT - 1
    for _ in range(12):
        score = judge([outcome(new=1)], past(failure_score=score), NOW).failure_score
    assert score == 0


def test_polling_adapts_between_ten_minutes_and_a_day() -> None:
    interval = SHORTEST
    for _ in range(20):
        interval = next_interval(interval, 0, 30)
    assert interval == LONGEST
    for _ in range(20):
        interval = next_interval(interval, 20, 30)
    assert interval == SHORTEST
    assert next_interval(timedelta(hours=1), 3, 30) == timedelta(hours=1)


def test_retry_after_as_seconds_and_as_date() -> None:
    assert retry_after("120", NOW) == 120
    assert retry_after("Sun, 22 Nov 2026 12:10:00 GMT", NOW) == 600
    assert retry_after("Sun, 22 Nov 2026 11:00:00 GMT", NOW) == 0
    assert retry_after("99999999999999", NOW) == 86_400
    for nonsense in ("", "soon", "-5", "१२"):
        assert retry_after(nonsense, NOW) is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<html><title>Just a moment...</title><script>x</script>", "wall"),
        ('<html><body><script>document.cookie="a=1"; location.reload();</script></body>', "wall"),
        ("<html><noscript>Please enable JavaScript</noscript><div id=app></div>", "wall"),
        ("<html><title>xyz.vn: this domain is for sale</title>", "parked"),
        ("<html><title>Cổng thông tin đang bảo trì</title>", "maintenance"),
        ("<html><p>Hệ thống đang bảo trì, mời quay lại sau.</p>", "maintenance"),
        ("<html><title>BẢO TRÌ HỆ THỐNG - Cổng thông tin</title>", "maintenance"),
        ("<html><title>Không tìm thấy trang | Báo Thử</title><p>x</p>", "soft_404"),
        ("<html><title>KHÔNG TÌM THẤY</title><p>x</p>", "soft_404"),
        ("<html><title>Báo Thử</title><h1 class='t'>Page not found</h1>", "soft_404"),
        ("<html><title>404 Not Found</title>", "soft_404"),
        ("<html><title>Không tìm thấy người mất tích sau lũ</title><p>Tin.</p>", None),
        ("<html><title>404 hộ được cấp nước</title><p>Tin.</p>", None),
        ("<html><title>Bảo trì lưới điện, hai xã mất điện sáng chủ nhật</title><p>Tin.</p>", None),
        ("<html><title>Tạm ngừng cấp nước để bảo trì</title><p>Tin.</p>", None),
        ("%PDF-1.7 notice", None),
        ("PK\x03\x04 docx", "not_a_page"),
        ("<html><title>Cầu treo được bảo vệ</title><p>" + "Nước sạch về xã. " * 500 + "<noscript>Please enable JavaScript to view comments</noscript>", None),
        ("<html><title>Tin</title><p>Vì sao nhiều trang web bảo trì cùng lúc?</p>", None),
    ],
)
def test_pages_that_are_none_though_they_answer_200(body: str, expected: str | None) -> None:
    found = no_page({"content-type": "text/html"}, body.encode())
    assert (found.failure_class if found else None) == expected


WELL = Observed(pages=50, documents=45, share_date=0.95, share_text=0.9, median_length=1500, whole_week=True)


@pytest.mark.parametrize(
    ("seen", "words", "stops"),
    [
        (WELL, "", False),
        (replace(WELL, documents=3), "at least 20", False),
        (replace(WELL, documents=3, whole_week=False), "", False),
        (replace(WELL, documents=900), "at most 400", False),
        (replace(WELL, share_text=0.5), "layout may have changed", False),
        (replace(WELL, share_text=0.1), "layout may have changed", True),
        (replace(WELL, share_text=0.1, pages=9), "", False),
        (replace(WELL, share_date=0.1), "give a date", False),
        (replace(WELL, median_length=90), "under 90 characters", False),
    ],
)
def test_assertions_warn_or_stop_and_are_never_silent(seen: Observed, words: str, stops: bool) -> None:
    broken = check(Assertions(min_per_week=20, max_per_week=400), seen)
    verdict = with_assertions(judge([outcome(new=1)], past(), NOW), broken)
    assert (verdict.state == "DISABLED") is stops
    assert words in verdict.reason
    assert bool(broken) is bool(words)
