"""Which sources are due, in which groups they are crawled, and when a crawl as a whole has failed. What the crawl DAG calls."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crawlers import report
from crawlers.sources import Source, load_sources
from processing.alerts import source_week
from processing.db import Connection
from processing.errors import LangNgheError
from processing.settings import ROOT, get_settings
from processing.zone import LOCAL

GROUPS = 4
CHILD_LIMIT_S = 900  # a child paces itself (robots, delays, page limits); this only ends one that hangs
FAILED_SHARE = 0.5  # above it the fault is ours or the network's, not some site's


@dataclass(frozen=True)
class Result:
    """How the crawl of one source ended. ``stats`` are the figures its child printed."""

    source: str
    ok: bool
    stats: dict[str, Any]


class CrawlFailed(LangNgheError):
    """Most sources failed in one crawl."""


def due_sources(conn: Connection, now: datetime) -> list[Source]:
    """Enabled, reviewed sources with a feed whose next poll is due, or that were never crawled, in the order of their keys."""
    wanted = {
        row["key"]: row["due"]
        for row in conn.execute(
            "SELECT s.key, coalesce(min(f.next_poll_at) <= %s, true) AS due FROM source s LEFT JOIN feed f ON f.source_id = s.id GROUP BY s.key",
            [now],
        )
    }
    today = now.astimezone(LOCAL).date()
    return [s for s in load_sources(get_settings().config_dir) if s.stopped(today) is None and wanted.get(s.key, True)]


def groups_of(sources: Sequence[Source], groups: int = GROUPS) -> list[list[str]]:
    """Spread source keys over at most ``groups`` lists, so that sources which share a host are in one list and never crawled at once."""
    clusters: list[tuple[set[str], list[str]]] = []
    for source in sources:
        hosts, keys = set(source.own_hosts), [source.key]
        apart = []
        for other_hosts, other_keys in clusters:
            if other_hosts & hosts:
                hosts |= other_hosts
                keys = other_keys + keys
            else:
                apart.append((other_hosts, other_keys))
        clusters = [*apart, (hosts, keys)]
    slots: list[list[str]] = [[] for _ in range(groups)]
    for _, keys in sorted(clusters, key=lambda item: (-len(item[1]), item[1])):
        min(slots, key=len).extend(keys)
    return [slot for slot in slots if slot]


def crawl(keys: Sequence[str]) -> list[dict[str, Any]]:
    """Crawl the sources side by side in one child process. A source that fails is reported, not raised, and makes no other wait.

    A child that dies leaves the sources it had not finished: each is then crawled once more in a process of its own, so that one costs only itself.
    """
    results = _child(keys)
    unfinished = [key for key in keys if key not in results]
    if len(keys) > 1:
        for key in unfinished:
            results |= _child([key])
    return [vars(results.get(key) or Result(key, False, {"error": "its crawl ended without figures"})) for key in keys]


def _child(keys: Sequence[str]) -> dict[str, Result]:
    """One child: a line of JSON figures for each source it finished; its log goes to our standard error."""
    command = [sys.executable, "-m", "crawlers.child", *keys]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=dict(os.environ), timeout=CHILD_LIMIT_S, check=False)
        printed = done.stdout
    except subprocess.TimeoutExpired as late:
        printed = late.stdout.decode() if isinstance(late.stdout, bytes) else late.stdout or ""
        ended = {key: Result(key, False, {"error": f"ended after {CHILD_LIMIT_S} s"}) for key in keys}
        return {**ended, **_results(printed)}
    return _results(printed)


def _results(printed: str) -> dict[str, Result]:
    results = {}
    for line in printed.splitlines():
        try:
            stats = json.loads(line)
        except json.JSONDecodeError:
            continue  # cut off in the middle of a line: that source is not finished
        if isinstance(stats, dict) and "source" in stats:
            results[stats["source"]] = Result(stats["source"], bool(stats.get("ok")), stats)
    return results


def judge(results: Sequence[dict[str, Any]]) -> str:
    """Say in a line how the crawl went. Raises CrawlFailed when more than half of at least two sources failed.

    One site that is down is that site's state, shown on the review page and mailed as a source alert; it is no failed run.
    """
    failed = sorted(result["source"] for result in results if not result["ok"])
    line = f"{len(results) - len(failed)} of {len(results)} sources crawled" + (f"; failed: {', '.join(failed)}" if failed else "")
    if len(results) > 1 and len(failed) > FAILED_SHARE * len(results):
        raise CrawlFailed(
            line, "check this machine's network and the log of the first failed source; `langnghe sources test KEY` tries one"
        )
    return line


def weekly_report(conn: Connection, now: datetime) -> int:
    """Write the week's report on sources into the outbox, once a local week. Returns how many mails are new. Commits."""
    return source_week.run(conn, [finding.as_json() for finding in report.weekly(conn, now)], now)
