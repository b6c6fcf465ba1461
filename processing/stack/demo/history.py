"""The archive of the sixty days before the live day, as `processing.replay.import_archive` reads it."""

from __future__ import annotations

import gzip
import json
from datetime import date, timedelta
from pathlib import Path

from processing.stack.demo.articles import Article, history
from processing.stack.demo.pages import page, url_of
from processing.stack.demo.town import BY_KEY


def records(day: date, port: int, articles: list[Article] | None = None) -> list[dict[str, str]]:
    """One record a page: source, url, fetched_at, html; published_at where the site's feed can be believed."""
    rows = []
    latest: dict[str, list[Article]] = {}
    for article in history(day) if articles is None else articles:
        related = latest.setdefault(article.source, [])
        row = {
            "source": article.source,
            "url": url_of(article, port),
            "fetched_at": (article.published + timedelta(minutes=20)).isoformat(),
            "html": page(article, port, related[-3:]),
        }
        if BY_KEY[article.source].shape != "nukeviet":
            row["published_at"] = article.published.isoformat()
        rows.append(row)
        related.append(article)
    return rows


def write_archive(path: Path, day: date, port: int) -> int:
    """Write the archive (gzipped JSON Lines) for sites on that port. Returns the number of records."""
    rows = records(day, port)
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=3) as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    return len(rows)
