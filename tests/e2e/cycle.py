"""One cycle of the demo town without a scheduler: the same children, stages and sender that the DAGs start, called one after the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from processing import people, pipeline, reference
from processing.db import Connection, connect
from processing.replay import import_archive
from processing.settings import ROOT, get_settings
from processing.stack.crawling import GROUPS
from processing.stack.demo.articles import Article, town
from processing.stack.demo.history import records, write_archive
from processing.stack.demo.serve import Town
from processing.stack.demo.town import CONTROL, OUTLETS

HOSTS = (CONTROL, *(outlet.address for outlet in OUTLETS))
PEOPLE = (("analyst", "vi"), ("officer", "en"), ("admin", "vi"))
PASSWORD = "mot-mat-khau-thu"


@dataclass
class Cycle:
    """A served town, a mail sink and a database that the settings point at."""

    folder: Path
    town: Town
    mails: Path
    seconds: dict[str, float] = field(default_factory=dict)
    output: list[str] = field(default_factory=list)
    """What the crawl's children printed and logged."""

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - began, 1)

    def prepare(self) -> None:
        """Sources, places and people, as `langnghe sources sync` and `langnghe user add` make them."""
        from crawlers.registry import sync_sources
        from crawlers.sources import load_sources

        with connect() as conn:
            sync_sources(conn, load_sources(get_settings().config_dir))
            conn.commit()
            reference.sync(conn)
            for login, language in PEOPLE:
                people.add_user(conn, login, f"{login}@board.example", PASSWORD, login, language)
            conn.commit()

    def history(self) -> None:
        """The sixty days before, through every stage."""
        archive = self.folder / "history.jsonl.gz"
        write_archive(archive, self.town.day, self.town.port)
        self._import(archive, "history")

    def live_day_at_once(self, now: datetime, without: Iterable[str] = ()) -> None:
        """The live day's pages, less those of the stories left out, as an archive, judged at `now`: what a replay does."""
        left_out = set(without)
        live: list[Article] = [a for a in town(self.town.day) if a.round and a.story not in left_out]
        archive = self.folder / "live.jsonl"
        archive.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in records(self.town.day, self.town.port, live)), encoding="utf-8")
        self._import(archive, "live day", now)

    def _import(self, archive: Path, label: str, now: datetime | None = None) -> None:
        with connect() as conn:
            with self.timed(f"{label}: land"):
                import_archive(conn, archive, now or datetime.now(UTC))
            self.stages(conn, label, now)

    def stages(self, conn: Connection, label: str, now: datetime | None = None) -> None:
        for stage in pipeline.STAGES:
            with self.timed(f"{label}: {stage}"):
                pipeline.drain(stage, now=now, conn=conn)

    def round(self, number: int) -> dict[str, dict[str, Any]]:
        """Crawl each source in its process, run every stage, send what is due. Returns the children's figures by source."""
        self.town.set_round(number)
        with connect() as conn:
            conn.execute("UPDATE feed SET next_poll_at = now()")
            conn.commit()
        with self.timed(f"round {number}: crawl"):
            keys = [outlet.key for outlet in OUTLETS]
            with ThreadPoolExecutor(GROUPS) as side_by_side:
                figures = dict(zip(keys, side_by_side.map(self.crawl, keys), strict=True))
        with connect() as conn:
            self.stages(conn, f"round {number}")
        self.send()
        return figures

    def crawl(self, key: str) -> dict[str, Any]:
        """One source's child; its last line is its figures. A crash raises, a source that is down does not."""
        done = subprocess.run([sys.executable, "-m", "crawlers.child", key], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=120)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"crawl of {key}: status {done.returncode}\n{done.stdout}\n{done.stderr}")
        self.output += [done.stdout, done.stderr]
        figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return figures

    def send(self) -> None:
        from processing.alerts import sender

        with connect() as conn:
            sender.run(conn, datetime.now(UTC))

    def digest(self) -> None:
        from processing.alerts import digest

        with connect() as conn:
            digest.run(conn, datetime.now(UTC))
        self.send()
