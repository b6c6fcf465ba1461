"""What crawls know of hosts across processes: whose turn it is, when it was last asked, and its robots.txt of today. All in the database."""

from __future__ import annotations

import asyncio
import hashlib
import time
from datetime import UTC, datetime, timedelta

from crawlers.failures import IN_WORDS, FetchFailure
from processing.db import Connection

LOCK_WAIT_S = 120.0
ROBOTS_KEPT = timedelta(hours=24)


class DatabaseRobots:
    """robots.txt of each origin, asked for once a day for all sources together (RFC 9309, 2.4). What is a day old goes first. Commits."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        conn.execute("DELETE FROM robots_txt WHERE fetched_at < %s", [datetime.now(UTC) - ROBOTS_KEPT])
        conn.commit()

    def load(self, origin: str) -> tuple[int, bytes] | None:
        """Status and body of the answer that is kept, unless it is a day old or of the future."""
        now = datetime.now(UTC)
        row = self.conn.execute(
            "SELECT status, body FROM robots_txt WHERE origin = %s AND fetched_at > %s AND fetched_at <= %s", [origin, now - ROBOTS_KEPT, now]
        ).fetchone()
        self.conn.commit()
        return (row["status"], bytes(row["body"])) if row else None

    def save(self, origin: str, status: int, body: bytes) -> None:
        """Keep an answer."""
        now = datetime.now(UTC)
        self.conn.execute(
            """INSERT INTO robots_txt (origin, status, body, fetched_at) VALUES (%s, %s, %s, %s)
               ON CONFLICT (origin) DO UPDATE SET status = excluded.status, body = excluded.body, fetched_at = excluded.fetched_at""",
            [origin, status, body, now],
        )
        self.conn.commit()


class DatabaseHostLocks:
    """One crawl per host across all processes: an advisory lock per host name, held until the connection closes."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self._held: set[str] = set()

    async def hold(self, host: str) -> float:
        """Seconds since this host's last request by any source. Raises FetchFailure("busy") after two minutes of waiting."""
        if host in self._held:
            return float("inf")
        lock = int.from_bytes(hashlib.sha256(f"host {host}".encode()).digest()[:8], "big", signed=True)
        until = time.monotonic() + LOCK_WAIT_S
        while not self._try(lock):
            if time.monotonic() > until:
                raise FetchFailure("busy", IN_WORDS["busy"])
            await asyncio.sleep(0.5)
        self._held.add(host)
        return self._since(host)

    def _try(self, lock: int) -> bool:
        row = self.conn.execute("SELECT pg_try_advisory_lock(%s) AS got", [lock]).fetchone()
        self.conn.commit()
        return bool(row and row["got"])

    def _since(self, host: str) -> float:
        row = self.conn.execute(
            """SELECT extract(epoch FROM now() - max(f.fetched_at))::float8 AS ago FROM source s
               JOIN LATERAL (SELECT fetched_at, url FROM fetch_log WHERE source_id = s.id AND fetched_at > now() - interval '1 hour') f ON true
               WHERE split_part(split_part(split_part(f.url, '/', 3), '?', 1), ':', 1) = %s""",
            [host],
        ).fetchone()
        self.conn.commit()
        return float(row["ago"]) if row and row["ago"] is not None else float("inf")
