"""Petitions, keyed interfaces, official statements and corrections: read from real servers, down to what is landed and what becomes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawlers import keyed
from crawlers.feeds import NotAList, read
from crawlers.petitions import day
from crawlers.sources import Source
from crawlers.traps import endless
from processing.db import Connection
from processing.extract import store
from processing.pipeline import STAGES

from .conftest import Crawl
from .site import Site, reply

CANARY = "Canary Nguyen"
PAGE = "1234567890"
PETITIONS = f"""<html><body><div class="kn"><a href="/kn/17">Mất nước sạch</a><p class="noi-dung">Thôn 3 mất nước sạch ba ngày.</p>
<p>Người gửi: {CANARY}, 0912345678</p><span>Ngày 21/11/2026</span></div>
<div class="kn"><p class="noi-dung">Đèn đường hỏng cả tháng.</p><p>Người gửi: {CANARY}</p></div>
<div class="kn"><a href="/kn/17">Mất nước sạch</a><p class="noi-dung">Thôn 3 mất nước sạch ba ngày.</p></div></body></html>"""
POSTS = {
    "data": [
        {"id": f"{PAGE}_98765", "message": "Trạm y tế xã tiêm vắc-xin sởi từ 7h30 thứ hai. Mời bà con đưa trẻ đến đúng lịch hẹn.\nMang theo sổ tiêm.",
         "created_time": "2026-11-21T08:00:00+0700", "from": {"name": CANARY}, "comments": {"data": [{"message": CANARY}]}},
        {"id": "999999_98766", "message": f"{CANARY} viết lên tường của trang một bài thật dài để được đọc."},
        {"id": f"{PAGE}_98767", "message": "Ảnh."},
    ]
}  # fmt: skip
CHECKS = {
    "claims": [
        {"text": "Ba ngân hàng sẽ đóng cửa trong tuần này", "claimant": CANARY, "claimReview": [
            {"publisher": {"name": "Kiểm chứng", "site": "kiemchung.example"}, "url": "https://kiemchung.example/ngan-hang",
             "title": "Không có ngân hàng nào đóng cửa </script> trong tuần này", "reviewDate": "2026-11-20T02:00:00Z", "textualRating": "Sai sự thật", "languageCode": "vi"}]},
        {"text": "", "claimReview": [{"url": "https://kiemchung.example/rong"}]},
    ]
}  # fmt: skip


@pytest.fixture
def interfaces(site: Site, crawl: Crawl, tmp_path: Path) -> Crawl:
    """Three sources, whose servers and interfaces one site of the test stands for."""
    crawl.env |= {
        "TEST_CONNECTS": str(tmp_path / "connects.txt"), "TEST_ORIGINS": json.dumps(dict.fromkeys(keyed.INTERFACES, site.url)),
        "LANGNGHE_FACEBOOK_KEY": "key-of-the-operator", "LANGNGHE_FACTCHECK_KEY": "other-key",
    }  # fmt: skip
    site.pages["/robots.txt"] = reply("User-agent: *\nDisallow: /v25.0/\nDisallow: /v1alpha1/\n")
    site.pages["/kien-nghi"] = reply(PETITIONS)
    for kind, path in (("facebook_page", f"/v25.0/{PAGE}/posts"), ("factcheck_api", "/v1alpha1/claims:search?reviewPublisherSiteFilter=kiemchung.example")):
        asked = keyed.address(kind, site.url + path).removeprefix(site.url)
        site.pages[asked] = reply(json.dumps(POSTS if kind == "facebook_page" else CHECKS), content_type="application/json")
        more = {"kind": "channel", "proof_url": site.url + "/lien-he"} if kind == "facebook_page" else {"kind": "fact_check", "publisher_kind": "independent_fact_check"}
        home = {} if kind == "facebook_page" else {"home_url": "https://kiemchung.example/"}
        crawl.source(site, key=kind.replace("_", "-"), feeds=f'[[feeds]]\nurl = "{site.url}{path}"\nkind = "{kind}"\n', **more, **home)
    crawl.source(
        site, key="bang-kien-nghi", kind="feedback",
        feeds=f'[[feeds]]\nurl = "{site.url}/kien-nghi"\nkind = "petitions"\nselector = "div.kn"\ntext_selector = ".noi-dung"\n',
    )  # fmt: skip
    return crawl


def test_petitions_posts_and_checks_land_without_anybody_and_without_the_key(interfaces: Crawl, site: Site, db: Connection) -> None:
    crawl = interfaces
    results = crawl.run_many("bang-kien-nghi", "facebook-page", "factcheck-api", module=("-m", "tests.crawlers.harness"))
    assert {key: stats["landed"] for key, stats in results.items()} == {"bang-kien-nghi": 1, "facebook-page": 1, "factcheck-api": 1}, results
    assert not {"entries", "new"} & results["bang-kien-nghi"].keys(), "how many reports there are is not told to the scheduler's log"
    assert results["facebook-page"]["new"] == 1
    landed = crawl.landed()
    assert not [url for url, envelope in landed.items() if CANARY in json.dumps(envelope.header) or CANARY.encode() in envelope.body]
    reports = json.loads(landed[f"{site.url}/kien-nghi"].body)
    assert {tuple(sorted(report)) for report in reports} == {("description", "service_request_id"), ("description", "requested_datetime", "service_request_id")}
    assert {report["description"] for report in reports} == {"Thôn 3 mất nước sạch ba ngày.", "Đèn đường hỏng cả tháng."}
    post = landed[f"https://www.facebook.com/{PAGE}_98765"]
    assert post.header["entry"]["title"] == "Trạm y tế xã tiêm vắc-xin sởi từ 7h30 thứ hai."

    asked = {one.path.split("?")[0]: one.headers for one in site.seen}
    assert asked[f"/v25.0/{PAGE}/posts"]["authorization"] == "Bearer key-of-the-operator"
    assert asked["/v1alpha1/claims:search"]["x-goog-api-key"] == "other-key"
    assert [path for path in site.paths() if "98765" in path or "ngan-hang" in path] == [], "no page is fetched for what an interface gave"
    log = crawl.rows("SELECT url, reason, robots_decision FROM fetch_log")
    assert {row["robots_decision"] for row in log if "/v25.0/" in row["url"] or "/v1alpha1/" in row["url"]} == {"keyed_api"}
    assert "key" not in json.dumps([row["url"] + str(row["reason"]) for row in log] + [stats.get("reason") for stats in results.values()])

    db.execute("DELETE FROM landing WHERE kind = 'open311'")  # counting is tested with the hot-spots
    assert store.run(db, limit=10, now=datetime.now(UTC)).done == 2
    checks = crawl_rows(db, "SELECT publisher, publisher_kind, claim, rating, url, published_at FROM fact_check")
    assert [(row["claim"], row["rating"], row["url"]) for row in checks] == [
        ("Ba ngân hàng sẽ đóng cửa trong tuần này", "Sai sự thật", "https://kiemchung.example/ngan-hang")
    ]
    assert checks[0]["published_at"] == datetime(2026, 11, 20, 2, tzinfo=UTC)
    text = crawl_rows(db, "SELECT text FROM document_version v JOIN document d ON d.id = v.document_id WHERE d.canonical_url LIKE '%facebook%'")[0]["text"]
    assert "Mang theo sổ tiêm" in text


def crawl_rows(db: Connection, query: str) -> list[dict[str, object]]:
    return db.execute(query).fetchall()


def test_without_a_key_or_with_a_refused_one_the_source_is_blocked_in_words(interfaces: Crawl, site: Site) -> None:
    interfaces.env.pop("LANGNGHE_FACEBOOK_KEY")
    asked = keyed.address("factcheck_api", site.url + "/v1alpha1/claims:search?reviewPublisherSiteFilter=kiemchung.example").removeprefix(site.url)
    site.pages[asked] = reply("{}", 302, Location=site.url + "/elsewhere")
    results = interfaces.run_many("facebook-page", "factcheck-api", module=("-m", "tests.crawlers.harness"))
    assert results["facebook-page"]["state"] == "BLOCKED"
    assert "LANGNGHE_FACEBOOK_KEY" in results["facebook-page"]["reason"]
    assert results["factcheck-api"]["failure"] == "offsite"
    assert "/elsewhere" not in site.paths(), "the key goes nowhere else"


def data_feed(site: Site, rating: str) -> bytes:
    """A data feed as publishers hand it to search engines: one page that states nothing itself, one that does, another publisher's, and one without a claim."""
    def check(path: str, claim: str, **more: object) -> dict[str, object]:
        author = {"@type": "Person", "name": CANARY}
        return {"@type": "ClaimReview", "claimReviewed": claim, "url": site.url + path, "datePublished": "2026-11-20", "author": author,
                "itemReviewed": {"@type": "Claim", "author": author}, **more}  # fmt: skip
    rated = {"reviewRating": {"@type": "Rating", "alternateName": rating, "author": {"name": CANARY}}}
    rows = [
        {"@type": "DataFeedItem", "item": [check("/im", "Ba ngân hàng sẽ đóng cửa </script> trong tuần này", **rated), check("/im", "Nước giếng nhiễm chì", **rated)]},
        {"@type": "DataFeedItem", "item": check("/tu-noi", "Câu của nguồn dữ liệu", **rated)},
        {"@type": "DataFeedItem", "url": site.url + "/khong-cau"},
        {"@type": "DataFeedItem", "item": {**check("/x", "Việc khác"), "url": "https://khac.example/x"}},
    ]
    return reply(json.dumps({"@context": "https://schema.org", "@graph": [{"@type": "DataFeed", "dataFeedElement": rows}]}), content_type="application/json")


