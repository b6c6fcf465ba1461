"""The inverted index of one language's live stories: who holds which term how often, and what that explains of a document.

Terms and stories are numbers here. A term's stories are one sorted array of machine integers, story number and count packed, so that a document is weighed
by a dozen operations on arrays instead of a loop over thousands of entries, and a hundred thousand stories fit in memory. Numbers are
given as they come and never decide anything: ties go by the stories' names.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.cluster.background import PSEUDO_DOCUMENTS, PSEUDO_STORIES

_SHIFT = 20  # bits of a count
_ONE = (1 << _SHIFT) - 1
_DENSE = 8  # a common term is read whole up to this many times the stories found, else looked up for each

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Vector(NamedTuple):
    """A document's terms as numbers, in its order, with their weights."""

    ids: Ints
    weights: Floats


class Rows(NamedTuple):
    """The terms of a document that decide, those held by fewest stories first: how many hold each, its weight and κ·e^idf."""

    ids: Ints
    held: Ints
    weights: Floats
    gains: Floats


def _longer(values: NDArray[np.generic], least: int) -> NDArray[np.generic]:
    longer = np.zeros(max(least, 2 * len(values)), values.dtype)
    longer[: len(values)] = values
    return longer


def _sums(values: Floats, starts: Ints, sizes: Ints) -> Floats:
    """Sum of each stretch of `values`; of an empty one 0, where reduceat alone would give the next value or find none."""
    found: Floats = np.where(sizes > 0, np.add.reduceat(np.append(values, 0.0), starts), 0.0)
    return found


