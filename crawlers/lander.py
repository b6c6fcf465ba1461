"""Everything a crawl writes: fetches, landed envelopes, entries seen. Commits every two seconds or every 25 rows, so that a kill loses little.

A page and the mark that its entry was landed are one transaction: killed anywhere and run again, nothing lands twice and nothing is missed.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from crawlers.envelope import Landed, keyed_digest
from crawlers.exchange import FetchRecord
from crawlers.failures import FINAL, NOT_ASKED, FetchFailure
from crawlers.feeds import Entry
from processing.db import Connection
from processing.db.tombstones import url_hash

BATCH = 25
EVERY_S = 2.0
HEAVY = 8 * 1024 * 1024  # bytes of sealed pages that wait to be written
MAX_ATTEMPTS = 5
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Seen:
    """What is known of an entry: its words' digest, whether its page is landed, how often it was tried, when it may be tried again."""

    content: bytes
    landed: bool
    attempts: int
    not_before: datetime


def entry_key(entry: Entry, url: str | None) -> bytes:
    """Identity of an entry within its feed: guid, else canonical URL, else title."""
    name = f"guid\n{entry.guid}" if entry.guid else f"url\n{url}" if url else f"title\n{entry.title}"
    return hashlib.sha256(name.encode("utf-8", "replace")).digest()


def content_key(entry: Entry) -> bytes:
    """Keyed digest of what the feed says of an entry: another one means that it was edited."""
    return keyed_digest("\n".join((entry.title, entry.summary, entry.content, entry.changed)).encode("utf-8", "replace"))


