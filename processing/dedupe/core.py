"""Which texts are the same, and which were copied.

*Same text*: exact Jaccard of 5-syllable shingles ≥ 0.8. Candidates share winnowed hashes (`shingles`), which two texts so alike always do,
so one index serves both questions and no candidate is missed to chance as with MinHash bands.

*Copied from*: containment of the 5-grams ≥ 0.6, or about half of both texts (containment ≥ 0.48 and Jaccard ≥ 0.3); from 0.2 a shared press
release. Containment stays high for trimmed and edited copies, where Jaccard falls; asking for half of both keeps apart two desks that quote
the same statement. Shingles that unrelated documents share are boilerplate and never count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from processing.dedupe.shingles import Fingerprint, Hashes, containment, fingerprint, jaccard

SAME, PART, HALF, BOTH, RELEASE = 0.8, 0.6, 0.48, 0.3, 0.2
CANDIDATES = 8
_POSTINGS = 64  # documents remembered per hash
_BOILERPLATE = 4  # text groups that share a hash
_RELEASE_DAYS = 5.0  # within which papers print a press release
_LEAST = 8  # shingles a text needs before a part of it can be called copied
_FIGURES = 6
_FEW, _MANY = 8, 40  # hashes held by others, from which two and three in common are asked of a candidate

Relation = Literal["origin", "same_text", "copied_from", "shared_release"]
_STRENGTH: dict[Relation, int] = {"origin": 0, "shared_release": 1, "copied_from": 2, "same_text": 3}


class Copy(NamedTuple):
    """How a document relates to the earlier one it is closest to; `origin` is that document's id, or None for a text of its own."""

    relation: Relation
    origin: str | None
    containment: float


def other_figures(a: Fingerprint, b: Fingerprint) -> bool:
    """True where two texts name many numbers and hardly any alike: lottery results, price lists and bulletins on one form are not copies."""
    fewer = min(len(a.figures), len(b.figures))
    return fewer >= _FIGURES and len(a.figures & b.figures) < 0.25 * fewer


def compare(new: Fingerprint, old: Fingerprint, boilerplate: Hashes | None = None) -> tuple[Relation, float]:
    """Relation of two texts and their containment. `boilerplate` is a sorted array of kept hashes that do not count.

    Where there is boilerplate the kept hashes stand for the texts, since only of them is it known who else holds them.
    """
    if other_figures(new, old):
        return "origin", 0.0
    whole = jaccard(new.shingles, old.shingles)
    if whole >= SAME:
        return "same_text", containment(new.shingles, old.shingles)
    a, b = new.shingles, old.shingles
    if boilerplate is not None:
        a, b = np.setdiff1d(new.kept, boilerplate, assume_unique=True), np.setdiff1d(old.kept, boilerplate, assume_unique=True)
    if min(len(a), len(b)) < _LEAST:
        return "origin", 0.0
    share = containment(a, b)
    if share >= PART or (share >= HALF and jaccard(a, b) >= BOTH):
        return "copied_from", share
    return ("shared_release", share) if share >= RELEASE else ("origin", share)


class Deduper:
    """Groups of near-identical texts in a stream; remembers every fingerprint it was given."""

    def __init__(self) -> None:
        self._prints: dict[str, Fingerprint] = {}
        self._group: dict[str, str] = {}
        self._by_hash: dict[int, list[str]] = {}

    def add(self, id: str, text: str) -> str:
        """Group of the next text: the id of the first text it equals (Jaccard ≥ 0.8), else its own. An empty text is alone."""
        document = str(id)
        if document in self._group:
            return self._group[document]
        new = fingerprint(text)
        group = document
        for other in self._candidates(new):
            old = self._prints[other]
            if jaccard(new.shingles, old.shingles) >= SAME and not other_figures(new, old):
                group = self._group[other]
                break
        self._group[document] = group
        self._prints[document] = new
        for value in new.kept.tolist():
            holders = self._by_hash.setdefault(value, [])
            if len(holders) < _POSTINGS:
                holders.append(document)
        return group

    def _candidates(self, new: Fingerprint) -> list[str]:
        votes: Counter[str] = Counter()
        for value in new.kept.tolist():
            votes.update(self._by_hash.get(value, ()))
        # Jaccard ≥ 0.8 leaves at least half of the sample in common
        likely = [(-n, other) for other, n in votes.items() if n >= 0.3 * max(1, len(new.kept))]
        return [other for _, other in sorted(likely)[:CANDIDATES]]


