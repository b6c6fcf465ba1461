"""The allow-list in the database: one row per file, one row per feed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

from psycopg.types.json import Jsonb

from crawlers.sources import Source
from crawlers.urls import canonical
from crawlers.words import Said
from processing.db import Connection
from processing.zone import local_day


def sync_sources(conn: Connection, sources: Iterable[Source], today: date | None = None) -> dict[str, str]:
    """Make the tables mirror the files; a source without a file, switched off or past its review is DISABLED with the reason. Does not commit.

    Returns the notices by key: why a source is not read. Its documents stay: they have their own dates of deletion.
    """
    today = today or local_day(datetime.now(UTC))
    notices: dict[str, str] = {}
    keys = []
    for source in sources:
        keys.append(source.key)
        stopped = source.stopped(today)
        if stopped:
            notices[source.key] = stopped
        source_id = _upsert(conn, source, enabled=stopped is None)
        sync_feeds(conn, source_id, source)
        if stopped:
            set_state(conn, source_id, "DISABLED", stopped)
        else:
            _wake(conn, source_id)
    gone = conn.execute("SELECT id, key FROM source WHERE NOT key = ANY(%s) AND (enabled OR state <> 'DISABLED')", [keys]).fetchall()
    for row in gone:
        conn.execute("UPDATE source SET enabled = false WHERE id = %s", [row["id"]])
        removed = Said("its file was removed from config/sources")
        set_state(conn, row["id"], "DISABLED", removed)
        notices[row["key"]] = removed
    return notices


def _upsert(conn: Connection, source: Source, *, enabled: bool) -> int:
    row = conn.execute(
        """INSERT INTO source (key, name, kind, publisher_kind, owner, basis, reviewed_on, review_due, home_url, language, cms, places, enabled, expected_per_week)
           VALUES (%(key)s, %(name)s, %(kind)s, %(publisher_kind)s, %(owner)s, %(basis)s, %(reviewed_on)s, %(review_due)s, %(home_url)s, %(language)s, %(cms)s,
                   %(places)s, %(enabled)s, %(expected_per_week)s)
           ON CONFLICT (key) DO UPDATE SET name = excluded.name, kind = excluded.kind, publisher_kind = excluded.publisher_kind, owner = excluded.owner,
               basis = excluded.basis, reviewed_on = excluded.reviewed_on, review_due = excluded.review_due, home_url = excluded.home_url,
               language = excluded.language, cms = excluded.cms, places = excluded.places, enabled = excluded.enabled,
               expected_per_week = excluded.expected_per_week, loaded_at = now()
           RETURNING id""",
        {**source.model_dump(exclude={"feeds", "assertions", "hosts"}), "enabled": enabled},
    ).fetchone()
    assert row is not None
    return int(row["id"])


def sync_feeds(conn: Connection, source_id: int, source: Source) -> None:
    urls = [canonical(feed.url) for feed in source.feeds]
    conn.execute("DELETE FROM feed WHERE source_id = %s AND NOT url = ANY(%s)", [source_id, urls])
    for url, feed in zip(urls, source.feeds, strict=True):
        conn.execute(
            "INSERT INTO feed (source_id, url, kind) VALUES (%s, %s, %s) ON CONFLICT (source_id, url) DO UPDATE SET kind = excluded.kind",
            [source_id, url, feed.kind],
        )


def _wake(conn: Connection, source_id: int) -> None:
    """A source whose file says that it is read starts again with a clean record: somebody asked for it by mending the file and synchronising."""
    row = conn.execute("SELECT state FROM source WHERE id = %s", [source_id]).fetchone()
    if row and row["state"] == "DISABLED":
        conn.execute("UPDATE source SET failure_score = 0 WHERE id = %s", [source_id])
        set_state(conn, source_id, "OK", Said("switched on; not read yet"))


def set_state(conn: Connection, source_id: int, state: str, reason: Said, broken: Sequence[str] = ()) -> bool:
    """Write a source's state, the reason and which of its assertions are broken.

    A change of state, or of the broken assertions, is one more row of `source_state`, which the alerts read; `state_since` moves with the state alone.
    Returns whether the state changed.
    """
    row = conn.execute("SELECT state, state_reason, broken FROM source WHERE id = %s FOR UPDATE", [source_id]).fetchone()
    if row is None or (row["state"], row["state_reason"], row["broken"]) == (state, str(reason), list(broken)):
        return False
    now = datetime.now(UTC)
    changed = bool(row["state"] != state)
    conn.execute(
        """UPDATE source SET state = %s, state_reason = %s, state_said = %s, broken = %s, state_since = CASE WHEN %s THEN %s ELSE state_since END
           WHERE id = %s""",
        [state, str(reason), Jsonb(reason.as_json()), list(broken), changed, now, source_id],
    )
    if changed or set(row["broken"]) != set(broken):
        conn.execute(
            """INSERT INTO source_state (source_id, at, state, reason, said, broken) VALUES (%s, %s, %s, %s, %s, %s)
               ON CONFLICT (source_id, at) DO UPDATE SET state = excluded.state, reason = excluded.reason, said = excluded.said, broken = excluded.broken""",
            [source_id, now, state, str(reason), Jsonb(reason.as_json()), list(broken)],
        )
    return changed
