"""Rule S2: "No authors. No by-line, handle, account id, avatar, follower list or comment is parsed into any item, table, log, metric, export
or mail. No column for one exists. Signature lines at the end of an article are cut from its text where they can be recognised; a wire
agency's credit (an organisation) is kept."

Rule S3: "Personal data is scrubbed before anything leaves the landing area: phone, identity and insurance numbers, e-mail, bank account,
number plate, street address, account links. The landing area (raw pages, feed entries) is encrypted with a key kept outside the database,
read by the processing stage alone, and lives at most 7 days."

Proof here: end to end. Unmistakable names, handles, account ids, avatars, numbers and addresses stand in every field that a feed, a page, a
portal or an interface offers for one. The real crawler and every stage read them. Then everything that is left behind is searched.

While raw pages live: a dump taken without the key, and every log, hold nothing. After that: nor does any table, mail, page, file or report.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from crawlers import keyed
from processing import pipeline
from processing.alerts import digest, outbox
from processing.alerts.compose import compose
from processing.cli import app
from processing.db import Connection
from processing.db.backup import _tool, backup
from processing.db.retention import housekeeping
from processing.people import add_user
from processing.settings import ROOT, get_settings
from processing.stack.postgres import EmbeddedPostgres
from review.app import create_app
from tests.crawlers.conftest import Crawl
from tests.crawlers.site import Site, reply, serving
from tests.extract import make_pdf
from tests.safeguards.test_s02_no_authors import ABOVE, BELOW, HANDLE, HEADS, NAME, P1, P2, P3, SHELLS, TITLE
from tests.safeguards.test_s03_personal_data_is_scrubbed import PRIVATE, SENTENCES

ID = "hoami-4471902288"  # an account's number
PERSON = {"name": NAME, "url": f"https://facebook.com/{HANDLE[1:]}", "avatar": f"https://a.example/avatar/{ID}.jpg", "email": PRIVATE["email"]}
CLAIM = "Nước giếng ở xã Suối Mây nhiễm chì gấp 10 lần mức cho phép."
NEEDLES = (NAME, NAME.upper(), HANDLE[1:], ID, *PRIVATE.values(), *(re.sub(r"\D", "", v) for v in PRIVATE.values() if len(re.sub(r"\D", "", v)) >= 9))
# as written, and as a dump or a driver writes bytes
FORMS = tuple(dict.fromkeys(form for needle in NEEDLES for form in (needle.casefold(), needle.encode().hex(), json.dumps(needle)[1:-1].casefold())))


def article(shell: str, title: str, words: str) -> bytes:
    """A page with a by-line, handle, avatar or comment in every place that test_s02 knows, and all of S3's data in its text."""
    comments = f'<section class="comments"><article><img class="avatar" src="{PERSON["avatar"]}"><b>{NAME}</b> ({ID}): {PRIVATE["phone"]}</article></section>'
    body = f"<p>{words}</p><p>{P1}</p><p>{SENTENCES.format(**PRIVATE)}</p><p>{P2}</p><p>{P3}</p>"
    return SHELLS[shell].format(
        t=title, head="".join(HEADS.values()), above="".join(ABOVE.values()), below=BELOW["right strong"] + BELOW["author box"] + comments, p=body
    ).encode()


def link(path: str) -> str:
    """Parameters that name a reader or an author."""
    return f"{path}?author={HANDLE[1:]}&amp;uid={ID}&amp;email={PRIVATE['email']}&amp;utm_source={HANDLE[1:]}"


