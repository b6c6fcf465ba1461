"""Diacritics put back where a sentence was written without: of the spellings of each syllable, those that most often stand together.

A chain over pairs of syllables (Viterbi 1967; counts smoothed towards single syllables), from `data/syllables.npz`, which `train_checkable` counts in VNTC (MIT).
About four syllables of five come out right; they are guesses that words are weighed by, and never shown, stored or searched for.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from processing.claims.numbers import fold_keep
from processing.text import tone

OFTEN, TOGETHER = 8, 5  # a syllable and a pair that are kept occur this often
SMOOTHED, SPARED = 20.0, 0.5  # weight of the single syllable; taken from each pair's count
MOST = 120  # syllables of a clause that are read
REMEMBERED = 20_000  # pairs of syllables
_WORD = re.compile(r"[^\W\d_]+")
_CLAUSE = re.compile(r"[^.!?,;:()\"“”\n]+")
_SMALL = "a-z" + "".join(c for c in map(chr, range(0xDF, 0x1EFA)) if c.islower())  # a range would take in Đ, Ơ and the accented capitals
_CAPITALISED = re.compile(rf"(?<!\w)(?![{_SMALL}])\w+")
_EDGE = "<"


class Spellings:
    """Counts of syllables and of pairs, and the spellings of a syllable without its marks."""

    def __init__(self, syllables: list[str], counts: NDArray[np.int64], pairs: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]) -> None:
        self.of: dict[str, list[str]] = {}
        self.remembered: dict[tuple[str, str], NDArray[np.float64]] = {}
        place = []  # of a syllable among the spellings of its form
        for syllable in syllables:
            some = self.of.setdefault(fold_keep(syllable), [])
            place.append(len(some))
            some.append(syllable)
        self.form = {form: number for number, form in enumerate(self.of)}
        number = {syllable: at for at, syllable in enumerate(syllables)}
        self.counts = {form: counts[[number[syllable] for syllable in some]].astype(np.float64) for form, some in self.of.items()}
        self.total = float(counts.sum())
        left, right, together = pairs
        forms, places = np.array([self.form[fold_keep(syllable)] for syllable in syllables]), np.array(place)
        keys = forms[left] * len(self.form) + forms[right]
        order = np.argsort(keys, kind="stable")
        # pairs of syllables by the pair of their forms
        self.keys, self.rows, self.columns, self.together = keys[order], places[left][order], places[right][order], np.maximum(together[order] - SPARED, 0.0)

    def likely(self, words: list[str]) -> list[str]:
        """The likeliest spelling of lower-case syllables without marks that stand one after the other; what is not known stays."""
        last, scores = _EDGE, np.zeros(1)
        steps: list[NDArray[np.intp]] = []
        for word in words[:MOST]:
            reached = scores[:, None] + self._chances(last, word)
            steps.append(reached.argmax(axis=0))
            scores, last = reached.max(axis=0), word
        at = int(scores.argmax())
        out = words[MOST:][::-1]
        for word, step in zip(reversed(words[:MOST]), reversed(steps), strict=True):
            out.append(self.of.get(word, [word])[at])
            at = int(step[at])
        return out[::-1]

    def _chances(self, left: str, right: str) -> NDArray[np.float64]:
        """A row for each spelling of `left`, a column for each of `right`; what was asked for is remembered."""
        found = self.remembered.get((left, right))
        if found is None:
            if len(self.remembered) >= REMEMBERED:
                self.remembered.clear()
            found = self.remembered[left, right] = self._computed(left, right)
        return found

    def _computed(self, left: str, right: str) -> NDArray[np.float64]:
        """Logarithm of the chance that each spelling of `right` follows each of `left`."""
        before, after = (self.counts.get(form, np.ones(1)) for form in (left, right))
        mass = np.tile(SMOOTHED / self.total * after, (len(before), 1))
        if left in self.form and right in self.form:
            key = self.form[left] * len(self.form) + self.form[right]
            some = slice(*np.searchsorted(self.keys, (key, key + 1)))
            mass[self.rows[some], self.columns[some]] += self.together[some]
        chances: NDArray[np.float64] = np.log(mass / (before + SMOOTHED)[:, None])
        return chances


@cache
def _spellings() -> Spellings:
    with (files("processing.claims") / "data" / "syllables.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
        syllables = str(stored["syllables"].tobytes(), "utf-8").split(" ")
        counts, left, right, together = (stored[name].astype(np.int64) for name in ("counts", "left", "right", "together"))
        return Spellings(syllables, counts, (left, right, together))


def restored(plain: str) -> str:
    """Lower-case text without diacritics with those it most likely lacks, clause by clause."""
    return _CLAUSE.sub(_clause, plain)


def _clause(match: re.Match[str]) -> str:
    words = iter(_spellings().likely(_WORD.findall(match[0])))
    return _WORD.sub(lambda _: next(words), match[0])


def count(articles: Path, target: Path) -> None:
    """Count the syllables of a gzipped JSON Lines file with "text", and write the table. What is written with a capital, names above all, is not counted."""
    single: Counter[str] = Counter()
    double: Counter[tuple[str, str]] = Counter()
    with gzip.open(articles, "rt", encoding="utf-8") as lines:
        for line in lines:
            for clause in _CLAUSE.findall(tone(json.loads(line)["text"])):
                for small in _CAPITALISED.split(clause):
                    words = [_EDGE, *_WORD.findall(small)]
                    single.update(words)
                    double.update(pairwise(words))
    kept = sorted(word for word, often in single.items() if often >= OFTEN)
    number = {word: at for at, word in enumerate(kept)}
    forms = Counter(fold_keep(word) for word in kept)
    # a pair decides nothing where each side has one spelling only
    pairs = sorted(
        (number[a], number[b], often) for (a, b), often in double.items()
        if often >= TOGETHER and a in number and b in number and (forms[fold_keep(a)] > 1 or forms[fold_keep(b)] > 1)
    )  # fmt: skip
    left, right, together = (np.array(column) for column in zip(*pairs, strict=True))
    np.savez_compressed(
        target, syllables=np.frombuffer(" ".join(kept).encode(), np.uint8), counts=np.array([single[word] for word in kept], np.uint32),
        left=left.astype(np.uint16), right=right.astype(np.uint16), together=np.minimum(together, 65_535).astype(np.uint16),
    )  # fmt: skip
