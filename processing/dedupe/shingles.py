"""A text as numbers: its set of 5-syllable shingles, a winnowed sample of them, and the figures it names.

Shingles are 64-bit hashes, the same on every machine. Winnowing (Schleimer, Wilkerson, Aiken, SIGMOD 2003) keeps the least hash of every
window of 4 shingles: two texts that share 8 syllables in a row share a kept hash, at a fifth to a half of the size.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.text import clean, syllables, tone

WIDTH = 5  # syllables a shingle
WINDOW = 4  # shingles a winnowing window
MAX_SYLLABLES = 20_000  # of a text: a megabyte costs no more than a long report

Hashes = NDArray[np.uint64]
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


class Fingerprint(NamedTuple):
    """`shingles` sorted and unique; `kept` the winnowed ones, sorted and unique; `figures` hashes of the distinct numbers."""

    shingles: Hashes
    kept: Hashes
    figures: frozenset[int]


@lru_cache(maxsize=65536)
def _syllable(word: str) -> int:
    raw = tone(word).encode()
    return zlib.crc32(raw) << 32 | zlib.crc32(raw, 0x5BD1E995)


def _mix(values: Hashes) -> Hashes:
    """Finaliser of splitmix64, so that the least hash of a window is a random one."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def fingerprint(text: str) -> Fingerprint:
    """Fingerprint of a text, alike for NFC and NFD, upper and lower case, old and new tone placement. Empty where the text has no words.

    A text shorter than five syllables is one shingle.
    """
    words = syllables(clean(text).lower())[:MAX_SYLLABLES]
    none = np.empty(0, np.uint64)
    if not words:
        return Fingerprint(none, none, frozenset())
    codes = np.fromiter(map(_syllable, words), np.uint64, len(words))
    width = min(WIDTH, len(words))
    rolled = np.zeros(len(words) - width + 1, np.uint64)
    for i in range(width):
        rolled = rolled * _MULTIPLIER + codes[i : len(words) - width + 1 + i]
    hashes = _mix(rolled)
    kept = hashes
    if len(hashes) > WINDOW:
        kept = np.lib.stride_tricks.sliding_window_view(hashes, WINDOW).min(axis=1)
    figures = frozenset(_syllable(w) for w in words if w[0].isdigit())
    return Fingerprint(np.unique(hashes), np.unique(kept), figures)


def shared(a: Hashes, b: Hashes) -> int:
    """Size of the intersection of two sorted unique arrays."""
    if not len(a) or not len(b):
        return 0
    at = np.searchsorted(b, a)
    at[at == len(b)] = 0
    return int((b[at] == a).sum())


def jaccard(a: Hashes, b: Hashes) -> float:
    """Shared shingles over all shingles, 0 to 1."""
    both = shared(a, b)
    return both / (len(a) + len(b) - both) if both else 0.0


def containment(a: Hashes, b: Hashes) -> float:
    """Share of the smaller set found in the larger, 0 to 1: a trimmed copy is wholly in its origin, whichever came first."""
    return shared(a, b) / min(len(a), len(b)) if len(a) and len(b) else 0.0
