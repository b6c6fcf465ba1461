"""A site on loopback and a crawl of it by the real child process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from crawlers.registry import sync_sources
from crawlers.sources import load_sources
from processing.db import Connection
from processing.db.landing import Envelope, unseal

from .site import Site, item, page, reply, serving

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as one:
        yield one


@pytest.fixture
def other_site() -> Iterator[Site]:
    with serving("127.0.0.2") as one:
        yield one


@dataclass
class Crawl:
    """Runs `python -m crawlers.child` (or the harness that watches the socket's connect call) on a source written for the test."""

    folder: Path
    db: Connection
    env: dict[str, str] = field(default_factory=dict)

    def source(self, site: Site, key: str = "bao-thu", feeds: str | None = None, **values: Any) -> None:
        """Write a source file; `feeds` is TOML, by default one RSS feed at /rss."""
        keys: dict[str, Any] = {
            "name": "Báo Thử", "kind": "press", "owner": "Cơ quan thử nghiệm", "basis": "A site of the test, on loopback.", "reviewed_on": "2026-11-22",
            "review_due": "2027-11-22", "home_url": site.url + "/", **values,
        }  # fmt: skip
        lines = [f"{name} = {value if name in ('reviewed_on', 'review_due') else json.dumps(value)}" for name, value in keys.items()]
        text = "\n".join(lines) + "\n" + (feeds if feeds is not None else f'[[feeds]]\nurl = "{site.url}/rss"\n')
        (self.folder / "sources").mkdir(parents=True, exist_ok=True)
        (self.folder / "sources" / f"{key}.toml").write_text(text, encoding="utf-8")

    def two_of_one_host(self, site: Site, delay_s: float) -> None:
        """Sources `mot` and `hai` on one host with a Crawl-delay, each with a feed of one page, synchronised."""
        site.pages["/robots.txt"] = reply(f"User-agent: *\nCrawl-delay: {delay_s}\n")
        for key in ("mot", "hai"):
            site.feed(item(f"/{key}/a", "A", "1"), path=f"/{key}/rss")
            site.pages[f"/{key}/a"] = page(key)
            self.source(site, key=key, feeds=f'[[feeds]]\nurl = "{site.url}/{key}/rss"\n')
        sync_sources(self.db, load_sources(self.folder))
        self.db.commit()

    def run(self, key: str = "bao-thu", *, force: bool = True, module: tuple[str, ...] = ("-m", "crawlers.child"), timeout: float = 60) -> dict[str, Any]:
        """Figures of one crawl and its exit status; with `force` the feeds are read whether due or not."""
        options = ["--force"] if force else []
        done = subprocess.run([sys.executable, *module, key, *options], capture_output=True, text=True, env=self.environment(), cwd=ROOT, timeout=timeout)
        self.stderr = done.stderr
        assert done.stdout.strip(), done.stderr
        return {**json.loads(done.stdout.strip().splitlines()[-1]), "status": done.returncode}

    def run_many(self, *keys: str, module: tuple[str, ...] = ("-m", "crawlers.child"), timeout: float = 90) -> dict[str, dict[str, Any]]:
        """Figures of sources crawled side by side in one process, by key."""
        done = subprocess.run([sys.executable, *module, *keys, "--force"], capture_output=True, text=True, env=self.environment(), cwd=ROOT, timeout=timeout)
        self.stderr = done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert sorted(line["source"] for line in lines) == sorted(keys), done.stderr
        return {line["source"]: line for line in lines}

    def environment(self) -> dict[str, str]:
        return {
            **os.environ, "LANGNGHE_CONFIG_DIR": str(self.folder), "LANGNGHE_GUARD_ALLOW": '["127.0.0.0/8"]', "LANGNGHE_MIN_DELAY_S": "0", **self.env,
        }  # fmt: skip

    def rows(self, query: str) -> list[dict[str, Any]]:
        self.db.rollback()
        return self.db.execute(query).fetchall()

    def landed(self) -> dict[str, Envelope]:
        return {row["url"]: unseal(row["url"], row["sealed"]) for row in self.rows("SELECT url, sealed FROM landing ORDER BY id")}

    def failures(self, kind: str = "page") -> dict[str, str]:
        """Failure class by path of the fetches of one kind."""
        return {
            row["url"].split("/", 3)[3]: row["failure_class"] for row in self.rows(f"SELECT url, failure_class FROM fetch_log WHERE kind = '{kind}' ORDER BY id")
            if row["failure_class"]
        }  # fmt: skip


@pytest.fixture
def crawl(tmp_path: Path, db: Connection) -> Callable[[], Crawl] | Crawl:
    return Crawl(tmp_path / "config", db)
