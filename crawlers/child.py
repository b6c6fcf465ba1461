"""`python -m crawlers.child KEY… [--force]`: crawl one source, or several side by side, in a process of their own.

One line of output for each source, a JSON object with its figures, when it is done; "ok" says how it ended. Exit status 0: the source was read, was not
due, or is stopped by its file. 1: every feed that was due failed; "failure" names the class. 2: a fault of ours or of the settings; "error" says which.
Of several sources: 2 when one ended so, 1 when all ended so.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from crawlers import assertions, guard, health, session
from crawlers.exchange import Host
from crawlers.fetcher import Fetcher
from crawlers.hosts import DatabaseHostLocks, DatabaseRobots
from crawlers.lander import Lander
from crawlers.polling import FeedRow, FeedStore
from crawlers.registry import set_state, sync_feeds, sync_sources
from crawlers.sources import Source, load_sources, tls_exceptions
from crawlers.spider import FeedOutcome, SourceCrawl
from crawlers.words import Said
from crawlers.worker import Worker
from processing.db import Connection, connect
from processing.errors import ConfigError, LangNgheError, fault
from processing.settings import Settings, get_settings
from processing.zone import local_day

Tell = Callable[[int, dict[str, Any]], None]
SOURCES_AT_ONCE = 30
BUDGET_S = 780.0  # what is left then waits for the next run; the scheduler ends a child at 900


def find(key: str, sources: list[Source]) -> Source:
    """The source of that key. Raises ConfigError."""
    for source in sources:
        if source.key == key:
            return source
    raise ConfigError(f"no source {key}", f"there is no file config/sources/{key}.toml; `langnghe sources check` lists the keys")


@dataclass(frozen=True)
class Job:
    """One source with due feeds, ready to be crawled."""

    source: Source
    source_id: int
    due: list[FeedRow]


class Crawl:
    """Sources crawled side by side in one process: one reactor, one list reader, one connection, and one view of every host."""

    def __init__(self, conn: Connection, settings: Settings, engine: Any) -> None:
        self.conn = conn
        self.settings = settings
        self.engine = engine
        self.allow = guard.parse_allow(settings.guard_allow)
        self.locks, self.robots = DatabaseHostLocks(conn), DatabaseRobots(conn)
        self.hosts: dict[str, Host] = {}
        self.deadline = time.monotonic() + BUDGET_S
        self.worker = Worker()

    async def source(self, job: Job) -> tuple[int, dict[str, Any]]:
        """Crawl one source and judge how it is. A fault in it, or a row the database refuses, is its own result; a database that is away is everybody's."""
        try:
            return await self._source(job)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception as error:
            self.conn.rollback()
            return broke(job.source.key, error)

    async def _source(self, job: Job) -> tuple[int, dict[str, Any]]:
        source, now = job.source, datetime.now(UTC)
        lander, feeds = Lander(self.conn, job.source_id), FeedStore(self.conn, source, job.source_id)
        exception = source.tls_today(local_day(now))
        note = Said("under its exception until %(day)s: %(why)s", day=exception.until, why=exception.reason) if exception else None
        fetcher = Fetcher(
            self.engine, self.locks, lander.record, source.own_hosts | feeds.followed(), self.allow, self.settings.min_delay_s, source.delay_s or 0.0,
            source.proof_url is not None, self.deadline, self.robots, self.hosts, note,
        )  # fmt: skip
        outcomes = await SourceCrawl(source, job.due, feeds, lander, fetcher, self.worker, self.settings).run()
        feeds.store()
        verdict = health.judge(outcomes, health.past_of(self.conn, job.source_id), now)
        if source.kind != "feedback":
            verdict = health.with_assertions(verdict, assertions.check(source.assertions, assertions.observe(self.conn, job.source_id, now)))
        changed = health.store(self.conn, job.source_id, verdict, now)
        self.conn.commit()
        return _figures(source, outcomes, verdict, changed, lander.landed)


def crawl(jobs: list[Job], conn: Connection, settings: Settings, tell: Tell) -> None:
    """Crawl sources in this process, as many at once as SOURCES_AT_ONCE; `tell` gets each result when it is there. Once per process: a reactor starts once."""
    tls = tls_exceptions((job.source for job in jobs), local_day(datetime.now(UTC)))

    async def work(engine: Any) -> None:
        together = Crawl(conn, settings, engine)
        gate = asyncio.Semaphore(SOURCES_AT_ONCE)

        async def one(job: Job) -> None:
            async with gate:
                tell(*await together.source(job))

        try:
            await asyncio.gather(*(one(job) for job in jobs))
        finally:
            together.worker.close()

    session.run(work, settings, tls=tls)


