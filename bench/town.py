"""Detection by replay of the demo town with other seeds: its pages through every stage, in the order of its days, with the outage and the back-fill.

The seed draws the sixty days of ordinary news of eleven publishers (what, where, when, who copies whom); the live day's story line is always the
same: two hot-spots told in two rounds, and beside them a wire story that everyone copies, a festival, a column of political comment, rumours, and
a paper whose feed is down for three days and fills them in afterwards. A hot-spot is found when its surge is raised on the day it begins or the
next; any other alert is false. Nothing is taken as written: pages are extracted, annotated, compared and clustered like crawled ones.

    python -m bench.town              seeds 1 to 3
    python -m bench.town 1 20         seeds 1 to 20, about a minute of one core each
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import psycopg

from crawlers.registry import sync_sources
from crawlers.sources import load_sources
from processing import pipeline, reference
from processing.annotate.store import annotator
from processing.db import Connection, connect
from processing.db.landing import make_key
from processing.db.migrate import migrate
from processing.people import add_user
from processing.replay import import_archive
from processing.settings import get_settings
from processing.stack.demo.articles import Article, history, town
from processing.stack.demo.history import records
from processing.stack.demo.render import render_config
from processing.stack.demo.town import DAY_VARIABLE, OUTAGE, OUTLETS
from processing.stack.postgres import EmbeddedPostgres
from processing.zone import LOCAL

NEEDS_SHARED = False
PLANTED = {"topic_commune:environment_water:D0106", "topic_commune:transport:D0104"}
DAY = dt.date(2026, 3, 20)
PORT = 18811  # of the addresses in the pages; nothing listens
STAGES = ("extract", "annotate", "dedupe", "cluster", "hotspots")
SEEDS = range(1, 4)
Row = tuple[str, str, str, str]


def replay(conn: Connection, folder: Path, seed: int) -> tuple[set[str], set[str]]:
    """One town through all stages in an empty database. Returns the planted hot-spots found in time, and every other alert that was mailed."""
    everything = [a for a in town(DAY, seed) if a.kind != "check"]
    before = [a for a in history(DAY, seed) if a.kind != "check"]
    live = [a for a in everything if a.published.date() == DAY]
    _bring(conn, folder, before, dt.datetime.combine(DAY, dt.time(0, 5), LOCAL))
    _feeds(conn, dt.datetime.combine(DAY, dt.time(13), LOCAL), failing={OUTAGE})
    _bring(conn, folder, [a for a in live if a.round <= 1 and a.source != OUTAGE], dt.datetime.combine(DAY, dt.time(14), LOCAL))
    _feeds(conn, dt.datetime.combine(DAY, dt.time(22, 30), LOCAL), failing=set())
    _bring(conn, folder, everything, dt.datetime.combine(DAY, dt.time(23), LOCAL))
    rows = conn.execute(
        """SELECT s.key, f.first_day, local_day(f.raised_at) AS raised FROM flag f JOIN series s ON s.id = f.series_id WHERE f.kind = 'surge'"""
    ).fetchall()
    mailed = conn.execute("SELECT count(*) AS n FROM outbox WHERE kind = 'hotspot'").fetchone()
    found = {r["key"] for r in rows if r["key"] in PLANTED and r["raised"] - DAY <= dt.timedelta(days=1)}
    others = {r["key"] for r in rows} - PLANTED
    assert mailed is not None and mailed["n"] <= len(rows)
    return found, others


def _bring(conn: Connection, folder: Path, articles: list[Article], now: dt.datetime) -> None:
    """Land pages (known ones are skipped) and run the stages at that moment."""
    path = folder / "pages.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in records(DAY, PORT, articles)), encoding="utf-8")
    import_archive(conn, path, now)
    for stage in STAGES:
        pipeline.drain(stage, conn=conn, now=now)


def _feeds(conn: Connection, at: dt.datetime, failing: set[str]) -> None:
    """What the crawler notes of each feed: read, or not."""
    conn.execute("SELECT ensure_months('fetch_log', %s, %s)", [at.date(), at.date()])
    for outlet in OUTLETS:
        outcome = "retry" if outlet.key in failing else "done"
        conn.execute(
            """INSERT INTO fetch_log (source_id, fetched_at, url, kind, robots_decision, outcome)
               SELECT id, %s, home_url, 'feed', 'allowed', %s FROM source WHERE key = %s""",
            [at, outcome, outlet.key],
        )
    conn.commit()


def replays(seeds: Iterable[int], tell: Callable[[int, set[str], set[str]], None] | None = None) -> tuple[int, int, int]:
    """(towns, planted hot-spots found in time, other alerts) over the seeds, each in a database of its own."""
    towns = found = others = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ |= {"LANGNGHE_HOME": name, "LANGNGHE_CONFIG_DIR": f"{name}/config", DAY_VARIABLE: DAY.isoformat()}
        os.environ["LANGNGHE_EXTRA_GAZETTEER"] = str(render_config(folder / "config", PORT))
        with EmbeddedPostgres(folder / "pg", fsync=False) as server:
            for role in ("langnghe_owner", "langnghe_app", "analyst"):
                server.create_role(role)
            for seed in seeds:
                database = f"town{seed}"
                server.create_database(database, "langnghe_owner")
                os.environ["LANGNGHE_DSN"] = server.dsn("langnghe_owner", database)
                get_settings.cache_clear()
                if not get_settings().key_file.exists():
                    make_key(get_settings().key_file)
                with connect() as conn:
                    _prepare(conn)
                    right, wrong = replay(conn, folder, seed)
                towns, found, others = towns + 1, found + len(right), others + len(wrong)
                if tell is not None:
                    tell(seed, right, wrong)
                with psycopg.connect(server.dsn(), autocommit=True) as admin:
                    admin.execute(f"DROP DATABASE {database}")  # type: ignore[arg-type,unused-ignore]
    annotator.cache_clear()
    return towns, found, others


def _prepare(conn: Connection) -> None:
    """The schema, the town's sources and places, and one reader who is told at once."""
    migrate(conn)
    sync_sources(conn, load_sources(get_settings().config_dir))
    reference.sync(conn)
    add_user(conn, "reader", "reader@board.invalid", "a long password", "analyst")
    conn.commit()


def table(seeds: Iterable[int], tell: Callable[[int, set[str], set[str]], None] | None = None) -> list[Row]:
    """The row of the table for these seeds."""
    towns, found, others = replays(seeds, tell)
    return [(f"demo town, {towns} seeds through every stage: planted hot-spots found in time / other alerts", f"{found} of {2 * towns} / {others}", "", "all / 0")]


def rows(_shared: Path) -> list[Row]:
    return table(SEEDS)


if __name__ == "__main__":
    first, last = (int(value) for value in sys.argv[1:3]) if len(sys.argv) > 2 else (SEEDS[0], SEEDS[-1])
    for line in table(range(first, last + 1), lambda seed, right, wrong: print(f"seed {seed}: found {sorted(right)}; other alerts {sorted(wrong)}", flush=True)):
        print(" | ".join(line))
