"""Rows of stories and of the documents in them: opening, filling, moving, ending. Called by `store` within its transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from processing.cluster import issues
from processing.db import Connection


def open_stories(conn: Connection, now: datetime, language: str, firsts: Sequence[tuple[datetime, int]]) -> list[int]:
    """Rows and events for new stories, given the publication and the id of each one's first document. Returns their ids in that order."""
    rows = conn.execute(
        """INSERT INTO story (language, opened_at, last_published_at) SELECT %s, t, t FROM unnest(%s::timestamptz[]) WITH ORDINALITY AS u(t, n)
           ORDER BY n RETURNING id""",
        [language, [at for at, _ in firsts]],
    ).fetchall()
    stories = [int(row["id"]) for row in rows]
    conn.execute(
        """INSERT INTO story_event (at, kind, story_id, document_id, decided_by)
           SELECT %s, 'opened', s, d, 'clusterer' FROM unnest(%s::bigint[], %s::bigint[]) AS u(s, d)""",
        [now, stories, [document for _, document in firsts]],
    )
    return stories


def insert(conn: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Assignments of documents that are new, or become originals or copies: document, first sight, story, publication, score, method, now, place.

    One that was assigned before counts as assigned anew, so that the day it was published on is counted again.
    """
    if not rows:
        return
    conn.execute(
        """INSERT INTO assignment AS a (document_id, first_seen_at, story_id, published_at, score, method, assigned_at, ordered_at)
           SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[], %s::timestamptz[], %s::real[], %s::text[], %s::timestamptz[],
                                %s::timestamptz[])
           ON CONFLICT (document_id, first_seen_at) DO UPDATE
           SET story_id = excluded.story_id, published_at = excluded.published_at, score = excluded.score, method = excluded.method,
               assigned_at = excluded.assigned_at,
               ordered_at = CASE WHEN excluded.method = 'copy' THEN NULL ELSE coalesce(excluded.ordered_at, a.ordered_at) END,
               settled = CASE WHEN excluded.method = 'copy' THEN NULL ELSE a.settled END""",
        [list(column) for column in zip(*rows, strict=True)],
    )


def move(conn: Connection, now: datetime, rows: Sequence[tuple[int, int, int]]) -> set[int]:
    """Documents, each from one story to another, and their copies with them. Returns the stories it concerns."""
    if not rows:
        return set()
    documents, olds, news = (list(column) for column in zip(*rows, strict=True))
    conn.execute(
        """UPDATE assignment a SET story_id = m.story, assigned_at = %s FROM unnest(%s::bigint[], %s::bigint[]) AS m(document, story)
           WHERE a.document_id = m.document AND a.story_id <> m.story""",
        [now, documents, news],
    )
    conn.execute(
        """UPDATE assignment a SET story_id = m.story, assigned_at = %s FROM unnest(%s::bigint[], %s::bigint[]) AS m(document, story)
           JOIN document_copy c ON c.origin_id = m.document
           WHERE a.document_id = c.document_id AND a.first_seen_at = c.first_seen_at AND a.method = 'copy'""",
        [now, documents, news],
    )
    conn.execute(
        """INSERT INTO story_event (at, kind, story_id, other_story_id, document_id, decided_by)
           SELECT %s, 'moved', o, n, d, 'clusterer' FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS m(o, n, d)""",
        [now, olds, news, documents],
    )
    return {*olds, *news}


def end_emptied(conn: Connection, now: datetime, stories: Iterable[int]) -> None:
    """Stories of these whose last document moved away go on where it went: their links follow it."""
    emptied = conn.execute(
        """SELECT s.id, (SELECT a.story_id FROM story_event e JOIN assignment a ON a.document_id = e.document_id
                         WHERE e.kind = 'moved' AND e.story_id = s.id ORDER BY e.at DESC, e.id DESC LIMIT 1) AS target
           FROM story s WHERE s.id = ANY(%s) AND s.documents = 0 AND s.merged_into IS NULL
           AND EXISTS (SELECT FROM story_event e JOIN assignment a ON a.document_id = e.document_id WHERE e.kind = 'moved' AND e.story_id = s.id)
           ORDER BY s.id""",
        [sorted(stories)],
    ).fetchall()
    for old, new in ((row["id"], row["target"]) for row in emptied):
        conn.execute("UPDATE story SET merged_into = %s WHERE id = %s", [new, old])
        conn.execute("UPDATE story_alias SET story_id = %s WHERE story_id = %s", [new, old])
        conn.execute("INSERT INTO story_alias (alias, story_id) VALUES (%s, %s) ON CONFLICT DO NOTHING", [old, new])
        issues.note(conn, now, "merged", old, new, None)
