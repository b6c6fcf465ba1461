"""The town's sites: what they serve is what such sites serve, faults included, on loopback alone."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import date
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from crawlers.sources import load_sources
from crawlers.worker import Worker
from processing.extract.core import extract
from processing.stack.demo import canaries, serve
from processing.stack.demo.articles import history, town, visible
from processing.stack.demo.history import records
from processing.stack.demo.pages import page, path_of, url_of
from processing.stack.demo.render import render_config
from processing.stack.demo.town import BY_KEY, CONTROL, OUTAGE, OUTLETS
from tests.loopback import free_port

DAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[serve.Town, Path]]:
    folder = tmp_path_factory.mktemp("town")
    port = free_port(19811, CONTROL, *(outlet.address for outlet in OUTLETS))
    site, servers = serve.start(port, folder, DAY)
    yield site, folder
    serve.stop(servers)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """The crawler's own reader of lists, in its limited process."""
    reader = Worker()
    yield reader
    reader.close()


def get(site: serve.Town, key: str, path: str) -> bytes:
    with urllib.request.urlopen(f"http://{BY_KEY[key].address}:{site.port}{path}", timeout=10) as answer:
        body: bytes = answer.read()
    return body


def test_configuration_loads(served: tuple[serve.Town, Path]) -> None:
    """Every source passes the loader's rules and has an owner of its own."""
    site, folder = served
    render_config(folder / "config", site.port)
    sources = load_sources(folder / "config")
    assert {source.key for source in sources} == set(BY_KEY)
    assert len({source.owner for source in sources}) == len(sources)
    assert all(address.startswith("127.") for address in (outlet.address for outlet in OUTLETS))


@pytest.mark.parametrize("key", [o.key for o in OUTLETS if o.shape != "open311"])
def test_feed_is_read_and_its_pages_exist(served: tuple[serve.Town, Path], worker: Worker, key: str) -> None:
    site, _ = served
    site.set_round(2)
    outlet = BY_KEY[key]
    kind = {"sitemap": "sitemap", "fact_check": "claimreview"}.get(outlet.shape, "rss")
    listed = worker.read(get(site, key, serve.feed_path(outlet)), kind=kind, content_type="application/xml")
    assert listed["entries"] and not listed["warnings"]
    for entry in listed["entries"][:3]:
        with urllib.request.urlopen(entry["link"], timeout=10) as answer:
            assert "Kanari" in answer.read().decode()


def test_rounds(served: tuple[serve.Town, Path]) -> None:
    """The control address moves the town on; the paper's feed is down in the first round only; the robot is told its delay."""
    site, _ = served
    site.set_round(1)
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(site, OUTAGE, serve.feed_path(BY_KEY[OUTAGE]))
    refused.value.close()
    assert refused.value.code == 503
    before = get(site, "bao-hoai-linh", "/rss/tin-moi.rss")
    with urllib.request.urlopen(f"http://{CONTROL}:{site.port}/round/2", timeout=10) as answer:
        assert json.load(answer)["round"] == 2
    assert (site.file).read_text() == "2"
    assert get(site, OUTAGE, serve.feed_path(BY_KEY[OUTAGE]))
    assert get(site, "bao-hoai-linh", "/rss/tin-moi.rss") != before
    assert b"Crawl-delay: 1" in get(site, "cong-thong-tin", "/robots.txt")


def test_the_portal_lies_as_nukeviet_does(served: tuple[serve.Town, Path], worker: Worker) -> None:
    """Month in the minutes field, `news_12` for a guid; the page shows the true minute."""
    site, _ = served
    site.set_round(2)
    listed = worker.read(get(site, "cong-thong-tin", "/rss/"), kind="rss", content_type="application/xml")
    assert all(entry["guid"].startswith("news_") for entry in listed["entries"])
    assert {parsedate_to_datetime(entry["published_raw"]).minute for entry in listed["entries"]} <= {DAY.month}


def test_pages_give_back_their_text() -> None:
    """Extraction returns title, minute, lead and paragraphs of every shape; no by-line, comment or menu."""
    seen: set[str] = set()
    for article in visible(DAY, 2):
        if article.source in seen or article.credit:
            continue
        seen.add(article.source)
        found = extract(page(article, 8811, visible(DAY, 2)[:3]).encode(), url_of(article, 8811), content_type="text/html; charset=utf-8")
        assert found.title == article.title
        assert found.published_at is not None and found.published_at[:16] == article.published.isoformat()[:16]
        assert all(paragraph in found.text for paragraph in (article.lead, *article.paragraphs)), found.text
        assert not any(name in found.text for name in canaries.NAMES + canaries.HANDLES)
        assert "Ý kiến bạn đọc" not in found.text and "Tin liên quan" not in found.text
    assert seen == {article.source for article in town(DAY)}


def test_reports_carry_their_reporters_and_the_crawler_leaves_them(worker: Worker) -> None:
    from processing.stack.demo.feeds import reports

    body = reports(DAY, 2)
    assert all(name in body for name in ("last_name", "Kanari", "account_id"))
    found = worker.read(body.encode(), kind="open311")["reports"]
    assert len(found) >= 30
    assert not {"last_name", "email", "phone", "account_id", "media_url"} & set(found[0])
    first, second = (json.loads(reports(DAY, n)) for n in (1, 2))
    assert {r["service_request_id"] for r in first} < {r["service_request_id"] for r in second}


def test_archive_is_what_the_sites_show() -> None:
    """A record's page is the page its address answers with; the lying portal's records bear no date of their own."""
    rows = records(DAY, 8811, history(DAY)[-40:])
    paths = {path_of(a) for a in town(DAY)}
    for row in rows:
        assert row["url"].split(":8811")[1] in paths
        assert ("published_at" in row) == (BY_KEY[row["source"]].shape != "nukeviet")
