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
from zoneinfo import ZoneInfo

from crawlers.sources import Source, load_sources
from processing.db import Connection
from processing.errors import LangNgheError
from processing.settings import ROOT, get_settings

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
GROUPS = 4
CHILD_LIMIT_S = 900  # a child paces itself (robots, delays, page limits); this only ends one that hangs
FAILED_SHARE = 0.5  # above it the fault is ours or the network's, not some site's


@dataclass(frozen=True)
class Result:
    """How one source's child ended. ``stats`` is the last line it printed, empty when it crashed."""

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
    """Crawl the sources one after the other, each in its own process. A source that fails is reported, not raised: the others go on."""
    return [vars(_child(key)) for key in keys]


def _child(key: str) -> Result:
    """One child. Its last line of output is a JSON object with its figures; its log goes to our standard error."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "crawlers.child", key],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=dict(os.environ),
            timeout=CHILD_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Result(key, False, {"error": f"ended after {CHILD_LIMIT_S} s"})
    last = (done.stdout.strip().splitlines() or [""])[-1]
    try:
        stats = json.loads(last)
    except json.JSONDecodeError:
        stats = {"error": f"ended with status {done.returncode} and no figures"}
    return Result(key, done.returncode == 0, stats if isinstance(stats, dict) else {"error": "its figures are no JSON object"})


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
