"""Documents per core-second of every stage and end to end, from text and from crawled pages, and the cost of a document as the stored history grows.

The newest documents are real articles (../shared/data/news); the history before them is made in bulk by `bench.history`, 1,000 documents a day, so
that windows hold the same number at every size from 100,000 on. Crawled pages are those of a real NukeViet site with such articles in the place of
theirs, and the real, mostly English pages of the extraction sets. Core-seconds count this process, its extraction worker and Postgres.

    python -m bench.pipeline                 10,000, 100,000 and 1,000,000 stored documents
    python -m bench.pipeline 10000 50000     other sizes
"""

from __future__ import annotations

import gzip
import html
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from bench import history
from bench._database import database
from processing import pipeline
from processing.db import Connection
from processing.replay import import_archive
from processing.settings import ROOT

POOL = 600
BATCH = 200
WARM = 40
"""Documents after a jump of the history that are not measured: stages read their indexes anew with the first of them."""
SIZES = (10_000, 100_000, 1_000_000)
Row = tuple[str, str, str, str]


def _cpu() -> float:
    """Core-seconds used so far by this process and all below it."""
    total = 0.0
    me = psutil.Process()
    for process in [me, *me.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def _memory() -> int:
    """Resident MiB of this process and its extraction worker."""
    me = psutil.Process()
    total = me.memory_info().rss
    for process in me.children(recursive=True):
        if "extract.worker" in " ".join(process.cmdline()):
            total += process.memory_info().rss
    return int(total / 2**20)


def _archive(folder: Path, records: Iterable[dict[str, Any]], name: str) -> Path:
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path


def _texts(articles: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**article, "url": f"http://archive.invalid/{article['id']}"} for article in articles]


