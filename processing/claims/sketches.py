"""Which recent sentences share sketch keys? An index in memory over the keys of `circulation.keys`.

Two weeks of a province's press are a million keys: sorted arrays answer a document in well under a millisecond, where a table with a row a key spent
more on keeping its indexes than the whole stage on everything else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from processing.claims.circulation import BANDS, SHARED_KEYS

_TAIL = 20_000  # keys held in a plain dictionary before they are sorted in with the rest
Longs = npt.NDArray[np.int64]


class Near(NamedTuple):
    """A sentence that shares keys with one of a document's: place of that one, the other document and place there, seconds between the two documents."""

    mine: int
    document: int
    sentence: int
    apart: float


class Sketch(NamedTuple):
    """A stored row: its number, the document, its time of publication (seconds since 1970), places of its sketched sentences, `BANDS` keys for each."""

    row: int
    document: int
    at: float
    sentences: Sequence[int]
    keys: Longs


class Sketches:
    """Keys of recent documents by the number of their row, which grows; a later row of a document takes the place of its earlier one."""

    def __init__(self) -> None:
        self.last = 0
        self._rows: dict[int, tuple[int, float]] = {}
        self._row_of: dict[int, int] = {}
        self._keys: Longs = np.empty(0, np.int64)
        self._places: Longs = np.empty(0, np.int64)  # row number and place of the sentence in one number
        self._tail: dict[int, list[int]] = defaultdict(list)
        self._in_tail = 0

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, sketches: Sequence[Sketch]) -> None:
        """Take in rows that are newer than all before."""
        for sketch in sketches:
            self._rows.pop(self._row_of.get(sketch.document, -1), None)
            self._rows[sketch.row], self._row_of[sketch.document] = (sketch.document, sketch.at), sketch.row
            self.last = max(self.last, sketch.row)
        if sum(len(s.keys) for s in sketches) > _TAIL:
            self._settle(sketches)
            return
        for sketch in sketches:
            for n, key in enumerate(sketch.keys.tolist()):
                self._tail[key].append(_place(sketch.row, sketch.sentences[n // BANDS]))
            self._in_tail += len(sketch.keys)
        if self._in_tail > _TAIL:
            self._settle()

    def forget(self, before: float) -> None:
        """Drop what was published before `before` (seconds since 1970)."""
        old = [(row, document) for row, (document, at) in self._rows.items() if at < before]
        for row, document in old:
            del self._rows[row], self._row_of[document]
        if old:
            self._settle()

    def near(self, document: int, at: float, sentences: Sequence[int], keys: Longs, window: float) -> list[Near]:
        """Sentences of other documents within `window` seconds of `at` that share `SHARED_KEYS` keys or more with one of these, nearest in time first."""
        asked, shared = np.unique(self._hits(np.repeat(np.asarray(sentences, np.int64), BANDS), keys), return_counts=True)
        found = []
        for hit in asked[shared >= SHARED_KEYS].tolist():
            other, when = self._rows.get(hit >> 16 & 0xFFFFFFFF, (document, at))
            if other != document and abs(when - at) <= window:
                found.append(Near(hit >> 48, other, hit & 0xFFFF, abs(when - at)))
        return sorted(found, key=lambda n: (n.apart, n.document, n.sentence, n.mine))

    def _hits(self, mine: Longs, keys: Longs) -> Longs:
        """For every entry that has one of `keys`: the sentence that asked and the entry's place in one number."""
        low, high = np.searchsorted(self._keys, keys, "left"), np.searchsorted(self._keys, keys, "right")
        found = [self._places[low[n] : high[n]] | mine[n] << 48 for n in np.flatnonzero(high > low)]
        found += [np.asarray(self._tail[key], np.int64) | mine[n] << 48 for n, key in enumerate(keys.tolist()) if key in self._tail]
        return np.concatenate(found) if found else np.empty(0, np.int64)

    def _settle(self, more: Sequence[Sketch] = ()) -> None:
        """Sort in the tail and `more`, and leave out rows that are gone."""
        keys = [self._keys, np.fromiter((key for key, places in self._tail.items() for _ in places), np.int64, self._in_tail)]
        places = [self._places, np.fromiter((place for held in self._tail.values() for place in held), np.int64, self._in_tail)]
        for sketch in more:
            keys.append(sketch.keys)
            places.append(np.repeat(np.asarray([_place(sketch.row, n) for n in sketch.sentences], np.int64), BANDS))
        every, where = np.concatenate(keys), np.concatenate(places)
        kept = np.flatnonzero(np.isin(where >> 16, np.fromiter(self._rows, np.int64, len(self._rows))))
        order = kept[np.argsort(every[kept], kind="stable")]  # nearly a merge: most is in order already
        self._keys, self._places = every[order], where[order]
        self._tail.clear()
        self._in_tail = 0


def _place(row: int, sentence: int) -> int:
    """Row number (32 bits) and place of a sentence (16 bits); the asking sentence stands above them (15 bits)."""
    return row << 16 | sentence
