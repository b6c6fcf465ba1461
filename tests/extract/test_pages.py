"""Page rules on stored pages in each CMS's shape, and every real NukeViet page of the development data, against their truth."""

from __future__ import annotations

import gzip
import json
import statistics
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.extract import shingle_f1
from processing.extract.core import FeedEntry, extract
from processing.extract.signature import cut

PAGES = sorted((Path(__file__).parent / "pages").glob("*.html"))
NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_stored_page(page: Path) -> None:
    truth = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    entry = FeedEntry(**truth["entry"]) if "entry" in truth else None
    found = extract(page.read_bytes(), truth["url"], entry=entry, now=NOW)
    assert (found.title, found.extractor, found.language) == (truth["title"], truth["extractor"], "vi")
    assert found.published_at == truth["published_at"]
    assert (found.lead, found.body) == (truth["lead"], truth["body"])
    assert "canonical_url" not in truth or found.canonical_url == truth["canonical_url"]
    assert not [words for words in truth["absent"] if words in json.dumps(found.as_record(), ensure_ascii=False)]


def test_every_real_nukeviet_page(shared_data: Path) -> None:
    with gzip.open(shared_data / "extract" / "nukeviet.jsonl.gz", "rt", encoding="utf-8") as lines:
        pages = [json.loads(line) for line in lines]
    pairs, titles, minutes = [], [], []
    for page in pages:
        found = extract(page["html"].encode(), page["url"])
        pairs.append(("\n".join([page["sapo"], *cut(page["body"].split("\n"))]), found.text))
        titles.append(found.title == page["title"])
        minutes.append((found.published_at or "")[:16] == page["pub"][:16])
        assert "Nguyễn Văn A" not in found.text
    assert shingle_f1(pairs) >= 0.99
    assert statistics.fmean(titles) >= 0.99 and statistics.fmean(minutes) >= 0.99


def test_a_changed_template_falls_back_to_the_general_extractors() -> None:
    page = (Path(__file__).parent / "pages" / "nukeviet.html").read_text(encoding="utf-8")
    for name in ("news-bodyhtml", "bodytext", "hometext"):
        page = page.replace(name, "x1")
    found = extract(page.encode(), "https://trang-thu.vn/tin/nut-ong-123.html", now=NOW)
    assert found.extractor in ("trafilatura", "readability")
    assert "Đội sửa chữa cho biết" in found.body
