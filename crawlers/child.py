"""`python -m crawlers.child KEY [--force]`: crawl one source in a process of its own.

Last line of output: one JSON object with the figures. Exit status 0: the source was read, was not due, or is stopped by its file. 1: every feed that was due
failed; "failure" names the class. 2: a fault of ours or of the settings; "error" says which.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawlers import assertions, guard, health, session
from crawlers.fetcher import Fetcher
from crawlers.lander import DatabaseHostLocks, Lander
from crawlers.polling import FeedStore
from crawlers.registry import set_state, sync_feeds
from crawlers.sources import Source, load_sources, sync_sources
from crawlers.spider import FeedOutcome, SourceCrawl
from processing.db import Connection, connect
from processing.errors import ConfigError, LangNgheError, fault
from processing.settings import Settings, get_settings

BUDGET_S = 780.0  # what is left then waits for the next run; the scheduler ends a child at 900


def find(key: str, sources: list[Source]) -> Source:
    """The source of that key. Raises ConfigError."""
    for source in sources:
        if source.key == key:
            return source
    raise ConfigError(f"no source {key}", f"there is no file config/sources/{key}.toml; `langnghe sources check` lists the keys")


def crawl(source: Source, source_id: int, conn: Connection, settings: Settings, *, force: bool = False) -> tuple[int, dict[str, Any]]:
    """Crawl the due feeds of one source in this process. Can run once per process: a reactor starts once."""
    allow = guard.parse_allow(settings.guard_allow)
    feeds = FeedStore(conn, source, source_id)
    now = datetime.now(UTC)
    due = feeds.due(now, force=force)
    if not due:
        return 0, {"source": source.key, "outcome": "not due"}
    lander = Lander(conn, source_id)
    unverified = source.skips_certificate(now.date())
    if unverified and source.tls_exception is not None:
        logging.getLogger(__name__).warning("certificates of %s are not checked until %s: %s", source.key, source.tls_exception.until, source.tls_exception.reason)
    locks, deadline = DatabaseHostLocks(conn), time.monotonic() + BUDGET_S

    async def work(engine: Any) -> list[FeedOutcome]:
        fetcher = Fetcher(
            engine, locks, lander.record, source.own_hosts, allow, settings.min_delay_s, source.delay_s or 0.0, source.proof_url is not None, deadline
        )
        return await SourceCrawl(source, due, feeds, lander, fetcher).run()

    outcomes = session.run(work, settings, verify=not unverified)
    verdict = health.judge(outcomes, health.past_of(conn, source_id), now)
    if source.kind != "feedback":
        verdict = health.with_assertions(verdict, assertions.check(source.assertions, assertions.observe(conn, source_id, now)))
    changed = health.store(conn, source_id, verdict, now)
    conn.commit()
    return _figures(source, outcomes, verdict, changed, lander.landed)


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
    return (1 if failures and len(failures) == len(outcomes) and failures[0] not in ("busy", "budget") else 0), stats


def run(key: str, *, force: bool = False) -> tuple[int, dict[str, Any]]:
    """Load, check and crawl one source. Raises LangNgheError."""
    settings = get_settings()
    sources = load_sources(settings.config_dir)
    source = find(key, sources)
    with connect() as conn:
        query = "SELECT id, enabled, state, state_reason FROM source WHERE key = %s"
        row = conn.execute(query, [key]).fetchone()
        stopped = source.stopped(datetime.now(UTC).date())
        if row is None or (not row["enabled"] and stopped is None):
            # New, or its file switched it on since; one that failed or broke its assertions waits for a person's `sources sync`.
            sync_sources(conn, sources)
            conn.commit()
            row = conn.execute(query, [key]).fetchone()
        assert row is not None
        if stopped:
            set_state(conn, row["id"], "DISABLED", stopped)
            conn.commit()
        elif row["state"] == "DISABLED" and not force:
            stopped = row["state_reason"]
        if stopped:
            return 0, {"source": key, "outcome": "stopped", "reason": stopped}
        sync_feeds(conn, row["id"], source)  # feeds added to the file since the last synchronisation
        conn.commit()
        return crawl(source, row["id"], conn, settings, force=force)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m crawlers.child", description="Crawl one source.")
    parser.add_argument("key")
    parser.add_argument("--force", action="store_true", help="read all feeds now, due or not")
    options = parser.parse_args(arguments)
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING)  # on the handler: Scrapy sets its own loggers to DEBUG when it starts
    logging.basicConfig(handlers=[handler])
    try:
        status, stats = run(options.key, force=options.force)
    except LangNgheError as error:
        status, stats = 2, {"source": options.key, "outcome": "error", "error": str(error)}
    except Exception as error:
        logging.getLogger(__name__).error("crawl of %s: %s", options.key, fault(error))
        status, stats = 2, {"source": options.key, "outcome": "error", "error": fault(error)}
    sys.stdout.write(json.dumps(stats, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    return status


if __name__ == "__main__":
    sys.exit(main())
