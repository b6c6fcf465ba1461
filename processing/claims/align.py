"""Where two sentences differ, word by word: a single replaced word in an otherwise equal sentence usually changes what is claimed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from processing.claims.numbers import fold_keep
from processing.claims.opposites import COLLIDING, COLLOQUIAL, FILLERS
from processing.claims.tokens import content, tokens

MAX_TOKENS = 80
_FILLERS = FILLERS | COLLOQUIAL
_FOLDED_FILLERS = frozenset(map(fold_keep, FILLERS)) | COLLIDING
VALUE = {w: i for i, w in enumerate(("một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười"), 1)} | {str(i): i for i in range(1, 32)}


@dataclass(frozen=True)
class Alignment:
    """`replaced`: content syllables replaced in place, as a share of the shorter text; `one_sided`: found on one side only; `ratio`: equal share.

    `numbers`: number words or digits that stand in one another's place, whatever they count ("ba quỹ" ↔ "năm quỹ").
    `swapped`: rarity-weighted content that both sides have and the other lacks, as a share; `missing`: what only one side has.
    """

    replaced: float
    one_sided: float
    ratio: float
    numbers: tuple[tuple[str, str], ...] = ()
    swapped: float = 0.0
    missing: float = 0.0


@lru_cache(maxsize=16_384)
def _words(text: str, folded: bool) -> tuple[str, ...]:
    """Content syllables; a number right before a unit of time or a date stays, a filler goes."""
    fillers = _FOLDED_FILLERS if folded else _FILLERS
    return tuple(t for t in tokens(content(text, folded)) if t not in fillers)[:MAX_TOKENS]


@lru_cache(maxsize=65_536)
def _folded(token: str) -> str:
    return fold_keep(token)


@lru_cache(maxsize=16_384)
def _weighed(text: str, folded: bool) -> dict[str, tuple[str, int]]:
    """Each content syllable with its folded form and how often it occurs; numbers and the stand-in of places are compared elsewhere."""
    return {t: (_folded(t), n) for t, n in Counter(_words(text, folded)).items() if not (t.isdigit() or t in VALUE or t == "zplace")}


def _mass(a: dict[str, tuple[str, int]], b: dict[str, tuple[str, int]], weight: Callable[[str], float]) -> tuple[float, float, float, float]:
    """Rarity of the words of each side, and of those the other side lacks."""
    whole_a = whole_b = gone = came = 0.0
    none = ("", 0)
    for t, (form, n) in a.items():
        rare, m = weight(form), b.get(t, none)[1]
        whole_a += rare * n
        whole_b += rare * m
        if n > m:
            gone += rare * (n - m)
        else:
            came += rare * (m - n)
    for t, (form, m) in b.items():
        if t not in a:
            rare = weight(form)
            whole_b += rare * m
            came += rare * m
    return whole_a, whole_b, gone, came


def align(left: str, right: str, weight: Callable[[str], float] = lambda _: 1.0) -> Alignment:
    """Align the folded syllables of two masked sentences; fillers and order changes do not count as replaced. `weight` is a syllable's rarity."""
    folded = left.isascii() or right.isascii()
    a, b = (_words(side, folded) for side in (left, right))
    if not a or not b:
        return Alignment(1.0, 1.0, 0.0)
    in_a, in_b = set(a), set(b)
    replaced = alone = equal = 0
    numbers = []
    for op, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if op == "equal":
            equal += i2 - i1
            continue
        # a word that merely moved is in the other text too and counts as nothing
        gone, came = sum(t not in in_b for t in a[i1:i2]), sum(t not in in_a for t in b[j1:j2])
        if op == "replace" and i2 - i1 == j2 - j1 == 1 and a[i1] in VALUE and b[j1] in VALUE and VALUE[a[i1]] != VALUE[b[j1]]:
            numbers.append((a[i1], b[j1]))
        if op == "replace" and gone and came:
            replaced += min(gone, came)
            alone += abs(gone - came)
        else:
            alone += gone + came
    short = min(len(a), len(b))
    whole_a, whole_b, gone_all, came_all = _mass(_weighed(left, folded), _weighed(right, folded), weight)
    total = max(min(whole_a, whole_b), 1e-6)
    swapped, alone_share = min(gone_all, came_all) / total, abs(gone_all - came_all) / total
    return Alignment(replaced / short, alone / (len(a) + len(b)), 2 * equal / (len(a) + len(b)), tuple(numbers), swapped, alone_share)
