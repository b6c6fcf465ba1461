"""Stage `cluster`: documents join stories in the order of their publication; stories become issues.

One writer at a time (advisory lock). The index over live documents is kept in the process between batches and rebuilt from `assignment`
when another process wrote since (`cluster_state.revision`), so a process killed anywhere leaves nothing to repair: its batch was one
transaction. A document that comes before others of the window has those decided again (`timeline`), so that neither the order of arrival nor a
kill changes the stories; what a story loses or gains by it is an event.

Only originals are clustered: a copy follows the document it was copied from. Copies, and checks by fact-checkers, never enter the index.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from processing.cluster import assignments, changes, issues
from processing.cluster.index import FIELDS, Index, entry, key, moment
from processing.cluster.params import METHOD, Params
from processing.cluster.timeline import Entry
from processing.db import Connection
from processing.db.work import StageStats, done, put_off
from processing.errors import Quarantine

PARAMS = Params(capacity=30_000)
_LOCK = 7_205_110_003
_TOGETHER = 8
_COPIED = ("same_text", "copied_from")
_ISSUES = uuid.UUID("5f1d6c1e-3a0b-5d57-9a55-6d2f0c6f7a11")

_CLAIM = """
SELECT w.subject_id FROM work w LEFT JOIN document d ON d.id = w.subject_id
WHERE w.stage = 'cluster' AND w.state <> 'quarantine' AND w.not_before <= %s
ORDER BY least(d.published_at, d.first_seen_at), md5(d.canonical_url) COLLATE "C" LIMIT %s FOR UPDATE OF w SKIP LOCKED"""

_WAITING = """
SELECT c.document_id FROM document_copy c JOIN assignment a ON a.document_id = c.document_id AND a.first_seen_at = c.first_seen_at
WHERE c.origin_id = ANY(%s) AND c.document_id <> c.origin_id AND c.relation = ANY(%s) AND a.method <> 'copy'"""

_BATCH = f"""
SELECT {FIELDS}, c.origin_id, c.relation, s.kind AS source_kind, d.kind, a.story_id, a.method
FROM document d JOIN document_version v ON v.document_id = d.id AND v.version = d.version
JOIN source s ON s.id = d.source_id
LEFT JOIN document_copy c ON c.document_id = d.id AND c.first_seen_at = d.first_seen_at
LEFT JOIN assignment a ON a.document_id = d.id AND a.first_seen_at = d.first_seen_at
WHERE d.id = ANY(%s) ORDER BY d.id"""  # noqa: S608  # constant fields

_indexes: dict[str, dict[str, Index]] = {}


def run(conn: Connection, *, limit: int, now: datetime) -> StageStats:
    """Assign up to eight times `limit` documents: what comes together is put in order together. The caller commits."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    ids = [row["subject_id"] for row in conn.execute(_CLAIM, [now, _TOGETHER * limit])]
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
        self.indexes = _indexes.setdefault(conn.info.dsn, {})
        self.touched: set[int] = set()
        self.first: dict[int, str] = {}

    def work(self, ids: list[int]) -> StageStats:
        stats = StageStats()
        waiting = [r["document_id"] for r in self.conn.execute(_WAITING, [ids, list(_COPIED)])]  # their origin was not there when they came
        rows = self.conn.execute(_BATCH, [[*ids, *waiting]]).fetchall()
        for missing in set(ids) - {row["id"] for row in rows}:
            gone = Quarantine("the document or its text is gone; it was erased or is past its retention")
            put_off(self.conn, "cluster", missing, gone, self.now)
            stats.quarantine += 1
        originals, copies = self._sorted([r for r in rows if r["source_kind"] != "feedback" and r["kind"] != "fact_check"])
        for language in sorted({r["language"] for r in (*originals, *copies)}):
            self._language(language, [r for r in originals if r["language"] == language], [r for r in copies if r["language"] == language])
        self._follow_origins(copies)
        self._finish()
        finished = set(ids) & {row["id"] for row in rows}
        done(self.conn, "cluster", sorted(finished))
        stats.done = len(finished)
        return stats

    def _sorted(self, rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Originals, and copies whose origin is in a story or comes with them."""
        copied = {r["id"]: r["origin_id"] for r in rows if r["relation"] in _COPIED and r["origin_id"] != r["id"]}
        known = self.conn.execute(
            "SELECT document_id FROM assignment WHERE document_id = ANY(%s) AND method <> 'copy'", [sorted(set(copied.values()))]
        )
        origins = {r["document_id"] for r in known} | {r["id"] for r in rows if r["id"] not in copied}
        return (
            [r for r in rows if copied.get(r["id"]) not in origins],
            [r for r in rows if copied.get(r["id"]) in origins],
        )

    # ---- one language

    def _index(self, language: str) -> Index:
        """The index of a language as the database has it."""
        row = self.conn.execute("SELECT revision FROM cluster_state WHERE language = %s", [language]).fetchone()
        index = self.indexes.get(language)
        if index is None or index.revision != (row["revision"] if row else 0):
            index = self.indexes[language] = Index(self.conn, language, PARAMS)
        return index

    def _language(self, language: str, originals: list[dict[str, Any]], copies: list[dict[str, Any]]) -> None:
        index = self._index(language)
        live = index.timeline.shard.items
        add: dict[str, tuple[Entry, datetime]] = {}
        methods: dict[str, str] = {}  # a new version of what an earlier method decided is still pinned, and is to be so after a restart
        for row in originals:
            found = entry(row)
            if row["story_id"] is not None and row["method"] != "copy" and live.get(found.item.id, found.item) == found.item:
                self.touched.add(row["story_id"])  # a new version may change the words of the issue
            else:
                index.remember(row)
                add[found.item.id] = found, row["published_at"]
                methods[found.item.id] = METHOD if row["method"] in (None, "copy") else row["method"]
        remove = {name for row in copies if (name := key(row["canonical_url"])) in live}
        changed = index.timeline.update([found for found, _ in add.values()], remove)
        self._open(index, index.go_on(index.orphaned(changed)))
        self._write(index, changed, {name: published for name, (_, published) in add.items()}, methods)
        self._set_aside(index, {name: published for name, (_, published) in add.items()})
        for name in remove:
            index.drop(name)
        self._keep(index)

    def _open(self, index: Index, names: list[str]) -> None:
        """Rows for new stories."""
        if not names:
            return
        firsts = [index.first(name) for name in names]
        opened = [(moment(at), index.rows[document].id) for at, document in firsts]
        for story, name, (_, document) in zip(assignments.open_stories(self.conn, self.now, index.language, opened), names, firsts, strict=True):
            index.own(name, story)
            self.first[story] = document

    def _write(self, index: Index, changed: Iterable[str], added: dict[str, datetime], methods: dict[str, str]) -> None:
        """Store where documents belong now; what they left is an event."""
        timeline = index.timeline
        scores = timeline.score(added)
        written: list[tuple[Any, ...]] = []
        moved: list[tuple[int, int, int]] = []
        for document in sorted(d for d in changed if d in timeline.shard.story_of):
            row, old = index.rows[document], index.home.get(document)
            story = index.home[document] = index.story[timeline.shard.story_of[document]]
            if document in added:
                place = timeline.place(document)
                at = moment(place[0]) if place else None
                written.append(
                    (row.id, row.first_seen_at, story, added[document], min(scores.get(document, 1.0), 1.0), methods[document], self.now, at)
                )
            if old != story or document in added:
                self.touched.add(story)
            if old is not None and old != story:
                moved.append((row.id, old, story))
        assignments.insert(self.conn, written)
        self.touched |= assignments.move(self.conn, self.now, moved)

    def _set_aside(self, index: Index, added: dict[str, datetime]) -> None:
        """Where the live window is full, documents older than all of it leave it at once: each is a story of its own, compared with nothing."""
        timeline = index.timeline
        names = sorted(name for name in added if name not in timeline.shard.story_of and name not in index.home)
        if not names:
            return
        opened = [(added[name], index.rows[name].id) for name in names]
        written: list[tuple[Any, ...]] = []
        for name, story in zip(names, assignments.open_stories(self.conn, self.now, index.language, opened), strict=True):
            index.home[name] = story
            self.first[story] = name
            self.touched.add(story)
            place, row = timeline.place(name), index.rows[name]
            at = moment(place[0]) if place else None
            written.append((row.id, row.first_seen_at, story, added[name], 1.0, METHOD, self.now, at))
        assignments.insert(self.conn, written)

    def _follow_origins(self, copies: list[dict[str, Any]]) -> None:
        """Copies belong where their origins do."""
        found = self.conn.execute(
            "SELECT document_id, story_id FROM assignment WHERE document_id = ANY(%s)", [[r["origin_id"] for r in copies]]
        )
        stories = {r["document_id"]: r["story_id"] for r in found}
        written, moved = [], []
        for row in copies:
            story = stories[row["origin_id"]]
            written.append((row["id"], row["first_seen_at"], story, row["published_at"], 1.0, "copy", self.now, None))
            if row["story_id"] not in (None, story):
                moved.append((row["id"], row["story_id"], story))
            self.touched.add(story)
        assignments.insert(self.conn, written)
        self.touched |= assignments.move(self.conn, self.now, moved)

    def _keep(self, index: Index) -> None:
        """Store what is settled now, and that this process has the newest index."""
        settled = index.timeline.settle()
        if settled is not None:
            named = [(index.rows[d].id, name) for d, name in sorted(settled.stories.items()) if d in index.rows]
            self.conn.execute(
                """UPDATE assignment a SET settled = n.name FROM unnest(%s::bigint[], %s::text[]) AS n(document, name)
                   WHERE a.document_id = n.document""",
                [[document for document, _ in named], [name for _, name in named]],
            )
            index.forget()
        base = index.timeline.base
        weights = base.weights if base.weights is not None else index.timeline.shard.times.weights
        row = self.conn.execute(
            """INSERT INTO cluster_state AS s (language, seen, time_weights, settled_at, settled_key, doubts, revision)
               VALUES (%s, %s, %s, %s, %s, %s, 1)
               ON CONFLICT (language) DO UPDATE SET seen = excluded.seen, time_weights = excluded.time_weights, settled_at = excluded.settled_at,
                   settled_key = excluded.settled_key, doubts = excluded.doubts, revision = s.revision + 1
               RETURNING revision""",
            [
                index.language, base.seen, weights, moment(base.until[0]) if base.weights is not None else None, base.until[1],
                list(base.doubts),
            ],
        ).fetchone()  # fmt: skip
        assert row is not None
        index.revision = row["revision"]

    # ---- the whole batch

    def _finish(self) -> None:
        if not self.touched:
            return
        issues.recount(self.conn, self.touched)
        assignments.end_emptied(self.conn, self.now, self.touched)
        found = self._issues()
        changes.obey(self.conn, self.now, found)  # analysts' merges and splits, wherever the documents stand now
        issues.refresh_all(self.conn, found, self.now)

    def _issues(self) -> set[int]:
        """Issues of the touched stories. A new story gets one; the issue of a merged story goes on in its target's."""
        rows = self.conn.execute(
            """SELECT s.id, s.language, s.merged_into, s.opened_at, x.issue_id FROM story s LEFT JOIN issue_story x ON x.story_id = s.id
               WHERE s.id = ANY(%s) ORDER BY s.merged_into IS NOT NULL, s.id""",
            [sorted(self.touched)],
        ).fetchall()
        found = {row["issue_id"] for row in rows if row["merged_into"] is None and row["issue_id"] is not None}
        new = [row for row in rows if row["merged_into"] is None and row["issue_id"] is None]
        found |= set(issues.open_issues(self.conn, [(r["id"], r["language"], r["opened_at"], self._public(r["id"])) for r in new], self.now))
        for row in rows:
            if row["merged_into"] is not None:
                found |= self._follow(row)
        return found

    def _public(self, story: int) -> uuid.UUID | None:
        """Public id of a new issue: it follows from the story's first document, not from when it came."""
        first = self.first.get(story)
        return uuid.uuid5(_ISSUES, first) if first else None

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
                issues.hand_over(self.conn, [merged["id"]], keep, self.now)
                return {keep, drop}
            decided = self.conn.execute("SELECT id FROM issue WHERE id = ANY(%s) AND state <> 'new' ORDER BY id", [[keep, drop]]).fetchall()
            if [r["id"] for r in decided] == [drop]:  # the one an analyst has worked on stays
                keep, drop = drop, keep
            issues.join(self.conn, keep, drop, self.now)
        return {keep}