def test_a_data_feed_states_the_checks_of_pages_that_do_not(site: Site, crawl: Crawl, db: Connection) -> None:
    prose = "<p>" + "Không có ngân hàng nào đóng cửa, cơ quan quản lý cho biết trong thông cáo hôm nay. " * 4 + "</p>"
    own = json.dumps({"@type": "ClaimReview", "claimReviewed": "Câu của trang", "datePublished": "2026-11-20", "reviewRating": {"alternateName": "Sai"}})
    for path, head in (("/im", ""), ("/tu-noi", f'<script type="application/ld+json">{own}</script>'), ("/khong-cau", "")):
        site.pages[path] = reply(f"<html lang='vi'><head><title>Kiểm chứng {path}</title>{head}</head><body><h1>Kiểm chứng {path}</h1>{prose}</body></html>")
    feed = f'[[feeds]]\nurl = "{site.url}/checks.json"\nkind = "claimreview"\n'
    crawl.source(site, kind="fact_check", publisher_kind="independent_fact_check", full_text_in_feed=True, feeds=feed)

    def rows(rating: str) -> list[tuple[object, ...]]:
        site.pages["/checks.json"] = data_feed(site, rating)
        crawl.run()
        for envelope in crawl.landed().values():
            assert CANARY not in json.dumps(envelope.header, ensure_ascii=False)
        store.run(db, limit=10, now=datetime.now(UTC))
        db.commit()
        return [tuple(row.values()) for row in crawl.rows("SELECT claim, rating, url FROM fact_check WHERE withdrawn_at IS NULL ORDER BY claim")]

    im, own_page = f"{site.url}/im", f"{site.url}/tu-noi"
    expected = [("Ba ngân hàng sẽ đóng cửa trong tuần này", "Sai", im), ("Câu của trang", "Sai", own_page), ("Nước giếng nhiễm chì", "Sai", im)]
    assert rows("Sai") == expected, "what a page states itself counts before what the feed states of it"
    assert len(crawl.landed()) == 3
    db.execute("UPDATE feed_entry SET not_before = now() - interval '1 minute'")
    db.commit()
    assert rows("Thu hồi") == [expected[1]], "a rating that changed in the feed alone is told"