def _jsonl(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _vietnamese_pages(shared: Path, articles: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pages of the NukeViet site, each with a real article in the place of its own title, lead and body."""
    frames = [page for page in _jsonl(shared / "extract" / "nukeviet.jsonl.gz") if page["sapo"] in page["html"] and page["title"] in page["html"]]
    out = []
    for article, page in zip(articles, itertools.cycle(frames), strict=False):
        lead, *body = article["text"].split(". ")
        source = page["html"].replace(page["sapo"], html.escape(lead + ".")).replace(page["title"], html.escape(article["title"]))
        before, _, rest = source.partition('id="news-bodyhtml"')
        opening, _, rest = rest.partition(">")
        _, _, after = rest.partition("</div>")
        paragraphs = "".join(f"<p>{html.escape('. '.join(body[i : i + 4]))}.</p>" for i in range(0, len(body), 4))
        page_html = f'{before}id="news-bodyhtml"{opening}>{paragraphs}</div>{after}'
        out.append({"url": f"http://archive.invalid/trang/{article['id']}.html", "html": page_html})
    return out


def _other_pages(shared: Path) -> list[dict[str, Any]]:
    pages = [*_jsonl(shared / "extract" / "aeb.jsonl.gz"), *_jsonl(shared / "extract" / "wcxb.jsonl.gz")]
    return [{"url": f"http://archive.invalid/page/{page['id']}.html", "html": page["html"]} for page in pages]


def _through(conn: Connection, archive: Path, now: datetime) -> dict[str, tuple[float, float]]:
    """Land an archive spread over the last day and drain every stage. Stage → (core-seconds, wall seconds)."""
    import_archive(conn, archive, now, days=1)
    spent = {}
    for stage in pipeline.STAGES:
        cpu, wall = _cpu(), time.monotonic()
        pipeline.drain(stage, conn=conn, now=now)
        spent[stage] = (_cpu() - cpu, time.monotonic() - wall)
    return spent


def _one(conn: Connection, query: str) -> int:
    row = conn.execute(query.encode()).fetchone()
    assert row is not None
    value: int = row["n"] or 0
    return value


def measure(shared: Path, sizes: tuple[int, ...]) -> list[Row]:
    """All rows of the table."""
    with gzip.open(shared / "news" / "vietnews.jsonl.gz", "rt", encoding="utf-8") as lines:
        articles = [json.loads(line) for line in itertools.islice(lines, POOL + 2 * BATCH + (WARM + BATCH) * len(sizes))]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with database(folder) as (server, conn):
            now = datetime.now(UTC)
            rest = iter(articles)
            first = _through(conn, _archive(folder, _texts(list(itertools.islice(rest, POOL))), "pool"), now)
            pool = [row["id"] for row in conn.execute("SELECT id FROM document ORDER BY id")]
            conn.commit()
            rows = _stages(conn, folder, shared, rest, now)
            rows.append(("first batch, loading models included: seconds", f"{sum(w for _, w in first.values()):.1f}", "", ""))
            return rows + _growth(conn, folder, rest, sizes, (server.dsn(dbname="langnghe"), pool, now))


def _rate(spent: dict[str, tuple[float, float]], documents: int) -> str:
    return f"{documents / sum(cpu for cpu, _ in spent.values()):.1f}"


def _stages(conn: Connection, folder: Path, shared: Path, articles: Iterator[dict[str, Any]], now: datetime) -> list[Row]:
    """Per stage and end to end, from text and from pages."""
    spent = _through(conn, _archive(folder, _texts(list(itertools.islice(articles, BATCH))), "warm"), now)
    rows: list[Row] = [(f"{stage}: documents per core-second", f"{BATCH / max(cpu, 1e-6):.0f}", "", "") for stage, (cpu, _) in spent.items()]
    rows.append(("every stage, from text: documents per core-second", _rate(spent, BATCH), "", ">= 25"))
    pages = _vietnamese_pages(shared, list(itertools.islice(articles, BATCH)))
    size = sum(len(page["html"]) for page in pages) / len(pages) / 1000
    spent = _through(conn, _archive(folder, pages, "pages"), now)
    rows.append((f"every stage, from crawled Vietnamese pages of {size:.0f} KB: documents per core-second", _rate(spent, len(pages)), "", ">= 12"))
    pages = _other_pages(shared)
    size = sum(len(page["html"]) for page in pages) / len(pages) / 1000
    before = _documents(conn)
    spent = _through(conn, _archive(folder, pages, "others"), now)
    rows.append(
        (f"the same, {len(pages)} real pages of {size:.0f} KB, mostly English ({_documents(conn) - before} yield a text)", _rate(spent, len(pages)), "", "")
    )
    rows.append(("memory of the stages, MiB", str(_memory()), "", ""))
    return rows


def _documents(conn: Connection) -> int:
    row = conn.execute("SELECT count(*) AS n FROM document").fetchone()
    assert row is not None
    return int(row["n"])


def _growth(
    conn: Connection, folder: Path, articles: Iterator[dict[str, Any]], sizes: tuple[int, ...], base: tuple[str, list[int], datetime]
) -> list[Row]:
    """The cost of a document at each size of the history."""
    dsn, pool, now = base
    rows: list[Row] = []
    first, copies = 0.0, 0
    for size in sizes:
        began = time.monotonic()
        conn.commit()
        copies = history.grow(dsn, pool, copies, size, now)
        made, began = time.monotonic() - began, time.monotonic()
        # the clusterer reads its live stories, and hot-spots count all days of the new history, once
        _through(conn, _archive(folder, _texts(list(itertools.islice(articles, WARM))), f"warm{size}"), now)
        conn.commit()
        history.tidy(dsn)
        settled = time.monotonic() - began
        stored = _documents(conn)
        spent = _through(conn, _archive(folder, _texts(list(itertools.islice(articles, BATCH))), f"batch{size}"), now)
        cost = 1000 * sum(cpu for cpu, _ in spent.values()) / BATCH
        first = first or cost
        detail = ", ".join(f"{stage} {1000 * cpu / BATCH:.1f}" for stage, (cpu, _) in spent.items())
        name = f"core-ms per document at {stored:,} stored ({detail}; history made in {made:.0f} s, first read in {settled:.0f} s)"
        rows.append((name, f"{cost:.1f} ({cost / first - 1:+.0%})", "", "within 20 %"))
    return rows


def rows(shared: Path) -> list[Row]:
    return measure(shared, SIZES)


if __name__ == "__main__":
    chosen = tuple(int(size) for size in sys.argv[1:]) or SIZES
    for row in measure(ROOT.parent / "shared" / "data", chosen):
        print(*row[:2], row[3], sep="  |  ")
