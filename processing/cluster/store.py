"""Stage `cluster`: documents join stories in the order of their publication; stories become issues.

One writer at a time (advisory lock). The index over live documents is kept in the process between batches and rebuilt from `assignment`
when another process wrote since (`cluster_state.revision`), so a process killed anywhere leaves nothing to repair: its batch was one
transaction. A document's first assignment stands (on conflict do nothing); later merges and moves are events.

Only originals are clustered: a copy follows the document it was copied from. Copies, and checks by fact-checkers, never enter the index.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from processing.cluster import issues
from processing.cluster.core import Clusterer
from processing.cluster.shard import Item, Moved, Params
from processing.db import Connection
from processing.db.work import StageStats, done, put_off
from processing.errors import Quarantine

METHOD = "explained-information 1"
PARAMS = Params(capacity=30_000)
_LOCK = 7_205_110_003

_CLAIM = """
SELECT w.subject_id FROM work w LEFT JOIN document d ON d.id = w.subject_id
WHERE w.stage = 'cluster' AND w.state <> 'quarantine' AND w.not_before <= %s
ORDER BY d.published_at, w.subject_id LIMIT %s FOR UPDATE OF w SKIP LOCKED"""

_FIELDS = """
d.id, d.language, d.title, d.published_at, d.first_seen_at, left(v.text, 2000) AS text,
ARRAY(SELECT p.unit_code FROM document_place p WHERE p.document_id = d.id AND p.first_seen_at = d.first_seen_at
      AND p.level = 'commune' ORDER BY p.unit_code) AS places"""

_BATCH = f"""
SELECT {_FIELDS}, c.origin_id, c.relation, s.kind AS source_kind, d.kind,
    (SELECT a.story_id FROM assignment a WHERE a.document_id = d.id) AS story
FROM document d JOIN document_version v ON v.document_id = d.id AND v.version = d.version
JOIN source s ON s.id = d.source_id
LEFT JOIN document_copy c ON c.document_id = d.id AND c.first_seen_at = d.first_seen_at
WHERE d.id = ANY(%s) ORDER BY d.published_at, d.id"""  # noqa: S608  # constant fields

_LIVE = f"""
SELECT {_FIELDS}, a.story_id FROM assignment a JOIN document d ON d.id = a.document_id
JOIN document_version v ON v.document_id = d.id AND v.version = d.version
WHERE d.language = %s AND a.method <> 'copy' ORDER BY d.published_at DESC, d.id DESC LIMIT %s"""  # noqa: S608  # constant fields


@dataclass
class _Index:
    """A clusterer and the revision of `cluster_state` it stands at, per language."""

    clusterer: Clusterer
    revisions: dict[str, int] = field(default_factory=dict)


_indexes: dict[str, _Index] = {}


def run(conn: Connection, *, limit: int, now: datetime) -> StageStats:
    """Assign up to `limit` documents. The caller commits."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    ids = [row["subject_id"] for row in conn.execute(_CLAIM, [now, limit])]
    if not ids:
        return StageStats()
    try:
        return _Batch(conn, now).work(ids)
    except BaseException:
        _indexes.pop(conn.info.dsn, None)  # it may hold what the transaction takes back
        raise


