"""The live stories of a language in memory, and which stored story each of them is. Read from the database, kept between batches.

Live stories have names of their own (`timeline`), which follow from their documents; stored ones have the ids that issues, flags and links
stand on. When documents are decided again a live story may change its name or fall apart: it then goes on in the stored story
that most of its documents come from.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from processing.cluster.features import terms_of
from processing.cluster.live import Item
from processing.cluster.params import METHOD, Params
from processing.cluster.timeline import Base, Entry, Order, Timeline
from processing.db import Connection

PINNED = "="

FIELDS = """
d.id, d.language, d.title, d.canonical_url, d.published_at, d.first_seen_at, left(v.text, 2000) AS text,
ARRAY(SELECT p.unit_code FROM document_place p WHERE p.document_id = d.id AND p.first_seen_at = d.first_seen_at
      AND p.level = 'commune' ORDER BY p.unit_code) AS places"""

_LIVE = f"""
SELECT {FIELDS}, a.story_id, a.method, a.ordered_at, a.settled FROM assignment a JOIN document d ON d.id = a.document_id
JOIN document_version v ON v.document_id = d.id AND v.version = d.version
WHERE d.language = %(language)s AND a.method <> 'copy' AND {{which}}
ORDER BY coalesce(a.ordered_at, a.published_at) DESC, md5(d.canonical_url) COLLATE "C" DESC LIMIT %(limit)s"""  # noqa: S608  # constant fields

_SETTLED = _LIVE.format(which='(a.ordered_at IS NULL OR (a.ordered_at, md5(d.canonical_url) COLLATE "C") <= (%(at)s, %(key)s))')
_WINDOW = _LIVE.format(which='a.ordered_at IS NOT NULL AND (a.ordered_at, md5(d.canonical_url) COLLATE "C") > (%(at)s, %(key)s)')
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Row(NamedTuple):
    """Where a document is stored."""

    id: int
    first_seen_at: datetime


def key(address: str) -> str:
    """Key of a document that its arrival has no part in: md5 of its canonical address, as Postgres makes it."""
    return hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()


def microseconds(moment: datetime) -> int:
    """Since 1970, exact."""
    delta = moment - _EPOCH
    return (delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds


def moment(us: int) -> datetime:
    """The inverse of `microseconds`."""
    return _EPOCH + timedelta(microseconds=us)


def entry(row: dict[str, Any]) -> Entry:
    """A row of `FIELDS` at its place: that of its publication, or of its first sight where the page names a later one."""
    at = min(row["published_at"], row["first_seen_at"])
    name = key(row["canonical_url"])
    item = Item(name, at.timestamp(), terms_of(row["title"], row["text"], row["language"], row["places"]))
    return Entry((microseconds(at), name), item)


class Index:
    """One language."""

    def __init__(self, conn: Connection, language: str, params: Params) -> None:
        """Read the settled stories, then decide about the window as the process before did; what an earlier method decided there stays."""
        self.language = language
        state = conn.execute("SELECT * FROM cluster_state WHERE language = %s", [language]).fetchone()
        self.revision: int = state["revision"] if state else 0
        base = (
            Base((microseconds(state["settled_at"]), state["settled_key"]), state["seen"], state["time_weights"], tuple(state["doubts"]))
            if state and state["settled_at"]
            else None
        )
        self.timeline = Timeline(params, language, base, _links(conn))
        self.rows: dict[str, Row] = {}
        self.home: dict[str, int] = {}
        self.story: dict[str, int] = {}
        self.name: dict[int, str] = {}
        self._restore(conn, base, params)

    def _restore(self, conn: Connection, base: Base | None, params: Params) -> None:
        values = {
            "language": self.language, "limit": params.capacity,
            "at": moment(base.until[0]) if base else _FIRST, "key": base.until[1] if base else "",
        }  # fmt: skip
        for row in reversed(conn.execute(_SETTLED, values).fetchall()):
            item = self.remember(row).item
            self.timeline.restore(item, row["settled"] or f"{PINNED}{row['story_id']}")
        window = []
        for row in conn.execute(_WINDOW, values):
            found = self.remember(row)
            pin = row["settled"] or (None if row["method"] == METHOD else f"{PINNED}{row['story_id']}")
            window.append(found._replace(order=(microseconds(row["ordered_at"]), found.item.id), pin=pin))
        self.timeline.update(window)
        for name, members in self.timeline.shard.members.items():
            self.own(name, Counter(self.home[d] for d in members).most_common(1)[0][0])

    def remember(self, row: dict[str, Any]) -> Entry:
        """Note where a document is stored, and its story where the row has one."""
        found = entry(row)
        self.rows[found.item.id] = Row(row["id"], row["first_seen_at"])
        if row["story_id"] is not None:
            self.home[found.item.id] = row["story_id"]
        return found

    def own(self, name: str, story: int) -> None:
        """A live story is this stored one from now on."""
        self.story[name], self.name[story] = story, name

    def orphaned(self, touched: Iterable[str]) -> list[str]:
        """Touched live stories without a stored one, in the order of their names; what is no longer live is forgotten."""
        members = self.timeline.shard.members
        for document in touched:
            name = self.name.get(self.home.get(document, -1))
            if name is not None and name not in members:
                del self.name[self.story.pop(name)]
        story_of = self.timeline.shard.story_of
        return sorted({story_of[d] for d in touched if d in story_of} - self.story.keys())

    def go_on(self, names: Iterable[str]) -> list[str]:
        """Give live stories the stored ones that most of their documents come from. Returns those that are left: they are new."""
        listed = list(names)
        pairs: list[tuple[int, str, int]] = []
        for name in listed:
            counts = Counter(self.home[d] for d in self.timeline.shard.members[name] if d in self.home)
            pairs += [(-n, name, story) for story, n in counts.items() if story not in self.name]
        for _, name, story in sorted(pairs):
            if name not in self.story and story not in self.name:
                self.own(name, story)
        return [name for name in listed if name not in self.story]

    def first(self, name: str) -> Order:
        """Place of the first document of a live story that is new."""
        places = ((self.timeline.place(d) or (0, d)) for d in self.timeline.shard.members[name])
        return min(places)

    def drop(self, document: str) -> None:
        """Forget where a document is stored: it is no longer clustered."""
        self.rows.pop(document, None)
        self.home.pop(document, None)

    def forget(self) -> None:
        """Drop what is known of documents that left the live window for good."""
        known = self.timeline.known()
        for document in self.rows.keys() - known:
            del self.rows[document]
            self.home.pop(document, None)


def _links(conn: Connection) -> list[tuple[str, str, str]]:
    rows = conn.execute(
        """SELECT c.kind, a.canonical_url AS a, b.canonical_url AS b FROM story_constraint c
           JOIN document a ON a.id = c.document_a JOIN document b ON b.id = c.document_b WHERE c.revoked_at IS NULL ORDER BY c.id"""
    )
    return [(r["kind"], key(r["a"]), key(r["b"])) for r in rows]