class Postings:
    """Terms of live documents and stories. `common` is the share of all articles, 0 to 1, that hold a common term; empty where unknown."""

    def __init__(self, common: Mapping[str, float]) -> None:
        self._common = common
        self._extra, self._more = (PSEUDO_DOCUMENTS, PSEUDO_STORIES) if common else (0, 0)
        self._ids: dict[str, int] = {}
        self._free: list[int] = []
        self._terms: list[str] = []
        self._held: list[array[int]] = []
        self._documents: Ints = np.zeros(1024, np.int64)  # live documents that hold a term
        self._stories: Ints = np.zeros(1024, np.int64)
        self._share: Floats = np.zeros(1024)
        self._rare: Floats = np.zeros(1024)
        self._stale: NDArray[np.bool_] = np.zeros(1024, np.bool_)  # terms whose `_rare` is to be computed anew
        self._number: dict[str, int] = {}
        self._names: list[str] = []
        self._size: Floats = np.zeros(1024)
        self._slot: Ints = np.zeros(1024, np.int64)
        self._mine: Floats = np.zeros(1024)  # weight of each term in the documents being compared; all 0 between comparisons

    # ---- keeping

    def _rarity(self, ids: Ints) -> Floats:
        """What the inverse document frequency of terms lacks of that of a term nobody holds; half over documents and half over stories."""
        stale = ids[self._stale[ids]]
        if len(stale):
            share = self._share[stale]
            seen = (self._documents[stale] + self._extra * share + 1) * (self._stories[stale] + self._more * share + 1)
            self._rare[stale] = 0.5 * np.log(seen)
            self._stale[stale] = False
        return self._rare[ids]

    def vector(self, terms: Mapping[str, float]) -> Vector:
        """Numbers of terms, given to new ones."""
        ids = self._ids
        found = [ids[t] if t in ids else self._intern(t) for t in terms]
        return Vector(np.array(found, np.int64), np.fromiter(terms.values(), np.float64, len(found)))

    def _intern(self, term: str) -> int:
        if self._free:
            number = self._free.pop()
            self._terms[number] = term
        else:
            number = len(self._terms)
            self._terms.append(term)
            self._held.append(array("q"))
            if number >= len(self._share):
                self._documents, self._stories = _longer(self._documents, 0), _longer(self._stories, 0)  # type: ignore[assignment]
                self._share, self._rare = _longer(self._share, 0), _longer(self._rare, 0)  # type: ignore[assignment]
                self._mine, self._stale = _longer(self._mine, 0), _longer(self._stale, 0)  # type: ignore[assignment]
        self._share[number], self._stale[number] = self._common.get(term, 0.0), True
        self._ids[term] = number
        return number

    def arrive(self, vector: Vector) -> None:
        """A document is live from now on."""
        self._documents[vector.ids] += 1

    def depart(self, vector: Vector) -> None:
        """A document is live no more. Its numbers stay its terms' own until `release`."""
        self._documents[vector.ids] -= 1
        self._stale[vector.ids] = True

    def release(self, vector: Vector) -> None:
        """Forget those terms of a document that departed, or never arrived, that no live one holds."""
        for number in vector.ids[self._documents[vector.ids] == 0].tolist():
            if self._ids.get(self._terms[number]) == number:
                del self._ids[self._terms[number]]
                self._free.append(number)

    def join(self, vector: Vector, story: str) -> None:
        """A document's terms count for a story."""
        number = self._number.get(story)
        if number is None:
            self._open(vector, story)
            return
        self._size[number] += 1
        key = number << _SHIFT
        new = []
        for term in vector.ids.tolist():
            held = self._held[term]
            at = bisect_left(held, key)
            if at < len(held) and held[at] >> _SHIFT == number:
                held[at] += 1
            else:
                held.insert(at, key | 1)
                new.append(term)
        if new:
            self._stories[new] += 1
        self._stale[vector.ids] = True

    def _open(self, vector: Vector, story: str) -> None:
        """A story's first document: its number is the greatest, so its entries go to the ends."""
        number = self._number[story] = len(self._names)
        self._names.append(story)
        if len(self._names) > len(self._size):
            self._size, self._slot = _longer(self._size, 0), _longer(self._slot, 0)  # type: ignore[assignment]
        self._size[number] = 1
        entry = number << _SHIFT | 1
        held = self._held
        for term in vector.ids.tolist():
            held[term].append(entry)
        self._stories[vector.ids] += 1
        self._stale[vector.ids] = True

    def leave(self, vector: Vector, story: str) -> None:
        """The inverse of `join`."""
        number = self._number[story]
        self._size[number] -= 1
        if not self._size[number]:
            self._close(vector, story)
            return
        key = number << _SHIFT
        gone = []
        for term in vector.ids.tolist():
            held = self._held[term]
            at = bisect_left(held, key)
            if held[at] & _ONE == 1:
                del held[at]
                gone.append(term)
            else:
                held[at] -= 1
        if gone:
            self._stories[gone] -= 1
            self._stale[gone] = True

    def _close(self, vector: Vector, story: str) -> None:
        """A story's last document leaves it. Where it was the newest, its entries are at the ends and its number is free again."""
        number = self._number.pop(story)
        entry = number << _SHIFT | 1
        for term in vector.ids.tolist():
            held = self._held[term]
            if held[-1] == entry:
                held.pop()
            else:
                del held[bisect_left(held, entry)]
        self._stories[vector.ids] -= 1
        self._stale[vector.ids] = True
        if number == len(self._names) - 1:
            self._names.pop()

    # ---- weighing

    def weigh(self, vector: Vector, known: float, trust: float, smoothing: float, terms: int) -> tuple[Rows, float]:
        """The terms that decide, at most `terms` of them, and the document's whole information. `known` is half the log of documents and stories."""
        ids, weights = vector
        held = self._stories[ids]
        idf = known - self._rarity(ids)
        weights = weights * np.maximum(idf, 0.0) ** trust
        chosen = np.flatnonzero(held)
        kappa = (1 - smoothing) / smoothing
        whole = float((weights * idf).sum())
        if len(chosen) > terms:
            worth = weights[chosen] * (math.log(kappa) + idf[chosen])
            chosen = chosen[np.argsort(-worth, kind="stable")[:terms]]
            whole = float((weights[chosen] * idf[chosen]).sum())
        chosen = chosen[np.argsort(held[chosen], kind="stable")]
        return Rows(ids[chosen], held[chosen], weights[chosen], kappa * np.exp(idf[chosen])), whole

    def cosines(self, ones: Sequence[Vector], others: Sequence[Vector], known: float) -> Floats:
        """Mean cosine of each of the documents `others` with the documents `ones`, of all their terms; 0 for one that has none.

        A document without terms opens a story of its own, but an analyst may put others with it, and earlier versions did.
        """
        vectors = [*ones, *others]
        sizes = np.array([len(vector.ids) for vector in vectors])
        starts = np.cumsum(sizes) - sizes
        ids = np.concatenate([vector.ids for vector in vectors])
        weights = np.concatenate([vector.weights for vector in vectors]) * np.maximum(known - self._rarity(ids), 0.0)
        norms = np.sqrt(_sums(weights * weights, starts, sizes)) + 1e-9
        for vector, start, norm in zip(ones, starts.tolist(), norms.tolist(), strict=False):
            self._mine[vector.ids] += weights[start : start + len(vector.ids)] / norm
        first = int(starts[len(ones)])
        products = _sums(weights[first:] * self._mine[ids[first:]], starts[len(ones) :] - first, sizes[len(ones) :])
        self._mine[ids[:first]] = 0.0
        cosines: Floats = products / (norms[len(ones) :] * len(ones))
        return cosines

    def explained(self, rows: Rows, budget: float, keep: int, top: int) -> tuple[Ints, Floats]:
        """Stories and how much of the document each explains. Terms past the `budget` of entries only add to stories found by rarer ones.

        Where `keep` is not 0, only the best `keep` are looked at from then on, and of them those that may still come to be among the best `top`.
        """
        within = int(np.searchsorted(np.cumsum(rows.held), budget, side="right"))
        stories, values = self._gather(rows, range(within))
        slot = self._slot
        slot[stories] = np.arange(len(stories))
        place = slot[stories]
        first = np.flatnonzero(place == np.arange(len(stories)))
        found = stories[first]
        sums: Floats = np.bincount(place, weights=values, minlength=1)[first].astype(np.float64)
        if within == len(rows.ids):
            return found, sums
        if keep and len(found) > keep:
            best = np.flatnonzero(sums >= np.partition(sums, -keep)[-keep])
            found, sums = found[best], sums[best]
        return self._add_common(rows, range(within, len(rows.ids)), found, sums, top if keep else 0)

    def _gather(self, rows: Rows, which: range) -> tuple[Ints, Floats]:
        """Story and explained information of each entry of some rows."""
        if not which:
            return np.zeros(0, np.int64), np.zeros(0)
        parts = [np.frombuffer(self._held[t], np.int64) for t in rows.ids[which.start : which.stop].tolist()]
        entries = np.concatenate(parts)
        row = np.repeat(np.arange(which.start, which.stop), [len(part) for part in parts])
        counts = entries & _ONE
        stories = entries >> _SHIFT
        return stories, rows.weights[row] * np.log1p(rows.gains[row] * counts / (self._size[stories] + 0.5))

    def _add_common(self, rows: Rows, which: range, found: Ints, sums: Floats, top: int) -> tuple[Ints, Floats]:
        """Add to found stories what terms held by very many explain; where `top` is not 0, drop those that cannot come to be among so many best."""
        if not len(found):
            return found, sums
        middle = max(which.start, min(which.stop, int(np.searchsorted(rows.held, _DENSE * len(found), side="right"))))
        slot = self._slot
        slot[found] = np.arange(len(found))
        stories, values = self._gather(rows, range(which.start, middle))
        place = np.minimum(slot[stories], len(found) - 1)
        known = np.flatnonzero(found[place] == stories)
        sums = sums + np.bincount(place[known], weights=values[known], minlength=len(found))
        most = rows.weights[middle : which.stop] * np.log1p(rows.gains[middle : which.stop])
        left = float(most.sum())
        for r in range(middle, which.stop):
            if top and len(found) > top:
                hopeful = np.flatnonzero(sums + left + 1e-9 >= np.partition(sums, -top)[-top])
                found, sums = found[hopeful], sums[hopeful]
            left -= float(most[r - middle])
            held = np.frombuffer(self._held[int(rows.ids[r])], np.int64)
            at = np.minimum(np.searchsorted(held, found << _SHIFT), len(held) - 1)
            entries = held[at]
            count = np.where(entries >> _SHIFT == found, entries & _ONE, 0)
            sums = sums + rows.weights[r] * np.log1p(rows.gains[r] * count / (self._size[found] + 0.5))
        return found, sums

    def best(self, found: Ints, sums: Floats, count: int) -> list[tuple[float, str]]:
        """The `count` stories that explain most, at a tie by name."""
        some = np.flatnonzero(sums >= np.partition(sums, -count)[-count]) if len(sums) > count else np.arange(len(sums))
        ranked = sorted((-float(sums[i]), self._names[int(found[i])]) for i in some.tolist())
        return [(-value, name) for value, name in ranked[:count]]
