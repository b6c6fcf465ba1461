"""The pages and feed of a real NukeViet site, crawled from loopback, extracted and stored: every title, minute and text against the truth."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bench.extract import shingle_f1
from processing.db import Connection
from processing.extract import store
from processing.extract.signature import cut
from tests.crawlers.conftest import Crawl
from tests.crawlers.site import reply, serving

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")


def test_what_lands_from_a_real_nukeviet_site_is_what_it_shows(shared_data: Path, db: Connection, tmp_path: Path) -> None:
    with gzip.open(shared_data / "extract" / "nukeviet.jsonl.gz", "rt", encoding="utf-8") as lines:
        pages = [json.loads(line) for line in lines]
    crawl = Crawl(tmp_path / "config", db)
    with serving() as site:
        here = site.url.removeprefix("http://")
        truth = {page["url"].replace("127.0.0.1:8100", here): page for page in pages}
        for url, page in truth.items():
            site.pages["/" + url.split("/", 3)[3]] = reply(page["html"].replace("127.0.0.1:8100", here))
        feeds = shared_data / "feeds"
        for name, path in (("nukeviet_rss.xml", "/rss/"), ("nukeviet_sitemap_index.xml", "/sitemap.xml"), ("nukeviet_robots.txt", "/robots.txt")):
            site.pages[path] = reply((feeds / name).read_text(encoding="utf-8").replace("127.0.0.1:8100", here), content_type="text/xml")
        site.pages["/sitemap-vi.news.xml"] = reply(f"<urlset>{''.join(f'<url><loc>{url}</loc></url>' for url in truth)}</urlset>", content_type="text/xml")
        lists = f'[[feeds]]\nurl = "{site.url}/rss/"\n[[feeds]]\nurl = "{site.url}/sitemap.xml"\nkind = "sitemap"\n'
        crawl.source(site, cms="nukeviet", feeds=lists)
        stats = crawl.run()
    assert stats["landed"] == len(pages) == len(crawl.landed())
    result = store.run(db, limit=100, now=datetime.now(UTC))
    db.commit()
    assert (result.done, result.retry, result.quarantine) == (len(pages), 0, 0), crawl.rows("SELECT url, reason FROM landing WHERE state <> 'done'")
    rows = crawl.rows("SELECT d.canonical_url, d.title, d.published_at, d.published_precision, v.text FROM document d JOIN document_version v ON v.document_id = d.id")
    assert {row["canonical_url"] for row in rows} == set(truth)
    wrong = []
    for row in rows:
        page = truth[row["canonical_url"]]
        shown = row["published_at"].astimezone(LOCAL).isoformat()[:16]
        if row["title"] != page["title"] or row["published_precision"] != "minute" or shown != page["pub"][:16]:
            wrong.append((row["canonical_url"], row["title"], shown, page["pub"]))
    assert not wrong
    pairs = [("\n".join([truth[row["canonical_url"]]["sapo"], *cut(truth[row["canonical_url"]]["body"].split("\n"))]), row["text"]) for row in rows]
    assert shingle_f1(pairs) == pytest.approx(1.0, abs=0.01)
