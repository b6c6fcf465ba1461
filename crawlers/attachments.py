"""Files that stored documents link to, fetched after the feeds: same guard, robots.txt, host's turn and size limit as pages, into the same landing area."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crawlers import profiles
from crawlers.envelope import wrap
from crawlers.failures import FINAL, NOT_ASKED, FetchFailure
from crawlers.fetcher import Answer, Fetcher
from crawlers.lander import MAX_ATTEMPTS
from crawlers.urls import same_site
from processing.db import Connection
from processing.db.erase import buried

MOST = 10  # of one source in one run


async def fetch_wanted(conn: Connection, source_id: int, fetcher: Fetcher, own_hosts: frozenset[str]) -> int:
    """Land the files wanted of a source that are due; returns how many. One that fails waits, and after some failures, or where it may not be asked
    for, it is refused with the reason. Commits after each."""
    rows = conn.execute(
        """SELECT a.url, a.attempts FROM attachment a JOIN document d ON d.id = a.document_id
           WHERE d.source_id = %s AND a.state = 'wanted' AND a.not_before <= now() ORDER BY a.noted_at DESC, a.url LIMIT %s""",
        [source_id, MOST],
    ).fetchall()
    conn.commit()
    landed = 0
    for row in rows:
        url = row["url"]
        try:
            if not same_site(url, own_hosts) or profiles.refusal(url):
                _refuse(conn, url, "it is not on the source's own site")
            elif buried(conn, url):
                conn.execute("DELETE FROM attachment WHERE url = %s", [url])
            else:
                answer = await fetcher.get(url, "attachment")
                if answer.body[:1024].lstrip().startswith(b"%PDF-"):
                    _land(conn, source_id, url, answer)
                    landed += 1
                else:
                    _refuse(conn, url, "it is no PDF")
        except FetchFailure as failure:
            _put_off(conn, url, row["attempts"], failure)
        conn.commit()
    return landed


def _land(conn: Connection, source_id: int, url: str, answer: Answer) -> None:
    about = {"final_url": answer.final_url, "content_type": answer.headers.get("content-type", ""), "status": answer.status}
    one = wrap("attachment", url, answer.body, fetched_at=answer.fetched_at, about=about)
    conn.execute(
        """INSERT INTO landing (source_id, kind, url, sealed, body_sha256, landed_at) VALUES (%s, %s, %s, %s, %s, %s)
           ON CONFLICT (source_id, url, body_sha256) DO NOTHING""",
        [source_id, one.kind, url, one.sealed, one.digest, datetime.now(UTC)],
    )
    conn.execute("UPDATE attachment SET state = 'landed', reason = NULL WHERE url = %s", [url])


def _refuse(conn: Connection, url: str, reason: str) -> None:
    conn.execute("UPDATE attachment SET state = 'refused', reason = %s WHERE url = %s", [reason, url])


def _put_off(conn: Connection, url: str, attempts: int, failure: FetchFailure) -> None:
    tried = failure.failure_class not in NOT_ASKED
    if failure.failure_class in FINAL or (tried and attempts + 1 >= MAX_ATTEMPTS):
        _refuse(conn, url, f"{failure.failure_class}: {failure.reason}")
        return
    wait = timedelta(seconds=failure.retry_after_s or 300 * 2**attempts)
    conn.execute(
        "UPDATE attachment SET attempts = attempts + %s, not_before = now() + %s, reason = %s WHERE url = %s",
        [int(tried), wait, f"{failure.failure_class}: {failure.reason}", url],
    )