class Holder(NamedTuple):
    """A document that holds a hash: the text group it belongs to (copies share one), its source and its publication day (in days)."""

    document: str
    group: str
    source: str
    day: float


class CopyFinder:
    """Origins of a stream of documents: the in-memory form of what `store` does with table fingerprint."""

    def __init__(self) -> None:
        self._prints: dict[str, Fingerprint] = {}
        self._group: dict[str, str] = {}
        self._by_hash: dict[int, list[Holder]] = {}

    def add(self, id: str, text: str, source: str = "", day: float = 0.0) -> Copy:
        """How the next document relates to the earlier ones."""
        new = fingerprint(text)
        holders = {value: self._by_hash[value] for value in new.kept.tolist() if value in self._by_hash}
        found = relate(new, holders, source, self._prints)
        copied = found.origin is not None and found.relation in ("same_text", "copied_from")
        self._prints[id] = new
        self._group[id] = self._group[found.origin] if copied and found.origin is not None else id
        for value in new.kept.tolist():
            held = self._by_hash.setdefault(value, [])
            if len(held) < _POSTINGS:
                held.append(Holder(id, self._group[id], source, day))
        return found


def is_boilerplate(held: Sequence[Holder], source: str) -> bool:
    """True for a hash that unrelated texts share: four text groups of which three are of the asking source, or spread over five days.

    Copies of one text are one group however many they are; a press release quoted by many papers appears within days, at different sources.
    """
    if len({h.group for h in held}) < _BOILERPLATE:
        return False
    days = [h.day for h in held]
    return max(days) - min(days) > _RELEASE_DAYS or len({h.group for h in held if h.source == source}) >= _BOILERPLATE - 1


def likely(holders: Mapping[int, Sequence[Holder]], source: str) -> tuple[list[str], Hashes | None]:
    """Documents that share most hashes, most first, then by publication; and the boilerplate among the hashes, if any.

    One hash in common is a turn of phrase; where a text has many, two are.
    """
    common = [value for value, held in holders.items() if is_boilerplate(held, source)]
    skip = set(common)
    shared = [h for value, held in holders.items() if value not in skip for h in held]
    day = {h.document: h.day for h in shared}
    votes = Counter(h.document for h in shared)
    least = 1 if len(holders) < _FEW else 2 if len(holders) < _MANY else 3
    ranked = sorted((-n, day[document], document) for document, n in votes.items() if n >= least)
    return [document for _, _, document in ranked[:CANDIDATES]], np.sort(np.array(common, np.uint64)) if common else None


def closest(new: Fingerprint, others: Iterable[tuple[str, Fingerprint]], boilerplate: Hashes | None) -> Copy:
    """The strongest relation of a document to any of `others`; at equal strength and containment the one given first."""
    best = Copy("origin", None, 0.0)
    for other, old in others:
        relation, share = compare(new, old, boilerplate)
        if (_STRENGTH[relation], share) > (_STRENGTH[best.relation], best.containment + 1e-9) and relation != "origin":
            best = Copy(relation, other, share)
    return best


def relate(new: Fingerprint, holders: Mapping[int, Sequence[Holder]], source: str, prints: Mapping[str, Fingerprint]) -> Copy:
    """Relation of a document to those that hold its hashes."""
    candidates, common = likely(holders, source)
    return closest(new, ((d, prints[d]) for d in candidates), common)