BASE = {
    "key": "x", "name": "Báo Thử", "owner": "Cơ quan", "basis": "A source of the test, of no one.", "reviewed_on": "2026-11-22", "review_due": "2027-11-22",
    "home_url": "https://benhvien.example/",
}  # fmt: skip
CHANNEL = {"kind": "channel", "proof_url": "https://benhvien.example/lien-he"}
FACEBOOK = "https://graph.facebook.com/v25.0/1234567890"


@pytest.mark.parametrize(
    ("feed", "values", "words"),
    [
        ({"kind": "facebook_page", "url": f"{FACEBOOK}/posts"}, {"kind": "institution"}, "proof_url"),
        ({"kind": "facebook_page", "url": f"{FACEBOOK}/feed"}, CHANNEL, "and no others"),
        ({"kind": "facebook_page", "url": f"{FACEBOOK}/posts?fields=from,comments"}, CHANNEL, "fields"),
        ({"kind": "facebook_page", "url": f"{FACEBOOK}/posts?access_token=x"}, CHANNEL, "LANGNGHE_FACEBOOK_KEY"),
        ({"kind": "facebook_page", "url": "https://graph.facebook.com/v25.0/some.person/posts"}, CHANNEL, "and no others"),
        ({"kind": "facebook_page", "url": "https://graph.facebook.com.evil.example/v25.0/1234567890/posts"}, CHANNEL, "and no others"),
        ({"kind": "rss", "url": f"{FACEBOOK}/posts"}, CHANNEL, "refused"),
        ({"kind": "factcheck_api", "url": "https://factchecktools.googleapis.com/v1alpha1/claims:search?query=x"}, {"kind": "press"}, "query"),
        ({"kind": "factcheck_api", "url": "https://factchecktools.googleapis.com/v1alpha1/claims:search?languageCode=vi"}, {"kind": "press"}, "reviewPublisherSiteFilter"),
        ({"kind": "petitions", "url": "https://benhvien.example/kn"}, {"kind": "feedback"}, "selector"),
        ({"kind": "petitions", "url": "https://benhvien.example/kn", "selector": "li"}, {"kind": "institution"}, "feedback"),
        ({"kind": "rss", "url": "https://benhvien.example/rss", "date_selector": "b"}, {"kind": "institution"}, "petitions"),
    ],
)
def test_what_a_file_may_not_ask_for(feed: dict[str, str], values: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Source.model_validate({**BASE, "feeds": [feed], **values})


def test_answers_of_interfaces_that_are_not_as_documented() -> None:
    for kind, body in (("facebook_page", b'{"error": {}}'), ("facebook_page", b"[]"), ("factcheck_api", b'{"error": {}, "claims": []}'), ("factcheck_api", b"{" * 100_000)):
        with pytest.raises(NotAList):
            read(body, kind, url=f"{FACEBOOK}/posts")
    assert read(b"{}", "factcheck_api", url="x").entries == [], "nothing found is no trouble"
    with pytest.raises(NotAList, match="layout changed"):
        read(b"<html><p>x</p></html>", "petitions", selectors=("div.kn", "", ""))
    assert STAGES[0] == "extract"


@pytest.mark.parametrize(("text", "expected"), [("Ngày 21/11/2026", "2026-11-21"), ("2026-11-05 08:00", "2026-11-05"), ("30.2.2026", None), ("số 12/2026/QĐ", None), ("", None)])
def test_the_day_of_a_petition(text: str, expected: str | None) -> None:
    found = day(text)
    assert (found.isoformat() if found else None) == expected


@pytest.mark.parametrize(
    ("path", "trap"),
    [
        ("/tin-tuc/2026/11/mat-nuoc-123.html", False), ("/lich/lich-cat-dien-22-11.html", False), ("/Default.aspx?tabid=5&ItemID=77", False),
        ("/index.php?option=com_content&view=article&id=7&layout=blog", False), ("/bai?thang=11", False), ("/tim-kiem-cuu-nan-tren-song.html", False),
        ("/lich-cong-tac/2031/5", True), ("/events/month/2031-05", True), ("/lich?thang=5&nam=2031", True), ("/tim-kiem?q=x", True), ("/tag/nuoc", True),
        ("/tin?sort=a&order=b&filter=c", True), ("/a/b/a/b/a/b/c.html", True), ("/tin/tin/tin/tin/x", True), ("/x" * 30, True),
        ("/tin?" + "&".join(f"f{i}=1" for i in range(20)), True),
    ],
)  # fmt: skip
def test_endless_pages_by_their_address(path: str, trap: bool) -> None:
    assert endless("https://cong.example" + path) is trap