def rss() -> str:
    fields = f"""<author>{PRIVATE["email"]} ({NAME})</author><dc:creator>{NAME}</dc:creator><media:credit role="author">{NAME}</media:credit>
      <media:content url="/a.jpg"><media:credit>{NAME}</media:credit></media:content><itunes:author>{NAME}</itunes:author><dc:contributor>{NAME}</dc:contributor>
      <atom:author><atom:name>{NAME}</atom:name><atom:uri>{PERSON["url"]}</atom:uri></atom:author><slash:comments>7</slash:comments>
      <wfw:commentRss>http://x.example/{ID}</wfw:commentRss><comments>http://x.example/{ID}</comments><source url="http://x.example/{ID}">{NAME}</source>"""
    return f"""<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"
      xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"
      xmlns:wfw="http://wellformedweb.org/CommentAPI/"><channel><title>Báo</title><managingEditor>{PRIVATE["email"]} ({NAME})</managingEditor>
      <webMaster>{PRIVATE["email"]}</webMaster><itunes:owner><itunes:name>{NAME}</itunes:name><itunes:email>{PRIVATE["email"]}</itunes:email></itunes:owner>
      <item><title>{TITLE} 1</title><link>{link("/nukeviet")}</link><guid isPermaLink="false">{ID}</guid>{fields}
      <description>{NAME}: {PRIVATE["phone"]} {PRIVATE["email"]}</description></item></channel></rss>"""


