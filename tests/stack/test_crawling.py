"""Grouping of due sources and the judgement of a crawl as a whole."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawlers.registry import sync_sources
from crawlers.sources import load_sources
from processing.db import Connection
from processing.settings import get_settings
from processing.stack import crawling

FILE = """
name = "{key}"
kind = "press"
owner = "An organisation"
basis = "A licensed newspaper of the province"
reviewed_on = 2026-11-01
review_due = 2027-10-01
home_url = "https://{host}/"
feeds = [{{ url = "https://{host}/{key}.rss" }}]
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sources").mkdir()
    for key, host in (
        ("one", "a.example.org"),
        ("two", "b.example.org"),
        ("three", "a.example.org"),
        ("four", "c.example.org"),
        ("five", "d.example.org"),
    ):
        (tmp_path / "sources" / f"{key}.toml").write_text(FILE.format(key=key, host=host))
    monkeypatch.setenv("LANGNGHE_CONFIG_DIR", str(tmp_path))
    get_settings.cache_clear()
    return tmp_path


def test_sources_of_one_host_share_a_slot(config: Path) -> None:
    groups = crawling.groups_of(load_sources(config), groups=3)
    assert sorted(key for group in groups for key in group) == ["five", "four", "one", "three", "two"]
    assert any({"one", "three"} <= set(group) for group in groups)
    assert max(map(len, groups)) == 2


def test_no_source_no_group() -> None:
    assert crawling.groups_of([]) == []


def test_only_due_sources_are_crawled(config: Path, db: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGNGHE_CONFIG_DIR", str(config))
    get_settings.cache_clear()
    sources = load_sources(config)
    now = datetime(2026, 11, 20, 5, tzinfo=UTC)
    assert {source.key for source in crawling.due_sources(db, now)} == {"one", "two", "three", "four", "five"}
    sync_sources(db, sources)
    db.execute("UPDATE feed SET next_poll_at = %s", [datetime(2026, 11, 20, 6, tzinfo=UTC)])
    db.execute("UPDATE feed SET next_poll_at = %s FROM source s WHERE s.id = source_id AND s.key = 'two'", [now])
    assert [source.key for source in crawling.due_sources(db, now)] == ["two"]


def test_one_dead_site_is_no_failed_crawl() -> None:
    results = [{"source": key, "ok": key != "b", "stats": {}} for key in "abc"]
    assert crawling.judge(results) == "2 of 3 sources crawled; failed: b"
    assert crawling.judge([]) == "0 of 0 sources crawled"
    assert "0 of 1" in crawling.judge([{"source": "a", "ok": False, "stats": {}}])


def test_most_sites_dead_is_a_failed_crawl() -> None:
    with pytest.raises(crawling.CrawlFailed, match="1 of 3 sources") as failed:
        crawling.judge([{"source": key, "ok": key == "a", "stats": {}} for key in "abc"])
    assert "network" in failed.value.cure


def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Let `program` stand for Python: what it prints and how it ends is the child's."""
    fake = tmp_path / "python"
    fake.write_text(f"#!{sys.executable}\nimport os, sys\n{program}\n")
    fake.chmod(0o755)
    monkeypatch.setattr(crawling.sys, "executable", str(fake))


@pytest.mark.parametrize(
    ("program", "ok", "expected"),
    [
        ('print("noise"); print(\'{"source": "a", "ok": true, "landed": 3}\')', True, {"source": "a", "ok": True, "landed": 3}),
        ('print(\'{"source": "a", "ok": false}\'); raise SystemExit(1)', False, {"source": "a", "ok": False}),
        ("os.kill(os.getpid(), 9)", False, {"error": "its crawl ended without figures"}),
        ("print('{\"source\": \"a\", \"o')", False, {"error": "its crawl ended without figures"}),
    ],
)
def test_a_childs_lines_are_its_figures(program: str, ok: bool, expected: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child(tmp_path, monkeypatch, program)
    assert crawling.crawl(["a"]) == [{"source": "a", "ok": ok, "stats": expected}]


def test_a_source_that_kills_its_child_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "for key in sys.argv[3:]:\n    if key == 'b':\n        sys.stdout.flush(); os.kill(os.getpid(), 9)\n"
        "    print('{\"source\": \"%s\", \"ok\": true}' % key)"
    )
    child(tmp_path, monkeypatch, program)
    assert [(result["source"], result["ok"]) for result in crawling.crawl(["a", "b", "c"])] == [("a", True), ("b", False), ("c", True)]


def test_a_child_that_hangs_is_ended_and_what_it_finished_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child(tmp_path, monkeypatch, "import time; print('{\"source\": \"a\", \"ok\": true}', flush=True); time.sleep(30)")
    monkeypatch.setattr(crawling, "CHILD_LIMIT_S", 1.5)
    first, second = crawling.crawl(["a", "b"])
    assert first["ok"]
    assert (second["ok"], second["stats"]) == (False, {"error": "ended after 1.5 s"})
