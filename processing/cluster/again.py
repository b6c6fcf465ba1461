"""A second look at documents whose decision was close, once later ones have shown more: stories that became one are merged, strays move."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nlargest
from typing import NamedTuple

from processing.cluster.live import Item
from processing.cluster.shard import Shard

_CENTRE = 64
"""Newest documents of a story that stand for it."""


class Moved(NamedTuple):
    """A document put elsewhere, or a story merged, when recent documents were looked at again."""

    kind: str
    story: str
    other: str
    document: str


def reexamine(shard: Shard, whole: bool = False) -> list[Moved]:
    """Merge stories that became one, decide again about doubtful documents, merge what that changed. Returns what changed, in order.

    `whole`: every live document is doubtful. It takes as long as deciding about all of them did.
    """
    documents = shard.settle_doubts()
    if whole:
        documents = [document for _, document in shard.order]
    changes = _merge(shard, documents)
    for document in documents:
        if document in shard.apart or document in shard.together:
            continue  # an analyst decided
        moved = _decide(shard, document)
        if moved is not None:
            changes.append(moved)
    return changes + _merge(shard, [change.document for change in changes])


def _decide(shard: Shard, document: str) -> Moved | None:
    """Decide about a live document as if it came now."""
    item = shard.items[document]
    old = shard.take(item)
    match = shard.match(item)
    new = old if old not in shard.members else ""  # alone: it keeps a story that was its own
    if match.joins and match.story is not None:
        new = match.story
    new = new or shard.open_story(item)
    shard.put(item, new)
    if new != old:
        return Moved("moved", old, new, document)
    if shard.log is not None:
        del shard.log[-2:]
    return None


def _merge(shard: Shard, documents: Sequence[str]) -> list[Moved]:
    """Merge the stories of some documents into others that explain them, smaller ones first."""
    changes = []
    touched = {shard.story_of[document] for document in documents}
    for story in sorted((s for s in touched if len(shard.members[s]) > 1), key=lambda s: (len(shard.members[s]), s)):
        if story not in shard.members:
            continue
        members = sorted(shard.members[story], key=lambda d: (shard.items[d].at, d))
        match = shard.match(_centre(shard, members), ban=story, of=[shard.items[d] for d in members[-shard.p.nearest :]])
        if match.story is None or match.score < shard.p.merge * match.bar or len(shard.members[match.story]) < len(members):
            continue
        if _kept_apart(shard, members, match.story):
            continue
        for document in members:
            item = shard.items[document]
            shard.take(item)
            shard.put(item, match.story)
        changes.append(Moved("merged", story, match.story, members[0]))
    return changes


def _centre(shard: Shard, members: Sequence[str]) -> Item:
    """What the newest documents of a story have in common, as one document."""
    newest = members[-_CENTRE:]
    total: dict[str, float] = {}
    for document in newest:
        for term, weight in shard.items[document].terms.items():
            total[term] = total.get(term, 0.0) + weight
    count = 4 * shard.p.terms
    least = min(nlargest(count, total.values()), default=0.0)
    common = sorted((tw for tw in total.items() if tw[1] >= least), key=lambda tw: (-tw[1], tw[0]))[:count]
    return Item(members[-1], shard.items[members[-1]].at, {t: w / len(newest) for t, w in common})


def _kept_apart(shard: Shard, members: Sequence[str], story: str) -> bool:
    return bool(shard.apart) and any(shard.story_of.get(other) == story for d in members for other in shard.apart.get(d, ()))
