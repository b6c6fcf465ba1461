"""Stories that do not depend on the order documents arrive in: they are decided in canonical order, and decided again where one comes late.

The canonical order is publication time, then a key made of the address. The newest documents, the *window*, can be taken back one by one:
a document that belongs before some of them has these taken back, is decided, and they are decided again after it. Inside the window the stories are thus a
function of the set of documents. What is older is *settled*: a document that comes later than that joins at the end of the order, and
what it finds is not decided again because of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from processing.cluster.again import reexamine
from processing.cluster.live import Item, Op
from processing.cluster.params import Params
from processing.cluster.shard import Shard

SPAN_US = 3 * 86400 * 1_000_000
"""Microseconds of publication time that stay in the window at least, unless there are more than `KEEP` documents in them."""

KEEP = 1024
"""Documents that stay in the window at most; the newest ones. Twice as many are let gather before the older half is settled."""

Order = tuple[int, str]
"""Microseconds of publication, key of the document."""


class Entry(NamedTuple):
    """A document at its place in the order. `pin` is the story it belongs to whatever its text says: an analyst decided."""

    order: Order
    item: Item
    pin: str | None = None


class Base(NamedTuple):
    """What the window stands on: the last settled place, and what the shard knew there that does not follow from its stories."""

    until: Order
    seen: int
    weights: list[float] | None
    doubts: tuple[str, ...] = ()


class Settled(NamedTuple):
    """What settling fixed: the new base, and the stories of documents that are new to it or were moved in it."""

    base: Base
    stories: dict[str, str]


class _Step(NamedTuple):
    entry: Entry
    score: float
    ops: list[Op]
    seen: int  # before
    weights: list[float]  # before


class Timeline:
    """Documents of one language in canonical order and the stories that follow from it. One writer."""

    def __init__(self, params: Params, language: str = "", base: Base | None = None, links: Iterable[tuple[str, str, str]] = ()) -> None:
        """`links` are analysts' decisions: ("together" | "apart", document, document)."""
        self.shard = Shard(params, self._open, language)
        for kind, a, b in links:
            self.shard.link(kind, a, b)
        self.base = base or Base((-(1 << 62), ""), 0, None)
        self.shard.seen = self.base.seen
        if self.base.weights is not None:
            self.shard.times.weights = list(self.base.weights)
        self._doubts = set(self.base.doubts)
        self._steps: list[_Step] = []
        self._at: dict[str, Order] = {}
        self.decided = 0  # decisions made, repeated ones included

    def _open(self, item: Item) -> str:
        """A name for a new story that follows from the live stories alone."""
        name, n = item.id, 1
        while name in self.shard.members:
            n += 1
            name = f"{item.id}~{n}"
        return name

    # ---- what is known

    def score(self, documents: Iterable[str]) -> dict[str, float]:
        """Scores of documents of the window, taken when they were last decided."""
        wanted = set(documents)
        return {s.entry.item.id: s.score for s in self._steps if s.entry.item.id in wanted}

    def known(self) -> set[str]:
        """Live documents, and those that left but would be live again if the window were taken back."""
        return self.shard.items.keys() | {item.id for step in self._steps for kind, item, _ in step.ops if kind == "forget"}

    def place(self, document: str) -> Order | None:
        """Where a document of the window stands; None for a settled or an unknown one."""
        return self._at.get(document)

    # ---- building

    def restore(self, item: Item, story: str) -> None:
        """Put a settled document into its story. Before the first `update`."""
        self.shard.add(item, story)
        if item.id in self._doubts:
            self.shard.doubt(item)

    def _decide(self, entry: Entry) -> set[str]:
        shard = self.shard
        self.decided += 1
        ops: list[Op] = []
        seen, weights = shard.seen, list(shard.times.weights)
        shard.log = ops
        story, score = (entry.pin, 1.0) if entry.pin is not None else shard.decide(entry.item)
        shard.add(entry.item, story)
        shard.seen += 1
        if shard.due():
            reexamine(shard)
        shard.log = None
        self._steps.append(_Step(entry, score, ops, seen, weights))
        self._at[entry.item.id] = entry.order
        return {item.id for _, item, story in ops if story}

    def _take_back(self, step: _Step) -> set[str]:
        self.shard.undo(step.ops)
        self.shard.seen, self.shard.times.weights = step.seen, list(step.weights)
        del self._at[step.entry.item.id]
        return {item.id for _, item, story in step.ops if story}

    def update(self, add: Iterable[Entry], remove: Iterable[str] = ()) -> set[str]:
        """Take documents in and out. Returns those whose story may have changed, the new ones among them.

        A document that is live already is replaced. A new one from before the window goes to the end of the order; a settled one that is replaced stays in
        its story, and the whole window is decided again.
        """
        entries, gone = list(add), set(remove)
        settled = {d for d in (*gone, *(e.item.id for e in entries)) if d in self.shard.items and d not in self._at}
        fresh = self._in_order(e for e in entries if e.item.id not in settled)
        leaving = gone | {e.item.id for e in fresh}
        first = min([e.order for e in fresh] + [self._at[d] for d in leaving if d in self._at], default=None)
        again: list[Entry] = []
        pins: dict[str, str | None] = {}
        touched = settled | gone
        while self._steps and (settled or (first is not None and self._steps[-1].entry.order >= first)):
            step = self._steps.pop()
            touched |= self._take_back(step)
            pins[step.entry.item.id] = step.entry.pin
            if step.entry.item.id not in leaving:
                again.append(step.entry)
        kept = {e.item.id: e for e in entries if e.item.id in settled}
        for document in sorted(settled):
            story = self.shard.story_of[document]
            self.shard.forget(document)
            if document in kept:
                self.shard.add(kept[document].item, kept[document].pin or story)
        for entry in sorted([*fresh, *again], key=lambda e: e.order):
            touched |= self._decide(entry._replace(pin=entry.pin or pins.get(entry.item.id)))
        self.shard.release()
        return touched

    def _in_order(self, entries: Iterable[Entry]) -> list[Entry]:
        """In canonical order, those from before the window moved to the end."""
        listed = sorted(entries, key=lambda e: e.order)
        end = max([self.base.until[0], *(s.entry.order[0] for s in self._steps[-1:]), *(e.order[0] for e in listed[-1:])])
        late = [e for e in listed if e.order <= self.base.until]
        moved = [e._replace(order=(end + n, e.item.id)) for n, e in enumerate(late, 1)]
        return listed[len(late) :] + moved

    # ---- settling

    def settle(self) -> Settled | None:
        """Fix the older part of a window that has grown long. Returns what there is to store, None while there is nothing to fix."""
        count = self._ripe()
        if not count:
            return None
        stories: dict[str, str] = {}
        doubts = dict.fromkeys(self.base.doubts)
        for step in self._steps[:count]:
            for kind, item, story in step.ops:
                if kind in ("new", "put"):
                    stories[item.id] = story
                elif kind == "doubt":
                    doubts[item.id] = None
                elif kind == "sure":
                    doubts.pop(item.id, None)
            del self._at[step.entry.item.id]
        last = self._steps[count - 1].entry.order
        after = self._steps[count] if count < len(self._steps) else None
        seen, weights = (after.seen, after.weights) if after else (self.shard.seen, self.shard.times.weights)
        del self._steps[:count]
        self.base = Base(last, seen, list(weights), tuple(doubts))
        return Settled(self.base, stories)

    def _ripe(self) -> int:
        """How many of the oldest steps to settle."""
        if not self._steps:
            return 0
        newest = self._steps[-1].entry.order[0]
        if len(self._steps) <= 2 * KEEP and self._steps[0].entry.order[0] >= newest - 2 * SPAN_US:
            return 0
        old = sum(step.entry.order[0] < newest - SPAN_US for step in self._steps)
        return max(old, len(self._steps) - KEEP)
