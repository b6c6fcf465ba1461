"""Is the same statement going round? Sketches of sentences that find each other, and how far a claim has spread.

Every checkable sentence leaves eight keys: threes of minima of its content words under twenty-four hash functions (Broder 1997, in bands). Sentences that share most
of their content words, in whatever order, share two keys or more; `same_statement` then asks for the same truth conditions. From `CIRCULATING` independent origins on, a statement that no published check
answers is shown, too. Who says it weighs nothing: attributions are masked before anything is computed (SCOPE S7).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zlib import crc32

import numpy as np
import numpy.typing as npt

from processing.claims import facts
from processing.claims.align import align
from processing.claims.fusion import MAX_SWAPPED
from processing.claims.mask import mask
from processing.claims.numbers import fold_keep
from processing.claims.opposites import FILLERS
from processing.claims.tokens import content, tokens
from processing.dedupe.origins import Voice, independent_groups

CIRCULATING = 3  # independent origins that make an unanswered statement a claim in circulation
BANDS, ROWS = 8, 3  # of the 200 written paraphrases 78 % share two keys (pairs of neighbouring words by twos: 63 %), and fewer strangers do
SHARED_KEYS = 2  # that make two sentences candidates; one is often chance
MIN_WORDS = 6  # content words below which a sentence is too common to be followed
MIN_SHARED = 0.6  # Jaccard of content words of two wordings of one statement
RISING = timedelta(days=1)
_SEEDS = np.array([crc32(f"circulation {n}".encode()) | 1 for n in range(BANDS * ROWS)], np.uint64)
_FILLERS = frozenset(FILLERS)


@dataclass(frozen=True)
class Sighting:
    """A document that carries a claim. `provinces` are today's codes; times in UTC."""

    document: int
    at: datetime
    origin: int
    owner: str
    credit: str = ""
    provinces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Circulation:
    """How far a claim went: documents, independent origins, owners of the sources, provinces named, first and last time, still rising."""

    documents: int
    origins: int
    outlets: int
    provinces: int
    first: datetime
    last: datetime
    rising: bool


def claim_key(sentence: str) -> str:
    """Folded sentence without its attribution: the same words are the same claim, whoever repeats them."""
    return " ".join(tokens(fold_keep(mask(sentence))))[:1000]


@lru_cache(maxsize=16_384)
def _told(sentence: str) -> tuple[str, ...]:
    """Content words in their order, with diacritics, attribution and fillers out, words of one meaning as one. Numbers are left to `facts`."""
    return tuple(w for w in tokens(content(mask(sentence), fold=False)) if w not in _FILLERS and not w.isdigit())


def keys(sentence: str) -> list[int]:
    """The eight 63-bit keys of a sentence, none where it is too short to be followed."""
    found = _told(sentence)
    if len(found) < MIN_WORDS:
        return []
    hashes = np.array([crc32(word.encode()) for word in sorted(set(found))], np.uint64)
    mixed = (hashes[:, None] * _SEEDS[None, :]) & np.uint64(0xFFFFFFFF)
    mixed ^= mixed >> np.uint64(15)
    least: npt.NDArray[np.uint64] = ((mixed * np.uint64(0x2C1B3C6D)) & np.uint64(0xFFFFFFFF)).min(axis=0)
    bands = least.reshape(BANDS, ROWS)
    joined = np.arange(BANDS, dtype=np.uint64)
    for row in range(ROWS):  # wraps around, as hashes may
        joined = (joined ^ bands[:, row]) * np.uint64(0x9E3779B97F4A7C15)
        joined ^= joined >> np.uint64(29)
    return [int(k & np.uint64(0x7FFFFFFFFFFFFFFF)) for k in joined]


def same_statement(a: str, b: str) -> bool:
    """Do two sentences have the same truth conditions? Most words shared, nothing stated by one that the other leaves out or denies."""
    left, right = frozenset(_told(a)), frozenset(_told(b))
    if not left or len(left & right) < MIN_SHARED * len(left | right):
        return False
    plain = mask(a), mask(b)
    one, other = facts.extract(plain[0]), facts.extract(plain[1])
    changed = align(*plain)
    if facts.compare(one, other) or changed.numbers or changed.swapped > MAX_SWAPPED:
        return False
    both = [facts.agreement(one, other), facts.agreement(other, one)]
    return all(min(share["numbers"], share["dates"], share["places"]) == 1 for share in both)


def measure(sightings: Iterable[Sighting], now: datetime) -> Circulation | None:
    """Circulation of a claim from its sightings; copies, one owner and one wire count once. None without any.

    Rising: more independent origins joined within the day before `now` than within the day before that, and some did.
    """
    seen = sorted(sightings, key=lambda s: (s.at, s.document))
    if not seen:
        return None
    groups = independent_groups([Voice(s.origin, s.owner, s.credit) for s in seen])
    joined: dict[int, datetime] = {}
    for group, s in zip(groups, seen, strict=True):
        joined.setdefault(group, s.at)
    today = sum(now - RISING < at <= now for at in joined.values())
    before = sum(now - 2 * RISING < at <= now - RISING for at in joined.values())
    return Circulation(
        len(seen), len(joined), len({s.owner for s in seen}), len({p for s in seen for p in s.provinces}), seen[0].at, seen[-1].at, today > before
    )