def atom(site: str) -> str:
    who = f"<name>{NAME}</name><email>{PRIVATE['email']}</email><uri>{PERSON['url']}</uri>"
    return f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Báo</title><author>{who}</author><entry><title>{TITLE} 2</title><id>{ID}-2</id>
      <link href="{link("/wordpress")}"/><link rel="replies" href="{site}/{ID}"/><author>{who}</author><contributor>{who}</contributor>
      <summary>{NAME}</summary><updated>2026-11-21T08:00:00+07:00</updated></entry></feed>"""


def json_feed() -> str:
    item = {"id": f"{ID}-3", "url": link("/general").replace("&amp;", "&"), "title": f"{TITLE} 3", "author": PERSON, "authors": [PERSON], "tags": [NAME],
            "summary": NAME, "_comments": [PERSON]}  # fmt: skip
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "Báo", "author": PERSON, "authors": [PERSON], "items": [item]})


def sitemap(site: str) -> str:
    return f"""<urlset xmlns:image="x" xmlns:news="y"><url><loc>{site}{link("/sitemap-page")}</loc><image:image><image:loc>{PERSON["avatar"]}</image:loc>
      <image:caption>{NAME}</image:caption></image:image><news:news><news:publication><news:name>{NAME}</news:name></news:publication></news:news></url></urlset>"""


def reports() -> str:
    """Open311 with every contact field of GeoReport and of its usual extensions."""
    fields = {"first_name": NAME, "last_name": NAME, "email": PRIVATE["email"], "phone": PRIVATE["phone"], "account_id": ID, "device_id": ID,
              "address": PRIVATE["address"], "address_string": PRIVATE["address"], "media_url": PERSON["avatar"], "reporter": PERSON, "comments": [PERSON],
              "status_notes": NAME, "attribute": {"contact": NAME}, "extended_attributes": PERSON}  # fmt: skip
    return json.dumps([
        {**fields, "service_request_id": f"{ID}-{n}", "service_code": "water", "service_name": "Nước", "requested_datetime": "2026-11-21T08:00:00+07:00",
         "description": f"Mất nước ở xã Suối Mây ba ngày. {NAME}, {PRIVATE['phone']}"} for n in range(6)
    ])  # fmt: skip


def full_text() -> str:
    """A feed whose entries carry the whole article: nothing else of them is fetched."""
    content = "".join(ABOVE.values()) + f"<p>{P1}</p><p>{SENTENCES.format(**PRIVATE)}</p><p>{P2}</p><p>{P3}</p>" + BELOW["author box"] + BELOW["comment"] + BELOW["right strong"]
    return f"""<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
      <channel><title>Sở</title><item><title>Bác bỏ tin đồn nước giếng xã Suối Mây nhiễm chì</title><link>{link("/so-1")}</link><guid>{ID}-9</guid><author>{PRIVATE["email"]} ({NAME})</author>
      <dc:creator>{NAME}</dc:creator><pubDate>Sat, 21 Nov 2026 08:00:00 +0700</pubDate><content:encoded><![CDATA[{content}]]></content:encoded></item></channel></rss>"""


def petitions() -> str:
    """A board of petitions as a page: who filed each, with everything a board prints about them, also inside the text itself."""
    one = f"""<div class="kn"><a href="/kn/{ID}-{{n}}">Rác</a><p class="nguoi-gui">Người gửi: {NAME} ({HANDLE}), {PRIVATE["phone"]}, {PRIVATE["email"]}, {PRIVATE["address"]}</p>
      <img class="avatar" src="{PERSON["avatar"]}"><p class="noi-dung">Rác ở xã Suối Mây cả tuần không ai thu gom. {NAME}, {PRIVATE["phone"]}</p><span>21/11/2026</span></div>"""
    return "<html><body>" + "".join(one.format(n=n) for n in range(6)) + "</body></html>"


def posts() -> str:
    """An institution's page, by its platform's interface: visitors, commenters, tags, reactions and places in every field that it could give."""
    who = {"id": ID, "name": NAME, "username": HANDLE, "picture": {"data": {"url": PERSON["avatar"]}}, "link": PERSON["url"]}
    fields = {"from": who, "to": {"data": [who]}, "message_tags": [who], "story": NAME, "story_tags": [who], "with_tags": {"data": [who]}, "place": {**who, "location": {"street": PRIVATE["address"]}},
              "comments": {"data": [{"from": who, "message": NAME}]}, "reactions": {"data": [who]}, "likes": {"data": [who]}, "admin_creator": who, "full_picture": PERSON["avatar"],
              "permalink_url": PERSON["url"], "attachments": {"data": [{"title": NAME, "url": PERSON["url"]}]}}  # fmt: skip
    message = f"Trạm y tế xã tiêm vắc xin sởi cho trẻ em từ 7h30 thứ hai. {SENTENCES.format(**PRIVATE)}\nMời bà con đưa trẻ đến đúng lịch hẹn."
    return json.dumps({"data": [{"id": f"{PAGE}_98765", "message": message, "created_time": "2026-11-21T08:00:00+0700", **fields}], "paging": {"cursors": {"after": ID}, "next": PERSON["url"]}})


def checks() -> str:
    """A service of published checks, by its interface: who said it, who wrote the review."""
    reviewed = {"publisher": {"name": "Kiểm chứng", "site": "kiemchung.example"}, "url": f"https://kiemchung.example/1{link('')}".replace("&amp;", "&"), "author": PERSON,
                "title": f"Không có chuyện đó. Ai hỏi xin gọi {PRIVATE['phone']}", "reviewDate": "2026-11-20T02:00:00Z", "textualRating": "Thiếu căn cứ", "languageCode": "vi"}  # fmt: skip
    return json.dumps({"claims": [{"text": f"Ba ngân hàng sẽ đóng cửa trong tuần này, theo {PRIVATE['account_link']}", "claimant": NAME, "claimDate": "2026-11-19T00:00:00Z", "claimReview": [reviewed]}]})


def data_feed(checker: str) -> str:
    """A fact-checker's data feed: persons as authors, claimants, editors and in every appearance; its page states nothing itself."""
    check = {"@type": "ClaimReview", "claimReviewed": f"Trường tiểu học Suối Mây đóng cửa 3 ngày. Hỏi {PRIVATE['phone']}", "name": f"Về tin của {PRIVATE['email']}", "url": f"{checker}/check-2{link('')}".replace("&amp;", "&"),
             "datePublished": "2026-11-21", "author": {"@type": "Person", **PERSON}, "editor": PERSON, "creator": [PERSON], "comment": [{"author": PERSON, "text": NAME}], "image": PERSON["avatar"],
             "itemReviewed": {"@type": "Claim", "author": {"@type": "Person", **PERSON}, "appearance": [{"author": PERSON, "url": PERSON["url"]}], "firstAppearance": {"author": PERSON}},
             "reviewRating": {"@type": "Rating", "alternateName": f"Thiếu căn cứ, xem {PRIVATE['account_link']}", "author": PERSON}}  # fmt: skip
    return json.dumps({"@context": "https://schema.org", "@type": "DataFeed", "creator": PERSON, "dataFeedElement": [{"@type": "DataFeedItem", "author": PERSON, "item": check}]})