class _Batch:
    """One transaction's work."""

    def __init__(self, conn: Connection, now: datetime) -> None:
        self.conn = conn
        self.now = now
        self.index = _indexes.get(conn.info.dsn) or _Index(Clusterer(PARAMS))
        self.index.clusterer.open_story = self._open
        _indexes[conn.info.dsn] = self.index
        self.languages: set[str] = set()
        self.touched: set[int] = set()
        self.language = ""

    def work(self, ids: list[int]) -> StageStats:
        stats = StageStats()
        rows = self.conn.execute(_BATCH, [ids]).fetchall()
        for missing in set(ids) - {row["id"] for row in rows}:
            put_off(
                self.conn,
                "cluster",
                missing,
                Quarantine("the document or its text is gone; it was erased or is past its retention"),
                self.now,
            )
            stats.quarantine += 1
        for row in rows:
            if row["source_kind"] != "feedback" and row["kind"] != "fact_check":
                self._assign(row)
            stats.done += 1
        done(self.conn, "cluster", [row["id"] for row in rows])
        self._finish()
        return stats

    # ---- one document

    def _assign(self, row: dict[str, Any]) -> None:
        if row["story"] is not None:  # a new version: it stays where it is, the issue's words may change
            self.touched.add(row["story"])
            return
        if row["relation"] in ("same_text", "copied_from"):
            found = self.conn.execute("SELECT story_id FROM assignment WHERE document_id = %s", [row["origin_id"]]).fetchone()
            if found is not None:
                self._write(row, found["story_id"], 1.0, "copy")
                return
        self.language = row["language"]
        self._ready(row["language"])
        document = {**row, "id": str(row["id"]), "lang": row["language"], "published_at": row["published_at"].isoformat()}
        lang, item = self.index.clusterer.item(document)
        story, score, changes = self.index.clusterer.place(lang, item)
        self._write(row, int(story), score, METHOD)
        for change in changes:
            self._apply(change)

    def _open(self, item: Item) -> str:
        """A new story row; ids have a fixed width so that they sort as text as they do as numbers."""
        row = self.conn.execute(
            "INSERT INTO story (language, opened_at, last_published_at) VALUES (%s, to_timestamp(%s), to_timestamp(%s)) RETURNING id",
            [self.language, item.at, item.at],
        ).fetchone()
        assert row is not None
        issues.note(self.conn, self.now, "opened", row["id"], None, int(item.id))
        self.touched.add(row["id"])
        return f"{row['id']:012d}"

    def _write(self, row: dict[str, Any], story: int, score: float, method: str) -> None:
        self.conn.execute(
            """INSERT INTO assignment (document_id, first_seen_at, story_id, published_at, score, method, assigned_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
            [row["id"], row["first_seen_at"], story, row["published_at"], min(score, 1.0), method, self.now],
        )
        self.touched.add(story)

    def _apply(self, change: Moved) -> None:
        """Write what a re-examination changed."""
        old, new = int(change.story), int(change.other)
        if change.kind == "moved":
            self.conn.execute(
                """UPDATE assignment SET story_id = %s WHERE story_id = %s AND (document_id = %s OR (method = 'copy' AND document_id IN
                   (SELECT document_id FROM document_copy WHERE origin_id = %s)))""",
                [new, old, int(change.document), int(change.document)],
            )
            issues.note(self.conn, self.now, "moved", old, new, int(change.document))
        else:
            self._merge(old, new)
        self.touched |= {old, new}

    def _merge(self, old: int, new: int) -> None:
        self.conn.execute("UPDATE assignment SET story_id = %s WHERE story_id = %s", [new, old])
        self.conn.execute("UPDATE story SET merged_into = %s WHERE id = %s", [new, old])
        self.conn.execute("UPDATE story_alias SET story_id = %s WHERE story_id = %s", [new, old])
        self.conn.execute("INSERT INTO story_alias (alias, story_id) VALUES (%s, %s) ON CONFLICT DO NOTHING", [old, new])
        issues.note(self.conn, self.now, "merged", old, new, None)

    # ---- the whole batch

    def _finish(self) -> None:
        if self.touched:
            issues.recount(self.conn, self.touched)
            for story in self._emptied():
                self._merge(story["id"], story["target"])
            for issue in sorted(self._issues()):
                issues.refresh(self.conn, issue, self.now)
        for language in self.languages:
            shard = self.index.clusterer.shard(language)
            row = self.conn.execute(
                """INSERT INTO cluster_state AS s (language, seen, time_weights, revision) VALUES (%s, %s, %s, 1)
                   ON CONFLICT (language) DO UPDATE SET seen = excluded.seen, time_weights = excluded.time_weights, revision = s.revision + 1
                   RETURNING revision""",
                [language, shard.seen, shard.times.weights],
            ).fetchone()
            assert row is not None
            self.index.revisions[language] = row["revision"]

    def _emptied(self) -> list[dict[str, Any]]:
        """Stories whose last document moved away, with where it went: their links follow it."""
        return self.conn.execute(
            """SELECT s.id, (SELECT a.story_id FROM story_event e JOIN assignment a ON a.document_id = e.document_id
                             WHERE e.kind = 'moved' AND e.story_id = s.id ORDER BY e.at DESC, e.id DESC LIMIT 1) AS target
               FROM story s WHERE s.id = ANY(%s) AND s.documents = 0 AND s.merged_into IS NULL
               AND EXISTS (SELECT FROM story_event e JOIN assignment a ON a.document_id = e.document_id WHERE e.kind = 'moved' AND e.story_id = s.id)
               ORDER BY s.id""",
            [sorted(self.touched)],
        ).fetchall()

    def _issues(self) -> set[int]:
        """Issues of the touched stories. A new story gets one; the issue of a merged story goes on in its target's."""
        rows = self.conn.execute(
            """SELECT s.id, s.language, s.merged_into, s.opened_at, x.issue_id FROM story s LEFT JOIN issue_story x ON x.story_id = s.id
               WHERE s.id = ANY(%s) ORDER BY s.merged_into IS NOT NULL, s.id""",
            [sorted(self.touched)],
        ).fetchall()
        found: set[int] = set()
        for row in rows:
            if row["merged_into"] is None:
                found.add(row["issue_id"] or issues.open_issue(self.conn, row["id"], row["language"], row["opened_at"], self.now))
        for row in rows:
            if row["merged_into"] is not None:
                found |= self._follow(row)
        return found

    def _follow(self, merged: dict[str, Any]) -> set[int]:
        alias = self.conn.execute("SELECT story_id FROM story_alias WHERE alias = %s", [merged["id"]]).fetchone()
        target = (
            self.conn.execute("SELECT issue_id FROM issue_story WHERE story_id = %s", [alias["story_id"]]).fetchone() if alias else None
        )
        if target is None:
            return set()
        keep, drop = target["issue_id"], merged["issue_id"]
        if drop is None:
            self.conn.execute("INSERT INTO issue_story (story_id, issue_id) VALUES (%s, %s)", [merged["id"], keep])
        elif drop != keep:
            others = self.conn.execute(
                """SELECT count(*) AS n FROM issue_story x JOIN story s ON s.id = x.story_id
                   WHERE x.issue_id = %s AND s.merged_into IS NULL""",
                [drop],
            ).fetchone()
            if others is not None and others["n"]:  # an analyst joined it with stories that live on
                self.conn.execute("UPDATE issue_story SET issue_id = %s WHERE story_id = %s", [keep, merged["id"]])
                return {keep, drop}
            decided = self.conn.execute("SELECT id FROM issue WHERE id = ANY(%s) AND state <> 'new' ORDER BY id", [[keep, drop]]).fetchall()
            if [r["id"] for r in decided] == [drop]:  # the one an analyst has worked on stays
                keep, drop = drop, keep
            issues.join(self.conn, keep, drop)
        return {keep}

    # ---- the index

    def _ready(self, language: str) -> None:
        """Make sure the index of a language is that of the database."""
        if language in self.languages:
            return
        self.languages.add(language)
        state = self.conn.execute("SELECT seen, time_weights, revision FROM cluster_state WHERE language = %s", [language]).fetchone()
        revision = state["revision"] if state else 0
        clusterer = self.index.clusterer
        if self.index.revisions.get(language) == revision and language in clusterer.shards:
            return
        clusterer.forget_shard(language)
        for kind, a, b in self._constraints():
            clusterer.constrain(kind, str(a), str(b))
        for row in reversed(self.conn.execute(_LIVE, [language, PARAMS.capacity]).fetchall()):
            document = {**row, "id": str(row["id"]), "lang": language, "published_at": row["published_at"].isoformat()}
            _, item = clusterer.item(document)
            clusterer.restore(language, item, f"{row['story_id']:012d}")
        shard = clusterer.shard(language)
        if state is not None:
            shard.seen, shard.times.weights = state["seen"], list(state["time_weights"])

    def _constraints(self) -> Iterable[tuple[str, int, int]]:
        rows = self.conn.execute("SELECT kind, document_a, document_b FROM story_constraint WHERE revoked_at IS NULL ORDER BY id")
        return [(r["kind"], r["document_a"], r["document_b"]) for r in rows]
