"""When a feed is asked again: between ten minutes and a day, by how much of it was new, and what conditional requests need."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from crawlers.exchange import Answer
from crawlers.sources import Feed, Source
from crawlers.urls import canonical, site_host
from processing.db import Connection

SHORTEST = timedelta(minutes=10)
LONGEST = timedelta(days=1)
_FULL_EVERY = 36  # one poll in so many goes without conditions: some servers answer 304 for ever


def next_interval(interval: timedelta, new: int, entries: int, longest: timedelta = LONGEST) -> timedelta:
    """The interval after a poll that listed `entries`, `new` of them unseen: halved when half or more was new, half as long again when nothing was.

    `longest` is half of the source's expected time between two documents where that is shorter than a day, so that trouble is told within two of them.
    """
    if entries and new >= entries / 2:
        interval = interval / 2
    elif not new:
        interval = interval * 1.5
    return min(max(interval, SHORTEST), max(longest, SHORTEST), LONGEST)


@dataclass(frozen=True)
class FeedRow:
    """A feed of the database with what its source's file says of it."""

    id: int
    url: str
    fetch_url: str
    kind: str
    etag: str | None
    last_modified: str | None
    digest: bytes | None
    interval: timedelta
    feed: Feed

    def conditional(self, now: datetime) -> dict[str, str]:
        """Headers of a conditional request; none now and then, and none for a feed read twice a day or less."""
        if self.digest is None or self.interval > timedelta(hours=6) or random.Random(f"{self.id} {now:%Y%m%d%H%M}").randrange(_FULL_EVERY) == 0:  # noqa: S311
            return {}
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in headers.items() if value}


class FeedStore:
    """The rows of table `feed` of one source."""

    def __init__(self, conn: Connection, source: Source, source_id: int) -> None:
        self.conn = conn
        self.source = source
        self.source_id = source_id
        self._polls: list[tuple[str, list[Any]]] = []
        self.longest = timedelta(days=7) / source.expected_per_week / 2  # four polls in the time of two documents: see health.BROKEN_AT

    def followed(self) -> frozenset[str]:
        """Hosts to which a person let this source move (table `source_move`), without www."""
        rows = self.conn.execute("SELECT to_host FROM source_move WHERE source_id = %s AND decision = 'followed'", [self.source_id]).fetchall()
        self.conn.commit()
        return frozenset(row["to_host"] for row in rows)

    def moved(self, feed: FeedRow, target: str) -> None:
        """Note that a feed redirects for good to a host that the source's file does not name; a person decides whether it is followed."""
        now = datetime.now(UTC)
        self.conn.execute(
            """INSERT INTO source_move (source_id, from_host, to_host, to_url, first_seen_at, last_seen_at) VALUES (%s, %s, %s, %s, %s, %s)
               ON CONFLICT (source_id, to_host) DO UPDATE SET to_url = excluded.to_url, last_seen_at = excluded.last_seen_at""",
            [self.source_id, site_host(feed.url), site_host(target), canonical(target), now, now],
        )

    def due(self, now: datetime, *, force: bool = False) -> list[FeedRow]:
        """Feeds whose next poll is due."""
        of_file = {canonical(feed.url): feed for feed in self.source.feeds}
        rows = self.conn.execute(
            "SELECT id, url, kind, etag, last_modified, body_sha256, poll_interval, next_poll_at FROM feed WHERE source_id = %s ORDER BY id", [self.source_id]
        ).fetchall()
        self.conn.commit()
        return [
            FeedRow(
                row["id"], row["url"], of_file[row["url"]].url, row["kind"], row["etag"], row["last_modified"],
                bytes(row["body_sha256"]) if row["body_sha256"] else None, row["poll_interval"], of_file[row["url"]],
            )
            for row in rows
            if row["url"] in of_file and (force or row["next_poll_at"] <= now)
        ]  # fmt: skip

    def unchanged(self, feed: FeedRow, answer: Answer) -> None:
        self._write(feed, next_interval(feed.interval, 0, 1, self.longest), None, "last_ok_at = now()", [])

    def read(self, feed: FeedRow, answer: Answer, digest: bytes | None, new: int, entries: int) -> None:
        """`digest` None: some entries are not settled, so the next poll must not be told "unchanged"."""
        known = digest is not None
        values: list[Any] = [answer.headers.get("etag") if known else None, answer.headers.get("last-modified") if known else None, digest]
        fields = "last_ok_at = now(), etag = %s, last_modified = %s, body_sha256 = %s"
        self._write(feed, next_interval(feed.interval, new, entries, self.longest), None, fields, values)

    def failed(self, feed: FeedRow, retry_after_s: float | None) -> None:
        self._write(feed, next_interval(feed.interval, 0, 1, self.longest), retry_after_s, "etag = NULL, last_modified = NULL, body_sha256 = NULL", [])

    def _write(self, feed: FeedRow, interval: timedelta, least_s: float | None, fields: str, values: list[Any]) -> None:
        # Nine tenths: the schedule's next tick comes a little before the full interval as often as after it.
        wait = max(interval * 0.9, timedelta(seconds=least_s or 0))
        query = f"UPDATE feed SET poll_interval = %s, next_poll_at = %s, {fields} WHERE id = %s"  # noqa: S608 - `fields` is one of three constants above
        self._polls.append((query, [interval, datetime.now(UTC) + wait, *values, feed.id]))

    def store(self) -> None:
        """Write what the polls came to. Not committed: it belongs to the transaction of the verdict on the source. A crawl killed
        between the two would leave a feed that is not due and a failure that nobody was told of."""
        for query, values in self._polls:
            self.conn.execute(query, values)
        self._polls.clear()