def analysts_file() -> str:
    """A CSV as somebody keeps it: with columns nobody asked for, and a row that cannot be taken in."""
    row = f"2026-11-20,https://kiemchung.example/2?author={HANDLE[1:]}&email={PRIVATE['email']},{NAME},{PRIVATE['phone']}"
    return (
        "claim,publisher,publisher_kind,published_at,url,author,note\n"
        f'"Học sinh được nghỉ năm ngày, hỏi {PRIVATE["phone"]}",Kiểm chứng,independent_fact_check,{row}\n'
        f'"Nghe từ {PRIVATE["email"]}",Kiểm chứng {PRIVATE["phone"]},{PRIVATE["phone"]},{row}\n'
        f'"Xe {PRIVATE["plate"]} chở nước",Kiểm chứng,independent_fact_check,{PRIVATE["id_number"]},{PERSON["url"]},,\n'
    )


def review(site: str) -> bytes:
    """A fact-checker's page: authors of the review and of the claim are people."""
    stated = {"@context": "https://schema.org", "@type": "ClaimReview", "claimReviewed": CLAIM, "url": f"{site}/check", "datePublished": "2026-11-21",
              "author": {"@type": "Organization", "name": "Kiểm chứng", "founder": PERSON, "employee": [PERSON]},
              "itemReviewed": {"@type": "Claim", "author": {"@type": "Person", **PERSON}, "appearance": [{"author": PERSON}]},
              "reviewRating": {"@type": "Rating", "alternateName": "Thiếu căn cứ", "author": PERSON}}  # fmt: skip
    block = f'<script type="application/ld+json">{json.dumps(stated, ensure_ascii=False)}</script>'
    return article("general", "Nước giếng và chì", CLAIM).replace(b"</head>", block.encode() + b"</head>")


@pytest.fixture
def town(db: Connection, tmp_path: Path) -> Iterator[tuple[Crawl, list[str]]]:
    """Five sites with every kind of list and interface, crawled by the real child; the first one twice, for the file that a page links to."""
    crawl = Crawl(tmp_path / "config", db)
    printed: list[str] = []
    with serving() as site, serving("127.0.0.2") as board, serving("127.0.0.3") as checker, serving("127.0.0.4") as office:
        crawl.env |= {
            "LANGNGHE_RAW_ARCHIVE": "true", "TEST_CONNECTS": str(tmp_path / "connects.txt"), "TEST_ORIGINS": json.dumps(dict.fromkeys(keyed.INTERFACES, office.url)),
            "LANGNGHE_FACEBOOK_KEY": "key-of-the-operator", "LANGNGHE_FACTCHECK_KEY": "other-key",
        }  # fmt: skip
        _fill(site, board, checker)
        _fill_interfaces(office)
        _sources(crawl, site, board, checker, office)
        figures = crawl.run_many(*KEYS, module=("-m", "tests.crawlers.harness"))
        printed += [json.dumps(figures), crawl.stderr]
        assert {key: found["landed"] for key, found in figures.items()} == KEYS, (printed, site.paths(), office.paths())
        yield crawl, printed


KEYS = {"bao-thu": 5, "cong": 1, "kiem-chung": 2, "bang-kien-nghi": 1, "trang": 1, "dich-vu": 1, "so": 1}
"""Sources and how many pages, entries or lists of each are landed at the first visit."""


