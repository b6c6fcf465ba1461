"""Rule S14: "Kept briefly. Raw ≤ 7 days, article text ≤ 180 days, aggregates ≤ 3 years, backups ≤ 30 days, and a desk where anyone can ask
for a page's removal by URL; removals (hashed URLs) are applied again after a restore."

Proof here: a page is removed under whatever address it is asked for: the one it was listed under, one it was redirected through, the one
it names as its own, or another spelling of these. Then it is in no table, and none of the addresses is collected again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from processing.cli import app
from processing.db import Connection
from processing.db.addresses import canonical, page_key, variants
from processing.db.tombstones import buried
from processing.erase import erase
from processing.errors import LangNgheError
from processing.extract import store
from tests.crawlers.conftest import Crawl
from tests.crawlers.site import Site, item, reply, serving

NOW = datetime.now(UTC)
TEXT = "Từ sáng nay hơn ba trăm hộ ở hai thôn cuối tuyến ống không có nước sinh hoạt vì đoạn ống dẫn qua cầu bị nứt sau mưa lớn đêm qua. " * 3


def article(site: Site, own: str) -> bytes:
    return reply(
        f"<html lang='vi'><head><title>Nứt ống dẫn nước</title><link rel='canonical' href='{site.url}{own}'></head>"
        f"<body><article><h1>Nứt ống dẫn nước</h1><p>{TEXT}</p></article></body></html>"
    )


@pytest.fixture
def landed(db: Connection, tmp_path: Path) -> Iterator[tuple[Crawl, Site]]:
    """Listed as /listed, redirected to /moved, which names /own as its address."""
    crawl = Crawl(tmp_path / "config", db)
    with serving() as site:
        site.pages |= {"/listed": reply("", 301, Location="/moved"), "/moved": article(site, "/own")}
        site.feed(item("/listed", "Nứt ống dẫn nước", "1"))
        crawl.source(site)
        crawl.run()
        yield crawl, site


def traces(conn: Connection, site: Site) -> list[str]:
    """Rows of any table that hold one of the page's addresses or its words; the audit and the tombstones hold hashes."""
    found = []
    names = [r["t"] for r in conn.execute("SELECT relname AS t FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition")]
    for table in names:
        for row in conn.execute(f'SELECT x::text AS line FROM "{table}" x'):
            found += [f"{table}: {path}" for path in ("/listed", "/moved", "/own", "Nứt ống") if f"{site.url}{path}" in row["line"] or path == "Nứt ống" in row["line"]]
    return found


@pytest.mark.parametrize("asked", ["/listed", "/moved", "/own", "/own/?utm_source=x#top"])
def test_it_goes_and_stays_away_whatever_address_is_named(landed: tuple[Crawl, Site], db: Connection, owner_db: Connection, asked: str) -> None:
    crawl, site = landed
    assert store.run(db, limit=9, now=NOW).done == 1
    db.commit()
    assert traces(owner_db, site)
    owner_db.rollback()
    assert erase(db, canonical(site.url + asked), "asked", NOW).startswith("removed")
    assert traces(owner_db, site) == []
    assert all(buried(db, site.url + path) for path in ("/listed", "/moved", "/own"))
    site.pages["/own"] = article(site, "/own")
    site.seen.clear()
    site.feed(item("/listed", "Nứt ống dẫn nước", "2"), item("/moved", "Nứt ống dẫn nước", "3"), item("/own?ref=a", "Nứt ống dẫn nước", "4"))
    assert crawl.run()["landed"] == 0
    assert set(site.paths()) <= {"/robots.txt", "/rss"}  # the rules may still be known from the first round


def test_one_on_its_way_when_it_was_removed_leaves_no_raw_page(landed: tuple[Crawl, Site], db: Connection, owner_db: Connection) -> None:
    """Only the page itself says what its own address is: the raw page goes when that is read, and the address it came under is kept out, too."""
    _, site = landed
    assert erase(db, f"{site.url}/own", "asked", NOW) == "was not stored; it will not be collected"
    assert store.run(db, limit=9, now=NOW).done == 1
    db.commit()
    assert traces(owner_db, site) == []
    assert buried(db, f"{site.url}/listed")


def test_an_address_that_led_to_several_pages_removes_none(landed: tuple[Crawl, Site], db: Connection) -> None:
    _, site = landed
    store.run(db, limit=9, now=NOW)
    other = db.execute(
        """INSERT INTO document (source_id, canonical_url, title, language, published_at, published_precision, first_seen_at, last_seen_at)
           SELECT source_id, canonical_url || '/2', title, language, published_at, published_precision, first_seen_at, last_seen_at FROM document RETURNING id"""
    ).fetchone()
    assert other is not None
    db.execute("INSERT INTO document_address VALUES (%s, %s)", [f"{site.url}/moved", other["id"]])
    db.commit()
    with pytest.raises(LangNgheError, match="several different pages"):
        erase(db, f"{site.url}/moved", "asked", NOW)
    db.rollback()
    erase(db, f"{site.url}/own", "asked", NOW)
    assert not buried(db, f"{site.url}/moved"), "it leads to another page, too"
    assert db.execute("SELECT count(*) AS n FROM document").fetchone() == {"n": 1}


def test_spellings_of_one_address_are_one() -> None:
    url = "https://www.bao.example/tin/nuoc-1.html?id=7"
    assert url in variants("http://bao.example/tin/nuoc-1.html?id=7")
    assert {page_key(one) for one in variants(url)} == {"bao.example/tin/nuoc-1.html?id=7"}
    assert "http://bao.example/" in variants("https://www.bao.example/")


def test_the_command_takes_an_address_as_it_is_typed(db: Connection) -> None:
    result = CliRunner().invoke(app, ["erase", "bao.example/tin/1.html", "--reason", "asked by its publisher"])
    assert (result.exit_code, result.output.strip()) == (0, "was not stored; it will not be collected")
    assert buried(db, "http://www.bao.example/tin/1.html")
    assert CliRunner().invoke(app, ["held", "https://bao.example/tin/1.html"]).output.strip() == "removed on request: it is not collected"
    with pytest.raises(LangNgheError, match="no address of a page"):
        CliRunner().invoke(app, ["erase", "ftp://x"], catch_exceptions=False)
