"""What is live of one language: documents, their stories, the index over their terms, what analysts decided about them and what awaits another look.

Everything here is a function of the live documents and their stories (sums, sorted times), never of the path that led there; a rebuild
from stored rows therefore decides as the process that was killed would have. The learned weights of `timing` are the one exception: they
are stored with each batch.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable
from typing import NamedTuple

from processing.cluster.background import shares
from processing.cluster.params import Params
from processing.cluster.postings import Postings, Vector
from processing.cluster.timing import Times

GROWN = 3
"""Documents from which a story counts as grown."""


class Item(NamedTuple):
    """A live document: id, publication time in seconds, terms with their weights."""

    id: str
    at: float
    terms: dict[str, float]


Op = tuple[str, Item, str]
"""A change of a shard that `Live.undo` takes back: ("new" | "put" | "take" | "forget", document, story) or ("doubt" | "sure", document, "")."""


class Live:
    """Live documents and stories of one language."""

    def __init__(self, params: Params, open_story: Callable[[Item], str], language: str = "") -> None:
        self.p = params
        self.open_story = open_story
        self.common = shares(language)
        self.items: dict[str, Item] = {}
        self.order: list[tuple[float, str]] = []  # live documents by publication
        self.story_of: dict[str, str] = {}
        self.members: dict[str, dict[str, None]] = {}
        self.postings = Postings(self.common)
        self.vectors: dict[str, Vector] = {}
        self.times = Times()
        self.seen = 0
        self.grown = 0  # stories of `GROWN` documents or more
        self.apart: dict[str, set[str]] = {}
        self.together: dict[str, set[str]] = {}
        self.doubts: dict[str, Item] = {}  # documents that await another look, since a decision about them was close
        self._parked: dict[str, tuple[Item, Vector]] = {}  # of documents not live, or not yet, that may be soon
        self.log: list[Op] | None = None  # where changes are noted, while somebody may want them undone

    def put(self, item: Item, story: str) -> None:
        """Add a document to a story, new or live."""
        if self.log is not None:
            self.log.append(("put" if item.id in self.items else "new", item, story))
        if item.id not in self.items:
            self.vectors[item.id] = self._vector(item)
            self._parked.pop(item.id, None)
            self.items[item.id] = item
            self.postings.arrive(self.vectors[item.id])
            self.times.arrive(item.at)
            insort(self.order, (item.at, item.id))
        self.story_of[item.id] = story
        members = self.members.setdefault(story, {})
        members[item.id] = None
        self.grown += len(members) == GROWN
        self.times.add(story, item.at)
        self.postings.join(self.vectors[item.id], story)

    def take(self, item: Item) -> str:
        """Take a document out of its story, which it leaves empty or smaller; returns the story."""
        story = self.story_of.pop(item.id)
        self.grown -= len(self.members[story]) == GROWN
        del self.members[story][item.id]
        if not self.members[story]:
            del self.members[story]
        self.times.remove(story, item.at)
        self.postings.leave(self.vectors[item.id], story)
        if self.log is not None:
            self.log.append(("take", item, story))
        return story

    def forget(self, document: str) -> None:
        """Drop a document from the live window; its story lives on while it has others."""
        item = self.items.pop(document)
        del self.order[bisect_left(self.order, (item.at, document))]
        story = self.take(item)
        if self.log is not None:
            self.log[-1] = ("forget", item, story)
        self.times.leave(item.at)
        self._parked[document] = item, self.vectors.pop(document)
        self.postings.depart(self._parked[document][1])

    def release(self) -> None:
        """Let go of what is kept of documents that are not live, now that none of them is about to be put back."""
        for _, vector in self._parked.values():
            self.postings.release(vector)
        self._parked.clear()

    def add(self, item: Item, story: str) -> tuple[str, str] | None:
        """Add a document; beyond the capacity the one published first is forgotten. Returns that one and its story."""
        self.put(item, story)
        if len(self.items) <= self.p.capacity:
            return None
        oldest = self.order[0][1]
        left = oldest, self.story_of[oldest]
        self.forget(oldest)
        return left

    def undo(self, ops: list[Op]) -> None:
        """Take back changes that were noted in `log`, the last one first."""
        for kind, item, story in reversed(ops):
            if kind == "new":
                self.forget(item.id)
            elif kind == "put":
                self.take(item)
            elif kind == "doubt":
                del self.doubts[item.id]
            elif kind == "sure":
                self.doubts[item.id] = item
            else:
                self.put(item, story)

    def doubt(self, item: Item) -> None:
        """A decision about a document was close: it is looked at again."""
        if item.id not in self.doubts:
            self.doubts[item.id] = item
            if self.log is not None:
                self.log.append(("doubt", item, ""))

    def settle_doubts(self) -> list[str]:
        """Live documents that awaited another look, by publication: the newest of them. None awaits one from now on."""
        doubtful = sorted((item.at, document) for document, item in self.doubts.items() if document in self.items)[-self.p.again :]
        if self.log is not None:
            self.log += [("sure", item, "") for item in self.doubts.values()]
        self.doubts.clear()
        return [document for _, document in doubtful]

    def link(self, kind: str, a: str, b: str) -> None:
        """An analyst's decision about two documents, obeyed from now on: kind "together" or "apart"."""
        links = self.together if kind == "together" else self.apart
        links.setdefault(a, set()).add(b)
        links.setdefault(b, set()).add(a)

    def bound(self, document: str) -> str | None:
        """The live story an analyst put this document with, if any."""
        for other in sorted(self.together.get(document, ())):
            if other in self.story_of:
                return self.story_of[other]
        return None

    def _vector(self, item: Item) -> Vector:
        if self.items.get(item.id) is item:
            return self.vectors[item.id]
        known = self._parked.get(item.id)
        if known is None or known[0] is not item:
            known = self._parked[item.id] = item, self.postings.vector(item.terms)
        return known[1]