class Lander:
    """Writes of one crawl of one source, on one connection. Buffered; `flush` commits."""

    def __init__(self, conn: Connection, source_id: int) -> None:
        self.conn = conn
        self.source_id = source_id
        self.landed = 0
        self._fetches: list[FetchRecord] = []
        self._pages: list[tuple[int, bytes, bytes, str | None, Landed, int]] = []
        self._marks: list[tuple[int, bytes, bytes, str | None, bool, int, datetime]] = []
        self._last = time.monotonic()

    def record(self, fetch: FetchRecord) -> None:
        self._fetches.append(fetch)
        self._maybe_flush()

    def seen(self, feed_id: int, keys: Iterable[bytes]) -> dict[bytes, Seen]:
        """What is known of these entries of a feed."""
        rows = self.conn.execute(
            "SELECT entry_key, content_sha256, page_landed, attempts, greatest(not_before, 'epoch') AS not_before FROM feed_entry WHERE feed_id = %s AND entry_key = ANY(%s)",
            [feed_id, list(keys)],
        ).fetchall()
        self.conn.commit()
        return {
            bytes(row["entry_key"]): Seen(bytes(row["content_sha256"]), row["page_landed"], row["attempts"], row["not_before"]) for row in rows
        }

    def seen_pages(self, urls: Iterable[str]) -> dict[str, Seen]:
        """What is known of pages of this source that are landed, under whatever guid and feed: some feeds give each entry a new guid each time."""
        rows = self.conn.execute(
            """SELECT e.url, e.content_sha256, e.page_landed, e.attempts, greatest(e.not_before, 'epoch') AS not_before
               FROM feed_entry e JOIN feed f ON f.id = e.feed_id WHERE f.source_id = %s AND e.url = ANY(%s) AND e.page_landed ORDER BY e.last_seen_at""",
            [self.source_id, list(urls)],
        ).fetchall()
        self.conn.commit()
        return {row["url"]: Seen(bytes(row["content_sha256"]), True, row["attempts"], row["not_before"]) for row in rows}

    def removed(self, urls: Iterable[str]) -> set[str]:
        """Those of the addresses that were removed on request and are never collected again (SCOPE S14)."""
        by_hash = {url_hash(url): url for url in urls}
        rows = self.conn.execute("SELECT url_sha256 FROM tombstone WHERE url_sha256 = ANY(%s)", [list(by_hash)]).fetchall()
        self.conn.commit()
        return {by_hash[bytes(row["url_sha256"])] for row in rows}

    def land(self, feed_id: int, key: bytes, content: bytes, url: str, landed: Landed, attempts: int = 0) -> None:
        """Keep an envelope and mark its entry, whose own address is `url`; `attempts` counts earlier landings of the same entry."""
        self._pages.append((feed_id, key, content, url, landed, attempts))
        self._maybe_flush()

    def land_reports(self, feed_id: int, keys: list[bytes], landed: Landed) -> None:
        """Keep one list of reports and mark each of them, in one transaction."""
        never = (landed.digest, None, True, 0, _NEVER)
        self._pages.append((feed_id, keys[0], landed.digest, None, landed, 0))
        self._marks += [(feed_id, key, *never) for key in keys[1:]]
        self.flush()

    def failed(self, feed_id: int, key: bytes, content: bytes, url: str | None, failure: FetchFailure, attempts: int) -> bool:
        """Note that an entry's page could not be had. Returns whether it is given up."""
        given_up = failure.failure_class in FINAL or (failure.failure_class not in NOT_ASKED and attempts + 1 >= MAX_ATTEMPTS)
        wait = timedelta(seconds=failure.retry_after_s or 300 * 2**attempts)
        count = attempts if failure.failure_class in NOT_ASKED else attempts + 1
        self._marks.append((feed_id, key, content, url, False, count, _NEVER if given_up else datetime.now(UTC) + wait))
        self._maybe_flush()
        return given_up

    def _maybe_flush(self) -> None:
        if len(self._pages) + len(self._marks) >= BATCH or sum(len(page[4].sealed) for page in self._pages) > HEAVY or time.monotonic() - self._last > EVERY_S:
            self.flush()

    def flush(self) -> None:
        """Write and commit what is buffered."""
        now = datetime.now(UTC)
        fetches, pages, marks = self._fetches, self._pages, self._marks
        self._fetches, self._pages, self._marks = [], [], []
        self._last = time.monotonic()
        if not fetches and not pages and not marks:
            return
        # one way to the server and back for all of it
        with self.conn.pipeline(), self.conn.cursor() as cursor:
            cursor.executemany(_FETCH, [self._fetch_row(fetch) for fetch in fetches])
            if pages:
                rows = [(self.source_id, feed_id, landed.kind, landed.url, landed.sealed, landed.digest, now) for feed_id, _, _, _, landed, _ in pages]
                cursor.executemany(_LAND, rows, returning=True)
            for feed_id, key, content, url, _, attempts in pages:
                changed = cursor.rowcount == 1
                cursor.nextset()
                self.landed += changed
                # An entry that is re-dated without any change of its page is looked at ever more rarely.
                wait = timedelta(days=1) if not changed else min(timedelta(minutes=10) * 4**attempts, timedelta(days=1))
                marks.append((feed_id, key, content, url, True, attempts, now + wait))
            cursor.executemany(_MARK, [(*mark[:4], now, now, *mark[4:]) for mark in marks])
        self.conn.commit()

    def _fetch_row(self, fetch: FetchRecord) -> tuple[Any, ...]:
        return (
            self.source_id, fetch.fetched_at, fetch.url, fetch.kind, fetch.decision, fetch.outcome, fetch.failure_class, fetch.reason, fetch.status,
            fetch.size, fetch.elapsed_ms,
        )  # fmt: skip


_FETCH = """INSERT INTO fetch_log (source_id, fetched_at, url, kind, robots_decision, outcome, failure_class, reason, http_status, bytes, elapsed_ms)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_LAND = """INSERT INTO landing (source_id, feed_id, kind, url, sealed, body_sha256, landed_at) VALUES (%s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (source_id, url, body_sha256) DO NOTHING RETURNING id"""
_MARK = """INSERT INTO feed_entry (feed_id, entry_key, content_sha256, url, first_seen_at, last_seen_at, page_landed, attempts, not_before)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (feed_id, entry_key) DO UPDATE SET content_sha256 = excluded.content_sha256, url = excluded.url, last_seen_at = excluded.last_seen_at,
           page_landed = feed_entry.page_landed OR excluded.page_landed, attempts = excluded.attempts, not_before = excluded.not_before"""
