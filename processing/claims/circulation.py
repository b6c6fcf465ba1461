"""Is the same statement going round? Sketches of sentences that find each other, and how far a claim has spread.

Every checkable sentence leaves sixteen keys: threes of minima of its parts (`said`: content words, numbers, dates, places) under forty-eight hash functions
(Broder 1997, in bands). Sentences that share most of their parts, in whatever order, share three keys or more; `same_statement` then asks for the same truth conditions. From `CIRCULATING` independent origins on, a statement that no published check
answers is shown, too. Who says it weighs nothing: attributions are masked before anything is computed (SCOPE S7).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

import numpy as np
import numpy.typing as npt

from processing.claims import facts
from processing.claims.align import align
from processing.claims.differences import agreement, compare
from processing.claims.fusion import MAX_SWAPPED
from processing.claims.mask import mask
from processing.claims.numbers import fold_keep
from processing.claims.said import both, said, spelled
from processing.claims.tokens import tokens
from processing.dedupe.origins import Voice, independent_groups

CIRCULATING = 3  # independent origins that make an unanswered statement a claim in circulation
METHOD = 2  # of the keys: sketches of another one are made anew before any is compared
BANDS, ROWS = 16, 3  # half as many by twos or threes find fewer wordings with two thirds of their parts in common, or more strangers
SHARED_KEYS = 3  # that make two sentences candidates; one is often chance
MIN_PARTS = 5  # words, numbers, dates and places below which a sentence is too common to be followed
MIN_WORDS = 6  # the same for the words of a sentence that states no number and no date
MIN_SHARED = 0.6  # Jaccard of content words of two wordings of one statement
RISING = timedelta(days=1)
_SEEDS = np.array([crc32(f"circulation {METHOD} {n}".encode()) | 1 for n in range(BANDS * ROWS)], np.uint64)

_CAPTION = re.compile(r"\b(?:[Ảả]nh|ẢNH)\s*:")


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


def keys(sentence: str) -> list[int]:
    """The sixteen 63-bit keys of a sentence, none where it says too little to be followed or is the caption of a picture."""
    told = said(mask(sentence))
    parts = told.parts
    few = len(told.words) < MIN_WORDS and all(part[0] == "=" for part in told.stated)
    if few or len(parts) < MIN_PARTS or (":" in sentence and _CAPTION.search(sentence)):
        return []
    hashes = np.array([crc32(part.encode()) for part in parts], np.uint64)
    mixed = (hashes[:, None] * _SEEDS[None, :]) & np.uint64(0xFFFFFFFF)
    mixed ^= mixed >> np.uint64(15)
    least: npt.NDArray[np.uint64] = ((mixed * np.uint64(0x2C1B3C6D)) & np.uint64(0xFFFFFFFF)).min(axis=0)
    bands = least.reshape(BANDS, ROWS)
    joined = np.arange(BANDS, dtype=np.uint64)
    for row in range(ROWS):  # wraps around, as hashes may
        joined = (joined ^ bands[:, row]) * np.uint64(0x9E3779B97F4A7C15)
        joined ^= joined >> np.uint64(29)
    found: list[int] = (joined & np.uint64(0x7FFFFFFFFFFFFFFF)).tolist()
    return found


def same_statement(a: str, b: str) -> bool:
    """Do two sentences have the same truth conditions? Most words shared, nothing stated by one that the other leaves out or denies."""
    if not any(_same_words(Counter(left.words), Counter(right.words)) for left, right in both(a, b)):
        return False
    plain = mask(a), mask(b)
    plain = spelled(plain[0], plain[1]), spelled(plain[1], plain[0])
    one, other = facts.extract(plain[0]), facts.extract(plain[1])
    if compare(one, other) or align(*plain).numbers:
        return False
    agreed = [agreement(one, other), agreement(other, one)]
    return all(min(share["numbers"], share["dates"], share["places"]) == 1 for share in agreed)


def _same_words(left: Counter[str], right: Counter[str]) -> bool:
    """Are most words the same, and what differs only told by one of both and not another word in its place?"""
    short = min(left.total(), right.total())
    swapped = min((left - right).total(), (right - left).total())
    return short > 0 and len(left.keys() & right.keys()) >= MIN_SHARED * len(left.keys() | right.keys()) and swapped <= MAX_SWAPPED * short


def origins(sightings: Iterable[Sighting]) -> list[list[Sighting]]:
    """Sightings by independent origin, the origins and what each holds in the order of time; copies, one owner and one wire are one."""
    seen = sorted(sightings, key=lambda s: (s.at, s.document))
    found: dict[int, list[Sighting]] = {}
    for group, s in zip(independent_groups([Voice(s.origin, s.owner, s.credit) for s in seen]), seen, strict=True):
        found.setdefault(group, []).append(s)
    return list(found.values())


def measure(sightings: Iterable[Sighting], now: datetime) -> Circulation | None:
    """Circulation of a claim from its sightings; copies, one owner and one wire count once. None without any.

    Rising: more independent origins joined within the day before `now` than within the day before that, and some did.
    """
    seen = sorted(sightings, key=lambda s: (s.at, s.document))
    if not seen:
        return None
    joined = [group[0].at for group in origins(seen)]
    today = sum(now - RISING < at <= now for at in joined)
    before = sum(now - 2 * RISING < at <= now - RISING for at in joined)
    return Circulation(
        len(seen), len(joined), len({s.owner for s in seen}), len({p for s in seen for p in s.provinces}), seen[0].at, seen[-1].at, today > before
    )