def _sources(crawl: Crawl, site: Site, board: Site, checker: Site, office: Site) -> None:
    lists = [("/rss", "rss", ""), ("/atom", "rss", ""), ("/feed.json", "rss", ""), ("/sitemap.xml", "sitemap", ""), ("/list", "listing", 'selector = "a.tin"\n')]
    crawl.source(site, feeds="".join(f'[[feeds]]\nurl = "{site.url}{path}"\nkind = "{kind}"\n{more}' for path, kind, more in lists))
    crawl.source(board, "cong", kind="feedback", feeds=f'[[feeds]]\nurl = "{board.url}/requests.json"\nkind = "open311"\n')
    crawl.source(checker, "kiem-chung", kind="fact_check", publisher_kind="independent_fact_check",
                 feeds=f'[[feeds]]\nurl = "{checker.url}/rss"\n[[feeds]]\nurl = "{checker.url}/checks.json"\nkind = "claimreview"\n')  # fmt: skip
    block = 'kind = "petitions"\nselector = "div.kn"\ntext_selector = ".noi-dung"\n'
    crawl.source(office, "bang-kien-nghi", kind="feedback", feeds=f'[[feeds]]\nurl = "{office.url}/kien-nghi"\n{block}')
    crawl.source(office, "trang", kind="channel", proof_url=f"{office.url}/lien-he", feeds=f'[[feeds]]\nurl = "{office.url}{POSTS}"\nkind = "facebook_page"\n')
    crawl.source(
        office, "dich-vu", kind="fact_check", publisher_kind="independent_fact_check", home_url="https://kiemchung.example/",
        feeds=f'[[feeds]]\nurl = "{office.url}{CHECKS}"\nkind = "factcheck_api"\n',
    )  # fmt: skip
    crawl.source(office, "so", kind="institution", publisher_kind="official_statement", full_text_in_feed=True, feeds=f'[[feeds]]\nurl = "{office.url}/so.rss"\n')


PAGE = "1234567890"
POSTS = f"/v25.0/{PAGE}/posts"
CHECKS = "/v1alpha1/claims:search?reviewPublisherSiteFilter=kiemchung.example"


def _fill_interfaces(office: Site) -> None:
    office.pages |= {"/kien-nghi": reply(petitions()), "/so.rss": reply(full_text(), content_type="application/rss+xml")}
    for kind, path, body in (("facebook_page", POSTS, posts()), ("factcheck_api", CHECKS, checks())):
        office.pages[keyed.address(kind, office.url + path).removeprefix(office.url)] = reply(body, content_type="application/json")


def _fill(site: Site, board: Site, checker: Site) -> None:
    pages = {"/nukeviet": "nukeviet", "/wordpress": "wordpress", "/general": "general", "/sitemap-page": "general", "/listed": "nukeviet"}
    for n, (path, shell) in enumerate(pages.items()):
        asked = path + link("").replace("&amp;", "&") if path != "/listed" else path
        body = article(shell, f"{TITLE} {n}", CLAIM if n == 0 else "")
        if n == 0:
            body = body.replace(f"<p>{P2}</p>".encode(), f"<p>{P2} <a href='{link('/lich.pdf')}'>Lịch</a></p>".encode(), 1)
        site.pages[asked] = reply(body, Set_Cookie=f"uid={ID}", X_Author=HANDLE)
    lines = ["Lịch tạm ngừng cấp nước theo từng tổ trong hai ngày cuối tuần này.", *SENTENCES.format(**PRIVATE).split(". ")]
    site.pages["/lich.pdf"] = reply(make_pdf.pdf([lines], author=NAME), content_type="application/pdf")
    site.pages |= {
        "/rss": reply(rss(), content_type="application/rss+xml"), "/atom": reply(atom(site.url), content_type="application/atom+xml"),
        "/feed.json": reply(json_feed(), content_type="application/feed+json"), "/sitemap.xml": reply(sitemap(site.url), content_type="application/xml"),
        "/list": reply(f'<html><body><a class="tin" href="/listed" title="{NAME}">{TITLE}</a><a rel="author" href="/u/{HANDLE}">{NAME}</a></body></html>'),
    }  # fmt: skip
    board.pages["/requests.json"] = reply(reports(), content_type="application/json")
    checker.pages["/check"] = reply(review(checker.url))
    checker.pages["/checks.json"] = reply(data_feed(checker.url), content_type="application/json")
    checker.pages["/check-2" + link("").replace("&amp;", "&")] = reply(article("general", "Về tin trường học đóng cửa", ""))
    checker.feed(f"<item><title>Nước giếng và chì</title><link>/check</link><author>{NAME}</author></item>")


