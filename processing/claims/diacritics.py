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
from math import log
from pathlib import Path

import numpy as np

from processing.claims.numbers import fold_keep
from processing.text import tone

OFTEN, TOGETHER = 8, 5  # a syllable and a pair that are kept occur this often
SMOOTHED, SPARED = 20.0, 0.5  # weight of the single syllable; taken from each pair's count
MOST = 120  # syllables of a clause that are read
_WORD = re.compile(r"[^\W\d_]+")
_CLAUSE = re.compile(r"[^.!?,;:()\"“”\n]+")
_SMALL = "a-z" + "".join(c for c in map(chr, range(0xDF, 0x1EFA)) if c.islower())  # a range would take in Đ, Ơ and the accented capitals
_CAPITALISED = re.compile(rf"(?<!\w)(?![{_SMALL}])\w+")
_EDGE = "<"


class Spellings:
    """Counts of syllables and of pairs, and the spellings of a syllable without its marks."""

    def __init__(self, syllables: list[str], counts: list[int], pairs: dict[int, int]) -> None:
        self.number = {syllable: number for number, syllable in enumerate(syllables)}
        self.counts, self.pairs, self.total = counts, pairs, float(sum(counts))
        self.of: dict[str, list[str]] = {}
        for syllable in syllables:
            self.of.setdefault(fold_keep(syllable), []).append(syllable)

    def likely(self, words: list[str]) -> list[str]:
        """The likeliest spelling of lower-case syllables without marks that stand one after the other; what is not known stays."""
        scores = {_EDGE: 0.0}
        steps: list[dict[str, str]] = []
        for word in words[:MOST]:
            found, step = {}, {}
            for spelling in self.of.get(word, (word,)):
                score, before = max((score + self._chance(left, spelling), left) for left, score in scores.items())
                found[spelling], step[spelling] = score, before
            steps.append(step)
            scores = found
        spelling = max(scores, key=lambda each: (scores[each], each))
        out = words[MOST:][::-1]
        for step in reversed(steps):
            out.append(spelling)
            spelling = step[spelling]
        return out[::-1]

    def _chance(self, left: str, right: str) -> float:
        """Logarithm of the chance that `right` follows `left`."""
        one, two = self.number.get(left, -1), self.number.get(right, -1)
        alone = (self.counts[two] if two >= 0 else 1) / self.total
        together = self.pairs.get(one * len(self.counts) + two, 0) if one >= 0 and two >= 0 else 0
        return log((max(together - SPARED, 0.0) + SMOOTHED * alone) / ((self.counts[one] if one >= 0 else 1) + SMOOTHED))


@cache
def _spellings() -> Spellings:
    with (files("processing.claims") / "data" / "syllables.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
        syllables = str(stored["syllables"].tobytes(), "utf-8").split(" ")
        left, right = stored["left"].astype(np.int64), stored["right"].astype(np.int64)
        return Spellings(syllables, stored["counts"].tolist(), dict(zip((left * len(syllables) + right).tolist(), stored["together"].tolist(), strict=True)))


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
