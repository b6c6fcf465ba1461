"""Rule S14: "Kept briefly. Raw ≤ 7 days, article text ≤ 180 days, aggregates ≤ 3 years, backups ≤ 30 days, and a desk where anyone can ask
for a page's removal by URL; removals (hashed URLs) are applied again after a restore."

Proof here: a page removed on request is not asked for again, wherever it is listed, and not stored where it is already on its way.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from processing.db import Connection
from processing.db.tombstones import url_hash
from processing.erase import erase
from processing.extract import store
from tests.crawlers.conftest import Crawl
from tests.crawlers.site import item, page, serving

NOW = datetime.now(UTC)


@pytest.mark.parametrize("changed", [False, True], ids=["listed again", "listed anew"])
def test_the_crawler_leaves_a_removed_page_alone(db: Connection, tmp_path: Path, changed: bool) -> None:
    crawl = Crawl(tmp_path / "config", db)
    with serving() as site:
        site.pages |= {"/a": page("A"), "/b": page("B")}
        site.feed(item("/a", "A", "1"), item("/b", "B", "2"))
        crawl.source(site)
        crawl.run()
        assert set(crawl.landed()) == {f"{site.url}/a", f"{site.url}/b"}
        erase(db, f"{site.url}/a", "asked", NOW)
        site.seen.clear()
        site.feed(item("/a", "A, changed" if changed else "A", "3" if changed else "1"), item("/b", "B", "2"))
        crawl.run()
        assert "/a" not in site.paths()
        assert set(crawl.landed()) == {f"{site.url}/b"}
        assert not crawl.rows(f"SELECT 1 FROM feed_entry WHERE url = '{site.url}/a'")


def test_a_page_on_its_way_when_it_was_removed_is_not_stored(db: Connection, tmp_path: Path) -> None:
    crawl = Crawl(tmp_path / "config", db)
    with serving() as site:
        site.pages |= {"/a": page("A")}
        site.feed(item("/a", "A", "1"))
        crawl.source(site)
        crawl.run()
        row = crawl.rows("SELECT url FROM landing")[0]
        db.execute("INSERT INTO tombstone VALUES (%s, now(), 'asked')", [url_hash(row["url"])])
        db.commit()
        store.run(db, limit=9, now=datetime.now(UTC))
        assert db.execute("SELECT count(*) AS n FROM document").fetchone() == {"n": 0}
