"""One cycle of the demo town without a scheduler: the same children, stages and sender that the DAGs start, called one after the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from processing import people, pipeline, reference
from processing.db import Connection, connect
from processing.replay import import_archive
from processing.settings import ROOT, get_settings
from processing.stack import ports
from processing.stack.demo import articles, serve
from processing.stack.demo.history import write_archive
from processing.stack.demo.render import render_config
from processing.stack.demo.town import CONTROL, DAY_VARIABLE, OUTLETS, live_day
from processing.stack.mailsink import Keeper

HOSTS = (CONTROL, *(outlet.address for outlet in OUTLETS))
PEOPLE = (("analyst", "vi"), ("officer", "en"), ("admin", "vi"))
PASSWORD = "mot-mat-khau-thu"


class Cycle:
    """A served town, a mail sink and an empty database that the settings point at."""

    def __init__(self, folder: Path, town: serve.Town, port: int, mails: Path) -> None:
        self.folder, self.town, self.port, self.mails = folder, town, port, mails
        self.seconds: dict[str, float] = {}

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - began, 1)

    def prepare(self) -> None:
        """Sources, places and people, as `langnghe sources sync` and `langnghe user add` make them."""
        from crawlers.sources import load_sources, sync_sources

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
        write_archive(archive, self.town.day, self.port)
        with connect() as conn:
            with self.timed("history: land"):
                import_archive(conn, archive, datetime.now(UTC))
            self.stages(conn, "history: ")

    def stages(self, conn: Connection, label: str) -> None:
        for stage in pipeline.STAGES:
            with self.timed(label + stage):
                pipeline.drain(stage, conn=conn)

    def round(self, number: int) -> dict[str, dict[str, Any]]:
        """Crawl each source in its process, run every stage, send what is due. Returns the children's figures by source."""
        self.town.set_round(number)
        with connect() as conn:
            conn.execute("UPDATE feed SET next_poll_at = now()")
            conn.commit()
        with self.timed(f"round {number}: crawl"):
            figures = {outlet.key: crawl(outlet.key) for outlet in OUTLETS}
        with connect() as conn:
            self.stages(conn, f"round {number}: ")
        self.send()
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


def crawl(key: str) -> dict[str, Any]:
    """One source's child; its last line is its figures. A crash raises, a source that is down does not."""
    done = subprocess.run([sys.executable, "-m", "crawlers.child", key], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=120)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"crawl of {key}: status {done.returncode}\n{done.stdout}\n{done.stderr}")
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


@contextmanager
def running(folder: Path, monkeypatch: Any, without: Iterable[str] = ()) -> Iterator[Cycle]:
    """Serve the town (less the stories in `without`) and a mail sink, and point the settings at both. Needs the fixture `db_dsn` first."""
    day = live_day()
    left_out = set(without)
    if left_out:
        whole = articles.town
        kept = tuple(a for a in whole(day) if a.story not in left_out)
        for module in (articles, serve):
            monkeypatch.setattr(module, "visible", lambda day, round_, seed=1: [a for a in reversed(kept) if a.round <= round_])
        monkeypatch.setattr(articles, "town", lambda day, seed=1: kept)
    taken: set[int] = set()
    port = ports.choose(18811, *HOSTS, taken=taken)
    mails = folder / "mail"
    sink = Controller(Keeper(mails), hostname="127.0.0.1", port=ports.choose(18825, taken=taken))
    gazetteer = render_config(folder / "config", port)
    for name, value in {
        "CONFIG_DIR": str(folder / "config"), "EXTRA_GAZETTEER": str(gazetteer), "GUARD_ALLOW": '["127.0.0.0/8"]', "MIN_DELAY_S": "0",
        "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(sink.port), "SMTP_SECURITY": "none", "SMTP_FROM": "lang-nghe@board.example",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"LANGNGHE_{name}", value)
    monkeypatch.setenv(DAY_VARIABLE, day.isoformat())
    get_settings.cache_clear()
    town, servers = serve.start(port, folder, day)
    sink.start()
    try:
        yield Cycle(folder, town, port, mails)
    finally:
        sink.stop()
        serve.stop(servers)
        get_settings.cache_clear()

