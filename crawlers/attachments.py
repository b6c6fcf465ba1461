"""Files that stored documents link to, fetched after the feeds: same guard, robots.txt, host's turn and size limit as pages, into the same landing area."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from crawlers import profiles
from crawlers.envelope import wrap
from crawlers.exchange import Answer
from crawlers.failures import FINAL, NOT_ASKED, FetchFailure
from crawlers.fetcher import Fetcher
from crawlers.lander import MAX_ATTEMPTS
from crawlers.urls import same_site
from processing.db import Connection
from processing.db.tombstones import buried

MOST = 10  # of one source in one run


_SET = """UPDATE attachment SET state = %(state)s, reason = %(reason)s, attempts = attempts + %(tried)s, not_before = now() + %(wait)s
    WHERE url = %(url)s AND state = 'wanted' AND document_id IN (SELECT id FROM document WHERE source_id = %(source)s)"""
# Noted while another worker was reading the file, or restored from a backup, which holds nothing landed: nobody would ever read it.
_FORGOTTEN = """UPDATE attachment a SET state = 'wanted' FROM document d
    WHERE d.id = a.document_id AND d.source_id = %(source)s AND a.state = 'landed'
        AND NOT EXISTS (SELECT FROM landing l WHERE l.source_id = d.source_id AND l.kind = 'attachment' AND l.url = a.url AND l.state IN ('pending', 'retry'))"""


async def fetch_wanted(conn: Connection, source_id: int, fetcher: Fetcher, own_hosts: frozenset[str]) -> int:
    """Land the files wanted of a source that are due, each once however many documents link to it; returns how many. One that fails waits, and after some
    failures, or where it may not be asked for, it is refused with the reason. One that was landed and is not there to be read is wanted again. Commits after each."""
    conn.execute(_FORGOTTEN, {"source": source_id})
    rows = conn.execute(
        """SELECT a.url, min(a.attempts) AS attempts FROM attachment a JOIN document d ON d.id = a.document_id
           WHERE d.source_id = %s AND a.state = 'wanted' GROUP BY a.url HAVING max(a.not_before) <= now() ORDER BY max(a.noted_at) DESC, a.url LIMIT %s""",
        [source_id, MOST],
    ).fetchall()
    conn.commit()
    landed = 0
    for row in rows:
        file = {"url": row["url"], "source": source_id}
        try:
            if not same_site(row["url"], own_hosts) or profiles.refusal(row["url"]):
                _set(conn, file, "refused", "it is not on the source's own site")
            elif buried(conn, row["url"]):
                conn.execute("DELETE FROM attachment WHERE url = %(url)s", file)
            else:
                answer = await fetcher.get(row["url"], "attachment")
                if answer.body[:1024].lstrip().startswith(b"%PDF-"):
                    _land(conn, file, answer)
                    landed += 1
                else:
                    _set(conn, file, "refused", "it is no PDF")
        except FetchFailure as failure:
            _put_off(conn, file, row["attempts"], failure)
        conn.commit()
    return landed


def _land(conn: Connection, file: dict[str, Any], answer: Answer) -> None:
    about = {"final_url": answer.final_url, "content_type": answer.headers.get("content-type", ""), "status": answer.status}
    one = wrap("attachment", file["url"], answer.body, fetched_at=answer.fetched_at, about=about)
    # the same file again, asked for by a later document: it is read once more, for what was read then may be gone
    conn.execute(
        """INSERT INTO landing (source_id, kind, url, sealed, body_sha256, landed_at) VALUES (%s, %s, %s, %s, %s, %s)
           ON CONFLICT (source_id, url, body_sha256) DO UPDATE
           SET state = 'pending', attempts = 0, not_before = excluded.not_before, reason = NULL, sealed = excluded.sealed, landed_at = excluded.landed_at""",
        [file["source"], one.kind, file["url"], one.sealed, one.digest, datetime.now(UTC)],
    )
    _set(conn, file, "landed", None)


def _set(conn: Connection, file: dict[str, Any], state: str, reason: str | None, *, tried: bool = False, wait: timedelta = timedelta()) -> None:
    conn.execute(_SET, {**file, "state": state, "reason": reason, "tried": int(tried), "wait": wait})


def _put_off(conn: Connection, file: dict[str, Any], attempts: int, failure: FetchFailure) -> None:
    tried = failure.failure_class not in NOT_ASKED
    given_up = failure.failure_class in FINAL or (tried and attempts + 1 >= MAX_ATTEMPTS)
    wait = timedelta(seconds=failure.retry_after_s or 300 * 2**attempts)
    _set(conn, file, "refused" if given_up else "wanted", f"{failure.failure_class}: {failure.reason}", tried=tried, wait=wait)