def _peak_mb() -> int:
    """Most memory this process ever held. getrusage would not do: it also counts what the parent held when it forked."""
    line = next((line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(line.split()[1]) // 1024


def _figures(source: Source, outcomes: list[FeedOutcome], verdict: health.Verdict, changed: bool, landed: int) -> tuple[int, dict[str, Any]]:
    failures = [outcome.failure for outcome in outcomes if outcome.failure]
    stats = {
        "source": source.key, "outcome": "failed" if len(failures) == len(outcomes) else "read", "state": verdict.state, "reason": verdict.reason,
        "changed": changed, "feeds": len(outcomes), "unchanged": sum(o.unchanged for o in outcomes), "entries": sum(o.entries for o in outcomes),
        "new": sum(o.new for o in outcomes), "landed": landed, "failed_pages": dict(sum((o.failed for o in outcomes), Counter[str]())),
        "failure": failures[0] if failures else None, "warnings": [warning for o in outcomes for warning in o.warnings][:20],
        "peak_mb": _peak_mb(),
    }  # fmt: skip
    if source.kind == "feedback":  # the scheduler keeps what is printed, and how many reports there were is told from five on only (SCOPE S8)
        del stats["entries"], stats["new"]
    failed = bool(failures) and len(failures) == len(outcomes) and failures[0] not in ("busy", "budget")
    return int(failed), {**stats, "ok": not failed}


def broke(key: str, error: BaseException) -> tuple[int, dict[str, Any]]:
    """The result of a source that failed through a fault of ours or of the settings."""
    if isinstance(error, LangNgheError):
        said = str(error)
    else:
        said = fault(error)
        logging.getLogger(__name__).error("crawl of %s: %s", key, said)
    return 2, {"source": key, "outcome": "error", "error": said, "ok": False}


def prepare(source: Source, sources: list[Source], conn: Connection, *, force: bool) -> Job | dict[str, Any]:
    """A job, or the figures of a source that is stopped or has no due feed. Commits."""
    query = "SELECT id, enabled, state, state_reason FROM source WHERE key = %s"
    row = conn.execute(query, [source.key]).fetchone()
    stopped: str | None = source.stopped(local_day(datetime.now(UTC)))
    if row is None or (not row["enabled"] and stopped is None):
        # New, or its file switched it on since; one that failed or broke its assertions waits for a person's `sources sync`.
        sync_sources(conn, sources)
        conn.commit()
        row = conn.execute(query, [source.key]).fetchone()
    assert row is not None
    if isinstance(stopped, Said):
        set_state(conn, row["id"], "DISABLED", stopped)
        conn.commit()
    elif row["state"] == "DISABLED" and not force:
        stopped = row["state_reason"]
    if stopped:
        return {"source": source.key, "outcome": "stopped", "reason": stopped, "ok": True}
    sync_feeds(conn, row["id"], source)  # feeds added to the file since the last synchronisation
    conn.commit()
    due = FeedStore(conn, source, row["id"]).due(datetime.now(UTC), force=force)
    return Job(source, row["id"], due) if due else {"source": source.key, "outcome": "not due", "ok": True}


def run(keys: list[str], tell: Tell, *, force: bool = False) -> None:
    """Load, check and crawl sources; `tell` gets each one's result once."""
    settings = get_settings()
    with connect() as conn:
        sources = load_sources(settings.config_dir)
        jobs = []
        for key in keys:
            try:
                ready = prepare(find(key, sources), sources, conn, force=force)
            except LangNgheError as error:
                tell(*broke(key, error))
                continue
            if isinstance(ready, Job):
                jobs.append(ready)
            else:
                tell(0, ready)
        if jobs:
            crawl(jobs, conn, settings, tell)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m crawlers.child", description="Crawl sources, one or several side by side.")
    parser.add_argument("keys", nargs="+", metavar="key")
    parser.add_argument("--force", action="store_true", help="read all feeds now, due or not")
    options = parser.parse_args(arguments)
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING)  # on the handler: Scrapy sets its own loggers to DEBUG when it starts
    logging.basicConfig(handlers=[handler])
    told: dict[str, int] = {}

    def tell(status: int, stats: dict[str, Any]) -> None:
        told[stats["source"]] = status
        sys.stdout.write(json.dumps(stats, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    keys = list(dict.fromkeys(options.keys))
    try:
        run(keys, tell, force=options.force)
    except Exception as error:
        for key in keys:
            if key not in told:
                tell(*broke(key, error))
    return max(told.values()) if 2 in told.values() else min(told.values())


if __name__ == "__main__":
    sys.exit(main())