def sweep(where: str, text: str) -> None:
    folded = text.casefold()
    found = [form for form in FORMS if form in folded]
    assert not found, (where, found, folded[max(0, folded.find(found[0]) - 120) :][:240])


def dump(tmp_path: Path) -> str:
    """The whole database as SQL, raw pages' sealed bytes included, as somebody without the key would get it."""
    file = tmp_path / "all.sql"
    subprocess.run([_tool("pg_dump"), f"--file={file}", get_settings().migration_dsn], check=True, capture_output=True)
    return file.read_text(encoding="utf-8")


def test_nothing_of_anybody_is_left_anywhere(
    db: Connection, town: tuple[Crawl, list[str]], postgres: EmbeddedPostgres, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    crawl, printed = town
    now = datetime.now(UTC)
    log_from = postgres.log_path.stat().st_size
    for login in ("officer", "admin", "analyst"):
        add_user(db, login, f"{login}@board.invalid", "a long password", login)
    db.commit()
    sealed = db.execute("SELECT count(*) AS n FROM landing WHERE sealed <> ''").fetchone()
    assert sealed == {"n": sum(KEYS.values())}
    sweep("a dump while raw pages live, before they are read", dump(tmp_path))
    archived = [file for file in (get_settings().home / "archive").rglob("*") if file.is_file()]
    assert len(archived) >= 6
    for file in archived:
        sweep("the raw archive, sealed", file.name + file.read_bytes().decode("latin-1"))
    _read_all(db, crawl, printed, tmp_path)
    sweep("a dump while raw pages live", dump(tmp_path))
    _mails(db, now)
    _pages_and_reports(db)
    for query in sorted((ROOT / "sql" / "queries").glob("*.sql")):
        sweep(query.name, str(db.execute(query.read_bytes()).fetchall()))
    backup(tmp_path / "town.dump")
    done = subprocess.run([_tool("pg_restore"), "--file=-", str(tmp_path / "town.dump")], check=True, capture_output=True, text=True)
    sweep("a backup", done.stdout)
    db.rollback()
    housekeeping(db, now + timedelta(days=8))
    assert db.execute("SELECT count(*) AS n FROM landing").fetchone() == {"n": 0}
    assert not [file for file in archived if file.exists()]
    sweep("a dump after the raw pages' life", dump(tmp_path))
    for text in printed:
        sweep("what the crawler's children printed", text)
    told = capfd.readouterr()
    sweep("what the stages printed", told.out + told.err)
    with postgres.log_path.open("rb") as log:
        log.seek(log_from)
        sweep("the database server's log", log.read().decode("utf-8", "replace"))
    for file in [*get_settings().home.rglob("*"), *crawl.folder.rglob("*")]:
        if file.is_file():
            sweep(f"the file {file.name}", file.read_bytes().decode("utf-8", "replace"))


def _read_all(db: Connection, crawl: Crawl, printed: list[str], tmp_path: Path) -> None:
    """Every stage, then the file that a page links to, the analysts' file, and every stage again."""
    file = tmp_path / "checks.csv"
    file.write_text(analysts_file(), encoding="utf-8")
    for _ in range(2):
        for stage in pipeline.STAGES:
            found = pipeline.drain(stage, conn=db)
            assert not found.quarantine, stage
        figures = crawl.run_many("bao-thu", module=("-m", "tests.crawlers.harness"))
        printed += [json.dumps(figures), crawl.stderr, CliRunner().invoke(app, ["claims", "import", str(file)]).output]
    file.unlink()
    stored = db.execute(
        """SELECT (SELECT count(*) FROM document) AS documents, (SELECT count(*) FROM feedback_seen) AS reports, (SELECT count(*) FROM fact_check) AS checks,
               (SELECT count(*) FROM fact_check_set_aside) AS aside, (SELECT count(*) FROM attachment WHERE text IS NOT NULL) AS files"""
    ).fetchone()
    assert stored == {"documents": 10, "reports": 12, "checks": 5, "aside": 2, "files": 1}, "everything was read"


def _mails(db: Connection, now: datetime) -> None:
    """The digest, the sources' mail, and an answer to the claim after it was confirmed."""
    db.execute("UPDATE match SET state = 'confirmed', decided_by = (SELECT min(id) FROM app_user), decided_at = now()")
    for row in db.execute("SELECT id FROM match ORDER BY id").fetchall():
        outbox.enqueue_claim_answer(db, row["id"], now)
    digest.run(db, now)
    outbox.enqueue_source_changes(db, now)
    db.commit()
    rows = db.execute("SELECT * FROM outbox ORDER BY id").fetchall()
    assert {row["kind"] for row in rows} >= {"digest", "claim_answer"}
    for row in rows:
        sweep(f"a mail of kind {row['kind']}", compose(db, row, now).as_bytes().decode() + "".join(
            str(part.get_content()) for part in compose(db, row, now).walk() if part.get_content_maintype() == "text"
        ))  # fmt: skip


def _pages_and_reports(db: Connection) -> None:
    """Every page an officer can open, and what the commands print."""
    issues = [str(row["public_id"]) for row in db.execute("SELECT public_id FROM issue")]
    claims = [str(row["public_id"]) for row in db.execute("SELECT public_id FROM claim")]
    assert issues and claims
    db.commit()
    plain = {route.path for route in create_app().routes if "GET" in (getattr(route, "methods", None) or ()) and "{" not in getattr(route, "path", "{")}  # type: ignore[attr-defined]
    found = [f"/issues/{one}" for one in issues] + [f"/claims/{one}" for one in claims] + ["/sources/bao-thu", "/sources/cong"]
    with TestClient(create_app()) as client:
        client.post("/sign-in", data={"login": "officer", "password": "a long password"})
        for path in [*sorted(plain), *found]:
            sweep(path, client.get(path).text)
        token = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/search").text)
        assert token is not None
        for asked in ("nước giếng", "cầu bị nứt", NAME, PRIVATE["email"]):
            answer = client.post("/search", data={"token": token[1], "asked": asked}).text
            sweep(f"the answer to {asked}", answer.replace(f'value="{asked}"', ""))
    for command in (["sources", "report"], ["issue", "show", issues[0]], ["db", "describe"]):
        sweep(" ".join(command), CliRunner().invoke(app, command).output)


def test_every_run_of_the_demo_looks_for_its_canaries_in_logs_mails_and_both_databases(db_dsn: str, owner_db: Connection, tmp_path: Path) -> None:
    """`make run ONCE=1` ends with an error where one is left; here, that it would see one."""
    from processing.stack.demo import sweep
    from processing.stack.demo.canaries import HANDLES, NAMES

    dsn = get_settings().migration_dsn
    log = tmp_path / "airflow" / "logs" / "dag_id=crawl" / "attempt=1.log"
    log.parent.mkdir(parents=True)
    (tmp_path / "postgres").mkdir()
    (tmp_path / "history.jsonl.gz").write_text(NAMES[0], encoding="utf-8")
    log.write_text("nothing of anybody", encoding="utf-8")
    assert sweep.traces(tmp_path, [dsn]) == []
    log.write_text(f'{{"event": "GET /a?u={HANDLES[0].upper()}"}}', encoding="utf-8")
    owner_db.execute("INSERT INTO unit VALUES ('x', %s, 'province', 'x', 'x')", [NAMES[1]])
    owner_db.commit()
    found = sweep.traces(tmp_path, [dsn])
    assert len(found) == 2 and "attempt=1.log" in found[0] and "table unit of " in found[1]
