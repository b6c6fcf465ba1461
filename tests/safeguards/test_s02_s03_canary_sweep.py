"""S2 and S3, together, end to end: unmistakable names, handles, account ids, avatars, numbers and addresses stand in every field that a feed, a page, a
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

from processing import pipeline
from processing.alerts import digest, outbox
from processing.alerts.compose import compose
from processing.cli import app
from processing.db import Connection
from processing.db.backup import _tool, backup
from processing.db.retention import housekeeping
from processing.people import add_user
from processing.settings import get_settings
from processing.stack.postgres import EmbeddedPostgres
from review.app import create_app
from tests.crawlers.conftest import Crawl
from tests.crawlers.site import Site, reply, serving
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
    """Three sites with every kind of list, crawled once by the real children. Yields the crawl and what the children printed."""
    crawl = Crawl(tmp_path / "config", db)
    printed: list[str] = []
    crawl.env |= {"LANGNGHE_RAW_ARCHIVE": "true"}
    with serving() as site, serving("127.0.0.2") as board, serving("127.0.0.3") as checker:
        _fill(site, board, checker)
        feeds = [("/rss", "rss", ""), ("/atom", "rss", ""), ("/feed.json", "rss", ""), ("/sitemap.xml", "sitemap", ""), ("/list", "listing", 'selector = "a.tin"\n')]
        crawl.source(site, feeds="".join(f'[[feeds]]\nurl = "{site.url}{path}"\nkind = "{kind}"\n{more}' for path, kind, more in feeds))
        crawl.source(board, "cong", kind="feedback", feeds=f'[[feeds]]\nurl = "{board.url}/requests.json"\nkind = "open311"\n')
        crawl.source(checker, "kiem-chung", kind="fact_check", publisher_kind="independent_fact_check", feeds=f'[[feeds]]\nurl = "{checker.url}/rss"\n')
        landed = 0
        for key in ("bao-thu", "cong", "kiem-chung"):
            figures = crawl.run(key)
            landed += figures["landed"]
            printed += [json.dumps(figures), crawl.stderr]
        assert landed == 7, (printed, site.paths(), board.paths(), checker.paths())
    yield crawl, printed


def _fill(site: Site, board: Site, checker: Site) -> None:
    pages = {"/nukeviet": "nukeviet", "/wordpress": "wordpress", "/general": "general", "/sitemap-page": "general", "/listed": "nukeviet"}
    for n, (path, shell) in enumerate(pages.items()):
        asked = path + link("").replace("&amp;", "&") if path != "/listed" else path
        site.pages[asked] = reply(article(shell, f"{TITLE} {n}", CLAIM if n == 0 else ""), Set_Cookie=f"uid={ID}", X_Author=HANDLE)
    site.pages |= {
        "/rss": reply(rss(), content_type="application/rss+xml"), "/atom": reply(atom(site.url), content_type="application/atom+xml"),
        "/feed.json": reply(json_feed(), content_type="application/feed+json"), "/sitemap.xml": reply(sitemap(site.url), content_type="application/xml"),
        "/list": reply(f'<html><body><a class="tin" href="/listed" title="{NAME}">{TITLE}</a><a rel="author" href="/u/{HANDLE}">{NAME}</a></body></html>'),
    }  # fmt: skip
    board.pages["/requests.json"] = reply(reports(), content_type="application/json")
    checker.pages["/check"] = reply(review(checker.url))
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
    assert sealed == {"n": 7}
    sweep("a dump while raw pages live, before they are read", dump(tmp_path))
    archived = [file for file in (get_settings().home / "archive").rglob("*") if file.is_file()]
    assert len(archived) >= 6
    for file in archived:
        sweep("the raw archive, sealed", file.name + file.read_bytes().decode("latin-1"))
    for stage in pipeline.STAGES:
        found = pipeline.drain(stage, conn=db)
        assert not found.quarantine, stage
    documents = db.execute("SELECT count(*) AS n FROM document").fetchone()
    assert documents == {"n": 6}, "each page became a document"
    assert db.execute("SELECT count(*) AS n FROM feedback_seen").fetchone() == {"n": 6}
    assert db.execute("SELECT count(*) AS n FROM fact_check").fetchone() == {"n": 1}
    sweep("a dump while raw pages live", dump(tmp_path))
    _mails(db, now)
    _pages_and_reports(db)
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
    keyed = [f"/issues/{one}" for one in issues] + [f"/claims/{one}" for one in claims] + ["/sources/bao-thu", "/sources/cong"]
    with TestClient(create_app()) as client:
        client.post("/sign-in", data={"login": "officer", "password": "a long password"})
        for path in [*sorted(plain), *keyed]:
            sweep(path, client.get(path).text)
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
